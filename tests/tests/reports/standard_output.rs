//! Standard output that cannot be written, and readers that go away.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use pum_tests::command::Home;
use pum_tests::database;

use super::{PUM, drifted};

#[track_caller]
fn fails_on_a_full_disk(home: &Home, line: &str) {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = home.command(PUM, &arguments).stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}: {said}");
    let expected = "error: cannot write to standard output: No space left on device";
    assert!(said.contains(expected), "{line}: {said}");
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let (home, prod, _repo) = drifted();
    home.file("deltas/delta_1.1.0.sql", "CREATE TABLE more (id int);");
    home.file("deltas/delta_1.2.0.sql", "CREATE TABLE most (id int);");
    let upgrades = "-t public.upgrades -d deltas";
    for line in ["--help", "--version", "check --help", "completions bash", "check --list-elements"]
    {
        fails_on_a_full_disk(&home, line);
    }
    for format in ["text", "json", "markdown", "html", "junit", "sarif", "github"] {
        fails_on_a_full_disk(&home, &format!("check prod repo --format {format}"));
        fails_on_a_full_disk(&home, &format!("check prod prod --format {format}"));
    }
    fails_on_a_full_disk(&home, "snapshot prod");
    fails_on_a_full_disk(&home, "init --stdout");
    fails_on_a_full_disk(&home, &format!("baseline -p prod {upgrades} -b 1.0.0"));
    for format in ["text", "json"] {
        for command in ["info", "upgrade --dry-run", "lint"] {
            fails_on_a_full_disk(&home, &format!("{command} -p prod {upgrades} --format {format}"));
        }
        fails_on_a_full_disk(&home, &format!("verify prod --format {format}"));
        fails_on_a_full_disk(&home, &format!("doctor prod --format {format}"));
    }
    fails_on_a_full_disk(&home, &format!("repair -p prod {upgrades}"));
    fails_on_a_full_disk(&home, "dump -p prod prod.dump");
    let copy = database();
    home.service("copy", &copy);
    fails_on_a_full_disk(&home, "restore -p copy prod.dump --replace --yes");
    fails_on_a_full_disk(&home, "clone prod --as standard_output_copy --replace --yes");
    home.file("build.sql", "CREATE TABLE other (id int);");
    fails_on_a_full_disk(
        &home,
        &format!(
            "test-and-upgrade -pp prod {upgrades} -f run.dump --runs runs --reference-sql \
             build.sql --report html=run.html --yes"
        ),
    );
    assert!(home.path().join("run.html").exists(), "what can be written is written");

    // What was done is done, and the message says so.
    fails_on_a_full_disk(&home, &format!("upgrade -p prod {upgrades} -vv"));
    assert_eq!(prod.column("SELECT count(*)::text FROM public.upgrades"), ["3"]);
    fails_on_a_full_disk(&home, &format!("upgrade -p prod {upgrades} --format json"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (home, prod, _repo) = drifted();
    // More than a pipe holds.
    prod.execute(
        "DO $$ BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE TABLE a%s (id int)', i); \
         END LOOP; END $$",
    );
    for (line, code) in
        [("check prod repo", 1), ("check repo prod --format json", 1), ("snapshot prod", 0)]
    {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = home
            .command(PUM, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(!said.contains("error") && !said.contains("panic"), "{line}: {said}");
    }
}
