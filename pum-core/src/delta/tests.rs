//! Tests of reading, splitting and preparing scripts without a server.

use std::path::Path;

use super::*;

fn in_directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn delta_in(dir: &Path) -> Result<Script, DeltaError> {
    Script::read(&dir.join("delta_1.0.0.sql"))
}

fn prepared(sql: &str) -> Result<PreparedScript, DeltaError> {
    let dir = in_directory(&[("delta_1.0.0.sql", sql)]);
    delta_in(dir.path())?.prepare(&Variables::default())
}

fn split(sql: &str) -> PreparedScript {
    let dir = in_directory(&[("delta_1.0.0.sql", sql)]);
    delta_in(dir.path()).unwrap().split(&Variables::default()).unwrap()
}

fn texts_of(script: &PreparedScript) -> Vec<String> {
    let text = |statement: &Statement| script.text()[statement.span.clone()].to_owned();
    script.statements().iter().map(text).collect()
}

fn texts(sql: &str) -> Vec<String> {
    texts_of(&split(sql))
}

fn error(sql: &str) -> String {
    prepared(sql).unwrap_err().to_string()
}

/// Whether the error is about this line of the delta and says this.
fn assert_error(sql: &str, line: usize, said: &str) {
    let text = error(sql);
    assert!(text.contains(&format!("delta_1.0.0.sql:{line}: ")), "{sql}\n{text}");
    assert!(text.contains(said), "{sql}\n{text}");
}

#[test]
fn semicolons_split_only_between_statements() {
    assert_eq!(texts("select 1; select 2"), ["select 1", "select 2"]);
    assert_eq!(texts(" -- c\n;;\n/* ; */ "), [""; 0]);
    assert_eq!(texts("select ';' -- ;\n , 2;"), ["select ';' -- ;\n , 2"]);
    assert_eq!(texts("select 1 \\; select 2; select 3"), ["select 1 ; select 2", "select 3"]);
    let rule = "create rule r as on insert to t do (insert into a values (1); select 1)";
    assert_eq!(texts(&format!("{rule}; select 2;")), [rule, "select 2"]);
}

#[test]
fn bodies_between_begin_and_end_stay_whole() {
    let atomic = "create or replace function f(a int) returns int begin atomic \
                  select case when a > 1 then 1 else 2 end; select 3; end";
    assert_eq!(texts(&format!("{atomic}; select 1;")), [atomic, "select 1"]);
    let quoted = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN x; END; $$";
    assert_eq!(texts(&format!("{quoted};\nselect 1")), [quoted, "select 1"]);
    // BEGIN outside of a routine opens nothing.
    assert_eq!(texts("begin; select 1; commit;"), ["begin", "select 1", "commit"]);
    let table = "create table \"begin\" (\"end\" int)";
    assert_eq!(texts(&format!("{table};select 1;")), [table, "select 1"]);
}

#[test]
fn strings_follow_the_script() {
    let sql = "select '\\';\nset standard_conforming_strings = off;\nselect '\\';';\n\
               set standard_conforming_strings to on;\nselect '\\';";
    assert_eq!(texts(sql).len(), 5);
    assert_eq!(texts(sql)[2], "select '\\';'");
}

#[test]
fn lines_are_those_of_the_first_word() {
    let lines: Vec<_> =
        split("-- one\n\nselect\n1;\r\n  select 2;copy t from stdin;\n1\n2\n\\.\nselect 3")
            .statements()
            .iter()
            .map(|statement| statement.line)
            .collect();
    assert_eq!(lines, [3, 5, 5, 9]);
}

fn data_of(script: &PreparedScript) -> Vec<String> {
    let data = |statement: &Statement| match &statement.kind {
        StatementKind::CopyFromStdin { data } => {
            std::io::read_to_string(data.open().unwrap()).unwrap()
        }
        _ => "-".to_owned(),
    };
    script.statements().iter().map(data).collect()
}

fn data(sql: &str) -> Vec<String> {
    let dir = in_directory(&[("delta_1.0.0.sql", sql)]);
    data_of(&delta_in(dir.path()).unwrap().split(&Variables::default()).unwrap())
}

