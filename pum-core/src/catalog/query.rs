//! The queries, one per kind, and what they share.
//!
//! A line `-- Only if: FROM catalog WHERE …` in a query says that it finds nothing where this has no
//! rows. All of them are counted in one statement, so that a server need not plan forty queries
//! for what most databases have none of.
//!
//! The first column is the object identifier, NULL where there is none; then come those that
//! [`super::object`] takes, the identity, and the attributes that are not in the dictionaries.
//!
//! A query may hold these placeholders, also in one another:
//!
//! * `{wanted(n)}`: the schema with alias `n` is to be read,
//! * `{part(c.oid)}`: the object is of the part to read; see [`Part`],
//! * `{not_of_extension('pg_class', c.oid)}`: the object is no member of an extension,
//! * `{of_others('pg_class', c.oid, c.relnamespace)}`: it is built in, and in the schema `pg_catalog`
//!   if a schema is given, or a member of an extension,
//! * `{privileges(acl; default; owner; all)}`: an `aclitem[]` that is not null, behind its owner's
//!   name, one in which the owner has all privileges there are (none: the default) and the default,
//! * `{indexed_of_others('pg_class', c.oid)}`: the same without a schema, so that an index finds them
//!   in a catalog that has many rows of users,
//! * `{name(n.nspname, c.relname)}`: a name with its schema, as [`quoted_name`] would write it,
//! * `{function(oid)}`, `{operator(oid)}`, `{collation(oid)}`: the name of what an `oid` means, null
//!   for 0,
//! * `{routine(oid)}`: the name of a function, with its schema, without its arguments,
//! * `{tablespace(c)}`: the tablespace of the `pg_class` with alias `c`, if it is not the default,
//! * `{extensions('pg_class', c.oid)}`: the extensions that the object was said to depend on,
//! * `{options(o)}`, `{secrets(o)}`: options of a foreign-data wrapper, server or user mapping that
//!   are no passwords, and those that are,
//! * `{letter(c.relkind; r table; v view)}`: what a letter in a catalog stands for; an unknown one
//!   becomes [`UNKNOWN`] with the column's name and the letter,
//! * `{privileged: a else b}`: `a` if the role is a superuser, else `b`,
//! * `{since 14: a else b}`: `a` on servers of that major or newer, else `b` (or null).

use crate::model::Kind;
#[cfg(doc)]
use crate::model::{Word, quoted_name};
use crate::sql::quote_literal;

/// What a word for a letter in a catalog begins with if the letter means nothing to pum. It is looked
/// for only where there can be no text of users, see [`Word`].
pub(super) const UNKNOWN: char = '\u{1}';

/// What stands for an attribute that the role may not see: no connection string, and no option, can
/// be this.
pub(super) const FORBIDDEN: &str = "\u{2}";

/// The server and the role that a query is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) major: u32,
    pub(super) is_superuser: bool,
    /// Regular expressions.
    pub(super) exclude_schemas: &'a [String],
    pub(super) part: Part,
}

/// One of so many parts of the objects of a kind.
///
/// Where the server prints a query, as that of a view, it locks all relations in it until the
/// (sub)transaction ends. The table of locks is small, and everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    number: u64,
    of: u64,
}

impl Part {
    /// Everything at once.
    pub(super) const WHOLE: Self = Self { number: 0, of: 1 };

    /// The parts in which to read a kind with so many objects.
    pub(super) fn all(kind: Kind, objects: u64) -> impl Iterator<Item = Self> {
        const OBJECTS: u64 = 250;
        let of = if has_parts(kind) { objects.div_ceil(OBJECTS).max(1) } else { 1 };
        (0..of).map(move |number| Self { number, of })
    }

    fn condition(self, oid: &str) -> String {
        match self {
            Self::WHOLE => "true".to_owned(),
            Self { number, of } => format!("{oid}::int8 % {of} = {number}"),
        }
    }
}

