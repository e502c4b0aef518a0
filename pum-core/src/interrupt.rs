//! Stopping early: one handle that a signal handler triggers and all long work watches.
//!
//! The library installs no signal handlers. An embedding program creates an [`Interrupt`], passes
//! clones of it to the operations it starts, and calls [`Interrupt::trigger`] to stop them. Running
//! statements are canceled on the server, child processes are terminated, and the operations return
//! an "interrupted" error after cleaning up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A request to stop, shared by all clones.
///
/// ```
/// use pum_core::Interrupt;
///
/// let interrupt = Interrupt::new();
/// let seen_by_worker = interrupt.clone();
/// assert!(seen_by_worker.check().is_ok());
/// interrupt.trigger();
/// assert!(seen_by_worker.check().is_err());
/// ```
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Inner>);

/// What to call, and the number by which a [`Watch`] finds it again.
type Watches = Vec<(u64, Box<dyn Fn() + Send>)>;

#[derive(Default)]
struct Inner {
    triggered: AtomicBool,
    next_watch: AtomicU64,
    watches: Mutex<Watches>,
}

/// The operation was stopped by [`Interrupt::trigger`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

impl Interrupt {
    /// A handle that is not triggered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everything that holds a clone of this handle to stop. Calls all watches once.
    pub fn trigger(&self) {
        self.0.triggered.store(true, Ordering::SeqCst);
        for (_, action) in self.watches().iter() {
            action();
        }
    }

    /// Whether it was triggered.
    pub fn is_triggered(&self) -> bool {
        self.0.triggered.load(Ordering::SeqCst)
    }

    /// Fails once it is triggered; call it between steps of long work.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] once it was triggered.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_triggered() { Err(Interrupted) } else { Ok(()) }
    }

    /// Calls `action` when the handle is triggered, until the returned guard is dropped. If the
    /// handle is already triggered, the action is called immediately.
    pub fn watch(&self, action: impl Fn() + Send + 'static) -> Watch {
        let id = self.0.next_watch.fetch_add(1, Ordering::Relaxed);
        let mut watches = self.watches();
        if self.is_triggered() {
            action();
        }
        watches.push((id, Box::new(action)));
        drop(watches);
        Watch { interrupt: self.clone(), id }
    }

    fn watches(&self) -> std::sync::MutexGuard<'_, Watches> {
        self.0.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt").field("triggered", &self.is_triggered()).finish_non_exhaustive()
    }
}

/// Keeps an action of [`Interrupt::watch`] registered until it is dropped.
#[derive(Debug)]
pub struct Watch {
    interrupt: Interrupt,
    id: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.interrupt.watches().retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn a_watch_is_called_once_and_not_after_its_guard_is_gone() {
        let interrupt = Interrupt::new();
        let (kept, dropped) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let count = |counter: &Arc<AtomicU32>| {
            let counter = Arc::clone(counter);
            move || {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        };
        let _guard = interrupt.watch(count(&kept));
        drop(interrupt.watch(count(&dropped)));
        interrupt.trigger();
        assert_eq!((kept.load(Ordering::SeqCst), dropped.load(Ordering::SeqCst)), (1, 0));

        let late = Arc::new(AtomicU32::new(0));
        let _guard = interrupt.watch(count(&late));
        assert_eq!(late.load(Ordering::SeqCst), 1, "a late watch hears at once");
    }
}
