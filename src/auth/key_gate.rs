//! The gate of an accepted key. It is shut while the store cannot be asked whether the key is still good; what is open for the key
//! stays open then, but nothing passes to who holds it.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A gate that is open at first.
#[derive(Debug, Default)]
pub struct KeyGate {
    is_shut: AtomicBool,
    opened: Notify,
}

impl KeyGate {
    /// Whether nothing may pass: asked before each message, so it is one look.
    pub fn is_shut(&self) -> bool {
        self.is_shut.load(Ordering::SeqCst)
    }

    /// Shuts it; whether it was open.
    pub(super) fn shut(&self) -> bool {
        !self.is_shut.swap(true, Ordering::SeqCst)
    }

    pub(super) fn open(&self) {
        if self.is_shut() {
            self.is_shut.store(false, Ordering::SeqCst);
            self.opened.notify_waiters();
        }
    }

    /// Returns once something may pass.
    pub(super) async fn until_open(&self) {
        loop {
            let opened = self.opened.notified();
            if !self.is_shut() {
                return;
            }
            opened.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn who_waits_at_a_shut_gate_passes_once_it_opens_and_not_when_it_is_shut_again_before() {
        let gate = KeyGate::default();
        assert!(!gate.is_shut());
        gate.shut();
        let mut waits = std::pin::pin!(gate.until_open());
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        gate.open();
        gate.shut();
        assert!(waits.as_mut().poll(&mut context).is_pending());
        gate.open();
        assert!(waits.as_mut().poll(&mut context).is_ready());
    }
}
