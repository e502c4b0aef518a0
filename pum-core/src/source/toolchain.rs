use crate::connect::ServerVersion;
use crate::dump::ToolOverrides;
use crate::installation::{Installation, Installations, SearchPath};
use crate::scratch::{OnDemand, ServerOptions};

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
    /// The programs in the directories that packages install PostgreSQL to, and scratch servers of
    /// the newest version in `/tmp`. `PATH` is not read.
    ///
    /// Nothing is started, and it is no error if nothing is found: what needs a program says so.
    pub fn find() -> Self {
        let installations = Installations::find(&SearchPath::default());
        let scratch = OnDemand::new(ServerOptions::new(installations.clone()));
        Self { installations, overrides: ToolOverrides::default(), scratch }
    }

    /// The newest major version of which a server is installed, or the oldest that pum works with.
    pub(super) fn newest_server(&self) -> u32 {
        let server = ["initdb", "postgres"];
        let newest = self.installations.newest_with(&server, |_| true);
        newest.map_or(ServerVersion::OLDEST.major(), Installation::major)
    }
}