/// The query that reads a kind.
pub(super) fn query_for(kind: Kind, reader: Reader<'_>) -> String {
    expand(template(kind), reader)
}

/// An expression that counts what there may be of a kind, if that is worth asking.
pub(super) fn count_for(kind: Kind, reader: Reader<'_>) -> Option<String> {
    let from = template(kind).lines().find_map(|line| line.strip_prefix("-- Only if: "))?;
    let from = expand(from, reader);
    Some(if has_parts(kind) {
        format!("(SELECT count(*) {from})")
    } else {
        format!("(SELECT count(*) FROM (SELECT {from} LIMIT 1) found)")
    })
}

fn has_parts(kind: Kind) -> bool {
    template(kind).contains("{part(")
}

fn template(kind: Kind) -> &'static str {
    match kind {
        Kind::Database => include_str!("queries/database.sql"),
        Kind::Extension => include_str!("queries/extension.sql"),
        Kind::Schema => include_str!("queries/schema.sql"),
        Kind::Language => include_str!("queries/language.sql"),
        Kind::AccessMethod => include_str!("queries/access_method.sql"),
        Kind::BaseType => include_str!("queries/base_type.sql"),
        Kind::EnumType => include_str!("queries/enum_type.sql"),
        Kind::CompositeType => include_str!("queries/composite_type.sql"),
        Kind::Domain => include_str!("queries/domain.sql"),
        Kind::RangeType => include_str!("queries/range_type.sql"),
        Kind::Table => include_str!("queries/table.sql"),
        Kind::View => include_str!("queries/view.sql"),
        Kind::Column => include_str!("queries/column.sql"),
        Kind::Constraint => include_str!("queries/constraint.sql"),
        Kind::Index => include_str!("queries/index.sql"),
        Kind::Trigger => include_str!("queries/trigger.sql"),
        Kind::Rule => include_str!("queries/rule.sql"),
        Kind::Policy => include_str!("queries/policy.sql"),
        Kind::Sequence => include_str!("queries/sequence.sql"),
        Kind::Statistics => include_str!("queries/statistics.sql"),
        Kind::Function => include_str!("queries/function.sql"),
        Kind::Operator => include_str!("queries/operator.sql"),
        Kind::OperatorFamily => include_str!("queries/operator_family.sql"),
        Kind::OperatorClass => include_str!("queries/operator_class.sql"),
        Kind::Cast => include_str!("queries/cast.sql"),
        Kind::Collation => include_str!("queries/collation.sql"),
        Kind::Conversion => include_str!("queries/conversion.sql"),
        Kind::TextSearchParser => include_str!("queries/text_search_parser.sql"),
        Kind::TextSearchTemplate => include_str!("queries/text_search_template.sql"),
        Kind::TextSearchDictionary => include_str!("queries/text_search_dictionary.sql"),
        Kind::TextSearchConfiguration => include_str!("queries/text_search_configuration.sql"),
        Kind::Transform => include_str!("queries/transform.sql"),
        Kind::ForeignDataWrapper => include_str!("queries/foreign_data_wrapper.sql"),
        Kind::ForeignServer => include_str!("queries/foreign_server.sql"),
        Kind::UserMapping => include_str!("queries/user_mapping.sql"),
        Kind::EventTrigger => include_str!("queries/event_trigger.sql"),
        Kind::Publication => include_str!("queries/publication.sql"),
        Kind::PublicationTable => include_str!("queries/publication_table.sql"),
        Kind::Subscription => include_str!("queries/subscription.sql"),
        Kind::DefaultPrivileges => include_str!("queries/default_privileges.sql"),
        Kind::ChangedPrivileges => include_str!("queries/changed_privileges.sql"),
        Kind::SecurityLabel => include_str!("queries/security_label.sql"),
    }
}

