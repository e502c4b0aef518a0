//! The version of a server.

use std::fmt;

/// A server's version, as `server_version_num` has it.
///
/// ```
/// use pum_core::connect::ServerVersion;
///
/// let version = ServerVersion(150_018);
/// assert_eq!((version.major(), version.to_string().as_str()), (15, "15.18"));
/// ```
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServerVersion(pub u32);

impl ServerVersion {
    /// The oldest version pum works with.
    pub const OLDEST: Self = Self(120_000);

    /// The major version, such as 15.
    pub fn major(self) -> u32 {
        self.0 / 10_000
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("of unknown version"),
            // Before 10, a version had three parts.
            old if old < 100_000 => {
                write!(f, "{}.{}.{}", old / 10_000, old / 100 % 100, old % 100)
            }
            new => write!(f, "{}.{}", new / 10_000, new % 10_000),
        }
    }
}
