//! Whether the values of a column are still there: in another column, or in a table that was
//! re-created.
//!
//! Values are told by hashes that do not depend on the order of rows. Where a table has a primary
//! key, only values that are still with their keys count as kept: in a row that has both, or in a
//! row that the old table refers to.

use std::collections::BTreeSet;

use crate::connect::{SessionOn, quote_ident, rows};

/// The values of a column, as far as they can be known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    /// How many are not NULL.
    pub(super) count: u64,
    /// The sums of two hashes of each value.
    hashes: Vec<String>,
    /// The same of each value with the primary key of its row, if the table has one.
    keyed: Option<Vec<String>>,
}

/// The words in the scripts of a run, by which it is guessed what they may drop: the values of
/// everything else need not be read.
#[derive(Debug, Default)]
pub(in crate::upgrade) struct Identifiers {
    all: BTreeSet<String>,
    drops_tables: bool,
    drops_schemas: bool,
}

impl Identifiers {
    /// Those of scripts.
    pub(in crate::upgrade) fn from_texts<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut found = Self::default();
        for text in texts {
            let mut before = String::new();
            for word in split(text) {
                found.drops_tables |= before == "drop" && word == "table";
                found.drops_schemas |= before == "drop" && matches!(&*word, "schema" | "owned");
                before.clone_from(&word);
                found.all.insert(word);
            }
        }
        found
    }

    /// Whether a script may name this.
    pub(super) fn has(&self, name: &str) -> bool {
        split(name).all(|word| self.all.contains(&word))
    }

    /// Whether a run may drop this column of this table.
    pub(super) fn may_drop(&self, schema: &str, table: &str, column: &str) -> bool {
        if !self.all.contains("drop") {
            return false;
        }
        let is_in_schema = self.drops_schemas && self.has(schema);
        is_in_schema || (self.has(table) && (self.drops_tables || self.has(column)))
    }
}

fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The values of columns of a relation; `None` where they cannot be read.
pub(super) fn values(
    session: &mut SessionOn<'_>,
    relation: &str,
    columns: &[&str],
    key: &[String],
) -> Result<Option<Vec<Values>>, postgres::Error> {
    let mut found = Vec::new();
    // A select list has no more than 1,664 expressions.
    for some in columns.chunks(300) {
        let expressions = some.iter().map(|column| {
            let column = quote_ident(column);
            let mut all = format!(
                "pg_catalog.count({column}), {}",
                sums(&format!("{column}::text"), &column)
            );
            if !key.is_empty() {
                all += &format!(", {}", sums(&with_key("", key, &column), &column));
            }
            all
        });
        let list = expressions.collect::<Vec<_>>().join(", ");
        let Some(row) = answer(session, &format!("SELECT {list} FROM {relation}"))? else {
            return Ok(None);
        };
        let width = if key.is_empty() { 3 } else { 5 };
        found.extend(row.chunks(width).map(|cells| Values {
            count: cells[0].parse().unwrap_or_default(),
            hashes: cells[1..3].to_vec(),
            keyed: cells.get(3..5).map(<[String]>::to_vec),
        }));
    }
    Ok(Some(found))
}

/// Two sums over the hashes of an expression, where a column is not NULL.
fn sums(expression: &str, column: &str) -> String {
    let sum = |seed: u8| {
        format!(
            "pg_catalog.sum(CASE WHEN {column} IS NOT NULL THEN \
             pg_catalog.hashtextextended({expression}, {seed})::numeric END)"
        )
    };
    format!("{}, {}", sum(0), sum(1))
}

/// A value with the key of its row.
fn with_key(alias: &str, key: &[String], value: &str) -> String {
    let key: Vec<String> =
        key.iter().map(|column| format!("{alias}{}", quote_ident(column))).collect();
    format!("ROW({}, {value})::text", key.join(", "))
}

