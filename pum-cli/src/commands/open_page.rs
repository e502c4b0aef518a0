//! A page for the browser.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::browser::Browser;
use crate::console::say;
use crate::files::{PRIVATE, write_whole};
use crate::text::shown;

/// Shows a page that is written already, or else writes it to a temporary file, which stays: the browser
/// reads it later. What goes wrong is a warning: the work that the page tells of is done.
pub(crate) fn open_page(browser: &Browser, written: Option<&Path>, page: impl FnOnce() -> String) {
    let path = match written {
        Some(path) => path.to_owned(),
        None => match write_temporary(&page()) {
            Ok(path) => {
                say(&format!("report: {}", shown(&path)));
                path
            }
            Err(err) => return say(&format!("warning: the page cannot be written: {err}")),
        },
    };
    if let Err(why) = browser.open(&path) {
        say(&format!("warning: {why}"));
    }
}

fn write_temporary(page: &str) -> std::io::Result<PathBuf> {
    let file = tempfile::Builder::new().prefix("pum-").suffix(".html").tempfile()?;
    let path = file.into_temp_path().keep().map_err(|err| err.error)?;
    write_whole(&path, page, Permissions::from_mode(PRIVATE))?;
    Ok(path)
}
