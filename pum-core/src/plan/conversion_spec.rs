//! Conversions of columns as they are written: `column app.t.a=EXPRESSION`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::decided::Decided;
use super::error::MigrationError;
use super::rename_spec::Parts;
use super::side::Side;
use crate::did_you_mean::nearest;
use crate::model::{Column, ColumnValue, Identity, Kind, Model, Table, TableKind, quoted_name};
use crate::sql::{Lexer, PieceKind};

/// By which expression the values of a column that gets another type are converted.
///
/// It is written as reports of comparisons name the column, with `=` and the expression. That stands in
/// the statement as it is written: it has the names that columns have after the renames, and names all
/// else with its schema.
///
/// ```
/// use pum_core::plan::ConversionSpec;
///
/// let text = "column app.orders.at=pg_catalog.to_timestamp(at / 1000.0)";
/// assert_eq!(text.parse::<ConversionSpec>()?.to_string(), text);
/// assert!("column app.orders.at=now(); DROP TABLE t".parse::<ConversionSpec>().is_err());
/// # Ok::<(), pum_core::plan::ConversionSpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionSpec {
    /// The name of the column with schema and table.
    name: Vec<String>,
    expression: String,
}

/// A text that names no conversion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a conversion, such as \"column app.orders.total=total::integer\": {problem}"
)]
pub struct ConversionSpecError {
    text: String,
    problem: String,
}

impl ConversionSpec {
    /// A conversion of a column by an expression that is still to be written.
    pub fn placeholder(column: &Identity) -> String {
        format!("column {}=EXPRESSION", column.quoted_name())
    }
}

impl fmt::Display for ConversionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = quoted_name(self.name.iter().map(|part| &**part));
        write!(f, "column {name}={}", self.expression)
    }
}

impl FromStr for ConversionSpec {
    type Err = ConversionSpecError;

    fn from_str(text: &str) -> Result<Self, ConversionSpecError> {
        read(text).map_err(|problem| ConversionSpecError {
            text: text.to_owned(),
            problem: problem.to_owned(),
        })
    }
}

fn read(text: &str) -> Result<ConversionSpec, &'static str> {
    const COLUMN: &str = "column";
    let text = text.trim();
    let word = text.get(..COLUMN.len()).filter(|word| word.eq_ignore_ascii_case(COLUMN));
    let mut rest = match word {
        Some(_) if text[COLUMN.len()..].starts_with(char::is_whitespace) => {
            text[COLUMN.len()..].trim_start()
        }
        _ => return Err("it does not begin with \"column\""),
    };
    let Parts { names, arguments, literal } = Parts::read(&mut rest)?;
    if names.len() != 3 || arguments.is_some() || literal.is_some() {
        return Err("a column is named with its schema and its table");
    }
    let expression = rest.strip_prefix('=').ok_or("\"=\" and the expression are missing")?.trim();
    if expression.is_empty() {
        return Err("the expression is missing");
    }
    check_expression(expression)?;
    Ok(ConversionSpec { name: names, expression: expression.to_owned() })
}

/// Whether a text can be one expression inside of a statement: it does not end that, nor goes beyond.
fn check_expression(text: &str) -> Result<(), &'static str> {
    let mut lexer = Lexer::new(true);
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(piece) = lexer.next(text, at) {
        at = piece.range.end;
        let written = &text[piece.range];
        match piece.kind {
            PieceKind::Semicolon => return Err("an expression has no semicolon"),
            PieceKind::Backslash | PieceKind::Escaped => {
                return Err("a backslash begins a command of psql");
            }
            PieceKind::Space if !written.trim().is_empty() => {
                return Err("the expression has a comment");
            }
            PieceKind::Code if written == "," && depth == 0 => {
                return Err("a comma stands outside of parentheses");
            }
            PieceKind::Code if matches!(written, "(" | "[") => depth += 1,
            PieceKind::Code if matches!(written, ")" | "]") => {
                depth = depth.checked_sub(1).ok_or("a parenthesis is closed and not opened")?;
            }
            _ => {}
        }
    }
    match (lexer.open(), depth) {
        (Some(_), _) => Err("a quote or comment is not closed"),
        (None, 0) => Ok(()),
        (None, _) => Err("a parenthesis is not closed"),
    }
}

