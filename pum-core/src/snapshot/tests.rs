use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, json};

use super::excluded::Excluded;
use super::fields::{attributes, text_value};
use super::*;
use crate::connect::ServerVersion;
use crate::model::{Dependencies, DependencyKind, Identity, Kind, Model, Node, Object};

fn snapshot(comment: &str) -> Snapshot {
    let mut fields = Map::new();
    fields.insert("owner".to_owned(), json!("ann \"o\""));
    fields.insert("comment".to_owned(), text_value(comment));
    fields.insert("privileges".to_owned(), json!(["a: USAGE", "b: CREATE"]));
    let attributes = attributes(Kind::Schema, fields, None).unwrap();
    let name = "\u{1}sch\u{e9}ma.\"x\"\n".to_owned();
    let identity =
        Identity { kind: Kind::Schema, schema: String::new(), parent: None, name, arguments: None };
    let canonicalized = CanonicalObject {
        identity: identity.clone(),
        attribute: "comment".to_owned(),
        sql: "x".to_owned(),
    };
    Snapshot {
        pum_version: "1.2.3".to_owned(),
        server_version: ServerVersion(150_018),
        canonicalized_by: None,
        left_out: Excluded {
            tables: vec!["\"A b\".c".parse().unwrap()],
            schemas: vec!["audit_*".to_owned()],
            elements: vec!["columns.comment".to_owned()],
        },
        roles: vec!["ann".to_owned()],
        known: all_known(),
        model: Model::new(vec![Object { identity, attributes }]),
        canonicalized: vec![canonicalized],
        dependencies: None,
    }
}

/// A text is the same to the letter, however its lines end.
#[test]
fn what_is_read_is_what_was_written() {
    for comment in
        ["", "one line", "two\nlines", "\n", "a\r\nb\r\n", "\u{feff}\t\u{0}\n{\"lines\": []}"]
    {
        let written = snapshot(comment);
        let text = written.to_json();
        assert_eq!(Snapshot::parse(Path::new("s"), &text).unwrap(), written, "{text}");
    }
}

/// A snapshot of a schema, a table, a column with a default, and a sequence.
fn with_dependencies() -> (Snapshot, Vec<(Node, Node, DependencyKind)>) {
    let identity = |kind: Kind, parent: Option<&str>, name: &str| Identity {
        kind,
        schema: if kind == Kind::Schema { String::new() } else { "s".to_owned() },
        parent: parent.map(str::to_owned),
        name: name.to_owned(),
        arguments: None,
    };
    let schema = identity(Kind::Schema, None, "s");
    let table = identity(Kind::Table, None, "t");
    let column = identity(Kind::Column, Some("t"), "a");
    let sequence = identity(Kind::Sequence, None, "q");
    let all = [&sequence, &column, &table, &schema];
    let objects = all.map(|identity| Object {
        identity: identity.clone(),
        attributes: attributes(identity.kind, Map::new(), Some(&BTreeSet::new())).unwrap(),
    });
    let edges = vec![
        (Node::object(table.clone()), Node::object(schema.clone()), DependencyKind::Normal),
        (Node::default_of(column.clone()), Node::object(sequence.clone()), DependencyKind::Normal),
        (Node::object(sequence.clone()), Node::object(schema), DependencyKind::Normal),
        (Node::object(sequence), Node::object(column), DependencyKind::Automatic),
    ];
    let dependencies: Dependencies = edges.iter().rev().cloned().collect();
    let model = Model::new(objects.into());
    (Snapshot { model, dependencies: Some(dependencies), ..snapshot("x") }, edges)
}

/// Older versions wrote none, and a snapshot is equal to one that has them.
#[test]
fn dependencies_are_read_back_and_are_no_part_of_the_schema() {
    let (written, mut edges) = with_dependencies();
    let text = written.to_json();
    let end = "\"dependencies\": {\n    \"parts\": [[2,\"default\"]],\n    \"normal\": [[1,0],[3,0],[4,3]],\n    \"automatic\": [[3,2]],\n    \"internal\": [],\n    \"partition\": [],\n    \"members\": []\n  }\n}\n";
    assert!(text.ends_with(end), "{text}");
    let read = Snapshot::parse(Path::new("s"), &text).unwrap();
    let found = read.dependencies().unwrap().edges();
    let found: Vec<_> = found.map(|(from, to, kind)| (from.clone(), to.clone(), kind)).collect();
    edges.sort();
    assert_eq!(found, edges);
    assert_eq!(read.to_json(), text);
    let older = Snapshot { dependencies: None, ..written };
    assert_eq!(read, older);
    let text = older.to_json();
    assert!(!text.contains("dependencies"), "{text}");
    assert_eq!(Snapshot::parse(Path::new("s"), &text).unwrap().dependencies().map(|_| ()), None);
}