/// Replaces all placeholders, the inner ones first.
pub(super) fn expand(template: &str, reader: Reader<'_>) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, inside, after)) = split_at_placeholder(rest) {
        out.push_str(before);
        out.push_str(&placeholder(&expand(inside, reader), reader));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Text before the next placeholder, inside it and behind it. SQL's own `'{}'` is none.
fn split_at_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let start =
        text.match_indices('{').map(|(at, _)| at).find(|at| !text[*at..].starts_with("{}"))?;
    let mut depth = 0_usize;
    let end = text[start..].char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => (),
        }
        (depth == 0).then_some(start + at)
    })?;
    Some((&text[..start], &text[start + 1..end], &text[end + 1..]))
}

fn placeholder(inside: &str, reader: Reader<'_>) -> String {
    if let Some((since, choice)) = inside.strip_prefix("since ").and_then(|s| s.split_once(':')) {
        let is_new = since.trim().parse().is_ok_and(|since: u32| reader.major >= since);
        return choose(choice, is_new);
    }
    if let Some(choice) = inside.strip_prefix("privileged:") {
        return choose(choice, reader.is_superuser);
    }
    let (name, arguments) = inside.split_once('(').unwrap_or((inside, ""));
    let arguments = arguments.trim_end().strip_suffix(')').unwrap_or(arguments);
    let by_comma = || arguments.split_once(',').unwrap_or((arguments, ""));
    match name {
        "wanted" => {
            let excluded: Vec<String> =
                reader.exclude_schemas.iter().map(|regex| quote_literal(regex)).collect();
            let excluded = excluded.join(", ");
            format!(
                "{arguments}.nspname !~ '^pg_' AND {arguments}.nspname <> 'information_schema' \
                 AND {arguments}.nspname !~ ALL (ARRAY[{excluded}]::text[])"
            )
        }
        "part" => reader.part.condition(arguments),
        "not_of_extension" => {
            let (catalog, oid) = by_comma();
            // Not as NOT EXISTS: the planner takes the members for few and compares with each.
            format!("{} NOT IN ({})", oid.trim(), members(catalog))
        }
        "of_others" => {
            let mut parts = arguments.split(',').map(str::trim);
            let (catalog, oid) =
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let place = parts.next().map_or_else(String::new, |schema| {
                format!(" AND {schema} = 'pg_catalog'::regnamespace")
            });
            format!("({oid} < {FIRST_OF_USERS}{place} OR {oid} IN ({}))", members(catalog))
        }
        "indexed_of_others" => {
            let (catalog, oid) = by_comma();
            let (oid, members) = (oid.trim(), members(catalog));
            format!("({oid} < {FIRST_OF_USERS} OR {oid} = ANY (ARRAY({members})))")
        }
        "name" => {
            let parts: Vec<String> = arguments.split(',').map(|part| quoted(part.trim())).collect();
            parts.join(" || '.' || ")
        }
        "function" => named_by_oid(arguments, "regprocedure"),
        "routine" => {
            let name = format!("{} || '.' || {}", quoted("xn.nspname"), quoted("x.proname"));
            format!(
                "(SELECT {name} FROM pg_proc x JOIN pg_namespace xn ON xn.oid = x.pronamespace \
                 WHERE x.oid = {arguments})"
            )
        }
        "operator" => named_by_oid(arguments, "regoperator"),
        "collation" => {
            let name = format!("{} || '.' || {}", quoted("xn.nspname"), quoted("x.collname"));
            format!(
                "(SELECT {name} FROM pg_collation x \
                 JOIN pg_namespace xn ON xn.oid = x.collnamespace WHERE x.oid = {arguments})"
            )
        }
        "tablespace" => format!(
            "CASE WHEN {arguments}.reltablespace <> 0 THEN (SELECT s.spcname::text \
             FROM pg_tablespace s WHERE s.oid = {arguments}.reltablespace) END"
        ),
        "extensions" => {
            let (catalog, oid) = by_comma();
            format!(
                "CASE WHEN {oid} IN (SELECT x.objid FROM pg_depend x \
                 WHERE x.refclassid = 'pg_extension'::regclass AND x.classid = {catalog}::regclass \
                 AND x.deptype = 'x') \
                 THEN ARRAY(SELECT e.extname::text COLLATE \"C\" FROM pg_depend x \
                 JOIN pg_extension e ON e.oid = x.refobjid \
                 WHERE x.refclassid = 'pg_extension'::regclass AND x.classid = {catalog}::regclass \
                 AND x.objid = {oid} AND x.objsubid = 0 AND x.deptype = 'x' ORDER BY 1) END"
            )
        }
        "options" => sorted_options(arguments, "!~*"),
        "secrets" => sorted_options(arguments, "~*"),
        "letter" => letter(arguments),
        "privileges" => privileges(arguments),
        unknown => format!("{{{unknown}}}"),
    }
}

