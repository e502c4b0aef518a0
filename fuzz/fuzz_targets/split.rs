//! Any bytes as a delta: they are refused or split, never a panic; the statements stand in order in
//! the prepared text; and written one after the other they are split into the same statements.
#![no_main]

use std::cell::OnceCell;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use pum_core::delta::{
    PreparedScript, Script, Statement, StatementKind, VariableForm, VariableValue, Variables,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(script) = read(bytes) else { return };
    for form in VariableForm::ALL {
        let mut variables = Variables::default();
        variables.set("a", VariableValue::Integer(-1));
        variables.set("b", VariableValue::String("'\\\n".to_owned()));
        variables.set_form(form);
        drop(script.prepare(&variables));
    }
    let Ok(split) = script.split(&Variables::default()) else { return };
    check_spans(&split);
    if !has_commands(bytes) {
        let before = statements(&split);
        let again = read(&concatenated(&before)).expect("a file of statements is read");
        let again = again.split(&Variables::default()).expect("a file of statements is split");
        assert_eq!(statements(&again), before);
    }
});

fn read(bytes: &[u8]) -> Result<Script, pum_core::delta::DeltaError> {
    thread_local!(static FILE: OnceCell<(tempfile::TempDir, PathBuf)> = const { OnceCell::new() });
    FILE.with(|file| {
        let (_, path) = file.get_or_init(|| {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let path = directory.path().join("delta_1.0.0.sql");
            (directory, path)
        });
        std::fs::write(path, bytes).expect("a file is written");
        Script::read(path)
    })
}

/// Within the text, in order, without overlap; and each place is found in a file.
fn check_spans(script: &PreparedScript) {
    let mut end = 0;
    for statement in script.statements() {
        assert!(end <= statement.span.start && statement.span.start < statement.span.end);
        assert!(script.text().get(statement.span.clone()).is_some());
        end = statement.span.end;
        for at in [statement.span.start, end] {
            let location = script.location(at).expect("a statement has a place");
            assert!(location.line >= 1 && location.column >= 1);
        }
    }
}

/// A backslash that may be more than an escape in a string: commands take what they are part of
/// apart.
fn has_commands(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        if !matches!(rest.get(at + 1), Some(b'\\' | b'\'')) {
            return true;
        }
        rest = &rest[at + 2..];
    }
    false
}

fn statements(script: &PreparedScript) -> Vec<(String, Option<String>)> {
    let data = |statement: &Statement| match &statement.kind {
        StatementKind::CopyFromStdin { data } => {
            let text = std::io::read_to_string(data.open().expect("data are there"));
            Some(text.expect("data are text").trim_end_matches('\n').to_owned())
        }
        _ => None,
    };
    let text = |statement: &Statement| script.text()[statement.span.clone()].to_owned();
    script.statements().iter().map(|found| (text(found), data(found))).collect()
}

fn concatenated(statements: &[(String, Option<String>)]) -> Vec<u8> {
    // A byte order mark counts in the first line only.
    let mut out = String::from("\n");
    for (at, (text, data)) in statements.iter().enumerate() {
        out += text;
        // The last one may have open parentheses, in which a semicolon ends nothing; then it has
        // no data.
        let last = at + 1 == statements.len();
        if last && data.as_ref().is_none_or(String::is_empty) {
            break;
        }
        out += ";\n";
        if let Some(data) = data {
            out += &format!("{data}\n\\.\n");
        }
    }
    out.into_bytes()
}