#[test]
fn wrong_dependencies_are_refused_in_their_line() {
    let text = with_dependencies().0.to_json();
    let line = text.lines().position(|line| line.contains("\"dependencies\"")).unwrap() + 1;
    for (good, bad, message) in [
        ("[4,3]", "[5,3]", "dependencies: the file has no object with the number 5"),
        ("[4,3]", "[4]", "dependencies: a dependency is not a list of two numbers or more"),
        ("[2,\"default\"]", "[4,\"default\"]", "the file has no object with the number 4"),
    ] {
        let err = Snapshot::parse(Path::new("s"), &text.replace(good, bad)).unwrap_err();
        let err = err.to_string();
        assert!(err.starts_with(&format!("s:{line}: ")) && err.contains(message), "{err}");
    }
    for (good, bad) in [("[4,3]", "[-4,3]"), ("\"default\"", "\"start\""), ("normal", "other")] {
        let err = Snapshot::parse(Path::new("s"), &text.replace(good, bad)).unwrap_err();
        assert!(matches!(err, SnapshotError::Content { .. }), "{err}");
    }
}

/// Wherever a file ends too early, it is an error.
#[test]
fn a_part_of_a_snapshot_is_none() {
    let text = snapshot("two\nlines").to_json();
    let whole = text.trim_end().len();
    for cut in (0..whole).filter(|at| text.is_char_boundary(*at)) {
        let err = Snapshot::parse(Path::new("s"), &text[..cut]).unwrap_err();
        assert!(matches!(err, SnapshotError::Content { .. }), "{cut}: {err}");
    }
}

/// Attributes unknown to the writer are not compared.
#[test]
fn unknown_attributes_and_kinds_are_left_out() {
    let mut older = snapshot("x");
    older.known.remove(&Kind::Trigger);
    if let Some(known) = older.known.get_mut(&Kind::Table) {
        known.remove("row_security");
    }
    let text = older.to_json();
    let read = Snapshot::parse(Path::new("s"), &text).unwrap();
    assert_eq!(read.left_out().elements, ["columns.comment", "tables.row_security", "triggers"]);
}

/// The oldest snapshot, rewritten, is the same to the letter: files in version control change
/// only where the schema does.
#[test]
fn the_form_of_a_snapshot_stays() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/snapshots/format-1.json");
    let snapshot = Snapshot::read(&path).unwrap();
    assert_eq!(snapshot.to_json(), std::fs::read_to_string(&path).unwrap());
}

/// Passwords are not written: that of a model which was read is another one.
#[test]
fn a_snapshot_of_any_model_is_read_back() {
    use crate::diff::{Filters, Preset, diff};
    use crate::model::tests::{model, runner};

    let check = |model: Model| {
        let written = Snapshot { model, ..snapshot("two\nlines") };
        let text = written.to_json();
        let read = Snapshot::parse(Path::new("s"), &text).unwrap();
        proptest::prop_assert_eq!(read.to_json(), text);
        let differences = diff(&written.model, &read.model, &Filters::new(Preset::Strict));
        proptest::prop_assert_eq!(differences, []);
        Ok(())
    };
    runner(200).run(&model(), check).unwrap();
}

/// What cannot be so was altered or merged badly: the object, the attribute and the line are told.
#[test]
fn attributes_that_do_not_go_together_are_refused_in_their_line() {
    let parse = |kind: Kind, attributes: &serde_json::Value| {
        let mut snapshot = snapshot("x");
        let identity = Identity {
            kind,
            schema: "s".to_owned(),
            parent: Some("t".to_owned()),
            name: "c".to_owned(),
            arguments: None,
        };
        let unset = super::fields::attributes(kind, Map::new(), Some(&BTreeSet::new())).unwrap();
        snapshot.model = Model::new(vec![Object { identity, attributes: unset }]);
        let text = snapshot.to_json();
        let start = text.find("\"objects\"").unwrap();
        let start = start + text[start..].find("\"attributes\": {").unwrap();
        let end = start + text[start..].find('}').unwrap();
        let written = format!("\"attributes\": {}", serde_json::to_string(&attributes).unwrap());
        let text = format!("{}{written}{}", &text[..start], &text[end + 1..]);
        let line = text.lines().position(|line| line.contains(&written)).unwrap() + 1;
        let message = Snapshot::parse(Path::new("s"), &text).unwrap_err().to_string();
        assert!(message.starts_with(&format!("s:{line}: ")), "{message}");
        message
    };
    let rule = parse(Kind::Rule, &json!({"definition": "x", "enabled": "somtimes"}));
    assert!(rule.contains("rule s.t.c: \"enabled\": \"somtimes\" is not one of origin"), "{rule}");
    for column in [
        json!({"data_type": "int", "default": "1", "generated": "2"}),
        json!({"data_type": "int", "default": "1", "identity": "always"}),
        json!({"data_type": "int", "generated_virtual": true}),
        json!({"data_type": "int", "not_null_form": "not valid"}),
        json!({"data_type": "int", "privileges": ["a: SELCT"]}),
    ] {
        let message = parse(Kind::Column, &column);
        assert!(message.contains("column s.t.c: \""), "{column}: {message}");
    }
}
