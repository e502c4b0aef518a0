//! YAML.

use serde::de::DeserializeOwned;

/// Reads a document; what is wrong with it, in words.
pub(super) fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|err| err.to_string())
}
