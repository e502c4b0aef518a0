//! How statements name objects.

use super::statements::NoStatement;
use crate::model::{CompositeType, Domain, Identity, Model, OfKind, Table, View, ViewKind};
use crate::sql::{quote_ident, quote_literal};

/// Schema and name.
pub(super) fn full(identity: &Identity) -> String {
    format!("{}.{}", quote_ident(&identity.schema), quote_ident(&identity.name))
}

/// Schema and name of what it belongs to.
pub(super) fn parent(identity: &Identity) -> Result<String, NoStatement> {
    let parent = identity.parent.as_deref().ok_or(NoStatement::NotInModel)?;
    Ok(format!("{}.{}", quote_ident(&identity.schema), quote_ident(parent)))
}

/// The name that an object has while another one takes its place.
pub(super) fn out_of_the_way(identity: &Identity) -> Identity {
    const MOST: usize = 54;
    let own = &identity.name;
    let name = if own.len() <= MOST {
        format!("pum_old_{own}")
    } else {
        // Names can begin alike. FNV-1a.
        let hash = own
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let cut = (0..=MOST - 9).rev().find(|at| own.is_char_boundary(*at)).unwrap_or_default();
        format!("pum_old_{}_{hash:08x}", &own[..cut])
    };
    Identity { name, ..identity.clone() }
}

/// The beginning of a statement that changes a part of an object: `ALTER TABLE "s"."t"`, `ALTER DOMAIN …`.
pub(super) fn alter_parent(identity: &Identity, model: &Model) -> Result<String, NoStatement> {
    let word = if is_of::<Table>(identity, model) {
        "TABLE"
    } else if let Some(view) = model.parent_of::<View>(identity) {
        match view.relation {
            ViewKind::View => "VIEW",
            ViewKind::MaterializedView => "MATERIALIZED VIEW",
            ViewKind::Unknown(_) => return Err(NoStatement::Unknown),
        }
    } else if is_of::<Domain>(identity, model) {
        "DOMAIN"
    } else if is_of::<CompositeType>(identity, model) {
        "TYPE"
    } else {
        return Err(NoStatement::NotInModel);
    };
    Ok(format!("ALTER {word} {}", parent(identity)?))
}

/// `ALTER TABLE "s"."t" ALTER COLUMN "c"`
pub(super) fn alter_column(identity: &Identity, model: &Model) -> Result<String, NoStatement> {
    Ok(format!("{} ALTER COLUMN {}", alter_parent(identity, model)?, quote_ident(&identity.name)))
}

/// Whether what the object belongs to is of this kind.
pub(super) fn is_of<T: OfKind>(identity: &Identity, model: &Model) -> bool {
    model.parent_of::<T>(identity).is_some()
}

/// Attaches an index to that of the partitioned table.
pub(super) fn attach_index(index: &str, partition: &Identity) -> String {
    format!("ALTER INDEX {index} ATTACH PARTITION {};", full(partition))
}

/// Storage parameters as in `WITH (…)`.
pub(super) fn storage_parameters(parameters: &[String]) -> String {
    let parameter = |parameter: &String| {
        let Some((name, value)) = parameter.split_once('=') else { return parameter.clone() };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if !value.is_empty() && value.chars().all(is_plain) {
            return format!("{name}={value}");
        }
        format!("{name}={}", quote_literal(value))
    };
    parameters.iter().map(parameter).collect::<Vec<_>>().join(", ")
}

/// Sets and resets storage parameters.
pub(super) fn change_parameters(from: &[String], to: &[String]) -> Vec<String> {
    let name = |parameter: &str| {
        parameter.split_once('=').map_or(parameter.to_owned(), |(name, _)| name.to_owned())
    };
    let gone: Vec<String> = from
        .iter()
        .map(|parameter| name(parameter))
        .filter(|gone| !to.iter().any(|parameter| name(parameter) == *gone))
        .collect();
    let new: Vec<String> =
        to.iter().filter(|parameter| !from.contains(parameter)).cloned().collect();
    let mut actions = Vec::new();
    if !gone.is_empty() {
        actions.push(format!("RESET ({})", gone.join(", ")));
    }
    if !new.is_empty() {
        actions.push(format!("SET ({})", storage_parameters(&new)));
    }
    actions
}

