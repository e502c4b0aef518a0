use std::path::Path;

use super::check::run_restore;
use super::{DumpError, Tools};
use crate::Interrupt;

/// The origin of an archive, by major versions, if its header says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The server.
    pub server: Option<u32>,
    /// The `pg_dump` that wrote it.
    pub client: Option<u32>,
}

impl Origin {
    /// Reads the header of an archive.
    ///
    /// # Errors
    ///
    /// If the archive cannot be read.
    pub fn read(tools: &Tools, archive: &Path, interrupt: &Interrupt) -> Result<Self, DumpError> {
        let list = run_restore(tools, archive, ["--list".into()], interrupt)?;
        Ok(Self::in_list(&String::from_utf8_lossy(&list)))
    }

    fn in_list(list: &str) -> Self {
        let major_behind = |words: &str| {
            let mut head = list.lines().take_while(|line| line.starts_with(';'));
            let (_, version) = head.find_map(|line| line.split_once(words))?;
            version.trim().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        Self {
            server: major_behind("Dumped from database version:"),
            client: major_behind("Dumped by pg_dump version:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_list_tells_server_and_client() {
        let list = ";\n; Archive created at 2026-01-01\n\
                    ;     Dumped from database version: 15.18 (Debian 15.18-0)\n\
                    ;     Dumped by pg_dump version: 17.1\n5; 2615 2200 SCHEMA\n";
        let origin = Origin { server: Some(15), client: Some(17) };
        assert_eq!(Origin::in_list(list), origin);
        assert_eq!(Origin::in_list("5; 2615 2200 SCHEMA\n"), Origin::default());
    }
}