/// The only row of a query; `None` if this role may not read the table, or a value cannot be
/// written.
fn answer(session: &mut SessionOn<'_>, sql: &str) -> Result<Option<Vec<String>>, postgres::Error> {
    match session.client().simple_query(sql) {
        Ok(answer) => Ok(rows(&answer).next().map(|row| {
            (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect()
        })),
        Err(err) if err.as_db_error().is_some() => Ok(None),
        Err(err) => Err(err),
    }
}

/// A table as it is after the run, in which values may be.
pub(super) struct Target {
    pub(super) oid: u32,
    /// For SQL.
    name: String,
    columns: Vec<String>,
    /// Those of them that may have values of others.
    candidates: Vec<String>,
}

/// The tables that a run made or wrote, and of the others the new columns.
pub(super) fn targets(
    session: &mut SessionOn<'_>,
    is_target: &dyn Fn(u32, i32) -> bool,
) -> Result<Vec<Target>, postgres::Error> {
    let answer = session.client().simple_query(TARGETS)?;
    let mut targets: Vec<Target> = Vec::new();
    for row in rows(&answer) {
        let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let (Ok(oid), Ok(number)) = (text(0).parse(), text(3).parse()) else { continue };
        if targets.last().is_none_or(|last| last.oid != oid) {
            let (columns, candidates) = (Vec::new(), Vec::new());
            targets.push(Target { oid, name: text(1), columns, candidates });
        }
        if let Some(last) = targets.last_mut() {
            last.columns.push(text(2));
            last.candidates.extend(is_target(oid, number).then(|| text(2)));
        }
    }
    Ok(targets)
}

/// The column, as `schema.table.column`, that has all values of one that is gone. `from` is the
/// table that it was in, if it is still there.
pub(super) fn found_in(
    session: &mut SessionOn<'_>,
    lost: &Values,
    key: &[String],
    from: Option<(u32, &str)>,
    targets: &[Target],
) -> Result<Option<String>, postgres::Error> {
    for target in targets {
        let columns: Vec<&str> = target.candidates.iter().map(String::as_str).collect();
        let Some(now) = values(session, &target.name, &columns, &[])? else { continue };
        for (column, now) in columns.iter().zip(now) {
            if (now.count, &now.hashes) != (lost.count, &lost.hashes) {
                continue;
            }
            if lost.keyed.is_none() || is_with_key(session, lost, key, target, column)? {
                return Ok(Some(format!("{}.{}", target.name, quote_ident(column))));
            }
        }
    }
    match from {
        Some(from) if lost.keyed.is_some() => referred_to(session, lost, key, from, targets),
        _ => Ok(None),
    }
}

/// Whether the values in a column are in the rows of their keys.
fn is_with_key(
    session: &mut SessionOn<'_>,
    lost: &Values,
    key: &[String],
    target: &Target,
    column: &str,
) -> Result<bool, postgres::Error> {
    // Another table may have its own name for the key, if that is one column.
    let keys: Vec<Vec<String>> = match key {
        [_] => target.columns.iter().map(|column| vec![column.clone()]).collect(),
        several if several.iter().all(|one| target.columns.contains(one)) => vec![several.to_vec()],
        _ => Vec::new(),
    };
    let column = quote_ident(column);
    for key in keys {
        let sums = sums(&with_key("", &key, &column), &column);
        let found = answer(session, &format!("SELECT {sums} FROM {}", target.name))?;
        if found == lost.keyed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The column that has the values in the rows to which the old table refers.
fn referred_to(
    session: &mut SessionOn<'_>,
    lost: &Values,
    key: &[String],
    (oid, from): (u32, &str),
    targets: &[Target],
) -> Result<Option<String>, postgres::Error> {
    let references = session.client().simple_query(&format!(
        "SELECT a.attname, b.attname, c.confrelid FROM pg_catalog.pg_constraint c \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
         JOIN pg_catalog.pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1] \
         WHERE c.contype = 'f' AND c.conrelid = {oid} \
           AND pg_catalog.array_length(c.conkey, 1) = 1"
    ))?;
    for row in rows(&references) {
        let (Some(own), Some(theirs), Some(table)) = (row.get(0), row.get(1), row.get(2)) else {
            continue;
        };
        let (own, theirs) = (quote_ident(own), quote_ident(theirs));
        let Some(target) = targets.iter().find(|it| it.oid.to_string() == table) else { continue };
        for column in &target.columns {
            let value = format!("t.{}", quote_ident(column));
            let sums = sums(&with_key("o.", key, &value), &value);
            let sql = format!(
                "SELECT {sums} FROM ONLY {from} o JOIN {} t ON o.{own} = t.{theirs}",
                target.name
            );
            if answer(session, &sql)? == lost.keyed {
                return Ok(Some(format!("{}.{}", target.name, quote_ident(column))));
            }
        }
    }
    Ok(None)
}

/// Oid, name for SQL, column and its number, of tables that this role sees all rows of.
const TARGETS: &str = "SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname, a.attnum \
     FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
       AND NOT pg_catalog.row_security_active(c.oid) \
     ORDER BY c.oid, a.attnum";
