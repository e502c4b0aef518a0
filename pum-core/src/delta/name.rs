use super::{DeltaError, Version};

/// When a delta runs, relative to the normal deltas of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// `.pre.sql`: before them.
    Pre,
    /// `.sql`: one of them.
    Normal,
    /// `.post.sql`: after them.
    Post,
}

/// The language of a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DeltaLanguage {
    /// A SQL script.
    Sql,
    /// A Python program of the classic kind.
    Python,
    /// An executable file.
    Shell,
}

/// The parts of the name of a delta file.
///
/// ```
/// use pum_core::delta::{DeltaName, Stage};
///
/// let name = DeltaName::parse("delta_1.2.0_add_meters.pre.sql").unwrap();
/// assert_eq!(name.version.to_string(), "1.2.0");
/// assert_eq!(name.name, "add_meters");
/// assert_eq!(name.stage, Stage::Pre);
/// assert_eq!(name.type_code(), 9);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct DeltaName {
    /// The version after the delta.
    pub version: Version,
    /// Before, among or after the normal deltas of the version.
    pub stage: Stage,
    /// The free part of the name; may be empty.
    pub name: String,
    /// Its language.
    pub language: DeltaLanguage,
}

/// Longest name that fits the upgrades table's column `description varchar(200)`.
pub(super) const LONGEST_NAME: usize = 200;

impl DeltaName {
    /// Reads a file name; `None` if it is not the name of a delta.
    pub fn parse(file_name: &str) -> Option<Self> {
        let rest = file_name.strip_prefix("delta_")?;
        let (stem, stage, language) = [
            (".pre.sql", Stage::Pre, DeltaLanguage::Sql),
            (".post.sql", Stage::Post, DeltaLanguage::Sql),
            (".sql", Stage::Normal, DeltaLanguage::Sql),
            (".pre.py", Stage::Pre, DeltaLanguage::Python),
            (".post.py", Stage::Post, DeltaLanguage::Python),
            (".py", Stage::Normal, DeltaLanguage::Python),
            (".pre.sh", Stage::Pre, DeltaLanguage::Shell),
            (".post.sh", Stage::Post, DeltaLanguage::Shell),
            (".sh", Stage::Normal, DeltaLanguage::Shell),
        ]
        .into_iter()
        .find_map(|(end, stage, language)| Some((rest.strip_suffix(end)?, stage, language)))?;
        let version_end =
            stem.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(stem.len());
        let (version, name) = stem.split_at(version_end);
        let version = version.parse().ok()?;
        if !name.is_empty() && !name.starts_with('_') {
            return None;
        }
        let name = name.trim_start_matches('_');
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        (name.chars().all(plain) && name.chars().count() <= LONGEST_NAME).then(|| Self {
            version,
            stage,
            name: name.to_owned(),
            language,
        })
    }

    /// The upgrades table's `type`: 4 a program, 8 SQL, +1 pre, +2 post.
    pub fn type_code(&self) -> i32 {
        let language = match self.language {
            DeltaLanguage::Python | DeltaLanguage::Shell => 4,
            DeltaLanguage::Sql => 8,
        };
        let stage = match self.stage {
            Stage::Pre => 1,
            Stage::Normal => 0,
            Stage::Post => 2,
        };
        language + stage
    }
}

/// How the name of a script ends that undoes a delta.
pub(super) const DOWN: &str = ".down.sql";

/// What a file in a delta directory is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileRole {
    Delta(DeltaName),
    PreAll,
    PostAll,
    /// What undoes the delta of this name.
    Down(DeltaName),
    /// Another file that may be in the directory: a README, a baseline script.
    Other,
}

/// Tells what a file is, by its name alone; an error for what was surely meant to be a delta.
pub(super) fn role_of(file_name: &str) -> Result<FileRole, DeltaError> {
    match file_name {
        "pre-all.sql" | "pre-all.py" | "pre-all.sh" => return Ok(FileRole::PreAll),
        "post-all.sql" | "post-all.py" | "post-all.sh" => return Ok(FileRole::PostAll),
        _ => {}
    }
    if let Some(name) = DeltaName::parse(file_name) {
        return Ok(FileRole::Delta(name));
    }
    let undone =
        file_name.strip_suffix(DOWN).and_then(|name| DeltaName::parse(&format!("{name}.sql")));
    if let Some(name) = undone {
        return Ok(FileRole::Down(name));
    }
    match looks_like_a_delta(file_name) {
        Some(wrong) => Err(DeltaError::Misnamed { file_name: file_name.to_owned(), reason: wrong }),
        None => Ok(FileRole::Other),
    }
}

