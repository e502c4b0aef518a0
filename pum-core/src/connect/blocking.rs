use std::panic;

use tokio::runtime::Handle;

use super::error::ConnectError;

/// Fails on a thread that runs a task of an asynchronous runtime: there the driver panics when it waits
/// for the server, and again when its connection is dropped, which ends the program.
///
/// # Errors
///
/// [`ConnectError::Asynchronous`].
pub(crate) fn refuse_asynchronous() -> Result<(), ConnectError> {
    // A thread that may block can belong to a runtime too; only trying tells them apart. The program's
    // panic hook gets the runtime's message.
    let may_block = Handle::try_current().is_err()
        || panic::catch_unwind(|| Handle::current().block_on(async {})).is_ok();
    if may_block { Ok(()) } else { Err(ConnectError::Asynchronous) }
}
