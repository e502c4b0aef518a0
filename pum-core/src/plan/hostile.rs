//! Whether names, comments and values escape from the statements they stand in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::conversion_spec::ConversionSpec;
use super::migration_plan::{MigrationOptions, MigrationPlan};
use super::planner::plan;
use super::side::Side;
use crate::diff::{Filters, all_differences};
use crate::model::{Column, Dependencies, Kind, Model, quoted_name};
use crate::snapshot::Snapshot;
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

/// A schema with this text wherever it can stand: as names, and as `value` wherever it is none.
fn model(text: &str, value: &str) -> Model {
    let it = Hostile::new(text, value);
    read(&[it.types(), it.tables(), it.parts(), it.functions(), it.others()].concat())
}

/// An object, its identity and its attributes.
type Written = (Value, Value);

/// A text in the forms in which it stands.
struct Hostile<'a> {
    text: &'a str,
    value: &'a str,
    name: String,
    full: String,
    column: String,
    plain: String,
    grants: Value,
    owner: Value,
    option: String,
    other: String,
    /// What the server prints.
    literal: String,
    expression: String,
}

impl<'a> Hostile<'a> {
    fn new(text: &'a str, value: &'a str) -> Self {
        let name = quoted_name([text]);
        let literal = format!("{}::text", quote_literal(value));
        Self {
            text,
            value,
            full: quoted_name([text, text]),
            column: quoted_name([text, text, text]),
            plain: quoted_name([text, &format!("{text}plain")]),
            grants: json!([format!("{name}: USAGE")]),
            owner: json!(value),
            option: format!("{text}={value}"),
            other: format!("a={value}"),
            expression: format!("({literal} > {name})"),
            name,
            literal,
        }
    }

    /// A name that is not the text, whatever that is.
    fn own(&self, end: &str) -> String {
        format!("{}{end}", self.text)
    }

    fn in_schema(&self, kind: &str, name: &str) -> Value {
        json!({"kind": kind, "schema": self.text, "name": name})
    }

    fn in_none(&self, kind: &str) -> Value {
        json!({"kind": kind, "name": self.text})
    }

    fn in_table(&self, kind: &str) -> Value {
        json!({"kind": kind, "schema": self.text, "parent": self.text, "name": self.text})
    }

    /// Schemas, types and what they come from.
    fn types(&self) -> Vec<Written> {
        let Self { text, value, full, grants, owner, literal, .. } = self;
        vec![
            (
                self.in_none("schema"),
                json!({"owner": owner, "comment": value, "privileges": grants}),
            ),
            (
                self.in_schema("enum_type", "e"),
                json!({"owner": owner, "labels": [value, "b"], "comment": value, "privileges": grants}),
            ),
            (
                self.in_schema("domain", "d"),
                json!({"owner": owner, "data_type": "integer", "comment": value, "default": literal}),
            ),
            (
                self.in_schema("base_type", "b"),
                json!({
                    "owner": owner, "defined": true, "input": format!("{full}(cstring)"),
                    "output": format!("{full}({full})"), "length": -1, "alignment": "int4",
                    "storage": "plain", "category": value, "default": value, "delimiter": value,
                    "comment": value,
                }),
            ),
            (
                self.in_schema("range_type", "r"),
                json!({"owner": owner, "subtype": full, "operator_class": full, "comment": value}),
            ),
            (self.in_schema("composite_type", "c"), json!({"owner": owner, "comment": value})),
            (self.in_none("language"), json!({"owner": owner, "trusted": true, "handler": full})),
            (
                self.in_none("extension"),
                json!({"schema": text, "version": value, "comment": value}),
            ),
            (
                self.in_schema("collation", text),
                json!({"owner": owner, "provider": "icu", "locale": value, "rules": value,
                   "deterministic": true, "comment": value}),
            ),
        ]
    }

