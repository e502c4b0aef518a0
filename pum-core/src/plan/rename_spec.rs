//! Renames as they are written: `column app.t.old=new`.

use std::fmt;
use std::str::FromStr;

use crate::diff::Rename;
use crate::model::{Identity, Kind, quoted_name, split_quoted};
use crate::sql::quote_literal;

/// Which object of the left schema is which one of the right schema, which has another name.
///
/// It is written as reports of comparisons name objects: the kind, the name with its schema and what it
/// belongs to, `=`, and the new name, with its schema if that is another one. A value of an enumeration
/// is the kind `value`.
///
/// ```
/// use pum_core::plan::RenameSpec;
///
/// for text in [
///     "column app.orders.note=remark",
///     "table app.orders=sales.orders",
///     "function app.total(integer)=sum",
///     "value app.mood.'sad'='unhappy'",
/// ] {
///     assert_eq!(text.parse::<RenameSpec>()?.to_string(), text);
/// }
/// assert!("app.orders=sales".parse::<RenameSpec>().is_err());
/// # Ok::<(), pum_core::plan::RenameSpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameSpec {
    /// The kind as it is written.
    pub(super) word: String,
    /// What it may mean.
    pub(super) kinds: Vec<Kind>,
    /// The name with all that stands before it; of a value of an enumeration the type.
    pub(super) name: Vec<String>,
    /// The types of the arguments of a function, if they are given.
    pub(super) arguments: Option<String>,
    /// The value of an enumeration, and its new name.
    pub(super) value: Option<(String, String)>,
    /// The new name, with its schema if that is given.
    pub(super) to: Vec<String>,
}

/// A text that names no rename.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a rename, such as \"column app.orders.note=remark\" or \
     \"value app.mood.'sad'='unhappy'\": {problem}"
)]
pub struct RenameSpecError {
    text: String,
    problem: String,
}

/// Words for kinds that reports do not use.
const WORDS: [(&str, &[Kind]); 9] = [
    ("type", &[Kind::EnumType, Kind::CompositeType, Kind::Domain, Kind::RangeType, Kind::BaseType]),
    ("value", &[Kind::EnumType]),
    ("materialized view", &[Kind::View]),
    ("foreign table", &[Kind::Table]),
    ("partitioned table", &[Kind::Table]),
    ("procedure", &[Kind::Function]),
    ("aggregate", &[Kind::Function]),
    ("attribute", &[Kind::Column]),
    ("foreign server", &[Kind::ForeignServer]),
];

impl RenameSpec {
    /// The rename that a comparison suggests.
    pub(super) fn suggested(rename: &Rename) -> Self {
        let Rename { left, right } = rename;
        let Identity { kind, schema, parent, name, arguments } = left;
        let schema = Some(schema.clone()).filter(|schema| !schema.is_empty());
        let parts = schema.into_iter().chain(parent.clone()).chain([name.clone()]);
        let is_moved = left.schema != right.schema;
        let to = Some(right.schema.clone()).filter(|_| is_moved);
        Self {
            word: kind.name().to_owned(),
            kinds: vec![*kind],
            name: parts.collect(),
            arguments: arguments.clone(),
            value: None,
            to: to.into_iter().chain([right.name.clone()]).collect(),
        }
    }
}

impl RenameSpec {
    /// The same type, of which a value gets another name.
    pub(super) fn of_value(self, old: &str, new: &str) -> Self {
        let value = Some((old.to_owned(), new.to_owned()));
        Self { word: "value".to_owned(), value, to: Vec::new(), ..self }
    }
}

impl fmt::Display for RenameSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, kinds: _, name, arguments, value, to } = self;
        let quoted = |parts: &[String]| quoted_name(parts.iter().map(|part| &**part));
        write!(f, "{word} {}", quoted(name))?;
        if let Some((old, new)) = value {
            return write!(f, ".{}={}", quote_literal(old), quote_literal(new));
        }
        if let Some(arguments) = arguments {
            write!(f, "({arguments})")?;
        }
        write!(f, "={}", quoted(to))
    }
}

impl FromStr for RenameSpec {
    type Err = RenameSpecError;

    fn from_str(text: &str) -> Result<Self, RenameSpecError> {
        read(text).map_err(|problem| RenameSpecError {
            text: text.to_owned(),
            problem: problem.to_owned(),
        })
    }
}

fn read(text: &str) -> Result<RenameSpec, &'static str> {
    let text = text.trim();
    let own = Kind::ALL.iter().map(|kind| (kind.name(), std::slice::from_ref(kind)));
    let words = own.chain(WORDS.iter().map(|(word, kinds)| (*word, *kinds)));
    let found = words.filter(|(word, _)| {
        let behind = text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word));
        behind.is_some() && text[word.len()..].starts_with(char::is_whitespace)
    });
    let (word, kinds) = found
        .max_by_key(|(word, _)| word.len())
        .ok_or("it does not begin with a kind of object")?;
    let mut rest = text[word.len()..].trim_start();
    let old = Parts::read(&mut rest)?;
    rest = rest.strip_prefix('=').ok_or("\"=\" and the new name are missing")?.trim_start();
    let new = Parts::read(&mut rest)?;
    if !rest.is_empty() {
        return Err("there is something behind the new name");
    }
    let value = match (word, old.literal, new.literal) {
        ("value", Some(old), Some(new)) if !new.is_empty() => Some((old, new)),
        ("value", ..) => return Err("the values of an enumeration stand in single quotes"),
        (_, None, None) => None,
        _ => return Err("names stand in double quotes, if they need quotes"),
    };
    if old.names.is_empty() || value.is_some() != new.names.is_empty() || new.names.len() > 2 {
        return Err("a name is missing, or too long");
    }
    if value.is_none() && new.names.iter().any(String::is_empty) {
        return Err("the new name is empty");
    }
    Ok(RenameSpec {
        word: word.to_owned(),
        kinds: kinds.to_vec(),
        name: old.names,
        arguments: old.arguments,
        value,
        to: new.names,
    })
}

