//! pum splits a script into the statements that psql sends.

use std::path::Path;

use pum_core::delta::{PreparedScript, Script, Statement, StatementKind, Variables};
use pum_core::upgrade::run_statement;
use pum_tests::{Database, database, installations, repository};

/// The statements that psql sends when it runs the file, whatever becomes of them: its log has
/// each of them between two lines of its own.
fn sent_by_psql(database: &Database, file: &Path) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let psql = installations()
        .newest_with(&["psql"], |_| true)
        .and_then(|found| found.program("psql"))
        .unwrap();
    let output = std::process::Command::new(psql)
        .args(["-X", "-e", "-v", "VERBOSITY=terse", "-d", &database.conninfo(), "-L"])
        .arg(&log)
        .arg("-f")
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = std::fs::read_to_string(log).unwrap();
    // Since version 17 the lines are comments.
    let log = log.replace("/******** QUERY *********/", "********* QUERY **********");
    let log = log.replace("/************************/", "**************************");
    let queries = log.split("********* QUERY **********\n").skip(1);
    let queries = queries.map(|rest| rest.split("\n**************************\n").next().unwrap());
    let echoed = String::from_utf8(output.stdout).unwrap();
    let queries: Vec<_> = queries.map(str::to_owned).collect();
    for query in &queries {
        assert!(echoed.contains(query), "-e does not show what the log shows: {query}");
    }
    queries.into_iter().filter(|query| !is_empty(query)).collect()
}

fn split_by_pum(file: &Path) -> PreparedScript {
    Script::read(file).unwrap().split(&Variables::default()).unwrap_or_else(|err| panic!("{err}"))
}

fn texts(script: &PreparedScript) -> Vec<&str> {
    script.statements().iter().map(|statement| &script.text()[statement.span.clone()]).collect()
}

/// The text without white space, comments and semicolons at its start.
fn skip_empty(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if text.starts_with("--") {
            text = text.split_once('\n').map_or("", |(_, rest)| rest);
        } else if text.starts_with("/*") {
            let (mut at, mut depth) = (2, 1);
            while depth > 0 {
                match text.get(at..at + 2) {
                    Some("/*") => (depth, at) = (depth + 1, at + 2),
                    Some("*/") => (depth, at) = (depth - 1, at + 2),
                    _ => at += text[at..].chars().next().unwrap().len_utf8(),
                }
            }
            text = &text[at..];
        } else {
            return text;
        }
    }
}

fn is_empty(text: &str) -> bool {
    skip_empty(text).is_empty()
}

/// psql leaves out empty lines that stand outside of quotes.
fn without_empty_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n').filter(|line| *line != "\n");
    lines.collect()
}

/// The same, but for comments before and after it and the semicolon.
fn same(psql: &str, pum: &str) -> bool {
    let psql = without_empty_lines(skip_empty(psql));
    psql.strip_prefix(&*without_empty_lines(pum)).is_some_and(is_empty)
}

fn assert_same(name: &str, file: &Path) -> usize {
    let database = database();
    let theirs = sent_by_psql(&database, file);
    let script = split_by_pum(file);
    let ours = texts(&script);
    for (at, (psql, pum)) in theirs.iter().zip(&ours).enumerate() {
        assert!(same(psql, pum), "{name}, statement {at}:\npsql: {psql}\npum:  {pum}");
    }
    let rest = |all: usize| all - theirs.len().min(ours.len());
    assert_eq!(rest(theirs.len()), 0, "{name}: psql goes on with {:?}", &theirs[ours.len()..]);
    assert_eq!(rest(ours.len()), 0, "{name}: pum goes on with {:?}", &ours[theirs.len()..]);
    ours.len()
}

fn nasty() -> String {
    std::fs::read_to_string(repository().join("fixtures/delta/nasty.sql")).unwrap()
}

#[test]
fn nasty_files_are_split_as_psql_splits_them() {
    let nasty = nasty();
    let end = |text: &str| text.to_owned();
    let files = [
        ("nasty", nasty.clone(), 78),
        ("with a newline at the end", format!("{nasty}\n"), 78),
        ("with a byte order mark", format!("\u{feff}{nasty}"), 78),
        ("with CRLF", nasty.replace('\n', "\r\n"), 78),
        ("empty", end(""), 0),
        ("a byte order mark", end("\u{feff}"), 0),
        ("comments", end("-- a;\n/* b; /* c; */ */\n\n--"), 0),
        ("semicolons", end(";;\n;"), 0),
        ("data to the end", end("create table t (a text); copy t from stdin;\n1\n'"), 2),
        ("an end mark at the end", end("create table t (a text); copy t from stdin;\n1\n\\."), 2),
        ("a copy at the end", end("create table t (a text);\ncopy t from stdin"), 2),
        ("old line ends", end("select 1 -- ;\r, 2;\rselect 2;"), 2),
    ];
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("delta_1.0.0.sql");
    for (name, text, expected) in files {
        std::fs::write(&file, text).unwrap();
        let count = assert_same(name, &file);
        assert_eq!(count, expected, "{name}");
    }
}

/// What psql alone gets wrong: an escape string that continues on the next line stays one for the
/// server.
#[test]
fn escape_strings_in_parts_are_split_as_the_server_reads_them() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("delta_1.0.0.sql");
    std::fs::write(&file, "select E'a'\n -- it's\n '\\';';\nselect 2;").unwrap();
    let script = split_by_pum(&file);
    assert_eq!(texts(&script).len(), 2);
    let database = database();
    for (statement, value) in texts(&script).iter().zip(["a';", "2"]) {
        assert_eq!(database.column(statement), [value]);
    }
}

/// Both go on after an error here, and leave the same rows.
#[test]
fn the_same_data_arrive() {
    let (by_psql, by_pum) = (database(), database());
    let file = repository().join("fixtures/delta/nasty.sql");
    sent_by_psql(&by_psql, &file);
    let script = split_by_pum(&file);
    let mut session = by_pum.session();
    let results: Vec<_> = script
        .statements()
        .iter()
        .map(|statement| (statement, run_statement(&mut session, &script, statement)))
        .collect();
    let copies = |(statement, result): &&(_, Result<_, _>)| {
        let statement: &&Statement = statement;
        matches!(statement.kind, StatementKind::CopyFromStdin { .. }) && result.is_ok()
    };
    assert_eq!(results.iter().filter(copies).count(), 7);
    for (query, rows) in [("select t::text from t", 7), ("select log::text from log", 1)] {
        assert_eq!(by_pum.column(query), by_psql.column(query));
        assert_eq!(by_pum.column(query).len(), rows, "{query}");
    }
}