/// A definition of the server as a statement: some have a semicolon.
pub(super) fn statement(sql: &str) -> String {
    let sql = sql.trim_end();
    if sql.ends_with(';') { sql.to_owned() } else { format!("{sql};") }
}

/// The part before the arguments of a function or operator, as `regprocedure` and
/// `regoperator` print it.
pub(super) fn without_arguments(text: &str) -> &str {
    unquoted_positions(text).find(|(_, c)| *c == '(').map_or(text, |(at, _)| &text[..at])
}

/// The arguments themselves.
pub(super) fn arguments(text: &str) -> Option<&str> {
    let (start, _) = unquoted_positions(text).find(|(_, c)| *c == '(')?;
    let inside = &text[start + 1..];
    Some(&inside[..closing(inside)?])
}

/// The end of the parenthesis that was opened before a text.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    unquoted_positions(text).find_map(|(at, c)| match c {
        '(' => {
            depth += 1;
            None
        }
        ')' if depth == 0 => Some(at),
        ')' => {
            depth -= 1;
            None
        }
        _ => None,
    })
}

/// The two types of an operator: `integer, public."a, b"`.
pub(super) fn two_types(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let (at, _) = unquoted_positions(text).find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *c == ',' && depth == 0
    })?;
    Some((&text[..at], text[at + 1..].trim_start()))
}

/// A name in two parts: all before its last dot, and what is behind it.
pub(super) fn split_last(text: &str) -> Option<(&str, &str)> {
    let (at, _) = unquoted_positions(text).filter(|(_, c)| *c == '.').last()?;
    Some((&text[..at], &text[at + 1..]))
}

/// The characters outside of double quotes.
fn unquoted_positions(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut inside = false;
    text.char_indices().filter(move |(_, c)| {
        inside ^= *c == '"';
        !inside && *c != '"'
    })
}

/// The index method that is the arguments of an operator class or family.
pub(super) fn method(identity: &Identity) -> Result<String, NoStatement> {
    identity.arguments.as_deref().map(quote_ident).ok_or(NoStatement::NotInModel)
}

/// `"s"."name" USING "btree"`
pub(super) fn with_method(identity: &Identity) -> Result<String, NoStatement> {
    Ok(format!("{} USING {}", full(identity), method(identity)?))
}

/// What `pg_identify_object` calls an object, its type and its identity, as it is named after
/// `GRANT … ON` and `SECURITY LABEL ON`.
pub(super) fn described_object(text: &str) -> Result<String, NoStatement> {
    const TYPES: [(&str, &str); 24] = [
        ("table column ", "COLUMN"),
        ("view column ", "COLUMN"),
        ("materialized view column ", "COLUMN"),
        ("foreign table column ", "COLUMN"),
        ("composite type column ", "COLUMN"),
        ("materialized view ", "MATERIALIZED VIEW"),
        ("foreign table ", "FOREIGN TABLE"),
        ("foreign-data wrapper ", "FOREIGN DATA WRAPPER"),
        ("event trigger ", "EVENT TRIGGER"),
        ("large object ", "LARGE OBJECT"),
        ("table ", "TABLE"),
        ("view ", "VIEW"),
        ("sequence ", "SEQUENCE"),
        ("function ", "FUNCTION"),
        ("procedure ", "PROCEDURE"),
        ("aggregate ", "AGGREGATE"),
        ("type ", "TYPE"),
        ("schema ", "SCHEMA"),
        ("language ", "LANGUAGE"),
        ("server ", "SERVER"),
        ("domain ", "DOMAIN"),
        ("publication ", "PUBLICATION"),
        ("subscription ", "SUBSCRIPTION"),
        ("composite type ", "TYPE"),
    ];
    TYPES
        .iter()
        .find_map(|(start, word)| Some(format!("{word} {}", text.strip_prefix(start)?)))
        .ok_or(NoStatement::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_outside_of_quotes_only() {
        let text = "\"a(b\".\"f.g\"(numeric(3,1), \"x)\"\"y\")";
        assert_eq!(without_arguments(text), "\"a(b\".\"f.g\"");
        assert_eq!(arguments(text), Some("numeric(3,1), \"x)\"\"y\""));
        assert_eq!(split_last("a.\"b.c\".d"), Some(("a.\"b.c\"", "d")));
        assert_eq!(two_types("numeric(3,1), \"a, b\""), Some(("numeric(3,1)", "\"a, b\"")));
        assert_eq!(without_arguments("public.+"), "public.+");
    }
}
