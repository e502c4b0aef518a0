//! Checks in CI: what fails them, errors as results, and the steps of the action.

use std::os::unix::fs::PermissionsExt;

use pum_tests::command::{Home, Outcome};
use pum_tests::repository;
use serde_json::Value;

use super::schemas::holds;
use super::{PUM, drifted, pum};

#[test]
fn an_error_is_a_result_in_every_form() {
    let (home, ..) = drifted();
    for (form, told) in [
        ("json", "\"error\": \"unknown service"),
        ("junit", "<testsuites tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"1\">"),
        ("sarif", "\"executionSuccessful\": false"),
        ("github", "::error title=pum check::"),
        ("markdown", "## no comparison of prod and host=nowhere.invalid\n"),
        ("html", "no comparison of prod and host=nowhere.invalid"),
    ] {
        let found =
            pum(&home, &format!("check prod host=nowhere.invalid --format {form}"), &[]).expect(2);
        let told = told.replace("\"error\": \"unknown service", "\"error\": \"cannot connect");
        assert!(found.stdout.contains(&told), "{form}: {}", found.stdout);
        assert!(found.stderr.starts_with("error: "), "{found:?}");
        let line = format!("check prod host=nowhere.invalid --report {form}=report");
        let outcome = pum(&home, &line, &[]).expect(2);
        assert_eq!(outcome.stdout, "", "nobody asked for a report there");
        let report = std::fs::read_to_string(home.path().join("report")).unwrap();
        assert!(report.contains(&told), "{form}: {report}");
    }
    // Also what is wrong before anything is compared, and with no password.
    home.file("pum.toml", "nonsense = 1\n");
    let line = "check postgresql://ann:hush@h/db repo --report json=report";
    pum(&home, line, &[]).expect(2);
    let report = std::fs::read_to_string(home.path().join("report")).unwrap();
    assert!(report.contains("unknown field `nonsense`") && !report.contains("hush"), "{report}");
    holds("check-error", &report);
}

