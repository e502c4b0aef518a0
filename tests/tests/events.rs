//! `--events json`: progress, questions and the result for a program, one JSON object a line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use boon::{Compiler, SchemaIndex, Schemas};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_tests::command::Home;
use pum_tests::{Database, database, repository};
use serde_json::{Value, json};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// A line of the published protocol.
struct Protocol {
    schemas: Schemas,
    line: SchemaIndex,
}

impl Protocol {
    fn new() -> Self {
        let path = repository().join("docs/schema/events.schema.json");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let line = compiler.compile(path.to_str().unwrap(), &mut schemas).unwrap();
        Self { schemas, line }
    }

    #[track_caller]
    fn read(&self, line: &str) -> Value {
        let event = serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
        let valid = self.schemas.validate(&event, self.line);
        valid.unwrap_or_else(|err| panic!("{err:#}\n{event:#}"));
        event
    }
}

/// A command that writes events.
struct Running {
    protocol: Protocol,
    child: Child,
    input: Option<ChildStdin>,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    seen: Vec<Value>,
}

fn events(home: &Home, line: &str) -> Running {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut command = home.command(PUM, &arguments);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let input = child.stdin.take();
    Running { protocol: Protocol::new(), child, input, lines, seen: Vec::new() }
}

impl Running {
    fn next(&mut self) -> Option<Value> {
        let event = self.protocol.read(&self.lines.next()?.unwrap());
        self.seen.push(event.clone());
        Some(event)
    }

