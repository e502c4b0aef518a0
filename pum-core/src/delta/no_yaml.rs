//! The stand-in for [`yaml`](super::yaml) in a build without it.

use serde::de::DeserializeOwned;

/// Says that there is none.
pub(super) fn from_str<T: DeserializeOwned>(_text: &str) -> Result<T, String> {
    Err("this build cannot read YAML: build pum with the feature \"yaml\"".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::delta::DeltaSet;

    #[test]
    fn a_project_of_pum_1_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let changelogs = directory.path().join("changelogs");
        std::fs::create_dir_all(changelogs.join("1.0.0")).unwrap();
        std::fs::write(directory.path().join(".pum.yaml"), "pum:\n  module: x\n").unwrap();
        std::fs::write(changelogs.join("1.0.0/a.sql"), "SELECT 1;").unwrap();
        let err = DeltaSet::read(&[directory.path()]).unwrap_err().to_string();
        assert!(err.contains(".pum.yaml: this build cannot read YAML"), "{err}");
    }
}