/// Of a check of roles, too: an unreachable database, no roles, and configurations that cannot be read.
#[test]
fn an_error_in_a_check_of_roles_is_a_result_in_every_form() {
    let (home, ..) = drifted();
    let project = |roles: &str| {
        home.file("model/.pum.yaml", &format!("pum: {{module: shop}}\n{roles}"));
    };
    home.file("model/changelogs/1.0.0/a.sql", "SELECT 1;");
    project("roles: [{name: viewer, permissions: [{type: read, schemas: [app]}]}]\n");
    let role_check = "role check -p host=nowhere.invalid -d model";
    for (form, told) in [
        ("text", "error: cannot connect to host=nowhere.invalid"),
        ("json", "\"error\": \"cannot connect to host=nowhere.invalid"),
        ("junit", "<testsuites tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"1\">"),
        ("sarif", "\"executionSuccessful\": false"),
        ("github", "::error title=pum role check::cannot connect to"),
        ("markdown", "### pum role check: host=nowhere.invalid: roles not checked\n"),
        ("html", "host=nowhere.invalid: roles not checked"),
    ] {
        let found = pum(&home, &format!("{role_check} --format {form}"), &[]).expect(2);
        assert!(found.stderr.starts_with("error: "), "{found:?}");
        for line in [
            format!("{role_check} --report {form}=report"),
            format!("{role_check} --format {form} -o report"),
        ] {
            let outcome = pum(&home, &line, &[]).expect(2);
            assert_eq!(outcome.stdout, "", "nobody asked for a report there");
            let path = home.path().join("report");
            let report = std::fs::read_to_string(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            assert!(report.contains(told), "{form}: {report}");
            let is_printed = form == "text" || found.stdout == report;
            assert!(is_printed, "{form}: {} is not {report}", found.stdout);
        }
    }
    let error = |line: &str| {
        pum(&home, line, &[]).expect(2);
        let path = home.path().join("report");
        let report = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        holds("role-error", &report);
        let report: Value = serde_json::from_str(&report).unwrap();
        report["error"].as_str().unwrap().to_owned()
    };
    let in_prod = "role check -p prod -d model --report json=report";
    project("");
    assert!(error(in_prod).contains("the project declares no roles"));
    project("roles: [{name: viewer, permission: []}]\n");
    let unknown_key = error(in_prod);
    assert!(unknown_key.contains(".pum.yaml") && unknown_key.contains("`permission`"));
    home.file("pum.toml", "nonsense = 1\n");
    assert!(error(in_prod).contains("unknown field `nonsense`"));
}

#[test]
fn what_fails_a_check_can_be_chosen() {
    let (home, ..) = drifted();
    let check =
        |what: &str, more: &[&str]| pum(&home, &format!("check prod repo --fail-on {what}"), more);
    for (what, code) in [
        ("any", 1),
        ("none", 0),
        ("only-left", 1),
        ("only-right,views", 1),
        ("views", 0),
        ("columns.data_type", 1),
        ("data_type", 1),
        ("columns.comment", 0),
        ("tables.comment,views", 1),
    ] {
        check(what, &[]).expect(code);
    }
    let text = check("views", &["-v", "0"]).expect(0).stdout;
    assert!(text.starts_with("7 differences between prod and repo\n"), "{text}");
    assert!(text.contains("note: no difference fails the check (--fail-on views)"), "{text}");
    let json: Value =
        serde_json::from_str(&check("data_type", &["--format", "json"]).expect(1).stdout).unwrap();
    assert_eq!((&json["same"], &json["failing"]), (&Value::Bool(false), &Value::from(3)));
    let sarif: Value =
        serde_json::from_str(&check("data_type", &["--format", "sarif"]).expect(1).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!((errors, results.len()), (3, 7));
    let junit = check("data_type", &["--format", "junit"]).expect(1).stdout;
    assert!(junit.contains("failures=\"3\""), "{junit}");
    let annotations = check("none", &["--format", "github"]).expect(0).stdout;
    assert!(!annotations.contains("::error"), "{annotations}");
    for (what, told) in
        [("tabels", "(did you mean \"tables\"?)"), ("all", "known are any, none, only-left")]
    {
        check(what, &[]).expect_error(&[told, "--fail-on"]);
    }
}

#[test]
fn what_fails_a_lint_can_be_chosen() {
    let home = Home::new();
    home.file("deltas/delta_1.1.0_drop.sql", "DROP TABLE a;\n");
    let lint =
        |what: &str| pum(&home, &format!("lint -d deltas --lock-timeout 5s --fail-on {what}"), &[]);
    lint("any").expect(1);
    let text = lint("none").expect(0).stdout;
    assert!(text.contains("drop-table"), "it is told all the same: {text}");
    lint("drop-column,drop-table").expect(1);
    lint("drop-column").expect(0);
    lint("drop-tabel").expect_error(&["known are any, none, and the rules", "drop-table"]);
    home.file("deltas/delta_1.2.0_open.sql", "SELECT 'open\n");
    lint("none").expect(2);
}

#[test]
fn markdown_counts_by_schema_and_element_and_is_found_again() {
    let (home, prod, _) = drifted();
    prod.execute(
        "CREATE SCHEMA t10; CREATE TABLE t10.a (); CREATE SCHEMA t2; CREATE VIEW t2.v AS SELECT 1",
    );
    let report = || pum(&home, "check prod repo --format markdown", &[]).expect(1).stdout;
    let before = report();
    let table = "
| schema | schemas | tables | columns | functions | all |
|---|--:|--:|--:|--:|--:|
| <code>public</code> | | 3 | 3 | 1 | 7 |
| <code>t2</code> | 1 | | | | 1 |
| <code>t10</code> | 1 | | | | 1 |
";
    assert!(before.contains(table), "{before}");
    let marker = |report: &str| {
        let line = report.lines().last().unwrap().to_owned();
        let parts: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!([&*parts[1], &*parts[3]], ["pum-check:", "found:"], "{line}");
        (parts[2].clone(), parts[4].clone())
    };
    assert_eq!(marker(&before), marker(&report()));
    prod.execute("DROP SCHEMA t2 CASCADE");
    let (sides, found) = marker(&report());
    assert_eq!(sides, marker(&before).0, "it is the same comment");
    assert_ne!(found, marker(&before).1, "with other differences");
    let other = pum(&home, "check repo prod --format markdown", &[]).expect(1).stdout;
    assert_ne!(marker(&other).0, sides);
}

/// Runs a step of the action. `gh` writes down how it is called.
fn step(home: &Home, step: &str, variables: &[(&str, &str)]) -> Outcome {
    let script = repository().join("ci/github.sh");
    let mut command = home.command("bash", &[script.to_str().unwrap(), step]);
    let directory = home.path().to_str().unwrap();
    let path = format!("{directory}/bin:{}", std::env::var("PATH").unwrap());
    for file in ["output", "summary"] {
        home.file(file, "");
    }
    command
        .env("PATH", path)
        .env("RUNNER_TEMP", directory)
        .env("GITHUB_ACTION_PATH", repository())
        .env("GITHUB_OUTPUT", home.path().join("output"))
        .env("GITHUB_STEP_SUMMARY", home.path().join("summary"))
        .env("GITHUB_REPOSITORY", "opengisch/pum")
        .env("PUM_SERVICES", "")
        .env("PUM_FAIL_ON", "differences")
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn program(home: &Home, name: &str, text: &str) -> String {
    let path = home.file(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn read(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path().join(name)).unwrap_or_default()
}

#[test]
fn the_action_takes_a_program_that_is_there_and_updates_its_comment() {
    let (home, ..) = drifted();
    program(
        &home,
        "bin/gh",
        "#!/bin/sh\necho \"$@\" >>\"$HOME/calls\"\n\
         case \"$*\" in *--paginate*) cat \"$HOME/comments\" 2>/dev/null ;; esac\nexit 0\n",
    );
    let run = |more: &[(&str, &str)]| {
        let variables = [
            ("PUM_PROGRAM", PUM),
            ("PUM_ARGUMENTS", "check prod repo"),
            ("PUM_COMMENT", "true"),
            ("GITHUB_REF", "refs/pull/7/merge"),
        ];
        home.file("calls", "");
        step(&home, "run", &[&variables, more].concat())
    };
    let found = step(&home, "source", &[("PUM_PROGRAM", PUM)]).expect(0);
    assert!(found.stdout.starts_with("pum is there: "), "{found:?}");
    assert_eq!(read(&home, "output"), "", "nothing is built or downloaded");
    step(&home, "source", &[("PUM_PROGRAM", "/nonexistent/pum")]).expect(2);

    run(&[]).expect(1);
    assert!(read(&home, "summary").starts_with("## 7 differences between `prod` and `repo`\n"));
    assert!(read(&home, "output").starts_with("exit-code=1\n"));
    let calls = read(&home, "calls");
    assert!(
        calls.contains("--method POST repos/opengisch/pum/issues/7/comments -F body=@"),
        "{calls}"
    );
    home.file("comments", "42\n");
    run(&[]).expect(1);
    let calls = read(&home, "calls");
    assert!(
        calls.contains("--method PATCH repos/opengisch/pum/issues/comments/42 -F body=@"),
        "{calls}"
    );
    assert!(!calls.contains("POST"), "{calls}");
    // Where nothing differs and nothing was said, nothing is.
    home.file("comments", "");
    run(&[("PUM_ARGUMENTS", "check prod prod")]).expect(0);
    assert!(!read(&home, "calls").contains("--method"), "{}", read(&home, "calls"));
    run(&[("GITHUB_REF", "refs/heads/main")]).expect(1);
    assert_eq!(read(&home, "calls"), "");
    // An error has a summary and a comment too.
    run(&[("PUM_ARGUMENTS", "check prod host=nowhere.invalid")]).expect(2);
    assert!(read(&home, "summary").starts_with("## no comparison of prod and"));
    assert!(read(&home, "calls").contains("--method POST"));
}

#[test]
fn the_action_takes_the_program_of_a_release_if_its_checksum_is_right() {
    let target = match std::env::consts::ARCH {
        "x86_64" => "x86_64-unknown-linux-musl",
        "aarch64" => "aarch64-unknown-linux-musl",
        _ => return,
    };
    if std::env::consts::OS != "linux" {
        return;
    }
    let home = Home::new();
    let name = format!("pum-9.9.9-{target}");
    program(&home, &format!("{name}/pum"), "#!/bin/sh\necho released\n");
    let pack = format!(
        "mkdir -p releases/v9.9.9 && tar -czf releases/v9.9.9/{name}.tar.gz {name} && cd releases/v9.9.9 &&
         sha256sum *.tar.gz >SHA256SUMS"
    );
    home.run("sh", &["-c", &pack]).expect(0);
    let releases = format!("file://{}/releases", home.path().display());
    let get = |version: &str| {
        step(&home, "download", &[("PUM_VERSION", version), ("PUM_RELEASES", &releases)])
    };
    step(&home, "source", &[("PUM_VERSION", "v9.9.9")]).expect(0);
    assert_eq!(read(&home, "output"), "version=9.9.9\n");
    get("9.9.9").expect(0);
    let installed = home.path().join("pum/bin/pum");
    assert_eq!(home.run(installed.to_str().unwrap(), &[""]).stdout, "released\n");
    for (version, told) in [("9.9.8", "cannot be downloaded"), ("../x", "is not a version")] {
        let found = get(version).expect(2);
        assert!(found.stdout.contains(told), "{found:?}");
    }
    std::fs::remove_file(&installed).unwrap();
    home.file(&format!("releases/v9.9.9/{name}.tar.gz"), "something else");
    let found = get("9.9.9").expect(2);
    assert!(found.stdout.contains("does not have the checksum of the release"), "{found:?}");
    assert!(!installed.exists());
}
