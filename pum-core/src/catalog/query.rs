//! The queries, one per kind, and what they share.
//!
//! A query may hold these placeholders:
//!
//! * `{wanted(n)}`: the schema with alias `n` is to be read,
//! * `{not_of_extension('pg_class', c.oid)}`: the object is no member of an extension,
//! * `{privileges(acl, type, owner)}`: an `aclitem[]` as a sorted list of texts,
//! * `{name(n.nspname, c.relname)}`: a name with its schema, as [`exact_name`] would write it,
//! * `{tablespace(c)}`: the tablespace of the `pg_class` with alias `c`, if it is not the default,
//! * `{extensions('pg_class', c.oid)}`: the extensions that the object was said to depend on,
//! * `{since 14: a else b}`: `a` on servers of that major or newer, else `b` (or null).

use crate::model::Kind;
#[cfg(doc)]
use crate::model::exact_name;

/// The query that reads a kind, for a server of the given major version. Its only parameter is
/// the array of schemas to leave out.
pub(super) fn query_for(kind: Kind, major: u32) -> String {
    expand(template(kind), major)
}

fn template(kind: Kind) -> &'static str {
    match kind {
        Kind::Table => include_str!("queries/table.sql"),
        Kind::Column => include_str!("queries/column.sql"),
        Kind::Constraint => include_str!("queries/constraint.sql"),
        Kind::View => include_str!("queries/view.sql"),
        Kind::Sequence => include_str!("queries/sequence.sql"),
        Kind::Index => include_str!("queries/index.sql"),
        Kind::Trigger => include_str!("queries/trigger.sql"),
        Kind::Function => include_str!("queries/function.sql"),
        Kind::Rule => include_str!("queries/rule.sql"),
    }
}

fn expand(template: &str, major: u32) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, from_brace)) = split_at_placeholder(rest) {
        out.push_str(before);
        let (inside, after) = from_brace.split_once('}').unwrap_or((from_brace, ""));
        out.push_str(&placeholder(inside, major));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Text before the next placeholder, and text from behind its brace. SQL's own `'{}'` is none.
fn split_at_placeholder(text: &str) -> Option<(&str, &str)> {
    let start =
        text.match_indices('{').map(|(at, _)| at).find(|at| !text[*at..].starts_with("{}"))?;
    Some((&text[..start], &text[start + 1..]))
}

fn placeholder(inside: &str, major: u32) -> String {
    if let Some((since, choice)) = inside.strip_prefix("since ").and_then(|s| s.split_once(':')) {
        let (then, otherwise) = choice.split_once(" else ").unwrap_or((choice, "NULL::text"));
        let is_new = since.trim().parse().is_ok_and(|since: u32| major >= since);
        return if is_new { then } else { otherwise }.trim().to_owned();
    }
    let (name, arguments) = inside.split_once('(').unwrap_or((inside, ""));
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    match name {
        "wanted" => format!(
            "{arguments}.nspname !~ '^pg_' AND {arguments}.nspname <> 'information_schema' \
             AND {arguments}.nspname <> ALL ($1)"
        ),
        "not_of_extension" => {
            let (catalog, oid) = arguments.split_once(',').unwrap_or((arguments, ""));
            format!(
                "NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = {catalog}::regclass \
                 AND x.objid = {oid} AND x.objsubid = 0 AND x.deptype = 'e')"
            )
        }
        "name" => {
            let parts: Vec<String> = arguments.split(',').map(|part| quoted(part.trim())).collect();
            parts.join(" || '.' || ")
        }
        "tablespace" => format!(
            "(SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = {arguments}.reltablespace)"
        ),
        "extensions" => {
            let (catalog, oid) = arguments.split_once(',').unwrap_or((arguments, ""));
            format!(
                "ARRAY(SELECT e.extname::text FROM pg_depend x JOIN pg_extension e \
                 ON x.refclassid = 'pg_extension'::regclass AND e.oid = x.refobjid \
                 WHERE x.classid = {catalog}::regclass AND x.objid = {oid} AND x.objsubid = 0 \
                 AND x.deptype = 'x' ORDER BY 1)"
            )
        }
        "privileges" => {
            let mut parts = arguments.split(',').map(str::trim);
            let (acl, class, owner) = (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            );
            let grantee = quoted("pg_get_userbyid(x.grantee)");
            let grantor = quoted("pg_get_userbyid(x.grantor)");
            format!(
                "ARRAY(SELECT DISTINCT (CASE WHEN x.grantee = {owner} THEN 'owner' \
                 WHEN x.grantee = 0 THEN 'PUBLIC' \
                 ELSE {grantee} END || ': ' || x.privilege_type \
                 || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END \
                 || CASE WHEN x.grantor <> {owner} THEN ' by ' || {grantor} ELSE '' END) \
                 COLLATE \"C\" FROM aclexplode(coalesce({acl}, acldefault({class}, {owner}))) x ORDER BY 1)"
            )
        }
        unknown => format!("{{{unknown}}}"),
    }
}

/// SQL that quotes a name like [`exact_name`]. The server's `quote_ident` quotes keywords too, and
/// every major version has others.
fn quoted(name: &str) -> String {
    format!(
        "CASE WHEN {name} ~ '^[a-z_][a-z0-9_$]*$' THEN {name}::text \
         ELSE '\"' || replace({name}::text, '\"', '\"\"') || '\"' END"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_expands_for_every_major() {
        for kind in Kind::ALL {
            for major in 12..=18 {
                let query = query_for(*kind, major);
                assert!(!query.contains("{since"), "{query}");
                assert!(query.contains("<> ALL ($1)"), "{query}");
                for name in kind.attribute_names() {
                    assert!(query.contains(name), "{kind:?} has no column {name}");
                }
            }
        }
    }

    #[test]
    fn a_choice_follows_the_major() {
        assert_eq!(expand("a {since 14: b else c} d", 13), "a c d");
        assert_eq!(expand("a {since 14: b else c} d", 14), "a b d");
        assert_eq!(expand("a {since 14: b}, '{}'", 12), "a NULL::text, '{}'");
    }
}
