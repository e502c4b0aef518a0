//! Values that programs put into scripts: Flyway's placeholders, and goose's variables of the
//! environment. Here they are the variables that were given.
//!
//! The text is put in as it is, as those programs do. A value with a line break is refused: lines
//! would no longer be those of the file.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::Path;

use super::migration::{Migration, Refusal, misfit};
use super::name::Layout;
use crate::Hint;
use crate::delta::{Script, Token, Unpack, Variables, tokens};
use crate::source::SourceError;

/// Puts values in for `${name}` in a script of Flyway, unless its configuration file says that they
/// are meant to the letter. Flyway's own placeholders have their default values.
pub(super) fn put_into_flyway(
    migration: Migration,
    path: &Path,
    given: &Variables,
) -> Result<Migration, SourceError> {
    let text = migration.script.text();
    let names: Vec<(usize, &str)> =
        tokens(text).iter().filter_map(|token| placeholder(token, text)).collect();
    if names.is_empty() || migration.script.is_configured("placeholderReplacement=false")? {
        return Ok(migration);
    }
    let values = flyways(path, given);
    for (at, name) in names {
        let line = text[..at].matches('\n').count() + 1;
        let refusal = match values.get(&name.to_lowercase()) {
            Some(value) if value.contains(['\n', '\r']) => {
                format!("line {line}: the value of the placeholder ${{{name}}} has a line break")
                    .into()
            }
            Some(_) => continue,
            None => Refusal {
                reason: format!(
                    "line {line}: the placeholder ${{{name}}} takes its value from Flyway's \
                     configuration: give it here too (or choose the layout refinery, if it is \
                     literal text)"
                ),
                hint: Some(Hint::GiveVariable { name: name.to_owned() }),
            },
        };
        return Err(misfit(path, Layout::Flyway, refusal));
    }
    let replaced = Unpack::new(move |file| {
        let text = io::read_to_string(file)?;
        Ok(Box::new(Cursor::new(replace(&text, &values).into_bytes())))
    });
    Ok(Migration { script: Script::read_through(path, replaced)?, ..migration })
}

/// What is put into a script, by names in lower case: Flyway does not tell cases apart.
fn flyways(path: &Path, given: &Variables) -> BTreeMap<String, String> {
    let own = [
        ("flyway:defaultschema", "public".to_owned()),
        ("flyway:filename", super::file_name::name_of(path)),
        ("flyway:table", "flyway_schema_history".to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(given.iter().map(|(name, value)| (name.to_lowercase(), value.text()))).collect()
}

/// The placeholder in a token: where it stands in the text, and its name.
fn placeholder<'t>(token: &Token<'_>, text: &'t str) -> Option<(usize, &'t str)> {
    // Outside of strings the brace is a token of its own.
    let end = (token.at + token.written.len() + 1).min(text.len());
    let here = text.get(token.at..end)?;
    here.match_indices("${").find_map(|(at, _)| {
        let at = token.at + at;
        Some((at, name_at(text.get(at..)?)?))
    })
}

/// The name in a `${name}` at the start of the text.
fn name_at(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.split_once('}')?.0;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// The text with all values put in that there are.
fn replace(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = name_at(rest).and_then(|name| Some((name, values.get(&name.to_lowercase())?)));
        if let Some((name, value)) = found {
            out.push_str(value);
            rest = &rest["${}".len() + name.len()..];
        } else {
            out.push_str("${");
            rest = &rest["${".len()..];
        }
    }
    out + rest
}

/// A line of a goose migration with the values put in for `$NAME`, `${NAME}`, and
/// `${NAME:-default}` or `${NAME-default}`. A `$` before anything but a letter stays, as that of
/// `$$` and `$1`.
pub(super) fn put_into_goose(line: &str, given: &Variables) -> Result<String, Refusal> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('$') {
        if rest[..at].ends_with('\\') {
            return Err("a \"\\\" before a \"$\" is not supported here".into());
        }
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (expansion, after) = if let Some(inside) = rest.strip_prefix('{') {
            let (inside, after) = inside.split_once('}').ok_or("a \"${\" is never closed")?;
            (Expansion::in_braces(inside)?, after)
        } else if rest.starts_with(char::is_alphabetic) {
            let (name, after) = identifier(rest);
            (Expansion { name, default: None, also_if_empty: false }, after)
        } else {
            // Both of a pair, so that the second begins nothing.
            let pair = usize::from(rest.starts_with('$'));
            out.push_str(&"$$"[..=pair]);
            rest = &rest[pair..];
            continue;
        };
        out.push_str(&expansion.value(given)?);
        rest = after;
    }
    Ok(out + rest)
}