/// A name in parts, with what may stand behind it.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) names: Vec<String>,
    pub(super) arguments: Option<String>,
    pub(super) literal: Option<String>,
}

impl Parts {
    /// Reads up to a `=` or the end.
    pub(super) fn read(rest: &mut &str) -> Result<Self, &'static str> {
        let mut parts = Self::default();
        loop {
            if rest.starts_with('"') {
                let (name, after) = split_quoted(rest).ok_or("a double quote is not closed")?;
                parts.names.push(name);
                *rest = after;
            } else if rest.starts_with('\'') {
                parts.literal = Some(literal(rest)?);
                *rest = rest.trim_start();
                return Ok(parts);
            } else {
                let end = rest.find(['.', '(', '=', '"', '\'']).unwrap_or(rest.len());
                let name = rest[..end].trim();
                if name.is_empty() {
                    return Err("a name is missing");
                }
                // As the server folds names in UTF-8: ASCII letters only.
                parts.names.push(name.to_ascii_lowercase());
                *rest = &rest[end..];
            }
            *rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('(') {
                let end = closing(after).ok_or("a parenthesis is not closed")?;
                parts.arguments = Some(after[..end].trim().to_owned());
                *rest = after[end + 1..].trim_start();
            }
            match rest.strip_prefix('.') {
                Some(after) if parts.arguments.is_none() => *rest = after.trim_start(),
                _ => return Ok(parts),
            }
        }
    }
}

/// A string in single quotes, and what is behind it.
fn literal(rest: &mut &str) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut behind = &rest[1..];
    loop {
        let (before, after) = behind.split_once('\'').ok_or("a single quote is not closed")?;
        text.push_str(before);
        let Some(more) = after.strip_prefix('\'') else {
            *rest = after;
            return Ok(text);
        };
        text.push('\'');
        behind = more;
    }
}

/// Where the parenthesis is closed that a text stands behind.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut is_quoted) = (0_usize, false);
    text.char_indices().find_map(|(at, c)| {
        match c {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted && depth == 0 => return Some(at),
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_are_read_as_reports_name_objects() {
        for (text, word, name, arguments, to) in [
            ("column a.t.c=d", "column", &["a", "t", "c"][..], None, &["d"][..]),
            ("TABLE Public.T = x.U", "table", &["public", "t"], None, &["x", "u"]),
            ("enum type a.\"M=o.\"\"d\"=\"N.\"", "enum type", &["a", "M=o.\"d"], None, &["N."]),
            ("type a.m=n", "type", &["a", "m"], None, &["n"]),
            ("schema a=b", "schema", &["a"], None, &["b"]),
            (
                "function a.f(numeric(3,1), a.\"x)\")=g(int)",
                "function",
                &["a", "f"],
                Some("numeric(3,1), a.\"x)\""),
                &["g"],
            ),
            ("materialized view a.v=w", "materialized view", &["a", "v"], None, &["w"]),
        ] {
            let spec: RenameSpec = text.parse().unwrap();
            assert_eq!(
                (&*spec.word, spec.name, spec.arguments.as_deref()),
                (word, own(name), arguments)
            );
            assert_eq!(spec.to, own(to));
        }
        let spec: RenameSpec = "value a.m.'it''s'='x=y'".parse().unwrap();
        assert_eq!(spec.name, own(&["a", "m"]));
        assert_eq!(spec.value, Some(("it's".to_owned(), "x=y".to_owned())));
        assert_eq!(spec.to_string(), "value a.m.'it''s'='x=y'");
    }

    fn own(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    #[test]
    fn what_is_no_rename_says_why() {
        for (text, problem) in [
            ("", "kind"),
            ("a.t=b", "kind"),
            ("columns a.t.c=b", "kind"),
            ("table a.t", "="),
            ("table a.t=", "missing"),
            ("table =b", "missing"),
            ("table a..t=b", "missing"),
            ("table a.\"t=b", "not closed"),
            ("table a.t=\"\"", "empty"),
            ("table a.t=x.y.z", "too long"),
            ("table a.t='b'", "double quotes"),
            ("value a.m.x=y", "single quotes"),
            ("value a.m.'x'=''", "single quotes"),
            ("value a.m.'x='y'", "="),
            ("function a.f(int=g", "not closed"),
            ("table a.t=b c=d", "behind"),
        ] {
            let err = text.parse::<RenameSpec>().unwrap_err().to_string();
            assert!(err.contains(problem), "{text}: {err}");
        }
    }
}
