//! Whether names, comments and values escape from the statements they stand in.

use std::path::Path;

use serde_json::{Value, json};

use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::planner::plan;
use super::side::Side;
use crate::diff::{Filters, all_differences};
use crate::model::{Dependencies, Model, quoted_name};
use crate::snapshot::Snapshot;
use crate::sql::{Lexer, PieceKind};

/// Plans to and from a schema in which this text stands wherever users can write what they want. Says
/// what is not a statement by itself in the scripts.
pub(crate) fn escapes(text: &str) -> Option<String> {
    // No name is empty, and the server takes no NUL.
    let text = text.replace('\0', " ");
    let text = if text.is_empty() { "x".to_owned() } else { text };
    let sides = [Model::default(), model(&text)]
        .map(|model| Side { model, dependencies: Dependencies::default() });
    let [empty, full] = &sides;
    if full.model.objects().is_empty() {
        return Some("the schema cannot be read".to_owned());
    }
    [(empty, full), (full, empty)].into_iter().find_map(|(left, right)| {
        let differences = all_differences(&left.model, &right.model, &Filters::default());
        let options = MigrationOptions::new("runner", 18);
        let planned = plan(left, right, &differences, &options);
        let Ok(plan) = planned else { return Some("there is no order".to_owned()) };
        wrong_in(&plan, false).or_else(|| wrong_in(&plan, true))
    })
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

/// A schema with this text wherever it can stand.
fn model(text: &str) -> Model {
    let name = quoted_name([text]);
    let full = quoted_name([text, text]);
    let (grants, owner) = (json!([format!("{name}: USAGE")]), json!(text));
    let (option, other) = (format!("{text}={text}"), format!("a={text}"));
    let in_schema = |kind: &str, name: &str| json!({"kind": kind, "schema": text, "name": name});
    let in_none = |kind: &str| json!({"kind": kind, "name": text});
    let in_table = |kind: &str| json!({"kind": kind, "schema": text, "parent": text, "name": text});
    let objects = [
        (in_none("schema"), json!({"owner": owner, "comment": text, "privileges": grants})),
        (
            in_schema("enum_type", "e"),
            json!({"owner": owner, "labels": [text, "b"], "comment": text, "privileges": grants}),
        ),
        (
            in_schema("domain", "d"),
            json!({"owner": owner, "data_type": "integer", "comment": text}),
        ),
        (
            in_schema("table", text),
            json!({
                "relation": "table", "owner": owner, "comment": text, "persistence": "permanent",
                "replica_identity": "default", "access_method": text,
                "privileges": [format!("{name}: SELECT")], "storage_parameters": [other],
            }),
        ),
        (
            in_table("column"),
            json!({"position": 1, "data_type": full, "comment": text, "options": [other]}),
        ),
        (
            in_table("policy"),
            json!({"command": "all", "permissive": true, "roles": [name], "comment": text}),
        ),
        (
            in_schema("sequence", "q"),
            json!({"owner": owner, "data_type": "bigint", "persistence": "permanent",
                   "start": 1, "increment": 1, "minimum": 1, "maximum": 9, "cache": 1,
                   "comment": text}),
        ),
        (
            json!({"kind": "function", "schema": text, "name": text, "arguments": ""}),
            json!({
                "routine": "function", "owner": owner, "signature": "", "returns": full,
                "language": text, "body": text, "volatility": "volatile", "parallel": "unsafe",
                "cost": "100", "rows": "0", "settings": [format!("search_path={text}"), other],
                "comment": text,
            }),
        ),
        (in_none("language"), json!({"owner": owner, "trusted": true, "handler": full})),
        (
            in_none("foreign_data_wrapper"),
            json!({"owner": owner, "options": [option], "comment": text, "privileges": grants}),
        ),
        (
            in_none("foreign_server"),
            json!({
                "owner": owner, "foreign_data_wrapper": text, "server_type": text,
                "version": text, "options": [option], "comment": text, "privileges": grants,
            }),
        ),
        (
            json!({"kind": "user_mapping", "parent": text, "name": text}),
            json!({"options": [option], "secrets": ["password=(hidden)"]}),
        ),
        (
            in_none("publication"),
            json!({"owner": owner, "operations": ["insert"], "schemas": [name], "comment": text}),
        ),
        (
            in_none("subscription"),
            json!({
                "owner": owner, "connection": text, "slot_name": text, "publications": [text],
                "synchronous_commit": text, "streaming": "off", "origin": text, "comment": text,
            }),
        ),
        (in_none("extension"), json!({"schema": text, "version": text, "comment": text})),
        (
            in_schema("collation", text),
            json!({"owner": owner, "provider": "icu", "locale": text, "rules": text,
                   "deterministic": true, "comment": text}),
        ),
        (
            in_none("event_trigger"),
            json!({"owner": owner, "event": "ddl_command_end", "tags": [text], "function": full,
                   "enabled": "origin", "comment": text}),
        ),
    ];
    read(&objects)
}

/// A model of what is written, in which all else is unset.
pub(super) fn read(objects: &[(Value, Value)]) -> Model {
    let mut known: serde_json::Map<String, Value> = serde_json::Map::new();
    for kind in crate::model::Kind::ALL {
        known.insert(kind.element().to_owned(), json!([]));
    }
    for (identity, attributes) in objects {
        let element = crate::model::Kind::ALL.iter().find(|kind| json!(kind) == identity["kind"]);
        let names: Vec<&String> =
            attributes.as_object().into_iter().flatten().map(|it| it.0).collect();
        known.insert(
            element.map(|kind| kind.element().to_owned()).unwrap_or_default(),
            json!(names),
        );
    }
    let objects: Vec<Value> = objects
        .iter()
        .map(|(identity, attributes)| json!({"identity": identity, "attributes": attributes}))
        .collect();
    let written = json!({
        "format_version": 1, "pum_version": "", "server_version": "18.0", "settled_by": null,
        "left_out": {"tables": [], "schemas": [], "elements": []}, "roles": [],
        "attributes": known, "objects": objects, "respelled": [],
    });
    let read = Snapshot::parse(Path::new(""), &written.to_string());
    read.map(|snapshot| snapshot.model().clone()).unwrap_or_default()
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
        runner(200).run(&text, check).unwrap();
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
        let long = model("x");
        assert_eq!(long.objects().len(), 17);
    }
}
