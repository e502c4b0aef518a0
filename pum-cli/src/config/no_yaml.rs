//! The stand-in for [`yaml`](super::yaml) in a build without it.

use serde::de::DeserializeOwned;

/// Says that there is none.
pub(super) fn from_str<T: DeserializeOwned>(_text: &str) -> Result<T, String> {
    Err("this build cannot read YAML: write the configuration as pum.toml, or build pum with the \
         feature \"yaml\""
        .to_owned())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn the_configuration_of_the_python_program_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db_manager_config.yaml");
        std::fs::write(&path, "upgrades_table: s.t\n").unwrap();
        let err = Config::load(None, directory.path()).unwrap_err().to_string();
        assert!(err.contains("db_manager_config.yaml"), "{err}");
        assert!(err.contains("this build cannot read YAML: write"), "{err}");
    }
}
