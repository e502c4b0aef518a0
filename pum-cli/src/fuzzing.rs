//! Private functions for fuzz targets; built only with `--cfg fuzzing`, as cargo-fuzz does.

use std::path::Path;

use crate::config::Config;

/// Reads the text of a configuration file; the error in words.
///
/// # Errors
///
/// If it is no configuration.
pub fn config(name: &str, text: &str) -> Result<(), String> {
    let path = Path::new("/project").join(name);
    let read = Config::parse(path, text, Path::new("/project"));
    read.map(drop).map_err(|err| err.to_string())
}