    /// The next event of a kind.
    #[track_caller]
    fn until(&mut self, kind: &str) -> Value {
        while let Some(event) = self.next() {
            if event["event"] == kind {
                return event;
            }
        }
        panic!("no {kind} in {:#?}", self.seen);
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn answer(&mut self, question: &Value, answer: &str) {
        self.say(&json!({"id": question["id"], "answer": answer}).to_string());
    }

    /// All events, after the command has ended as its result says, and has written nothing else.
    #[track_caller]
    fn end(mut self) -> Vec<Value> {
        while self.next().is_some() {}
        drop(self.input);
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let (first, last) = (&self.seen[0], self.seen.last().unwrap());
        assert_eq!((&first["event"], &first["protocol"]), (&json!("start"), &json!(1)));
        assert_eq!(last["event"], "result");
        assert_eq!(last["exit_code"], json!(output.status.code()), "{last:#}");
        self.seen
    }

    #[track_caller]
    fn result(self) -> Value {
        self.end().pop().unwrap()
    }
}

fn of<'a>(kind: &'a str, seen: &'a [Value]) -> impl Iterator<Item = &'a Value> {
    seen.iter().filter(move |event| event["event"] == kind)
}

/// A home with the service `prod`, at 1.0.0 by its upgrades table, and deltas.
fn setting(deltas: &[(&str, &str)]) -> (Home, Database) {
    let (home, prod) = (Home::new(), database());
    home.service("prod", &prod);
    home.file(
        "pum.toml",
        "production = \"prod\"\nupgrades_table = \"upgrades\"\ndelta_dirs = [\"deltas\"]\n",
    );
    for (name, sql) in deltas {
        home.file(&format!("deltas/{name}"), sql);
    }
    home.run(PUM, &["baseline", "-p", "prod", "-b", "1.0.0"]).expect(0);
    (home, prod)
}

const TWO: [(&str, &str); 2] = [
    ("delta_1.1.0_a.sql", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n"),
    ("delta_1.2.0_b.sql", "CREATE TABLE u (id int);\n"),
];

#[test]
fn an_upgrade_is_followed_statement_by_statement() {
    let (home, prod) = setting(&TWO);
    let seen = events(&home, "upgrade --events json").end();
    assert_eq!(seen[0]["command"], "upgrade");
    let statements: Vec<Value> = of("statement_started", &seen)
        .map(|it| json!([it["file"], it["line"], it["position"], it["count"]]))
        .collect();
    let (a, b) = ("deltas/delta_1.1.0_a.sql", "deltas/delta_1.2.0_b.sql");
    assert_eq!(statements, [json!([a, 1, 1, 3]), json!([a, 2, 2, 3]), json!([b, 1, 3, 3])]);
    let finished: Vec<&Value> = of("script_finished", &seen).map(|it| &it["file"]).collect();
    assert_eq!(finished, [a, b]);
    let result = seen.last().unwrap();
    assert_eq!((&result["error"], &result["report"]), (&Value::Null, &Value::Null));
    assert!(result["output"].as_str().unwrap().contains("1.2.0"), "{result:#}");
    assert_eq!(prod.column("SELECT to_regclass('u')"), ["u"]);
}

#[test]
fn the_report_of_a_command_is_part_of_the_result() {
    let (home, _prod) = setting(&TWO);
    let result = events(&home, "upgrade --events json --format json").result();
    assert_eq!(result["output"], "");
    assert_eq!(result["report"]["to"], "1.2.0");
    // Differences are no error.
    let result = events(&home, "--events json check prod ./deltas --format json").result();
    let found = json!([result["exit_code"], result["report"]["same"]]);
    assert_eq!(found, json!([0, true]), "{result:#}");
    let result = events(&home, "--events=json dump -p prod prod.dump").end();
    let progress = of("progress", &result).last().unwrap();
    assert_eq!(progress["tables"], progress["all_tables"]);
}

#[test]
fn a_question_is_answered_on_standard_input() {
    let (home, prod) = setting(&TWO);
    home.run(PUM, &["upgrade"]).expect(0);
    let is_there = || prod.column("SELECT to_regclass('u')") == ["u"];
    home.file("deltas/delta_1.2.0_b.down.sql", "DROP TABLE u;\n");
    let line = "--events json downgrade --to 1.1.0";

    let mut declined = events(&home, line);
    let question = declined.until("question");
    assert_eq!(question["default"], "no");
    let choices: Vec<&Value> =
        question["choices"].as_array().unwrap().iter().map(|it| &it["answer"]).collect();
    assert_eq!(choices, ["yes", "no"]);
    declined.answer(&question, "no");
    let seen = declined.end();
    assert_eq!(of("answer", &seen).next().unwrap()["from"], "standard_input");
    assert_eq!(seen.last().unwrap()["exit_code"], 1);
    assert!(is_there());

    // The end of standard input is the safe answer, and no error.
    let mut closed = events(&home, line);
    closed.until("question");
    closed.input = None;
    let seen = closed.end();
    let answer = of("answer", &seen).next().unwrap();
    assert_eq!((&answer["answer"], &answer["from"]), (&json!("no"), &json!("end_of_input")));
    assert_eq!(seen.last().unwrap()["exit_code"], 1);
    assert!(is_there());

    // Rubbish is told, and the question put again, as the same one.
    let mut asked = events(&home, line);
    let first = asked.until("question");
    for (rubbish, part) in [
        ("yes", "not an answer"),
        ("", "not an answer"),
        ("\u{0}\u{7f}{", "not an answer"),
        (r#"{"id": 1, "answer": "yes", "force": true}"#, "unknown field `force`"),
        (r#"{"id": 7, "answer": "yes"}"#, "the question is 1, and this answers 7"),
        (r#"{"id": 1, "answer": "maybe"}"#, "\"maybe\" is no answer to question 1: yes, no"),
    ] {
        asked.say(rubbish);
        let wrong = asked.until("input_error");
        assert!(wrong["message"].as_str().unwrap().contains(part), "{rubbish}: {wrong}");
        assert_eq!(asked.until("question")["id"], first["id"]);
    }
    asked.answer(&first, "yes");
    assert_eq!(asked.result()["exit_code"], 0);
    assert!(!is_there());
}

#[test]
fn a_failed_delta_is_told_with_its_file_and_line() {
    let (home, prod) = setting(&[TWO[0], ("delta_1.2.0_b.sql", "\n\nSELECT nothing;\n")]);
    let seen = events(&home, "upgrade --events json").end();
    let error = &seen.last().unwrap()["error"];
    assert_eq!(error["kind"], "script");
    let place = json!([error["file"], error["line"], error["column"]]);
    assert_eq!(place, json!(["deltas/delta_1.2.0_b.sql", 3, 8]));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("committed before and kept: delta_1.1.0_a.sql"), "{message}");
    assert_eq!(prod.column("SELECT version FROM upgrades WHERE type <> 0"), ["1.1.0"]);
    // An error in the input has its file too.
    home.file("deltas/delta_1.2.0_b.sql", "SELECT 1;\nSELECT 'open;\n");
    let error = events(&home, "upgrade --events json").result()["error"].clone();
    assert_eq!(json!([error["kind"], error["line"]]), json!(["input", 2]), "{error:#}");
    // And what the program that was run says by itself is an error as well.
    home.file("pum.toml", "unknown_key = 1\n");
    let error = events(&home, "upgrade --events json").result()["error"].clone();
    assert!(error["file"].as_str().unwrap().ends_with("pum.toml"), "{error:#}");
}

#[test]
fn a_signal_stops_a_long_statement_and_the_result_says_what_was_undone() {
    let sql = "CREATE TABLE u (id int);\nSELECT pg_sleep(600);\n";
    let (home, prod) = setting(&[TWO[0], ("delta_1.2.0_b.sql", sql)]);
    let mut running = events(&home, "upgrade --events json");
    let pid = running.until("start")["pid"].as_i64().unwrap();
    assert_eq!(pid, i64::from(running.child.id()));
    prod.wait_for(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
         AND state = 'active' AND query LIKE 'SELECT pg_sleep%'",
    );
    kill(Pid::from_raw(running.child.id().cast_signed()), Signal::SIGINT).unwrap();
    let result = running.result();
    assert_eq!(result["exit_code"], 130);
    assert_eq!(result["error"]["kind"], "interrupted");
    let message = result["error"]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "interrupted: the current script was rolled back; committed before and kept: \
         delta_1.1.0_a.sql"
    );
    assert_eq!(prod.column("SELECT to_regclass('u')"), ["(null)"]);
}

#[test]
fn a_signal_ends_a_question() {
    let (home, prod) = setting(&TWO);
    home.run(PUM, &["upgrade"]).expect(0);
    home.file("deltas/delta_1.2.0_b.down.sql", "DROP TABLE u;\n");
    let mut running = events(&home, "--events json downgrade --to 1.1.0");
    running.until("question");
    kill(Pid::from_raw(running.child.id().cast_signed()), Signal::SIGINT).unwrap();
    let seen = running.end();
    assert_eq!(of("answer", &seen).count(), 0);
    assert_eq!(seen.last().unwrap()["exit_code"], 130);
    assert_eq!(prod.column("SELECT to_regclass('u')"), ["u"]);
}

#[test]
fn the_manager_shows_its_steps_and_what_is_asked_for() {
    let (home, prod) = setting(&TWO);
    home.file("reference.sql", &format!("{}{}", TWO[0].1, TWO[1].1));
    let line = "test-and-upgrade -pp prod --reference reference.sql --events json --runs runs";
    let mut running = events(&home, line);
    let question = running.until("question");
    let choices: Vec<&Value> =
        question["choices"].as_array().unwrap().iter().map(|it| &it["answer"]).collect();
    assert_eq!(choices, ["yes", "details", "sql", "open", "no"]);
    running.answer(&question, "sql");
    let shown = running.until("message");
    assert!(shown["text"].as_str().unwrap().contains("CREATE TABLE u"), "{shown:#}");
    let again = running.until("question");
    assert_ne!(question["id"], again["id"]);
    running.answer(&again, "yes");
    let seen = running.end();
    let steps: Vec<&Value> = of("step_finished", &seen).map(|it| &it["title"]).collect();
    for step in ["dump", "compare", "upgrade production"] {
        assert!(steps.iter().any(|it| *it == step), "{step} in {steps:?}");
    }
    assert_eq!(seen.last().unwrap()["exit_code"], 0);
    assert_eq!(prod.column("SELECT to_regclass('u')"), ["u"]);
}

#[test]
fn events_of_several_databases_name_theirs() {
    let (home, prod) = setting(&TWO);
    let other = database();
    home.service("other", &other);
    home.run(PUM, &["baseline", "-p", "other", "-b", "1.0.0"]).expect(0);
    let line =
        "test-and-upgrade -pp prod -pp other --reference none --yes --parallel 2 --runs runs";
    let seen = events(&home, &format!("{line} --events json --format json")).end();
    for name in ["prod", "other"] {
        let of_it = seen.iter().filter(|event| event["database"] == name);
        let steps: Vec<&Value> =
            of_it.filter(|it| it["event"] == "step_finished").map(|it| &it["title"]).collect();
        assert!(steps.iter().any(|it| *it == "upgrade production"), "{name}: {steps:?}");
    }
    let result = seen.last().unwrap();
    assert_eq!(result["report"]["productions"].as_array().map(Vec::len), Some(2), "{result:#}");
    for database in [&prod, &other] {
        assert_eq!(database.column("SELECT to_regclass('u')"), ["u"]);
    }
}

#[test]
fn bad_usage_and_help_are_results_as_well() {
    let home = Home::new();
    let result = events(&home, "upgrade --events json --nonsense").result();
    assert_eq!(json!([result["exit_code"], result["error"]["kind"]]), json!([2, "usage"]));
    assert!(result["error"]["message"].as_str().unwrap().contains("--nonsense"), "{result:#}");
    let result = events(&home, "--events json upgrade --help").result();
    assert!(result["output"].as_str().unwrap().contains("Usage:"), "{result:#}");
    let result = events(&home, "--events json upgrade -p nowhere -d deltas -t t").result();
    assert_eq!(result["exit_code"], 2, "{result:#}");
}

#[test]
fn the_example_in_python_upgrades_with_a_progress_bar() {
    let (home, prod) = setting(&TWO);
    let script = repository().join("examples/events/upgrade.py");
    let script = script.to_str().unwrap();
    let home = home.set("PUM", PUM);
    let done = home.run("python3", &[script, "-p", "prod"]).expect(0);
    let bars: Vec<&str> = done.stdout.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(
        bars,
        [
            "[..............................] 1/3 delta_1.1.0_a.sql:1",
            "[##########....................] 2/3 delta_1.1.0_a.sql:2",
            "[####################..........] 3/3 delta_1.2.0_b.sql:1",
        ]
    );
    assert_eq!(prod.column("SELECT to_regclass('u')"), ["u"]);
    home.file("deltas/delta_1.3.0_c.sql", "\nSELECT nothing;\n");
    let failed = home.run("python3", &[script, "-p", "prod"]).expect(2);
    assert!(failed.stderr.contains("deltas/delta_1.3.0_c.sql:2: "), "{}", failed.stderr);
}

#[test]
fn the_lines_in_the_documentation_are_of_the_protocol() {
    let text = std::fs::read_to_string(repository().join("docs/events.md")).unwrap();
    let protocol = Protocol::new();
    let lines = text.lines().filter(|line| line.starts_with("{\"time\""));
    let kinds: Vec<Value> = lines.map(|line| protocol.read(line)["event"].clone()).collect();
    assert_eq!((kinds.len(), &kinds[0], &kinds[7]), (8, &json!("start"), &json!("question")));
    // Every event of the schema has its line in the table.
    let schema = repository().join("docs/schema/events.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let events = schema["oneOf"].as_array().unwrap();
    assert!(events.len() > 10, "{schema:#}");
    for event in events {
        let name = event["properties"]["event"]["const"].as_str().unwrap();
        assert!(text.contains(&format!("`{name}`")), "{name} in docs/events.md");
    }
}

/// Whoever reads can go away: what was begun is brought to its end.
#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let (home, prod) = setting(&TWO);
    let mut command: Command = home.command(PUM, &["upgrade", "--events", "json"]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(prod.column("SELECT to_regclass('u')"), ["u"]);
}