#[test]
fn copy_takes_its_data_along() {
    let sql = "copy t (a) from stdin;\n1;\n'\n\\.\nselect 1;\ncopy t from stdin with (x);\n2\n";
    assert_eq!(data(sql), ["1;\n'\n", "-", "2\n"]);
    assert_eq!(
        data("copy a from stdin; select 1; copy b from stdin;\n1\n\\.\n2\n\\.\nselect 2"),
        ["1\n", "-", "2\n", "-"]
    );
    assert_eq!(data("copy t from '/x'; select 1"), ["-", "-"]);
    assert_eq!(data("copy (select 1 from stdin) to stdout; select 1"), ["-", "-"]);
    assert_eq!(data("select 1;\ncopy t from stdin"), ["-", ""]);
    assert_eq!(data("-copy t from stdin; select 1"), ["-", "-"]);
}

#[test]
fn transaction_control_is_recognised() {
    use StatementKind::{Begin, Commit, EndsTransaction, Plain};
    let sql = "BEGIN; start transaction read only; commit; END; rollback; \
               rollback to savepoint a; rollback work to a; abort; prepare transaction 'x'; \
               prepare p as select 1";
    let kinds: Vec<_> =
        split(sql).statements().iter().map(|statement| statement.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            Begin,
            Begin,
            Commit,
            Commit,
            EndsTransaction,
            Plain,
            Plain,
            EndsTransaction,
            EndsTransaction,
            Plain
        ]
    );
}

#[test]
fn an_enclosing_transaction_is_absorbed() {
    let prepared =
        prepared("\u{feff}BEGIN;\r\n\\echo a\r\nselect 1;\r\n\\echo b\r\nCOMMIT;\r\n").unwrap();
    assert_eq!(prepared.statements().len(), 1);
    assert_eq!(prepared.warnings(), [ScriptWarning::EnclosingTransaction { line: 1 }]);
    let said: Vec<_> =
        prepared.messages().iter().map(|said| (said.before, said.text.as_str())).collect();
    assert_eq!(said, [(0, "a"), (1, "b")]);
}

#[test]
fn a_commit_in_the_middle_is_refused() {
    for sql in [
        "select 1;\ncommit;\nselect 2;",
        "select 1;\nrollback;",
        "a;\nbegin;",
        "begin;\ncommit; begin; commit;",
        "select 1;\ncommit prepared 'x';",
        "a;\nselect 1 \\; commit \\; select 2;",
        "a;\nselect 1 \\; commit;",
        "a;\nselect 1 \\; copy transaction from stdin;\n1\n\\.\n",
    ] {
        let err = error(sql);
        assert!(err.contains("delta_1.0.0.sql:2: "), "{err}");
        assert!(err.contains("transaction") || err.contains("two-phase"), "{err}");
    }
}

#[test]
fn what_cannot_be_run_is_refused_where_it_stands() {
    assert_error("select 1;\nselect 'x;\n\n", 2, "this string is never closed");
    assert_error("copy t from stdin;\n1\n\\.\n/* a /* b */\n", 4, "this comment is never closed");
    assert_error("select 1;\n\\gexec\n", 2, "psql's command \\gexec cannot run");
    assert_error("select 1\n\\g\n", 2, "psql's command \\g cannot run");
    assert_error("\\! rm -r x", 1, "psql's command \\! cannot run");
    assert_error("select 1;\n\\connect other\n", 2, "\\connect cannot run");
    assert_error("\\set ON_ERROR_STOP off", 1, "stops at its first error");
    assert_error("\n\\set x `date`", 2, "backquoted");
    assert_error("\\if yes\nselect 1;\n", 2, "an \\if has no \\endif");
    assert_error("select 1;\n\\endif", 2, "without an \\if");
    assert_error("\\if maybe\n\\endif", 1, "\"maybe\" is neither");
    assert_error("\\set q 'copy t from stdin'\n:q;\n1\n\\.\n", 2, "write COPY");
}

#[test]
fn bad_bytes_are_located() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("delta_1.0.0.sql"), b"select 1;\n-- Z\xfcrich\n").unwrap();
    let err = delta_in(dir.path()).unwrap_err().to_string();
    assert!(err.contains("delta_1.0.0.sql:2: the file is not UTF-8"), "{err}");
}