/// Why a file that is no delta was surely meant to be one.
fn looks_like_a_delta(file_name: &str) -> Option<String> {
    let lower = file_name.to_lowercase();
    let document = [".md", ".rst", ".txt", ".html", ".pdf"].iter().any(|end| lower.ends_with(end));
    // Flyway's configuration of one script, which `Header` reads.
    let document = document || lower.ends_with(".sql.conf");
    if lower.starts_with('.') || document {
        return None;
    }
    let script = [".sql", ".py", ".sh"].iter().any(|end| lower.ends_with(end));
    let squeezed: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    if script && (squeezed.starts_with("preall") || squeezed.starts_with("postall")) {
        return Some(
            "scripts that run before or after all deltas are named pre-all or post-all, with .sql, .py or .sh".to_owned(),
        );
    }
    let first_word: String = lower.chars().take_while(char::is_ascii_alphabetic).collect();
    let mistyped = || {
        let after_word = lower[first_word.len()..].trim_start_matches(['_', '-', ' ']);
        strsim::osa_distance(&first_word, "delta") <= 2 && starts_with_version(after_word)
    };
    if first_word.starts_with("delta") || (script && mistyped()) {
        return Some(what_is_wrong(file_name));
    }
    let bare = lower.strip_prefix('v').unwrap_or(&lower);
    (script && starts_with_version(bare))
        .then(|| "it has a version but does not start with \"delta_\"".to_owned())
}

/// At least `X.Y`.
fn starts_with_version(text: &str) -> bool {
    let version = text.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or("");
    version.split('.').filter(|part| !part.is_empty()).count() >= 2
}

fn what_is_wrong(file_name: &str) -> String {
    let Some(rest) = file_name.strip_prefix("delta_") else {
        return "it does not start with \"delta_\"".to_owned();
    };
    if !matches!(rest.rsplit_once('.'), Some((_, "sql" | "py" | "sh"))) {
        return "it does not end in .sql, .py or .sh".to_owned();
    }
    let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    if version.trim_end_matches('.').parse::<Version>().is_err() {
        return "\"delta_\" must be followed by a version of three numbers".to_owned();
    }
    format!(
        "after the version only \"_name\" may follow (letters, digits, \"_\" and \"-\", at most \
         {LONGEST_NAME}), then .sql, .pre.sql or .post.sql"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_classic_kind_are_read() {
        for (file, version, stage, name, code) in [
            ("delta_1.2.0.sql", "1.2.0", Stage::Normal, "", 8),
            ("delta_0.5.0_001_drop_column.sql", "0.5.0", Stage::Normal, "001_drop_column", 8),
            ("delta_1.0.1_12122016.pre.sql", "1.0.1", Stage::Pre, "12122016", 9),
            ("delta_1.0.1__x.post.sql", "1.0.1", Stage::Post, "x", 10),
            ("delta_1.0.1_x.py", "1.0.1", Stage::Normal, "x", 4),
            ("delta_1.0.1.post.py", "1.0.1", Stage::Post, "", 6),
        ] {
            let read = DeltaName::parse(file).unwrap();
            assert_eq!(
                (read.version.to_string().as_str(), read.stage, read.name.as_str()),
                (version, stage, name),
                "{file}"
            );
            assert_eq!(read.type_code(), code, "{file}");
        }
    }

    #[test]
    fn what_was_meant_to_be_a_delta_is_an_error() {
        for file in [
            "delta_1.2_foo.sql",
            "delta_1.2.3.4.sql",
            "delta_1.2.3.foo.sql",
            "delta_1.2.3_a b.sql",
            "delta-1.2.3.sql",
            "Delta_1.2.3.sql",
            "delta_1.2.3.SQL",
            "delta_1.2.3.sql.bak",
            "delta_1.2.3_x",
            "detla_1.2.3.sql",
            "delat_1.2.3_x.sql",
            "deltas_1.2.3_x.sql",
            "1.2.3_meters.sql",
            "v1.2.3__meters.sql",
            "pre_all.sql",
            "PostAll.sql",
            "post_all.py",
        ] {
            assert!(matches!(role_of(file), Err(DeltaError::Misnamed { .. })), "{file}");
        }
    }

    #[test]
    fn other_files_may_lie_beside_deltas() {
        for file in [
            "README.md",
            "baseline-0.5.0.sql",
            "__init__.py",
            ".delta_1.0.0.sql.swp",
            "delta_notes.md",
            "views.sql",
            "data_2.sql",
            "2024_roads.csv",
        ] {
            assert_eq!(role_of(file).unwrap(), FileRole::Other, "{file}");
        }
    }
}
