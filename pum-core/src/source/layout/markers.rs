//! goose and dbmate: one file holds what applies a migration and what undoes it, with marks in
//! comments between them.

use std::path::{Path, PathBuf};

use super::file_name::{HERE, Number, ends_in, files_in, leading_digits, name_of};
use super::migration::{Migration, Migrations, Refusal, in_order, misfit};
use super::name::Layout;
use super::placeholders::put_into_goose;
use crate::delta::{DeltaError, Script, Variables, read_text};
use crate::source::SourceError;
use crate::sql::lines;

/// What a line is to one of these programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Up {
        transaction: bool,
    },
    Down,
    NoTransaction,
    /// Values of the environment are put in from here on, or not any more.
    Environment(bool),
}

/// In the order of their numbers.
pub(super) fn read_goose(
    directory: &Path,
    variables: &Variables,
) -> Result<Migrations, SourceError> {
    let layout = Layout::Goose;
    let mut found = Vec::new();
    for path in numbered_files(layout, directory)? {
        let name = name_of(&path);
        let (digits, rest) = leading_digits(&name).unwrap_or_default();
        let number = Number::parse(digits).filter(|number| !number.is_zero());
        let fits = rest.starts_with('_') && digits.parse::<i64>().is_ok();
        let reason = "its name must be a number greater than zero, then \"_\" and a name";
        let number = number.filter(|_| fits).ok_or_else(|| misfit(&path, layout, reason))?;
        found.push((number, path));
    }
    scripts(layout, in_order(layout, found)?, goose_mark, variables)
}

/// In the order of their names as text.
pub(super) fn read_dbmate(directory: &Path) -> Result<Migrations, SourceError> {
    let found = numbered_files(Layout::Dbmate, directory)?;
    let found = found.into_iter().map(|path| (name_of(&path), path)).collect();
    scripts(Layout::Dbmate, in_order(Layout::Dbmate, found)?, dbmate_mark, &Variables::default())
}

fn numbered_files(layout: Layout, directory: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut found = Vec::new();
    for path in files_in(directory, HERE)? {
        let name = name_of(&path);
        let is_numbered = leading_digits(&name).is_some();
        if layout == Layout::Goose && is_numbered && ends_in(&name, ".go") {
            return Err(misfit(&path, layout, super::migration::IS_A_PROGRAM));
        }
        if !ends_in(&name, ".sql") {
            continue;
        }
        if !is_numbered || name.strip_suffix(".sql").is_none() {
            return Err(misfit(&path, layout, "that is not a migration name"));
        }
        found.push(path);
    }
    Ok(found)
}

fn scripts<K>(
    layout: Layout,
    found: Vec<(K, PathBuf)>,
    mark: fn(&str) -> Option<Mark>,
    variables: &Variables,
) -> Result<Migrations, SourceError> {
    let mut scripts = Vec::new();
    for (_, path) in found {
        let text = read_text(&path)?;
        let sections =
            sections(&text, mark, variables).map_err(|refusal| misfit(&path, layout, refusal))?;
        for Section { text, transaction } in sections {
            let script = Script::of_text(&path, &text).map_err(|err| match err {
                DeltaError::Syntax { line, .. } => {
                    let reason =
                        format!("line {line}: that is a psql command, which {layout} does not run");
                    misfit(&path, layout, reason.as_str())
                }
                other => other.into(),
            })?;
            scripts.push(Migration { script, transaction });
        }
    }
    Ok(Migrations { scripts, notes: Vec::new() })
}

/// A part of a file that applies something. Before it are as many empty lines as the file has
/// others, so that a line has the number that it has in the file.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    text: String,
    transaction: bool,
}

fn sections(
    text: &str,
    mark: fn(&str) -> Option<Mark>,
    variables: &Variables,
) -> Result<Vec<Section>, Refusal> {
    let mut sections: Vec<Section> = Vec::new();
    let mut up = None;
    let mut without = false;
    let mut environment = false;
    for (at, line) in lines(text).enumerate() {
        match mark(line) {
            Some(Mark::Up { transaction }) => {
                sections.push(Section { text: "\n".repeat(at), transaction });
                up = Some(true);
            }
            Some(Mark::Down) if up.is_none() => {
                return Err(format!(
                    "line {}: the undo section comes before the apply section",
                    at + 1
                )
                .into());
            }
            Some(Mark::Down) => up = Some(false),
            Some(Mark::NoTransaction) => without = true,
            Some(Mark::Environment(on)) => environment = on,
            None if up.is_none() && !is_blank_or_comment(line) => {
                return Err(format!("line {}: there is SQL before the first marker", at + 1).into());
            }
            None => {}
        }
        if let (Some(true), Some(section)) = (up, sections.last_mut()) {
            if environment && !is_blank_or_comment(line) {
                let line = put_into_goose(line, variables);
                let line = line.map_err(|refusal| Refusal {
                    reason: format!("line {}: {}", at + 1, refusal.reason),
                    ..refusal
                })?;
                section.text.push_str(&line);
            } else {
                section.text.push_str(line);
            }
            section.text.push('\n');
        }
    }
    if sections.is_empty() {
        return Err("no line marks the section that applies it".into());
    }
    for section in &mut sections {
        section.transaction &= !without;
    }
    Ok(sections)
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    line.is_empty() || line.starts_with("--")
}