#[test]
fn variables_of_the_script_are_pasted() {
    assert_eq!(
        texts("\\set t 'a, b'\n\\set u :t ', c'\nselect :u, :'u', :\"t\", :none, a::t, x[1:t];"),
        ["select a, b, c, 'a, b, c', \"a, b\", :none, a::t, x[1a, b]"]
    );
    assert_eq!(texts("\\set a 'select 1; select'\n:a 2;"), ["select 1", "select 2"]);
    assert_eq!(texts("\\set a ':b'\n\\set b ':a'\nselect :a;"), ["select :a"]);
    assert_eq!(texts("\\set a 1\n\\unset a\nselect :a, :{?a};"), ["select :a, FALSE"]);
    assert_eq!(texts("\\echo a \\\\ select 1; \\echo b"), ["select 1"]);
    assert_eq!(texts("select 1\\echo b\n2;\nselect\n\\echo c\n3"), ["select 1\n2", "select\n3"]);
}

#[test]
fn branches_are_chosen() {
    let sql = "\\set on true\nselect\n\\if :on\n 1, (2\n\\else\n '3', (\n\\endif\n);\n\
               \\if false\nselect it; \\gexec\ncopy t from stdin;\nit's\n\\.\n\\elif yes\n\
               select 4;\n\\endif\nselect 5;";
    assert_eq!(texts(sql), ["select\n 1, (2\n)", "select 4", "select 5"]);
}

#[test]
fn included_files_are_part_of_the_script() {
    let main = "select 1;\n\\i part/a.sql\nselect 2,\n\\ir part/c.sql ;\n3;";
    let dir = in_directory(&[
        ("delta_1.0.0.sql", main),
        ("part/a.sql", "select 'a';\n\\ir b.sql\n"),
        ("part/b.sql", "\n\nselect 'b'"),
        ("part/c.sql", "copy t from stdin;\n1\n"),
    ]);
    let script = delta_in(dir.path()).unwrap();
    let prepared = script.prepare(&Variables::default()).unwrap();
    assert_eq!(
        texts_of(&prepared),
        ["select 1", "select 'a'", "select 'b'", "copy t from stdin", "select 2,\n3"]
    );
    assert_eq!(data_of(&prepared), ["-", "-", "-", "1\n", "-"]);
    let third = &prepared.statements()[2];
    assert_eq!((prepared.file_of(third), third.line), (&*dir.path().join("part/b.sql"), 3));
    let at = third.span.start + "select ".len();
    let location = prepared.location(at).unwrap();
    assert_eq!((location.line, location.column, location.line_text), (3, 8, "select 'b'"));

    let before = script.checksum().clone();
    assert_eq!(delta_in(dir.path()).unwrap().checksum(), &before);
    std::fs::write(dir.path().join("part/b.sql"), "\r\n\r\nselect 'b'").unwrap();
    assert!(!before.matches(delta_in(dir.path()).unwrap().checksum().as_str()), "mixed");
    std::fs::write(dir.path().join("part/b.sql"), "\n\nselect 'c'").unwrap();
    assert_ne!(delta_in(dir.path()).unwrap().checksum(), &before);
    std::fs::write(dir.path().join("part/c.sql"), "copy t from stdin;\n2\n").unwrap();
    let err = std::io::read_to_string(match &prepared.statements()[3].kind {
        StatementKind::CopyFromStdin { data } => data.open().unwrap(),
        other => panic!("{other:?}"),
    });
    assert!(err.unwrap_err().to_string().contains("was changed"));
}

#[test]
fn includes_stay_in_the_directory_and_end() {
    let outside = in_directory(&[("x.sql", "select 1;")]);
    let outer = outside.path().join("x.sql");
    let dir = in_directory(&[("a/delta_1.0.0.sql", ""), ("x.sql", "")]);
    let inner = dir.path().join("a");
    std::os::unix::fs::symlink(&outer, inner.join("link.sql")).unwrap();
    std::os::unix::fs::symlink("delta_1.0.0.sql", inner.join("self.sql")).unwrap();
    std::fs::write(inner.join("loop.sql"), "\\i self.sql").unwrap();
    for (sql, said) in [
        ("\n\\i ../x.sql".to_owned(), "sql:2: ../x.sql is outside of the delta directory"),
        (format!("\n\\i '{}'", outer.display()), "outside of the delta directory"),
        ("\n\\i link.sql".to_owned(), "sql:2: link.sql is outside"),
        ("\n\\copy t from link.sql".to_owned(), "sql:2: link.sql is outside"),
        ("\n\\i .".to_owned(), "sql:2: . is not a file"),
        ("\n\\i none.sql".to_owned(), "sql:2: cannot read none.sql: No such file"),
        ("\n\\i self.sql".to_owned(), "sql:2: self.sql includes itself"),
        ("\n\\i loop.sql".to_owned(), "loop.sql:1: self.sql includes itself"),
        ("\n\\i :x".to_owned(), "sql:2: the file name must be literal"),
    ] {
        std::fs::write(inner.join("delta_1.0.0.sql"), &sql).unwrap();
        let read = delta_in(&inner).and_then(|script| script.prepare(&Variables::default()));
        let err = read.unwrap_err().to_string();
        assert!(err.contains(said), "{sql}: {err}");
    }
}

