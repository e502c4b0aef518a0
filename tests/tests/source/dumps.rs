//! Dumps of all formats, restored and compared; without their rows.

use std::path::Path;
use std::process::Command;

use pum_tests::command::Home;
use pum_tests::{Database, deltas, installations, server};

use super::{check, expected, pum};

/// `pg_dump` of a database with rows in it.
fn dump(database: &Database, format: &str, path: &Path) {
    let program = installations()
        .newest_with(&["pg_dump"], |major| major >= server().major())
        .and_then(|found| found.program("pg_dump"))
        .unwrap();
    let output = Command::new(program)
        .args(["--format", format, "--dbname", &database.conninfo(), "--file"])
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn production() -> Database {
    let production = expected();
    production.execute(
        "DO $$ BEGIN CREATE ROLE dump_owner;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         CREATE TABLE owned (a int, at timestamp DEFAULT now());
         ALTER TABLE owned OWNER TO dump_owner;
         INSERT INTO owned SELECT generate_series(1, 1000);
         CREATE MATERIALIZED VIEW filled AS SELECT count(*) FROM owned;
         INSERT INTO users VALUES (1, 'one', 'on')",
    );
    production
}

#[test]
fn a_dump_is_the_same_as_what_was_dumped() {
    let (production, home) = (production(), Home::new());
    let paths = ["custom", "directory", "plain"].map(|format| {
        let path = home.path().join(format!("{format}.dump"));
        dump(&production, format, &path);
        path.display().to_string()
    });
    for path in &paths {
        let found = check(&production.conninfo(), path, &[]).expect(0);
        assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);
    }
    production.execute("ALTER TABLE owned OWNER TO postgres; DROP INDEX users_mail");
    for path in &paths {
        let found = check(&production.conninfo(), path, &[]).expect(1);
        assert!(found.stdout.contains("2 differences"), "{}", found.stdout);
        assert!(found.stdout.contains("users_mail"), "{}", found.stdout);
        assert!(found.stdout.contains("dump_owner"), "{}", found.stdout);
    }
    // Without any database.
    let [custom, directory, plain] = &paths;
    let _ = check(custom, plain, &[]).expect(0);
    let snapshot = home.path().join("s.json").display().to_string();
    let _ = pum(&home, &["snapshot", directory, "-o", &snapshot]).expect(0);
    let _ = check(&snapshot, custom, &[]).expect(0);
}

#[test]
fn pums_own_dump_is_a_source() {
    let (production, home) = (production(), Home::new());
    let _ = pum(&home, &["dump", "-p", &production.conninfo(), "p.dump"]).expect(0);
    let found = pum(&home, &["check", &production.conninfo(), "./p.dump"]).expect(0);
    assert!(!found.stderr.contains("warning"), "{}", found.stderr);
}

#[test]
fn a_damaged_dump_is_told() {
    let (production, home) = (production(), Home::new());
    let path = home.path().join("p.dump");
    dump(&production, "custom", &path);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let _ =
        check(&production.conninfo(), &path.display().to_string(), &[]).expect_error(&["p.dump"]);

    let script = home.path().join("p.sql");
    dump(&production, "plain", &script);
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, text.replace("CREATE TABLE public.owned", "CREATE TABEL public.owned"))
        .unwrap();
    let _ = check(&production.conninfo(), &script.display().to_string(), &[]).expect_error(&[
        "p.sql:",
        "syntax error at or near \"TABEL\"",
        "CREATE TABEL public.owned",
    ]);
}

#[test]
fn other_files_are_told_what_they_are() {
    let files = deltas(&[("a.gz", ""), ("b.dump", "a\0b")]);
    std::fs::write(files.path().join("a.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    let path = |name: &str| files.path().join(name).display().to_string();
    let production = expected();
    let _ = check(&production.conninfo(), &path("a.gz"), &[]).expect_error(&["a.gz", "gunzip"]);
    let _ = check(&production.conninfo(), &path("b.dump"), &[])
        .expect_error(&["b.dump: it is neither a snapshot, nor SQL, nor a dump"]);
}
