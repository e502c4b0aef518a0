//! The user's browser.

use std::path::Path;
use std::process::{Command, Stdio};

/// How a page is shown.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    program: String,
}

impl Browser {
    /// The program that `BROWSER` names, or the desktop's own way.
    pub(crate) fn new(named: Option<&str>) -> Self {
        // It may be a list, of which the first is preferred.
        let first = named.and_then(|named| named.split(':').find(|one| !one.is_empty()));
        let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        Self { program: first.unwrap_or(usual).to_owned() }
    }

    /// Has it show a page, and does not wait for it. The error says where the page is.
    pub(crate) fn open(&self, page: &Path) -> Result<(), String> {
        let page = std::path::absolute(page).unwrap_or_else(|_| page.to_owned());
        let mut command = Command::new(&self.program);
        command.arg(&page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(drop).map_err(|err| {
            format!("cannot run {} ({err}): the page is {}", self.program, page.display())
        })
    }
}