    /// Tables, their columns and sequences, views.
    fn tables(&self) -> Vec<Written> {
        let Self {
            text,
            value,
            name,
            full,
            column,
            owner,
            option,
            other,
            literal,
            expression,
            plain,
            ..
        } = self;
        vec![
            (
                self.in_schema("table", text),
                json!({
                    "relation": "table", "owner": owner, "comment": value, "persistence": "permanent",
                    "replica_identity": format!("index {text}"), "access_method": text,
                    "privileges": [format!("{name}: SELECT")], "storage_parameters": [other],
                    "clustered_on": text, "tablespace": text, "row_security": true,
                }),
            ),
            // It becomes partitioned, with its rows.
            (
                self.in_schema("table", &self.own("plain")),
                json!({
                    "relation": if text == value { "table" } else { "partitioned table" },
                    "owner": owner, "persistence": "permanent", "replica_identity": "default",
                    "partition_key": if text == value { Value::Null } else { format!("LIST ({name})").into() },
                }),
            ),
            (
                json!({"kind": "column", "schema": text, "parent": self.own("plain"), "name": text}),
                json!({"position": 1, "data_type": "bigint", "identity": "always"}),
            ),
            (
                self.in_schema("sequence", "of identity"),
                json!({"owner": owner, "data_type": "bigint", "persistence": "permanent",
                   "start": 1, "increment": 1, "minimum": 1, "maximum": 9, "cache": 1,
                   "owned_by": format!("{plain}.{name}"), "identity": true}),
            ),
            (
                json!({"kind": "table", "schema": text, "name": self.own("far")}),
                json!({
                    "relation": "foreign table", "owner": owner, "persistence": "permanent",
                    "replica_identity": "default", "foreign_server": text, "foreign_options": [option],
                }),
            ),
            (
                self.in_table("column"),
                json!({"position": 1, "data_type": full, "comment": value, "options": [other],
                   "default": literal, "collation": full, "privileges": [format!("{name}: SELECT")]}),
            ),
            (
                json!({"kind": "column", "schema": text, "parent": text, "name": self.own("g")}),
                json!({"position": 2, "generated": expression, "data_type": "text"}),
            ),
            // It gets another type.
            (
                json!({"kind": "column", "schema": text, "parent": text, "name": self.own("w")}),
                json!({"position": 3, "data_type": if text == value { "text" } else { "bytea" }}),
            ),
            (
                self.in_schema("view", "v"),
                json!({
                    "relation": "view", "owner": owner, "comment": value, "options": [other],
                    "definition": format!(" SELECT {literal} AS {name};"),
                }),
            ),
            (
                self.in_schema("sequence", "q"),
                json!({"owner": owner, "data_type": "bigint", "persistence": "permanent",
                   "start": 1, "increment": 1, "minimum": 1, "maximum": 9, "cache": 1,
                   "owned_by": column, "comment": value}),
            ),
        ]
    }

    /// What belongs to tables.
    fn parts(&self) -> Vec<Written> {
        let Self { text, value, name, full, owner, other, literal, expression, .. } = self;
        vec![
            (
                self.in_table("constraint"),
                json!({"constraint_type": "check", "definition": format!("CHECK ({expression})"),
                   "validated": true, "comment": value}),
            ),
            (
                json!({"kind": "constraint", "schema": text, "parent": text, "name": self.own("key")}),
                json!({
                    "constraint_type": "unique", "definition": format!("UNIQUE ({name}) INCLUDE ({name})"),
                    "validated": true, "storage_parameters": [other], "tablespace": text,
                    "index_comment": value, "comment": value,
                }),
            ),
            (
                self.in_table("index"),
                json!({
                    "definition": format!("CREATE INDEX {name} ON {full} USING btree ({name}) WHERE {expression}"),
                    "valid": true, "tablespace": text, "extensions": [text], "comment": value,
                }),
            ),
            (
                self.in_table("trigger"),
                json!({
                    "definition": format!("CREATE TRIGGER {name} BEFORE INSERT ON {full} FOR EACH ROW \
                        EXECUTE FUNCTION {full}({})", quote_literal(value)),
                    "enabled": "always", "extensions": [text], "comment": value,
                }),
            ),
            (
                self.in_table("rule"),
                json!({
                    "definition": format!("CREATE RULE {name} AS\n    ON INSERT TO {full} DO  ( SELECT {literal}; SELECT {literal};\n);"),
                    "enabled": "replica", "comment": value,
                }),
            ),
            (
                self.in_table("policy"),
                json!({"command": "all", "permissive": true, "roles": [name], "comment": value,
                   "using": expression, "with_check": expression}),
            ),
            (
                self.in_schema("statistics", "s"),
                json!({
                    "owner": owner, "table": full, "statistics_target": 5, "comment": value,
                    "definition": format!("CREATE STATISTICS {full} ON {name}, {expression} FROM {full}"),
                }),
            ),
        ]
    }