#[test]
fn copies_from_files_become_copies_from_stdin() {
    let dir = in_directory(&[
        (
            "delta_1.0.0.sql",
            "\\if 0\n\\copy t from b.csv\n\\endif\n\\copy t (a) from 'a.csv' csv\nselect 1;",
        ),
        ("a.csv", "1\n2\n"),
        ("b.csv", ""),
    ]);
    let script = delta_in(dir.path()).unwrap();
    let prepared = script.prepare(&Variables::default()).unwrap();
    assert_eq!(texts_of(&prepared), ["COPY t (a) FROM STDIN csv", "select 1"]);
    assert_eq!(data_of(&prepared), ["1\n2\n", "-"]);
    std::fs::write(dir.path().join("a.csv"), "1\n3\n").unwrap();
    assert_ne!(delta_in(dir.path()).unwrap().checksum(), script.checksum());
    assert_eq!(data("\\copy t from stdin\n1\n\\.\nselect 2;"), ["1\n", "-"]);
}

fn given(form: Option<VariableForm>) -> Variables {
    let mut variables = Variables::default();
    variables.set("n", VariableValue::Integer(3));
    variables.set("s", VariableValue::String("it's; drop".to_owned()));
    if let Some(form) = form {
        variables.set_form(form);
    }
    variables
}

#[test]
fn given_values_are_literals_in_every_form() {
    for (form, sql) in [
        (VariableForm::Classic, "select %(n)s, %(s)s, '%%{x}', :x"),
        (VariableForm::Psql, "select :n, :s, '%{x}', :x"),
        (VariableForm::Braces, "select {n}, {s}, '%{{x}}', :x"),
    ] {
        let dir = in_directory(&[("delta_1.0.0.sql", sql)]);
        let script = delta_in(dir.path()).unwrap();
        for set in [None, Some(form)] {
            let prepared = script.prepare(&given(set)).unwrap();
            assert_eq!(texts_of(&prepared), ["select 3, 'it''s; drop', '%{x}', :x"]);
            assert_eq!(prepared.variable_form(), Some(form));
        }
    }
    let dir = in_directory(&[(
        "delta_1.0.0.sql",
        "\\set x :s\n\\set y :s :n\nselect :x, :y, :'n', :\"s\";",
    )]);
    let prepared = delta_in(dir.path()).unwrap().prepare(&given(None)).unwrap();
    assert_eq!(texts_of(&prepared), ["select 'it''s; drop', 'it''s; drop3', '3', \"it's; drop\""]);
}

#[test]
fn a_directory_has_one_form() {
    let dir = in_directory(&[
        ("delta_1.0.0.sql", "select '{n}', '%%';"),
        ("delta_1.1.0.sql", "select :n;"),
    ]);
    let set = DeltaSet::read(&[dir.path()]).unwrap();
    assert_eq!(set.variable_form(&given(None)), Some(VariableForm::Psql));
    assert_eq!(set.variable_form(&given(Some(VariableForm::Braces))), Some(VariableForm::Braces));
    assert_eq!(set.variable_form(&Variables::default()), None);
}

#[test]
fn variables_are_not_put_into_data() {
    let dir = in_directory(&[(
        "delta_1.0.0.sql",
        "copy t from stdin;\n100%\t%(n)s\n\\.\nselect %(n)s,\n%(nope)s;",
    )]);
    let script = delta_in(dir.path()).unwrap();
    let err = script.prepare(&given(None)).unwrap_err().to_string();
    assert!(err.contains("delta_1.0.0.sql:5: the variable %(nope)s has no value"), "{err}");
    let mut variables = given(None);
    variables.set("nope", VariableValue::Integer(4));
    assert_eq!(data_of(&script.prepare(&variables).unwrap()), ["100%\t%(n)s\n", "-"]);
}