/// The text after a `$`.
struct Expansion<'a> {
    name: &'a str,
    default: Option<&'a str>,
    also_if_empty: bool,
}

impl<'a> Expansion<'a> {
    fn in_braces(inside: &'a str) -> Result<Self, String> {
        let (name, rest) = identifier(inside);
        let (default, also_if_empty) = match (rest.strip_prefix(":-"), rest.strip_prefix('-')) {
            (Some(default), _) => (Some(default), true),
            (None, Some(default)) => (Some(default), false),
            (None, None) => (None, false),
        };
        let understood = !name.is_empty() && (rest.is_empty() || default.is_some());
        if !understood || default.is_some_and(|default| default.contains('$')) {
            return Err(format!(
                "\"${{{inside}}}\" is not supported here, only ${{NAME}} and ${{NAME:-default}}"
            ));
        }
        Ok(Self { name, default, also_if_empty })
    }

    fn value(&self, given: &Variables) -> Result<String, Refusal> {
        let name = self.name;
        let found = given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.text());
        let found = found.filter(|value| !(self.also_if_empty && value.is_empty()));
        match found.or_else(|| self.default.map(str::to_owned)) {
            Some(value) if value.contains(['\n', '\r']) => {
                Err(format!("the value of {name} has a line break").into())
            }
            Some(value) => Ok(value),
            None => Err(Refusal {
                reason: format!(
                    "goose takes the value of {name} from the environment: give it here"
                ),
                hint: Some(Hint::GiveVariable { name: name.to_owned() }),
            }),
        }
    }
}

/// A name at the start of the text, and what follows it.
fn identifier(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::VariableValue;

    fn given(values: &[(&str, &str)]) -> Variables {
        let mut variables = Variables::default();
        for (name, value) in values {
            variables.set(name, VariableValue::String((*value).to_owned()));
        }
        variables
    }

    #[test]
    fn values_of_flyway_are_put_in_as_they_are() {
        let values = flyways(Path::new("db/V1__a.sql"), &given(&[("Owner", "o'hara")]));
        let text = "${owner}.${OWNER} '${flyway:filename}' ${other} ${} $${owner} ${";
        assert_eq!(replace(text, &values), "o'hara.o'hara 'V1__a.sql' ${other} ${} $o'hara ${");
    }

    #[test]
    fn placeholders_are_found_outside_of_comments() {
        let found = |sql: &str| -> Vec<String> {
            let found = tokens(sql);
            found.iter().filter_map(|t| placeholder(t, sql)).map(|(_, n)| n.to_owned()).collect()
        };
        assert_eq!(found("create table ${s}.t (a int) -- ${no}\n/* ${no} */"), ["s"]);
        assert_eq!(found("select '${a b}', '$ {x}', 'x${flyway:user}', $$ ${body} $$").len(), 2);
    }

    #[test]
    fn variables_of_goose_are_those_of_a_shell() {
        let given = given(&[("NAME", "x"), ("EMPTY", ""), ("LINES", "a\nb")]);
        let put = |line: &str| put_into_goose(line, &given);
        for (line, expected) in [
            ("$NAME ${NAME}y '$NAME-z'", "x xy 'x-z'"),
            ("${NONE:-d} ${NONE-d e} ${EMPTY:-d} ${EMPTY-d}.", "d d e d ."),
            ("as $$ select $1 $$ language $$NAME", "as $$ select $1 $$ language $$NAME"),
            ("100 $", "100 $"),
        ] {
            assert_eq!(put(line).as_deref(), Ok(expected), "{line}");
        }
        for (line, part) in [
            ("$NONE", "give it here"),
            ("${NONE}", "from the environment"),
            ("${NAME:1:2}", "is not supported"),
            ("${NAME?needed}", "is not supported"),
            ("${A:-${B}}", "is not supported"),
            ("${NAME", "is never closed"),
            ("\\$NAME", "not supported"),
            ("$LINES", "line break"),
        ] {
            let err = put(line).unwrap_err().reason;
            assert!(err.contains(part), "{line}: {err}");
        }
    }
}
