use crate::delta::{Checksum, DeltaName, Version};

/// One row of an upgrades table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Record {
    /// `version`
    pub version: Version,
    /// `description`: the delta's name, `baseline` for a baseline.
    pub description: String,
    /// `type`: 0 baseline, 4 Python, 8 SQL, +1 pre, +2 post.
    pub type_code: i32,
    /// `script`: the delta's file.
    pub script: String,
    /// `checksum`: MD5 of the file.
    pub checksum: String,
    /// `installed_by`: a role.
    pub installed_by: String,
    /// `installed_on`, as the server prints it: in PUM's table without a time zone, the local time of
    /// the session that wrote it.
    pub installed_on: String,
    /// `execution_time`, milliseconds where pum wrote it.
    pub execution_time: i32,
    /// `success`
    pub success: bool,
}

impl Record {
    /// The row for a baseline of this version, with the values that planning needs.
    pub fn baseline(version: Version) -> Self {
        Self {
            version,
            description: "baseline".to_owned(),
            type_code: 0,
            script: String::new(),
            checksum: String::new(),
            installed_by: String::new(),
            installed_on: String::new(),
            execution_time: 0,
            success: true,
        }
    }

    /// Whether this checksum is the recorded one. PUM 1 records none.
    pub(super) fn is_of(&self, checksum: &Checksum) -> bool {
        self.checksum.is_empty() || checksum.matches(&self.checksum)
    }

    /// Whether it is the row of this delta.
    pub(super) fn is_about(&self, delta: &DeltaName) -> bool {
        (&self.version, self.description.as_str(), self.type_code)
            == (&delta.version, delta.name.as_str(), delta.type_code())
    }

    /// The name of the delta's file, or the known part of it.
    pub fn script_name(&self) -> String {
        let name = self.script.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.is_empty() {
            format!("delta {} {}", self.version, self.description).trim_end().to_owned()
        } else {
            name.to_owned()
        }
    }
}
