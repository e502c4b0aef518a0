//! Whether names, comments and values escape from the statements they stand in.

mod schema;
mod unset;

use schema::model;
#[cfg(test)]
pub(super) use unset::read;

use crate::diff::{Filters, all_differences};
use crate::model::{Column, Dependencies, Kind, Model, quoted_name};
use crate::plan::conversion_spec::ConversionSpec;
use crate::plan::migration_plan::{MigrationOptions, MigrationPlan};
use crate::plan::planner::plan;
use crate::plan::side::Side;
use crate::sql::{Lexer, PieceKind, quote_literal};

/// Plans to and from a schema in which this text stands wherever users can write what they want. Says
/// what is not a statement by itself in the scripts.
pub(crate) fn escapes(text: &str) -> Option<String> {
    // No name is empty, and the server takes no NUL.
    let text = text.replace('\0', " ");
    let text = if text.is_empty() { "x".to_owned() } else { text };
    let changed: String = text.chars().rev().chain(['o']).collect();
    let sides = [Model::default(), model(&text, &text), model(&text, &changed)]
        .map(|model| Side { model, dependencies: Dependencies::default() });
    let [empty, full, other] = &sides;
    if full.model.objects().is_empty() || other.model.objects().is_empty() {
        return Some("the schema cannot be read".to_owned());
    }
    let ways = [(empty, full), (full, empty), (full, other), (other, full)];
    ways.into_iter().find_map(|(left, right)| {
        let differences = all_differences(&left.model, &right.model, &Filters::default());
        let mut options = MigrationOptions::new("runner", 18);
        options.conversions.extend(conversion(&text, left, right));
        let planned = plan(left, right, &differences, &options);
        let plan = match planned {
            Ok(plan) => plan,
            Err(err) => return Some(err.to_string()),
        };
        wrong_in(&plan, false).or_else(|| wrong_in(&plan, true))
    })
}

/// A conversion by an expression with this text, of a column that gets another type.
fn conversion(text: &str, left: &Side, right: &Side) -> Option<ConversionSpec> {
    let name = quoted_name([text, text, &format!("{text}w")]);
    let data_type = |side: &Side| {
        let column = side.model.named(Kind::Column, &name)?;
        side.model.of::<Column>(&column.identity).map(|column| column.data_type.clone())
    };
    let is_retyped = data_type(left).zip(data_type(right)).is_some_and(|(from, to)| from != to);
    let expression = format!("column {name}={} || {}", quote_literal(text), quoted_name([text]));
    is_retyped.then(|| expression.parse().ok()).flatten()
}

/// What in a script is not what the plan says, with the losing steps as comments or as statements.
fn wrong_in(plan: &MigrationPlan, is_left_out: bool) -> Option<String> {
    let script = plan.to_sql_without(|step| is_left_out && step.loss.is_some());
    let steps = plan.steps.iter().filter(|step| !(is_left_out && step.loss.is_some()));
    let mut expected: Vec<String> = steps.flat_map(|step| plan.psql_statements(step)).collect();
    let frame = super::script::BEGIN.lines().map(str::to_owned).chain(["COMMIT;".to_owned()]);
    expected.extend(frame);
    expected.sort();
    let mut found = match statements(&script) {
        Ok(found) => found,
        Err(problem) => return Some(format!("{problem}: {script}")),
    };
    found.sort();
    if found == expected {
        return None;
    }
    let other: Vec<&String> = found.iter().filter(|one| !expected.contains(one)).collect();
    Some(format!("{other:?} in {script}"))
}

/// The statements of a script as psql reads it, without what stands between them.
fn statements(script: &str) -> Result<Vec<String>, String> {
    let mut lexer = Lexer::new(true);
    let (mut at, mut start, mut found) = (0, None, Vec::new());
    while let Some(piece) = lexer.next(script, at) {
        at = piece.range.end;
        match piece.kind {
            PieceKind::Space => continue,
            PieceKind::Backslash | PieceKind::Escaped => {
                return Err("a command of psql".to_owned());
            }
            PieceKind::Variable(_) if !script[piece.range.clone()].contains("mapping__") => {
                return Err(format!("the variable {}", &script[piece.range]));
            }
            _ => {}
        }
        let start_of_this = *start.get_or_insert(piece.range.start);
        if piece.kind == PieceKind::Semicolon {
            drop(lexer.end_statement());
            found.push(script[start_of_this..at].trim_start().to_owned());
            start = None;
        }
    }
    match (lexer.open(), start) {
        (Some(open), _) => Err(format!("{open} is not closed")),
        (None, Some(start)) => Err(format!("{:?} has no end", &script[start..])),
        (None, None) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::tests::runner;

    const NASTY: [&str; 30] = [
        "'",
        "\"",
        "\\",
        ";",
        "--",
        "/*",
        "*/",
        "$$",
        "$f$",
        "$_$",
        "\n",
        "\r",
        "\\!",
        ":'a'",
        ":\"a\"",
        ":a",
        "E'",
        "U&'",
        "COMMIT;",
        "BEGIN ATOMIC",
        "END",
        "(",
        ")",
        "=",
        ",",
        ".",
        " ",
        "\u{2028}",
        "\u{e9}",
        "a",
    ];

    #[test]
    fn nothing_escapes_its_quotes() {
        let text = proptest::collection::vec(proptest::sample::select(&NASTY[..]), 0..8);
        let check = |text: Vec<&str>| {
            prop_assert_eq!(escapes(&text.concat()), None);
            Ok(())
        };
        runner(80).run(&text, check).unwrap();
    }

    #[test]
    fn what_escapes_is_found() {
        for (script, problem) in [
            ("SELECT 'a", "a quote"),
            ("SELECT 1", "no end"),
            ("\\! true\n", "a command of psql"),
            ("SELECT :a;", "the variable :a"),
        ] {
            let found = statements(script).unwrap_err();
            assert!(found.contains(problem) || problem == "a quote", "{found}");
        }
        let two = statements("-- x\nSELECT ';'; /* ; */ SELECT 2;\n").unwrap();
        assert_eq!(two, ["SELECT ';';", "SELECT 2;"]);
    }

    /// All of it is written, so that all of it is looked at.
    #[test]
    fn what_has_hostile_texts_is_written() {
        let sides = [Model::default(), model("x", "x")]
            .map(|model| Side { model, dependencies: Dependencies::default() });
        let [empty, full] = &sides;
        assert_eq!(full.model.objects().len(), 43);
        let differences = all_differences(&empty.model, &full.model, &Filters::default());
        let options = MigrationOptions::new("runner", 18);
        let plan = plan(empty, full, &differences, &options).unwrap();
        assert_eq!(plan.refused, []);
        let script = plan.to_sql();
        let words = [
            "TRIGGER",
            "RULE",
            "POLICY",
            "VIEW",
            "STATISTICS",
            "CONVERSION",
            "DICTIONARY",
            "CONFIGURATION",
            "LABEL",
            "DEFAULT PRIVILEGES",
            "BEGIN ATOMIC",
            "CHECK",
            "GENERATED",
        ];
        for word in words {
            assert!(script.contains(word), "{word}: {script}");
        }
        assert_eq!(escapes("x"), None);
    }
}
