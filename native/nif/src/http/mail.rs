//! The one message that a callback owes a process.

use rustler::env::{OwnedEnv, SavedTerm};
use rustler::{Encoder, Env, LocalPid, Term};

use super::over;
use crate::notify::elsewhere;

/// A message `{reference, …}` to the process that asked. Dropped unsent, as the callbacks of a server
/// that is stopped may be, it says that the client is gone: nobody waits for ever.
pub struct Mail {
    to: LocalPid,
    letter: Option<(OwnedEnv, SavedTerm)>,
}

impl Mail {
    pub fn new(env: Env, reference: Term) -> Mail {
        let own = OwnedEnv::new();
        let reference = own.save(reference);
        Mail { to: env.pid(), letter: Some((own, reference)) }
    }

    /// Sends it, from any thread.
    pub fn send(mut self, content: impl for<'b> FnOnce(Env<'b>) -> Term<'b> + Send + 'static) {
        self.deliver(content);
    }

    /// Nobody needs it any more.
    pub fn discard(mut self) {
        self.letter = None;
    }

    fn deliver(&mut self, content: impl for<'b> FnOnce(Env<'b>) -> Term<'b> + Send + 'static) {
        let Some((mut own, reference)) = self.letter.take() else { return };
        let to = self.to;
        let send = move || {
            // A receiver that is gone needs no message.
            let _ = own.send_and_clear(&to, |env| (reference.load(env), content(env)).encode(env));
        };
        if on_scheduler() { elsewhere(Box::new(send)) } else { send() }
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        self.deliver(|env| over(env, "the server was stopped"));
    }
}

/// Whether this is a thread of the VM's, where no environment but a process's own may send: what
/// is dropped is so where its last owner was.
fn on_scheduler() -> bool {
    // SAFETY: it takes nothing, changes nothing and may be called on any thread.
    unsafe { rustler::sys::enif_thread_type() != 0 }
}
