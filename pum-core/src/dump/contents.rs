//! The expected contents of a dump.

use std::collections::BTreeMap;

use super::archive::DumpOptions;
use super::schema_pattern::schema_pattern;
use super::{Compression, DumpError, Format};
use crate::catalog::record::unescaped;
use crate::connect::Session;
use crate::pattern::TablePattern;
use crate::progress::{Event, Observer};

/// The tables whose data a dump will hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// `schema.table` and the bytes that it takes on the server, without indexes.
    pub(super) tables: BTreeMap<String, u64>,
    /// The bytes of all large objects.
    pub(super) large_objects: u64,
}

fn schema_regexes(globs: &[String]) -> Result<Vec<String>, DumpError> {
    globs.iter().map(|glob| schema_pattern(glob).map(|pattern| pattern.regex())).collect()
}

impl Contents {
    /// Asks the server. Patterns that mean nothing there are warned of: what they were to leave out
    /// would be in the dump.
    pub(super) fn read(
        session: &mut Session,
        options: &DumpOptions,
        observer: &mut dyn Observer,
    ) -> Result<Self, DumpError> {
        let failed = |err: postgres::Error| {
            DumpError::server("cannot read the table sizes".to_owned(), &err)
        };
        let (only, without) =
            (schema_regexes(&options.schemas)?, schema_regexes(&options.exclude_schemas)?);
        let (in_schemas, no_data): (Vec<Option<String>>, Vec<String>) = options
            .exclude_table_data
            .iter()
            .map(|pattern| TablePattern::new(pattern))
            .map(|pattern| (pattern.schema_regex(), pattern.name_regex()))
            .unzip();
        let mut warn = |what: &str, pattern: &str| {
            let message = format!("no {what} matches {pattern:?}: the pattern leaves nothing out");
            observer.notify(Event::Warning { message: &message });
        };
        for (glob, regex) in options.exclude_schemas.iter().zip(&without) {
            let row = session.client().query_one(ANY_SCHEMA, &[regex]).map_err(failed)?;
            if !row.get::<_, bool>(0) {
                warn("schema", glob);
            }
        }
        for (at, pattern) in options.exclude_table_data.iter().enumerate() {
            let this: (&[_], &[_]) = (&in_schemas[at..=at], &no_data[at..=at]);
            let query = format!("{ANY_TABLE} AND {})", matches_any("$1", "$2"));
            let row = session.client().query_one(&query, &[&this.0, &this.1]).map_err(failed)?;
            if !row.get::<_, bool>(0) {
                warn("table", pattern);
            }
        }
        if options.schema_only {
            return Ok(Self::default());
        }
        // Where the server converts nothing, a name may be bytes that are no UTF-8.
        let is_sql_ascii = session.encoding() == "SQL_ASCII";
        let name = if is_sql_ascii {
            format!("encode(convert_to({NAME}, 'SQL_ASCII'), 'escape')")
        } else {
            NAME.to_owned()
        };
        let query = format!("SELECT {name}, {TABLES} AND NOT {}", matches_any("$3", "$4"));
        let rows = session
            .client()
            .query(query.as_str(), &[&only, &without, &in_schemas, &no_data])
            .map_err(failed)?;
        let size = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
        let name = |row: &postgres::Row| -> String {
            let name: String = row.get(0);
            if is_sql_ascii { unescaped(&name).unwrap_or(name) } else { name }
        };
        let tables = rows.iter().map(|row| (name(row), size(row.get(1)))).collect();
        // pg_dump leaves them out where schemas are chosen.
        let large_objects = if only.is_empty() {
            size(session.client().query_one(LARGE_OBJECTS, &[]).map_err(failed)?.get(0))
        } else {
            0
        };
        Ok(Self { tables, large_objects })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.tables.values().sum::<u64>() + self.large_objects
    }

    /// How large the dump may become: a guess, since data compress as they like. Compressed data
    /// rarely take more than a third of the space they have in tables.
    pub(super) fn dump_size(&self, format: Format, compression: Option<Compression>) -> u64 {
        let compressed = match compression {
            Some(compression) => !compression.is_none(),
            None => format != Format::Plain,
        };
        let least = 64 << 10;
        least + if compressed { self.bytes() / 3 } else { self.bytes() }
    }
}

const ANY_SCHEMA: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace \
     WHERE nspname::text OPERATOR(pg_catalog.~) $1)";

const ANY_TABLE: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')";

const LARGE_OBJECTS: &str = "SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) \
                 THEN pg_catalog.pg_table_size('pg_catalog.pg_largeobject'::regclass) ELSE 0 END";

const NAME: &str = "pg_catalog.concat(n.nspname, '.', c.relname)";

/// A condition for the tables that any of several [`TablePattern`]s means, as `pg_dump` has it:
/// their regular expressions for schemas are one parameter, those for names another.
fn matches_any(schemas: &str, names: &str) -> String {
    format!(
        "EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest({schemas}::text[]), \
                                        pg_catalog.unnest({names}::text[])) p (n, t) \
                 WHERE c.relname::text COLLATE pg_catalog.\"default\" OPERATOR(pg_catalog.~) p.t \
                   AND CASE WHEN p.n IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) \
                       ELSE n.nspname::text COLLATE pg_catalog.\"default\" \
                            OPERATOR(pg_catalog.~) p.n END)"
    )
}

/// The columns and conditions for ordinary tables; those of extensions only where the extension
/// says that they hold users' data.
const TABLES: &str = "coalesce(pg_catalog.pg_table_size(c.oid), 0) \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' \
       AND n.nspname::text OPERATOR(pg_catalog.!~) '^(pg_|information_schema$)' \
       AND ($1::text[] = '{}' OR n.nspname::text OPERATOR(pg_catalog.~) ANY ($1)) \
       AND NOT n.nspname::text OPERATOR(pg_catalog.~) ANY ($2::text[]) \
       AND (EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)) \
            OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
                           WHERE d.classid = 'pg_catalog.pg_class'::regclass \
                             AND d.objid = c.oid AND d.deptype = 'e'))";
