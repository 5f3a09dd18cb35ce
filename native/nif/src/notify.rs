//! Messages to processes from threads that are no scheduler's.

use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use rustler::env::OwnedEnv;
use rustler::{Encoder, Env, Term};
use workbooks_engine::Notify;

use crate::atoms;

/// Something to be done on the thread.
type Errand = Box<dyn FnOnce() + Send>;

/// What sends `{reference, :wake}` to the calling process, from any thread.
pub fn sender(env: Env, reference: Term) -> Notify {
    let mut own = OwnedEnv::new();
    let saved = own.save(reference);
    let pid = env.pid();
    Box::new(move || {
        elsewhere(Box::new(move || {
            // A receiver that is gone needs no message.
            let _ = own.send_and_clear(&pid, |env| (saved.load(env), atoms::wake()).encode(env));
        }));
    })
}

/// Does an errand on a thread of ours: on a scheduler only the process's own environment may send.
pub fn elsewhere(errand: Errand) {
    static THREAD: OnceLock<Option<Sender<Errand>>> = OnceLock::new();
    let thread = THREAD.get_or_init(|| {
        let (sender, receiver) = channel::<Errand>();
        std::thread::Builder::new()
            .name("workbooks-notify".into())
            .spawn(move || receiver.into_iter().for_each(|errand| errand()))
            .ok()
            .map(|_| sender)
    });
    if let Some(thread) = thread {
        // Fails only when the thread is gone, and with it the VM.
        let _ = thread.send(errand);
    }
}
