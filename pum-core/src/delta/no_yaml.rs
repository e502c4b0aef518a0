//! What stands in for `yaml` in a build without it.

use serde::de::DeserializeOwned;

/// Says that there is none.
pub(super) fn from_str<T: DeserializeOwned>(_text: &str) -> Result<T, String> {
    Err("this build cannot read YAML: build pum with the feature \"yaml\"".to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_error_names_the_feature() {
        let err = super::from_str::<String>("pum: x").unwrap_err();
        assert_eq!(err, "this build cannot read YAML: build pum with the feature \"yaml\"");
    }
}