/// The first object identifier that is not of `initdb` (`FirstNormalObjectId`).
const FIRST_OF_USERS: u32 = 16384;

fn choose(choice: &str, first: bool) -> String {
    let (then, otherwise) = choice.split_once(" else ").unwrap_or((choice, "NULL::text"));
    if first { then } else { otherwise }.trim().to_owned()
}

fn members(catalog: &str) -> String {
    format!(
        "SELECT x.objid FROM pg_depend x WHERE x.refclassid = 'pg_extension'::regclass \
         AND x.classid = {catalog}::regclass AND x.objsubid = 0 AND x.deptype = 'e'"
    )
}

fn named_by_oid(oid: &str, alias: &str) -> String {
    format!("CASE WHEN {oid} <> 0 THEN {oid}::{alias}::text END")
}

/// Options by whether their name is that of a password.
fn sorted_options(options: &str, operator: &str) -> String {
    format!(
        "CASE WHEN {options} IS NOT NULL THEN ARRAY(SELECT x FROM unnest({options}) x \
         WHERE split_part(x, '=', 1) {operator} '(passw|passphrase|secret|token|credential)' \
         ORDER BY x COLLATE \"C\") END"
    )
}

fn letter(arguments: &str) -> String {
    let mut parts = arguments.split(';').map(str::trim);
    let column = parts.next().unwrap_or_default();
    let cases: String = parts
        .filter_map(|part| part.split_once(' '))
        .map(|(letter, meaning)| format!(" WHEN '{letter}' THEN '{meaning}'"))
        .collect();
    let name = column.rsplit('.').next().unwrap_or(column);
    let mark = u32::from(UNKNOWN);
    format!("CASE {column}{cases} ELSE chr({mark}) || '{name} ' || {column}::text END")
}

fn privileges(arguments: &str) -> String {
    let mut parts = arguments.split(';').map(str::trim);
    let mut part = || parts.next().unwrap_or_default();
    let (acl, default, owner, all) = (part(), part(), part(), part());
    let all = if all.is_empty() { default } else { all };
    format!(
        "CASE WHEN {acl} IS NOT NULL \
         THEN ARRAY[pg_get_userbyid({owner})::text, ({all})::text, ({default})::text, ({acl})::text] END"
    )
}

/// SQL that quotes a name like [`quoted_name`]. The server's `quote_ident` quotes keywords too, and
/// every major version has others.
fn quoted(name: &str) -> String {
    format!(
        "CASE WHEN {name} ~ '^[a-z_][a-z0-9_$]*$' THEN {name}::text \
         ELSE '\"' || replace({name}::text, '\"', '\"\"') || '\"' END"
    )
}

#[cfg(test)]
mod tests {
    use super::super::dictionaries::Set;
    use super::super::object::elsewhere;
    use super::*;

