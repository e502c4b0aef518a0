//! Runs that end early, and go on.

use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{DELTA, PUM, SQL, Setting};

/// The identifier of the only run.
pub(super) fn id(setting: &Setting) -> String {
    let runs = std::fs::read_dir(setting.home.path().join("runs")).unwrap();
    let names = runs.map(|one| one.unwrap().file_name().into_string().unwrap());
    let names: Vec<_> = names.filter(|name| name.starts_with("20")).collect();
    let [only] = names.as_slice() else { panic!("{names:?}") };
    only.clone()
}

impl Setting {
    pub(super) fn run(&self, more: &str) -> pum_tests::command::Outcome {
        self.pum(&format!(
            "test-and-upgrade -pp prod -t public.upgrades -d deltas --runs runs {more}"
        ))
    }
}

#[test]
fn a_rehearsal_waits_for_its_hour() {
    let setting = Setting::with_baseline();
    let first = setting.untouched(|| setting.run(&format!("{SQL} --until plan")).expect(0));
    assert!(
        first.stdout.starts_with("stopped after the step plan, as requested\n"),
        "{}",
        first.stdout
    );
    let id = id(&setting);
    assert!(first.stdout.contains(&format!("--resume {id}")), "{}", first.stdout);
    // Without an answer it ends, and can go on again.
    setting.untouched(|| setting.run(&format!("{SQL} --resume {id} --non-interactive")).expect(2));
    let done = setting.run(&format!("{SQL} --resume {id} --yes")).expect(0);
    assert!(done.stderr.contains("the rehearsal was 20"), "{}", done.stderr);
    for step in ["restore to test", "upgrade test", "build reference"] {
        assert!(!done.stderr.contains(step), "{}", done.stderr);
    }
    assert!(
        done.stderr.contains("verified against the rehearsal before the commit"),
        "{}",
        done.stderr
    );
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn what_changed_since_is_told() {
    let setting = Setting::with_baseline();
    setting.run(&format!("{SQL} --until plan")).expect(0);
    let id = id(&setting);
    let line = format!("{SQL} --resume {id} --yes");
    let refused = |line: &str, what: &str| {
        setting.untouched(|| setting.run(line)).expect_error(&[
            &format!(
                "run {id} cannot be resumed, because this has changed: {what}. Start a new run"
            ),
            "production was not changed",
        ]);
    };
    setting.home.file("deltas/delta_1.1.0_note.sql", &format!("{DELTA}\n-- more"));
    refused(&line, "the deltas");
    setting.home.file("deltas/delta_1.1.0_note.sql", DELTA);
    refused(&format!("{line} -i owner"), "the options");
    setting.production.execute("CREATE TABLE later ()");
    refused(&line, "production's schema");
    setting.production.execute("DROP TABLE later");
    setting.home.file("build.sql", &format!("{} SELECT 1;", super::BUILD));
    refused(&line, "the reference");
    setting.home.file("build.sql", super::BUILD);

    // Damage is no reason to go on, nor is a run that is not there.
    let record = setting.home.path().join("runs").join(&id).join("rehearsal.json");
    let text = std::fs::read(&record).unwrap();
    std::fs::write(&record, &text[..text.len() / 2]).unwrap();
    setting
        .untouched(|| setting.run(&line))
        .expect_error(&["rehearsal.json is damaged", "production was not changed"]);
    std::fs::write(&record, &text).unwrap();
    let error = setting.untouched(|| setting.run(&format!("{SQL} --resume other --yes"))).error();
    insta::assert_snapshot!(error, @"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    error: prepare: runs/other/run.json cannot be read: No such file or directory (os error 2)
    production was not changed
    ");
    setting.run(&line).expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// Killed in the middle of the rehearsal: production is as it was, and the next run spares the dump.
#[test]
fn a_killed_run_goes_on() {
    let setting = Setting::with_baseline();
    setting.home.file("init.sh", "touch waiting; sleep 5\n");
    setting.home.file("pum.toml", "[reference]\ncommand = \"sh init.sh\"\n");
    let line = "test-and-upgrade -pp prod -t public.upgrades -d deltas --runs runs --yes";
    let arguments: Vec<&str> = line.split(' ').collect();
    setting.untouched(|| {
        let mut command = setting.home.command(PUM, &arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !setting.home.path().join("waiting").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before the reference");
            std::thread::yield_now();
        }
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGKILL).unwrap();
        child.wait().unwrap();
    });
    setting.home.file("init.sh", "psql -X -q -v ON_ERROR_STOP=1 -f build.sql\n");
    let done = setting.run(&format!("--resume {} --yes", id(&setting))).expect(0);
    assert!(done.stderr.contains("production.dump, dumped 20"), "{}", done.stderr);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn limits_stop_before_production() {
    let setting = Setting::with_baseline();
    setting.home.file(
        "deltas/delta_1.2.0.sql",
        "ALTER TABLE orders ADD more int;\nSELECT pg_sleep(0.2);\nALTER TABLE orders DROP state;\n",
    );
    setting.home.file(
        "build.sql",
        "CREATE TABLE orders (id int PRIMARY KEY, note varchar(20) CHECK (note IN ('a', 'b')), \
         more int);",
    );
    setting.home.file(
        "pum.toml",
        "[limits]\nread_lock = \"100ms\"\nstatement = \"150ms\"\nkeep_data = true\n",
    );
    let found = setting.untouched(|| setting.run(&format!("{SQL} --yes")).expect(1));
    for part in [
        "the rehearsal exceeded the limits\nprod was not touched, it is at version 1.0.0\n",
        "delta_1.2.0.sql:2 took 2",
        "more than 150 ms: SELECT pg_sleep(0.2)",
        "blocked reads of public.orders for ",
        "public.orders.state is dropped, which held data",
        "public.orders: AccessExclusive 0.",
    ] {
        assert!(found.stdout.contains(part), "{part}: {}", found.stdout);
    }
    setting.home.file("pum.toml", "[limits]\nread_lock = \"1min\"\n");
    setting.run(&format!("{SQL} --yes")).expect(0);
}

/// A rewrite is the deed of the statement that rewrote, whoever had locked the table before.
#[test]
fn who_rewrote_is_named_with_its_line() {
    let setting = Setting::with_baseline();
    setting.production.execute(
        "INSERT INTO orders SELECT n, 'open' FROM generate_series(10, 100000) n; ANALYZE orders",
    );
    let script = "LOCK TABLE orders;\n\nALTER TABLE orders ALTER id TYPE bigint;\n";
    setting.home.file("deltas/delta_1.1.0_note.sql", &format!("{script}{}", super::DELTA));
    setting.home.file("build.sql", &super::BUILD.replace("id int", "id bigint"));
    setting.home.file("pum.toml", "[limits]\nrewrite_mb = 1\n");
    let found = setting.untouched(|| setting.run(&format!("{SQL} --yes")).expect(1));
    let told = found.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "delta_1.1.0_note.sql:3 rewrote public.orders (",
        ") by line 3, scanned by line 3 and 1 more (delta_1.1.0_note.sql:1)",
    ] {
        assert!(told.contains(part), "{part}: {}", found.stdout);
    }
}

#[test]
fn only_if_something_is_pending() {
    let setting = Setting::with_baseline();
    let line = "test-and-upgrade -pp prod -t public.upgrades -d deltas --if-pending --yes";
    insta::assert_snapshot!(setting.untouched(|| setting.pum(line)).error(), @"error: the reference is missing: give it with -pc C, --reference SOURCE (none: compare with nothing), --reference-sql FILE or --reference-command COMMAND, or set reference in pum.toml");
    setting.pum(&format!("{line} {SQL}")).expect(0);
    assert_eq!(setting.versions().len(), 2);
    let nothing = setting.pum(line).expect(0);
    assert_eq!((nothing.stdout.as_str(), nothing.stderr.as_str()), ("", ""));
}
