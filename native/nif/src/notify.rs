//! Messages to processes from threads that are no scheduler's.

use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use rustler::env::{OwnedEnv, SavedTerm};
use rustler::{Encoder, Env, LocalPid, Term};
use workbooks_engine::Notify;

use crate::atoms;

/// A message on its way: its receiver, and the reference it carries.
type Message = (LocalPid, OwnedEnv, SavedTerm);

/// What sends `{reference, :wake}` to the calling process, from any thread: on a
/// scheduler only the process's own environment may send, so a thread of ours does.
pub fn sender(env: Env, reference: Term) -> Notify {
    let own = OwnedEnv::new();
    let saved = own.save(reference);
    let pid = env.pid();
    Box::new(move || {
        if let Some(thread) = thread() {
            // Fails only when the thread is gone, and with it the VM.
            let _ = thread.send((pid, own, saved));
        }
    })
}

fn thread() -> Option<&'static Sender<Message>> {
    static THREAD: OnceLock<Option<Sender<Message>>> = OnceLock::new();
    THREAD
        .get_or_init(|| {
            let (sender, receiver) = channel::<Message>();
            std::thread::Builder::new()
                .name("workbooks-notify".into())
                .spawn(move || {
                    for (pid, mut own, saved) in receiver {
                        // A receiver that is gone needs no message.
                        let _ = own.send_and_clear(&pid, |env| (saved.load(env), atoms::wake()).encode(env));
                    }
                })
                .ok()
                .map(|_| sender)
        })
        .as_ref()
}
