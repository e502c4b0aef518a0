//! Dumps of all formats, restored and compared; without their rows.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use pum_tests::command::Home;
use pum_tests::{Database, database, deltas, installations, server};

use super::{check, expected, pum};

/// `pg_dump` of a database with rows in it.
fn dump(database: &Database, format: &str, path: &Path) {
    dump_with(database, format, path, &[]);
}

fn dump_with(database: &Database, format: &str, path: &Path, more: &[&str]) {
    let program = installations()
        .newest_with(&["pg_dump"], |major| major >= server().major())
        .and_then(|found| found.program("pg_dump"))
        .unwrap();
    let output = Command::new(program)
        .args(["--format", format, "--dbname", &database.conninfo(), "--file"])
        .arg(path)
        .args(more)
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

/// Such a dump makes the schema, which every new database has.
#[test]
fn a_dump_of_the_schema_public_alone_is_a_source() {
    let (production, home) = (production(), Home::new());
    production.execute(
        "COMMENT ON SCHEMA public IS 'ours'; GRANT CREATE ON SCHEMA public TO PUBLIC; \
         CREATE ROLE owner_of_public; ALTER SCHEMA public OWNER TO owner_of_public",
    );
    // One of everything names the schema too, for its owner.
    for (number, more) in [&["--schema", "public"][..], &[]].into_iter().enumerate() {
        for format in ["custom", "directory", "plain"] {
            let path = home.path().join(format!("{format}-{number}.dump"));
            dump_with(&production, format, &path, more);
            let _ = check(&production.conninfo(), &path.display().to_string(), &[]).expect(0);
        }
    }
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

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_plain_dump_may_be_compressed() {
    let (production, home) = (production(), Home::new());
    let plain = home.path().join("p.sql");
    dump(&production, "plain", &plain);
    let bytes = packed(&std::fs::read(&plain).unwrap());
    let path = home.path().join("p.sql.gz");
    std::fs::write(&path, &bytes).unwrap();
    let path = path.display().to_string();
    let _ = check(&production.conninfo(), &path, &[]).expect(0);
    production.execute("DROP INDEX users_mail");
    let found = check(&production.conninfo(), &path, &[]).expect(1);
    assert!(found.stdout.contains("index users_mail: only in"), "{}", found.stdout);

    // Cut off, in the middle and at its very end.
    for length in [bytes.len() / 2, bytes.len() - 3] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let _ = check(&production.conninfo(), &path, &[]).expect_error(&["p.sql.gz", "truncated"]);
    }
}

/// Data are sent as they are unpacked, and a place is that in the unpacked file.
#[test]
fn a_script_may_be_compressed() {
    let production = database();
    production.execute("CREATE TABLE t (a int CHECK (a > 1)); CREATE TABLE u (a int)");
    let home = Home::new();
    let write = |sql: &str| {
        let path = home.path().join("s.sql.gz");
        std::fs::write(&path, packed(sql.as_bytes())).unwrap();
        path.display().to_string()
    };
    let script = "CREATE TABLE t (a int CHECK (a > 1));\nCOPY t FROM stdin;\n2\n3\n\\.\n\
                  CREATE TABLE u AS SELECT a FROM t WHERE false;\n";
    let _ = check(&production.conninfo(), &write(script), &[]).expect(0);
    let wrong = script.replace("3\n", "0\n");
    let _ = check(&production.conninfo(), &write(&wrong), &[])
        .expect_error(&["s.sql.gz:2: ", "violates check constraint"]);
    let wrong = script.replace("CREATE TABLE u", "CREATE TABEL u");
    let _ =
        check(&production.conninfo(), &write(&wrong), &[]).expect_error(&["s.sql.gz:6: syntax"]);
}

#[test]
fn other_files_are_told_what_they_are() {
    let files = deltas(&[("b.dump", "a\0b")]);
    let path = |name: &str| files.path().join(name).display().to_string();
    let write = |name: &str, bytes: &[u8]| std::fs::write(path(name), bytes).unwrap();
    let production = expected();
    write("a.gz", &[0x1f, 0x8b, 8, 0]);
    let _ = check(&production.conninfo(), &path("a.gz"), &[]).expect_error(&["a.gz", "truncated"]);
    write("c.gz", &packed(b"PGDMP\x01\x0e"));
    let _ = check(&production.conninfo(), &path("c.gz"), &[]).expect_error(&["c.gz", "gunzip"]);
    write("d.zst", &[0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    let _ = check(&production.conninfo(), &path("d.zst"), &[])
        .expect_error(&["d.zst: it is compressed with zstd: unpack it first"]);
    let _ = check(&production.conninfo(), &path("b.dump"), &[])
        .expect_error(&["b.dump: it is neither a snapshot, nor SQL, nor a dump"]);
}
