use crate::connect::ServerVersion;
use crate::dump::ToolOverrides;
use crate::installation::{Installation, Installations};
use crate::scratch::OnDemand;

/// The programs of this machine and a scratch server: for sources that are no database, and for
/// the second look at printed SQL.
#[derive(Debug)]
pub struct Toolchain {
    /// Programs found.
    pub installations: Installations,
    /// Programs named.
    pub overrides: ToolOverrides,
    /// A server, started when needed.
    pub scratch: OnDemand,
}

impl Toolchain {
    /// The newest major version of which a server is installed, or the oldest that pum works with.
    pub(super) fn newest_server(&self) -> u32 {
        let server = ["initdb", "postgres"];
        let newest = self.installations.newest_with(&server, |_| true);
        newest.map_or(ServerVersion::OLDEST.major(), Installation::major)
    }
}
