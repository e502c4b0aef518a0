//! Any text as a row of a catalog: it is refused or read, never a panic; and what is read can be
//! written down and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum_core::fuzzing::{columns, row};
use pum_core::model::{Kind, Model, Object};

fuzz_target!(|input: (u8, bool, &str, Vec<Option<&str>>)| {
    let (kind, allow_unknown, text, fields) = input;
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    check(kind, allow_unknown, text);
    check(kind, allow_unknown, &composite(kind, &fields));
});

/// A row with as many columns as the kind has.
fn composite(kind: Kind, fields: &[Option<&str>]) -> String {
    let field = |at: usize| match fields.get(at).copied().flatten() {
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")),
        None => String::new(),
    };
    format!("({})", (0..columns(kind)).map(field).collect::<Vec<_>>().join(","))
}

fn check(kind: Kind, allow_unknown: bool, text: &str) {
    let Ok(object) = row(kind, text, allow_unknown) else { return };
    let written = serde_json::to_string(&object).expect("an object is written");
    let read: Object = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(read.identity, object.identity);
    let values = object.attributes.values().into_iter().zip(read.attributes.values());
    for (name, (before, after)) in kind.attribute_names().iter().zip(values) {
        assert!(!before.differs_from(&after), "{name}: {before:?} {after:?}");
    }
    drop(Model::new(vec![object]));
}
