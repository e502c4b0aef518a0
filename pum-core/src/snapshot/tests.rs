use std::path::Path;

use serde_json::{Map, json};

use super::*;

fn snapshot(comment: &str) -> Snapshot {
    let mut fields = Map::new();
    fields.insert("owner".to_owned(), json!("ann \"o\""));
    fields.insert("comment".to_owned(), write::text_value(comment));
    fields.insert("privileges".to_owned(), json!(["a: USAGE", "b: CREATE"]));
    let attributes = read::attributes(Kind::Schema, fields, None).unwrap();
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

/// What the writer did not know is left out of a comparison.
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