/// The words of a comment that begins its line.
fn words_of(line: &str) -> Option<Vec<String>> {
    let comment = line.trim_start_matches('\u{feff}').strip_prefix("--")?;
    Some(comment.split_whitespace().map(str::to_owned).collect())
}

fn goose_mark(line: &str) -> Option<Mark> {
    let words = words_of(line)?;
    let words: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["+goose", "up"] => Some(Mark::Up { transaction: true }),
        ["+goose", "down"] => Some(Mark::Down),
        ["+goose", "no", "transaction"] => Some(Mark::NoTransaction),
        ["+goose", "envsub" | "envsubst", "on"] => Some(Mark::Environment(true)),
        ["+goose", "envsub" | "envsubst", "off"] => Some(Mark::Environment(false)),
        // Where a statement begins and ends is seen without these.
        _ => None,
    }
}

fn dbmate_mark(line: &str) -> Option<Mark> {
    let words = words_of(line)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["migrate:up", options @ ..] => {
            Some(Mark::Up { transaction: !options.contains(&"transaction:false") })
        }
        ["migrate:down", ..] => Some(Mark::Down),
        _ => None,
    }
}

/// Whether a file is of one of these two programs.
pub(super) fn layout_of(text: &str) -> Option<Layout> {
    lines(text).find_map(|line| {
        let up = |mark: Option<Mark>| matches!(mark, Some(Mark::Up { .. }));
        if up(goose_mark(line)) {
            return Some(Layout::Goose);
        }
        up(dbmate_mark(line)).then_some(Layout::Dbmate)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_keeps_its_lines() {
        let text = "-- note\n\n-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n\
                    -- +goose StatementEnd\n-- +goose Down\nSELECT 2;\n";
        let found = sections(text, goose_mark, &Variables::default()).unwrap();
        assert_eq!(found.len(), 1);
        let lines: Vec<&str> = found[0].text.lines().collect();
        assert_eq!((lines[4], lines.len(), found[0].transaction), ("SELECT 1;", 6, true));
    }

    #[test]
    fn a_byte_order_mark_and_crs_are_no_part_of_the_sql() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("1_a.sql", "\u{feff}-- +goose Up\r\nSELECT 1;\r\n-- +goose Down\r\nSELECT 2;\r\n"),
            ("2_b.sql", "\u{feff}-- +goose Up\rSELECT 1;\r-- +goose Down\rSELECT 2;\r"),
        ] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let read = read_goose(dir.path(), &Variables::default()).unwrap();
        for one in read.scripts {
            let (_, text) = one.script.own_texts().next().unwrap();
            assert_eq!(text, "-- +goose Up\nSELECT 1;\n");
        }
        let dir = tempfile::tempdir().unwrap();
        let text = "\u{feff}-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n";
        std::fs::write(dir.path().join("1_a.sql"), text).unwrap();
        let read = read_dbmate(dir.path()).unwrap();
        let (_, text) = read.scripts[0].script.own_texts().next().unwrap();
        assert_eq!(text, "-- migrate:up\nSELECT 1;\n");

        let utf16: Vec<u8> = "-- migrate:up\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(dir.path().join("2_b.sql"), utf16).unwrap();
        let err = read_dbmate(dir.path()).unwrap_err().to_string();
        assert!(err.ends_with("2_b.sql is UTF-16: save it as UTF-8"), "{err}");
    }

    #[test]
    fn dbmate_may_have_several_sections_and_no_transaction() {
        let text = "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n\
                    --  migrate:up  transaction:false\nSELECT 3;\n";
        let found = sections(text, dbmate_mark, &Variables::default()).unwrap();
        let found: Vec<_> = found.iter().map(|s| (s.text.trim(), s.transaction)).collect();
        assert_eq!(
            found,
            [
                ("-- migrate:up\nSELECT 1;", true),
                ("--  migrate:up  transaction:false\nSELECT 3;", false)
            ]
        );
    }

    #[test]
    fn values_are_put_in_where_the_marks_say_so() {
        let text = "-- +goose ENVSUB ON\n-- +goose Up\n-- $NONE\nSELECT '$A';\n\
                    -- +goose ENVSUB OFF\nSELECT '$A';\n";
        let mut variables = Variables::default();
        variables.assign("string", "A", "x").unwrap();
        let found = sections(text, goose_mark, &variables).unwrap();
        let lines: Vec<&str> = found[0].text.lines().collect();
        assert_eq!([lines[2], lines[3], lines[5]], ["-- $NONE", "SELECT 'x';", "SELECT '$A';"]);
    }

    #[test]
    fn what_the_program_refuses_is_refused() {
        for text in [
            "SELECT 1;\n-- +goose Up\n",
            "-- +goose Down\n-- +goose Up\n",
            "SELECT 1;",
            "-- +goose Up\n-- +goose ENVSUB ON\nSELECT $NONE;\n",
        ] {
            assert!(sections(text, goose_mark, &Variables::default()).is_err(), "{text}");
        }
        let without = "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n";
        assert!(!sections(without, goose_mark, &Variables::default()).unwrap()[0].transaction);
    }
}