    /// Functions, and what is made of them.
    fn functions(&self) -> Vec<Written> {
        let Self { text, value, name, full, owner, other, literal, .. } = self;
        vec![
            (
                json!({"kind": "function", "schema": text, "name": text, "arguments": ""}),
                json!({
                    "routine": "function", "owner": owner, "signature": "", "returns": full,
                    "language": text, "body": value, "volatility": "volatile", "parallel": "unsafe",
                    "cost": "100", "rows": "0", "settings": [format!("search_path={value}"), other],
                    "comment": value, "support": full, "transforms": [full], "extensions": [text],
                }),
            ),
            (
                json!({"kind": "function", "schema": text, "name": text, "arguments": "text"}),
                json!({
                    "routine": "function", "owner": owner, "signature": format!("{name} text DEFAULT {literal}"),
                    "returns": "text", "language": "sql", "volatility": "volatile", "parallel": "unsafe",
                    "cost": "100", "rows": "0", "body": "",
                    "sql_body": format!("BEGIN ATOMIC\n SELECT {literal} AS {name};\n END"),
                }),
            ),
            (
                json!({"kind": "function", "schema": text, "name": self.own("c"), "arguments": ""}),
                json!({
                    "routine": "function", "owner": owner, "signature": "", "returns": "text",
                    "language": "c", "volatility": "volatile", "parallel": "unsafe", "cost": "1",
                    "rows": "0", "body": value, "library": value,
                }),
            ),
            (
                self.in_schema("conversion", "k"),
                json!({"owner": owner, "source_encoding": value, "target_encoding": value,
                   "function": full, "comment": value}),
            ),
            (
                json!({"kind": "operator_family", "schema": text, "name": text, "arguments": text}),
                json!({"owner": owner, "comment": value}),
            ),
            (
                self.in_schema("text_search_configuration", "t"),
                json!({"owner": owner, "parser": full, "mappings": [format!("word: {full}")],
                   "comment": value}),
            ),
            (
                self.in_schema("text_search_dictionary", "t"),
                json!({"owner": owner, "template": full, "comment": value,
                   "options": format!("x = {}", quote_literal(value))}),
            ),
            (
                self.in_none("access_method"),
                json!({"method_type": "index", "handler": full, "comment": value}),
            ),
            (
                self.in_none("event_trigger"),
                json!({"owner": owner, "event": "ddl_command_end", "tags": [value], "function": full,
                   "enabled": "origin", "comment": value}),
            ),
        ]
    }

    /// What is elsewhere, and who may see what.
    fn others(&self) -> Vec<Written> {
        let Self { text, value, name, full, grants, owner, option, expression, .. } = self;
        vec![
            (
                self.in_none("foreign_data_wrapper"),
                json!({"owner": owner, "options": [option], "comment": value, "privileges": grants}),
            ),
            (
                self.in_none("foreign_server"),
                json!({
                    "owner": owner, "foreign_data_wrapper": text, "server_type": text,
                    "version": value, "options": [option], "comment": value, "privileges": grants,
                }),
            ),
            (
                json!({"kind": "user_mapping", "parent": text, "name": text}),
                json!({"options": [option], "secrets": ["password=(hidden)"]}),
            ),
            (
                self.in_none("publication"),
                json!({"owner": owner, "operations": ["insert"], "schemas": [name], "comment": value}),
            ),
            (
                json!({"kind": "publication_table", "parent": text, "name": full}),
                json!({"columns": [text], "condition": expression}),
            ),
            (
                self.in_none("subscription"),
                json!({
                    "owner": owner, "connection": value, "slot_name": value, "publications": [value],
                    "synchronous_commit": value, "streaming": "off", "origin": value, "comment": value,
                }),
            ),
            (
                json!({"kind": "security_label", "name": format!("table {full}"), "arguments": value}),
                json!({"label": value}),
            ),
            (
                json!({"kind": "default_privileges", "name": format!("{name} IN SCHEMA {name} ON TABLES")}),
                json!({"privileges": [format!("{name}: SELECT")]}),
            ),
        ]
    }
}

/// A model of what is written, in which all else is unset.
pub(super) fn read(objects: &[(Value, Value)]) -> Model {
    let mut known: serde_json::Map<String, Value> = serde_json::Map::new();
    for kind in crate::model::Kind::ALL {
        known.insert(kind.element().to_owned(), json!([]));
    }
    let mut written: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (identity, attributes) in objects {
        let element = crate::model::Kind::ALL.iter().find(|kind| json!(kind) == identity["kind"]);
        let names = attributes.as_object().into_iter().flatten().map(|it| it.0);
        let element = element.map(|kind| kind.element().to_owned()).unwrap_or_default();
        written.entry(element).or_default().extend(names);
    }
    for (element, names) in written {
        known.insert(element, json!(names));
    }
    let objects: Vec<Value> = objects
        .iter()
        .map(|(identity, attributes)| {
            let set = attributes.as_object().into_iter().flatten();
            let set: serde_json::Map<String, Value> = set
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            json!({"identity": identity, "attributes": set})
        })
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
