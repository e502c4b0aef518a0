mod position;
#[cfg(test)]
mod tests;

pub use position::FilePosition;

use crate::catalog::CatalogError;
use crate::compare::CompareError;
use crate::connect::ConnectError;
use crate::delta::DeltaError;
use crate::diff::FilterError;
use crate::roles::RoleError;
use crate::snapshot::SnapshotError;
use crate::upgrade::UpgradeError;
use crate::verify::VerifyError;
use crate::{ErrorKind, Hint};

/// Any error of the library: all errors of its modules become one of these by `?`.
///
/// A program decides by [`kind`](Self::kind), and tells its users the text of the error and what
/// [`hint`](Self::hint) names in words of its own. The text is complete: a cause that it holds is
/// not given again by [`source`](std::error::Error::source). Where a program has to know more, the
/// error of the module is reached by [`downcast_ref`](Self::downcast_ref).
///
/// ```
/// use pum_core::delta::{DeltaError, DeltaSet};
/// use pum_core::{Error, ErrorKind};
///
/// let err = Error::from(DeltaSet::read(&["/nonexistent"]).unwrap_err());
/// assert_eq!(err.kind(), ErrorKind::Input);
/// assert_eq!(err.hint(), None);
/// assert!(matches!(err.downcast_ref(), Some(DeltaError::Directory { .. })));
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

/// The errors of the modules, and what each of them can tell.
macro_rules! errors {
    ($($(#[$feature:meta])* $variant:ident $error:ty,)+) => {
        #[derive(Debug)]
        enum Inner { $($(#[$feature])* $variant($error),)+ }

        $($(#[$feature])* impl From<$error> for Error {
            fn from(err: $error) -> Self {
                Self(Box::new(Inner::$variant(err)))
            }
        })+

        impl Error {
            /// What sort of error it is: what a program does next depends on this.
            pub fn kind(&self) -> ErrorKind {
                match &*self.0 { $($(#[$feature])* Inner::$variant(err) => err.kind(),)+ }
            }

            /// What to do about it.
            pub fn hint(&self) -> Option<Hint> {
                match &*self.0 { $($(#[$feature])* Inner::$variant(err) => err.hint(),)+ }
            }

            fn inner(&self) -> &(dyn std::error::Error + 'static) {
                match &*self.0 { $($(#[$feature])* Inner::$variant(err) => err,)+ }
            }
        }
    };
}

errors! {
    Connect ConnectError,
    Delta DeltaError,
    Upgrade UpgradeError,
    #[cfg(feature = "dump")]
    Dump crate::dump::DumpError,
    #[cfg(feature = "scratch")]
    Scratch crate::scratch::ScratchError,
    Catalog CatalogError,
    Compare CompareError,
    #[cfg(feature = "scratch")]
    Source crate::source::SourceError,
    Role RoleError,
    Snapshot SnapshotError,
    Verify VerifyError,
    Migration crate::plan::MigrationError,
    Filter FilterError,
    #[cfg(feature = "scratch")]
    Manager crate::manager::ManagerError,
}

impl From<crate::delta::InvalidVersion> for Error {
    fn from(err: crate::delta::InvalidVersion) -> Self {
        DeltaError::from(err).into()
    }
}

impl From<crate::upgrade::InvalidTableName> for Error {
    fn from(err: crate::upgrade::InvalidTableName) -> Self {
        UpgradeError::from(err).into()
    }
}

/// Nothing that fails like this exists.
impl From<std::convert::Infallible> for Error {
    fn from(err: std::convert::Infallible) -> Self {
        match err {}
    }
}

impl Error {
    /// The place in a file of the user where the cause is, such as that of a failed statement; `None`
    /// if no file is to blame.
    pub fn file_position(&self) -> Option<FilePosition<'_>> {
        match &*self.0 {
            Inner::Connect(err) => FilePosition::of_connection(err),
            Inner::Delta(err) => FilePosition::of_delta(err),
            Inner::Upgrade(err) => FilePosition::of_upgrade(err),
            Inner::Snapshot(err) => FilePosition::of_snapshot(err),
            Inner::Migration(err) => FilePosition::of_plan(err),
            #[cfg(feature = "scratch")]
            Inner::Source(err) => FilePosition::of_source(err),
            #[cfg(feature = "scratch")]
            Inner::Manager(err) => FilePosition::of_manager(err),
            _ => None,
        }
    }

    /// The error of a module, if it is of this type.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.inner().downcast_ref()
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self.inner(), f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner().source()
    }
}