/// The columns whose conversions were asked for, each with its expression.
pub(super) fn conversions(
    specs: &[ConversionSpec],
    left: &Model,
    right: &Model,
) -> Result<BTreeMap<Identity, String>, MigrationError> {
    let mut found = BTreeMap::new();
    for spec in specs {
        let name = quoted_name(spec.name.iter().map(|part| &**part));
        let both = |identity: &&Identity| left.get(identity).is_some();
        let Some(column) = right.named(Kind::Column, &name).map(|it| &it.identity).filter(both)
        else {
            let columns = right.all_of::<Column>().map(|(identity, _)| identity).filter(both);
            let names: Vec<String> = columns.map(Identity::quoted_name).collect();
            let meant = nearest(&name, names.iter().map(|name| &**name));
            let meant = meant.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
            return Err(problem(spec, format!("no column of that name stays{meant}")));
        };
        if found.insert(column.clone(), spec.expression.clone()).is_some() {
            return Err(problem(spec, "its conversion was asked for twice".to_owned()));
        }
    }
    Ok(found)
}

/// Whether each column is one whose values are converted by a statement.
pub(super) fn check(
    specs: &[ConversionSpec],
    decided: &Decided,
    (left, right): (&Side, &Side),
) -> Result<(), MigrationError> {
    for spec in specs {
        let name = quoted_name(spec.name.iter().map(|part| &**part));
        let Some(object) = right.model.named(Kind::Column, &name) else { continue };
        let column = &object.identity;
        let columns = (left.model.of::<Column>(column), right.model.of::<Column>(column));
        let (Some(from), Some(to)) = columns else { continue };
        let has_rows = |side: &Side| {
            let table = side.model.parent_of::<Table>(column);
            table.is_some_and(|table| table.relation != TableKind::ForeignTable)
        };
        let is_computed = |column: &Column| matches!(column.value, ColumnValue::Generated { .. });
        let why = if !has_rows(left) || !has_rows(right) {
            "only the columns of tables have values that are converted".to_owned()
        } else if is_computed(from) || is_computed(to) {
            "the values of a generated column are computed".to_owned()
        } else if let Some(parent) = right.model.inherited_from(column).into_iter().next() {
            format!("it is converted with {parent}, which it inherits from")
        } else if (&from.data_type, &from.collation) == (&to.data_type, &to.collation)
            && !decided.is_converted(column)
        {
            format!("its type does not change: it is {}", to.data_type)
        } else {
            continue;
        };
        return Err(problem(spec, why));
    }
    Ok(())
}

fn problem(spec: &ConversionSpec, problem: String) -> MigrationError {
    MigrationError::Conversion { spec: spec.to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_is_a_column_and_one_expression() {
        for (text, name, expression) in [
            ("column a.t.c=c::int", ["a", "t", "c"], "c::int"),
            ("Column A.\"T=\".c = f(c, ';', $$--$$)", ["a", "T=", "c"], "f(c, ';', $$--$$)"),
            ("column a.t.c=(ARRAY[c, 1])[1]", ["a", "t", "c"], "(ARRAY[c, 1])[1]"),
        ] {
            let spec: ConversionSpec = text.parse().unwrap();
            assert_eq!(
                (spec.name, &*spec.expression),
                (name.map(str::to_owned).into(), expression)
            );
        }
        for (text, problem) in [
            ("a.t.c=1", "\"column\""),
            ("table a.t=1", "\"column\""),
            ("column t.c=1", "its schema"),
            ("column a.t.c", "="),
            ("column a.t.c= ", "missing"),
            ("column a.t.c=1; DROP TABLE x", "semicolon"),
            ("column a.t.c=1, DROP COLUMN d", "comma"),
            ("column a.t.c=c), DROP COLUMN d, ADD CHECK (1 = 1", "not opened"),
            ("column a.t.c=c -- x", "comment"),
            ("column a.t.c=c /* x", "comment"),
            ("column a.t.c='c", "not closed"),
            ("column a.t.c=f(c", "not closed"),
            ("column a.t.c=c \\! ls", "psql"),
        ] {
            let err = text.parse::<ConversionSpec>().unwrap_err().to_string();
            assert!(err.contains(problem), "{text}: {err}");
        }
    }
}