    fn reader(major: u32) -> Reader<'static> {
        Reader { major, is_superuser: true, exclude_schemas: &[], part: Part::WHOLE }
    }

    #[test]
    fn every_query_expands_for_every_major() {
        for kind in Kind::ALL {
            for major in 12..=18 {
                let query = query_for(*kind, reader(major));
                let count = count_for(*kind, reader(major)).unwrap_or_default();
                assert!(!count.contains(['{', '}']), "{count}");
                assert!(!query.replace("{}", "").contains(['{', '}']), "{query}");
                // Rows are read from left to right: the columns are those of the model, in its order.
                let identity = ["oid", "schema", "parent", "name", "arguments"];
                let in_row = |name: &&&str| !elsewhere(*kind).contains(name);
                let mut rest = query.as_str();
                for name in identity.iter().chain(kind.attribute_names().iter().filter(in_row)) {
                    let written = ["", "\""].into_iter().flat_map(|quote| {
                        [",", "\nFROM"].map(|end| format!(" AS {quote}{name}{quote}{end}"))
                    });
                    let at = written.filter_map(|text| rest.find(&text)).min();
                    rest = &rest[at.unwrap_or_else(|| panic!("{kind:?}: where is {name}?")) + 1..];
                }
            }
        }
    }

    #[test]
    fn every_set_expands_for_every_major() {
        for set in Set::ALL {
            for major in 12..=18 {
                let query = expand(set.template(), reader(major));
                assert!(!query.replace("{}", "").contains(['{', '}']), "{query}");
            }
        }
    }

    /// A server in a single-byte encoding refuses what it has no character for, also in a comment.
    /// The modules without a database (`delta`, `diff`, `lint`, `model`) send nothing.
    #[test]
    fn all_that_is_sent_to_servers_is_ascii() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut looked_at = 0;
        for entry in walkdir::WalkDir::new(&source) {
            let path = entry.unwrap().into_path();
            let inside = path.strip_prefix(&source).unwrap();
            let is_pure =
                ["delta", "diff", "lint", "model"].iter().any(|it| inside.starts_with(it));
            let extension = path.extension().and_then(std::ffi::OsStr::to_str);
            let is_code = match extension {
                Some("sql" | "py") => false,
                Some("rs") if !is_pure && !inside.ends_with("tests.rs") => true,
                _ => continue,
            };
            looked_at += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let shipped = text.lines().take_while(|line| !is_code || *line != "#[cfg(test)]");
            let is_sent = |line: &&str| !is_code || !line.trim_start().starts_with("//");
            let found = shipped.filter(is_sent).find(|line| !line.is_ascii());
            assert_eq!(found, None, "{}", inside.display());
        }
        assert!(looked_at > 200, "{looked_at}");
    }

    #[test]
    fn a_choice_follows_the_major() {
        assert_eq!(expand("a {since 14: b else c} d", reader(13)), "a c d");
        assert_eq!(expand("a {since 14: b else c} d", reader(14)), "a b d");
        assert_eq!(expand("a {since 14: b}, '{}'", reader(12)), "a NULL::text, '{}'");
        let nested = "{since 17: a else {since 15: b else c}}";
        assert_eq!([12, 15, 17].map(|major| expand(nested, reader(major))), ["c", "b", "a"]);
    }

    #[test]
    fn schemas_are_left_out_whatever_their_names() {
        let exclude_schemas = [r"^(a\.')$".to_owned()];
        let expanded =
            expand("{wanted(n)}", Reader { exclude_schemas: &exclude_schemas, ..reader(15) });
        let literal = r"n.nspname !~ ALL (ARRAY[ E'^(a\\.'')$']::text[])";
        assert!(expanded.ends_with(literal), "{expanded}");
    }

    #[test]
    fn an_unknown_letter_is_marked() {
        let expected = "CASE c.k WHEN 'r' THEN 'a table' ELSE chr(1) || 'k ' || c.k::text END";
        assert_eq!(expand("{letter(c.k; r a table)}", reader(15)), expected);
    }
}
