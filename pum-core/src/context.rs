//! The context of long operations: an observer and an interrupt.

use std::fmt;

use crate::progress::{Event, EventSink, Observer};
use crate::{Interrupt, Interrupted};

/// The context of a long operation: the observer that it reports to, and the interrupt that stops
/// it.
///
/// The default reports nothing and is never interrupted:
///
/// ```
/// use pum_core::progress::{Event, Observer};
/// use pum_core::{Context, Interrupt};
///
/// #[derive(Default)]
/// struct Log(Vec<String>);
///
/// impl Observer for Log {
///     fn notify(&mut self, event: Event<'_>) {
///         if let Event::Warning { message } = event {
///             self.0.push(message.to_owned());
///         }
///     }
/// }
///
/// let quiet = Context::default();
/// assert!(quiet.check().is_ok());
///
/// let (mut log, interrupt) = (Log::default(), Interrupt::new());
/// let context = Context::new(&mut log, &interrupt);
/// interrupt.trigger();
/// assert!(context.check().is_err());
/// ```
#[derive(Default)]
pub struct Context<'a> {
    observer: Option<&'a mut dyn Observer>,
    interrupt: Interrupt,
}

impl<'a> Context<'a> {
    /// Reports to this observer, and stops when this interrupt is triggered.
    pub fn new(observer: &'a mut dyn Observer, interrupt: &Interrupt) -> Self {
        Self { observer: Some(observer), interrupt: interrupt.clone() }
    }

    /// Reports nothing and stops when this interrupt is triggered.
    pub fn silent(interrupt: &Interrupt) -> Self {
        Self { observer: None, interrupt: interrupt.clone() }
    }

    /// The interrupt, for operations that need nothing else.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Fails once the interrupt is triggered; call it between steps of long work.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] once the interrupt is triggered.
    pub fn check(&self) -> Result<(), Interrupted> {
        self.interrupt.check()
    }

    /// Reborrows the context for a shorter lifetime.
    pub(crate) fn reborrow(&mut self) -> Context<'_> {
        let observer = self.observer.as_deref_mut().map(|one| one as &mut dyn Observer);
        Context { observer, interrupt: self.interrupt.clone() }
    }

    /// Reports an event.
    pub fn notify(&mut self, event: Event<'_>) {
        if let Some(observer) = &mut self.observer {
            observer.notify(event);
        }
    }

    /// What takes events of other threads.
    pub(crate) fn sink(&self) -> Option<EventSink> {
        self.observer.as_ref().and_then(|observer| observer.sink())
    }

    /// Reports a warning.
    pub(crate) fn warn(&mut self, message: &str) {
        self.notify(Event::Warning { message });
    }
}

impl Observer for Context<'_> {
    fn notify(&mut self, event: Event<'_>) {
        Context::notify(self, event);
    }

    fn sink(&self) -> Option<EventSink> {
        Context::sink(self)
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("interrupt", &self.interrupt).finish_non_exhaustive()
    }
}
