//! `pum delta`: what is written into a delta directory, and what pending deltas lead to.

use std::path::Path;

use pum_core::upgrade::set_baseline;
use pum_tests::command::Home;
use pum_tests::database;

use super::pending::{pum, with};

const PROD: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE customer (id int PRIMARY KEY, name text, feeling mood DEFAULT 'glad', note text);
    CREATE VIEW happy AS SELECT id, name FROM customer WHERE feeling = 'glad';
    INSERT INTO customer VALUES (1, 'ann', 'glad', '100% {x}')";

const WANTED: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
    CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL, feeling mood DEFAULT 'ok',
        note text DEFAULT '100% {x}', CHECK (note LIKE '%{x}' AND note <> '%(other)s'));
    CREATE VIEW happy AS SELECT id, name FROM customer WHERE feeling = 'glad'";

/// The files of the delta directory and below it, but for the first delta.
fn files(home: &Home) -> Vec<String> {
    fn below(directory: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().display());
            if entry.path().is_dir() {
                below(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    below(&home.path().join("deltas"), "", &mut found);
    found.retain(|name| name != "delta_0.9.0.sql");
    found.sort();
    found
}

fn read(home: &Home, file: &str) -> String {
    std::fs::read_to_string(home.path().join("deltas").join(file)).unwrap()
}

#[test]
fn a_delta_is_written_in_parts_that_an_upgrade_runs_in_order() {
    let (home, prod) = with(PROD, WANTED);
    let written = pum(&home, "delta new feelings -p prod --to wanted").expect(0);
    let parts = ["delta_1.0.1_feelings_1.sql", "delta_1.0.1_feelings_2.sql"];
    assert_eq!(files(&home), parts, "{}", written.stderr);
    let [first, second] = parts.map(|file| read(&home, file));
    for line in [
        "-- part 1 of 2\n-- from: prod at 1.0.0, fingerprint ",
        "\n-- to: wanted, fingerprint ",
        "\n-- proof: run by pum on a copy of the schema, without rows, on PostgreSQL ",
        "ADD VALUE 'ok'",
    ] {
        assert!(first.contains(line), "{line}: {first}");
    }
    assert!(second.starts_with("-- part 2 of 2\n"), "{second}");
    assert!(!second.contains("BEGIN") && !second.contains("COMMIT"), "{second}");
    pum(&home, "delta prove -p prod --to wanted").expect(0);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT name || note FROM customer"), ["ann100% {x}"]);
    let proven = pum(&home, "delta prove -p prod --to wanted").expect(0);
    assert!(proven.stderr.contains("prod, nothing is pending, is wanted"), "{}", proven.stderr);
    let nothing = pum(&home, "delta new more -p prod --to wanted").expect(0);
    assert!(nothing.stderr.contains("nothing to write"), "{}", nothing.stderr);
    assert_eq!(files(&home), parts);
}

#[test]
fn what_is_pending_already_is_not_written_again() {
    let (home, prod) = with(PROD, WANTED);
    home.file("deltas/delta_1.1.0_type.sql", "ALTER TYPE mood ADD VALUE 'ok' AFTER 'sad';\n");
    let missing = pum(&home, "delta prove -p prod --to wanted").expect(1);
    assert!(missing.stdout.contains("ALTER COLUMN \"name\" SET NOT NULL;"), "{}", missing.stdout);
    assert!(!missing.stdout.contains("ADD VALUE"), "{}", missing.stdout);
    assert!(missing.stderr.contains("after delta_1.1.0_type.sql, is not wanted"), "{missing:?}");
    pum(&home, "delta new rest -p prod --to wanted --minor").expect(0);
    assert_eq!(files(&home), ["delta_1.1.0_type.sql", "delta_1.2.0_rest.sql"]);
    let text = read(&home, "delta_1.2.0_rest.sql");
    assert!(text.contains("\n-- after: delta_1.1.0_type.sql, fingerprint "), "{text}");
    pum(&home, "delta prove -p prod --to wanted").expect(0);
    assert_eq!(prod.column("SELECT version FROM upgrades"), ["1.0.0"], "it was only proven");
    let none = pum(&home, "delta new more -p prod --to wanted").expect(0);
    let said = "there is nothing to write: after the pending deltas the schemas are the same";
    assert!(none.stderr.contains(said), "{}", none.stderr);
    pum(&home, "upgrade -p prod").expect(0);
    let none = pum(&home, "delta new more -p prod --to wanted").expect(0);
    assert!(none.stderr.contains("to write: the schemas are the same"), "{}", none.stderr);
    pum(&home, "check prod wanted -t upgrades").expect(0);
}

/// In each form of variables the text of a statement may look like one.
#[test]
fn scripts_with_variables_hold_what_looks_like_one() {
    for used in ["SELECT %(srid)s", "SELECT :srid", "SELECT {srid}"] {
        let (home, _) = with(PROD, WANTED);
        home.file(
            "pum.toml",
            "upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\nvariables = { srid = 2056 }\n",
        );
        home.file("deltas/delta_0.9.0.sql", used);
        pum(&home, "delta new x -p prod --to wanted").expect(0);
        pum(&home, "upgrade -p prod").expect(0);
        pum(&home, "check prod wanted -t upgrades").expect(0);
    }
}

#[test]
fn a_project_of_pum_1_gets_a_version_for_each_part() {
    let (home, prod) = with(PROD, WANTED);
    std::fs::remove_dir_all(home.path().join("deltas")).unwrap();
    home.file(
        "deltas/.pum.yaml",
        "pum:\n  module: shop\nparameters:\n  - name: srid\n    type: integer\n    default: 2056\n",
    );
    home.file("deltas/changelogs/1.0.0/a.sql", "SELECT {srid};");
    home.file("pum.toml", "delta_dirs = \"deltas\"\n");
    prod.execute("DROP TABLE upgrades");
    pum(&home, "baseline -p prod -b 1.0.0").expect(0);
    pum(&home, "delta new feelings -p prod --to wanted").expect(0);
    let versions = ["1.0.0/a", "1.0.1/feelings", "1.0.2/feelings"];
    let versions = versions.map(|name| format!("changelogs/{name}.sql"));
    assert_eq!(files(&home)[1..], versions);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t public.pum_migrations").expect(0);
    pum(&home, "delta new empty --version 2.0.0").expect(0);
    assert_eq!(read(&home, "changelogs/2.0.0/empty.sql"), "");
}

#[test]
fn an_empty_delta_gets_the_next_version_and_the_right_name() {
    let (home, _) = with("SELECT 1", "SELECT 1");
    for (line, file) in [
        ("delta new one", "delta_0.9.1_one.sql"),
        ("delta new two -p prod --minor", "delta_1.1.0_two.sql"),
        ("delta new three --major", "delta_2.0.0_three.sql"),
        ("delta new four --version 2.10.0", "delta_2.10.0_four.sql"),
    ] {
        let said = pum(&home, line).expect(0);
        assert!(said.stderr.contains(&format!("wrote deltas/{file}")), "{}", said.stderr);
        assert_eq!(read(&home, file), "");
    }
}

#[test]
fn what_may_not_be_or_cannot_be_proven_leaves_nothing() {
    let (home, prod) = with(PROD, "CREATE TYPE mood AS ENUM ('sad', 'glad')");
    let refused = pum(&home, "delta new x -p prod --to wanted").expect(2);
    for part in [
        "data would be lost, such as the rows of the table (table public.customer)",
        "--allow-loss",
        "nothing was written",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    for (line, parts) in [
        ("delta new a/b -p prod --to wanted", &["\"/\" cannot stand in one"][..]),
        ("delta new x --version 0.9.0", &["0.9.0 is not higher than 0.9.0"]),
        ("delta new x -p prod --version 1.0.0", &["1.0.0 is not higher than 1.0.0"]),
        (
            "delta new x -p prod --to wanted --allow-loss --version 1.0.0",
            &["1.0.0 is not higher than 1.0.0"],
        ),
        ("delta new x --to wanted", &["the database is missing", "-p A"]),
        ("delta new x --minor --major", &["cannot be used with"]),
        ("delta new x -p prod --to nowhere", &["nowhere"]),
        ("delta new x -d nowhere", &["cannot read the delta directory nowhere"]),
    ] {
        pum(&home, line).expect_error(parts);
    }
    // What only the server knows: a delta that fails on the copy.
    home.file("deltas/delta_1.1.0_bad.sql", "ALTER TABLE customer ADD note text;\n");
    pum(&home, "delta prove -p prod --to wanted").expect_error(&[
        "the pending deltas fail on a copy of the schema of prod",
        "delta_1.1.0_bad.sql:1",
        "column \"note\" of relation \"customer\" already exists",
    ]);
    std::fs::remove_file(home.path().join("deltas/delta_1.1.0_bad.sql")).unwrap();
    assert_eq!(files(&home), [""; 0]);
    assert_eq!(prod.column("SELECT count(*) FROM customer"), ["1"]);
}

#[test]
fn a_reference_that_is_older_is_an_error() {
    let (home, prod) = with("CREATE TABLE t (a int)", "SELECT 1");
    prod.execute("UPDATE upgrades SET version = '1.2.0'");
    home.file("old/delta_1.1.0.sql", "CREATE TABLE t (a int, b int);");
    let older = ["./old is at version 1.1.0 and older than prod, which is at 1.2.0"];
    pum(&home, "delta new x -p prod --to ./old").expect_error(&older);
    pum(&home, "delta prove -p prod --to ./old").expect_error(&older);
    let other = database();
    other.execute("CREATE TABLE t (a int, c int)");
    let table = "public.upgrades".parse().unwrap();
    set_baseline(&mut other.session(), &table, &"1.1.9".parse().unwrap()).unwrap();
    home.service("other", &other);
    let older = ["other is at version 1.1.9 and older than prod, which is at 1.2.0"];
    pum(&home, "delta new x -p prod --to other").expect_error(&older);
    assert_eq!(files(&home), [""; 0]);
}

/// They are variables of the delta.
#[test]
fn passwords_are_variables_that_an_upgrade_is_given() {
    const SERVER: &str = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;";
    let mapping = "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'in-wanted')";
    let (home, prod) = with(SERVER, &format!("{SERVER} {mapping}"));
    pum(&home, "delta new mapping -p prod --to wanted").expect(0);
    let text = read(&home, "delta_1.0.1_mapping.sql");
    assert!(!text.contains("in-wanted"), "{text}");
    let (_, rest) = text.split_once("-- needs: the variable ").unwrap();
    let name = rest.split(' ').next().unwrap();
    pum(&home, "upgrade -p prod").expect(2);
    pum(&home, &format!("upgrade -p prod -v string {name} given")).expect(0);
    assert_eq!(prod.column("SELECT umoptions::text FROM pg_user_mappings"), ["{password=given}"]);
}

/// Rows that stand in the way are counted on a copy, and somebody decides what becomes of them.
#[test]
fn what_rows_stand_in_the_way_is_decided_before_the_delta_is_applied() {
    const PROD: &str = "
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE shop (id int PRIMARY KEY); INSERT INTO shop VALUES (1);
        CREATE TABLE t (id int, name text, code text, n int, m mood, shop int, size bigint);
        INSERT INTO t VALUES (1, NULL, 'long', -1, 'sad', 2, 3000000000), (1, 'b', 'x', 1, 'ok', 1, 1),
            (2, 'c', 'y', 1, 'ok', NULL, 1)";
    const WANTED: &str = "
        CREATE TYPE mood AS ENUM ('ok');
        CREATE TABLE shop (id int PRIMARY KEY);
        CREATE TABLE t (id int, name text NOT NULL, code varchar(3), n int CHECK (n > 0), m mood,
            shop int REFERENCES shop, size int, UNIQUE (id))";
    let (home, prod) = with(PROD, WANTED);
    let copy = database();
    copy.execute(PROD);
    home.service("copy", &copy);
    pum(&home, "delta new x -p prod --to wanted --on prod")
        .expect_error(&["--on is for a copy, and this one is the database itself"]);
    let written = pum(&home, "delta new x -p prod --to wanted --on copy").expect(0);
    let text = read(&home, "delta_1.0.1_x.sql");
    for line in [
        "-- decide: 1 rows of \"public\".\"t\" have no \"name\", which becomes NOT NULL\n\
         --   SELECT * FROM \"public\".\"t\" WHERE \"name\" IS NULL;\n",
        "have a \"code\" of more than 3 characters\n",
        "have a \"m\" that public.mood has no more ('sad')\n",
        "have a \"size\" below -2147483648 or above 2147483647\n",
        "break the new constraint\n",
        "refer to no row, which the new foreign key demands\n",
        "have the same values as others, of which the new key allows one each\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(text.matches("-- decide: 1 rows").count(), 7, "{text}");
    assert_eq!(written.stderr.matches("to be decided: 1 rows").count(), 7, "{}", written.stderr);
    pum(&home, "delta prove -p prod --to wanted").expect(0);
    for command in ["upgrade -p prod", "upgrade -p prod --dry-run"] {
        pum(&home, command).expect_error(&["delta_1.0.1_x.sql:", "to be decided: 1 rows of"]);
    }
    let decided: String = text
        .lines()
        .filter(|line| !line.starts_with("-- decide:"))
        .map(|line| format!("{line}\n"))
        .collect();
    let repair = "DELETE FROM t WHERE name IS NULL OR id = 2;\n\nSET LOCAL search_path";
    home.file("deltas/delta_1.0.1_x.sql", &decided.replacen("SET LOCAL search_path", repair, 1));
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT name FROM t"), ["b"]);
}

/// The bounds of partitions, and keys that match in full.
#[test]
fn rows_that_fit_no_partition_or_match_only_in_part_are_counted() {
    const PROD: &str = "
        CREATE TABLE parts (at int, v int) PARTITION BY RANGE (at);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
        CREATE TABLE rest PARTITION OF parts DEFAULT;
        CREATE TABLE loose (at int, v int);
        CREATE TABLE flat (at int, v int);
        CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE refers (a int, b int);
        INSERT INTO parts VALUES (1), (25), (26), (77);
        INSERT INTO loose VALUES (35), (99), (NULL), (29);
        INSERT INTO flat VALUES (5), (500), (NULL), (10), (15);
        INSERT INTO pair VALUES (1, 1);
        INSERT INTO refers VALUES (1, 1), (NULL, NULL), (1, NULL), (NULL, 2), (2, 2), (3, 1), (1, 7)";
    const WANTED: &str = "
        CREATE TABLE parts (at int, v int) PARTITION BY RANGE (at);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
        CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (20) TO (30);
        CREATE TABLE loose PARTITION OF parts FOR VALUES FROM (30) TO (40);
        CREATE TABLE rest PARTITION OF parts DEFAULT;
        CREATE TABLE flat (at int, v int) PARTITION BY RANGE (at);
        CREATE TABLE flat_1 PARTITION OF flat FOR VALUES FROM (0) TO (10);
        CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE refers (a int, b int, FOREIGN KEY (a, b) REFERENCES pair MATCH FULL)";
    let (home, prod) = with(PROD, WANTED);
    let copy = database();
    copy.execute(PROD);
    home.service("copy", &copy);
    pum(&home, "delta new x -p prod --to wanted --on copy").expect(0);
    let text = read(&home, "delta_1.0.1_x.sql");
    for line in [
        "-- decide: 2 rows of \"public\".\"rest\" belong to the new partition \"public\".\"parts_2\"\n",
        "-- decide: 3 rows of \"public\".\"loose\" do not lie within the bound of the partition that it \
         becomes\n",
        "-- decide: 4 rows of \"public\".\"flat\" fit no partition\n",
        "-- decide: 5 rows of \"public\".\"refers\" refer to no row, which the new foreign key demands\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    assert_eq!(text.matches("-- decide: ").count(), 4, "{text}");
    // With what the queries find out of the way it runs.
    let find = |line: &str| line.strip_prefix("--   SELECT * FROM ").map(str::to_owned);
    let repairs: Vec<String> = text.lines().filter_map(find).collect();
    let repairs: String = repairs.iter().map(|rest| format!("DELETE FROM {rest}\n")).collect();
    let decided: String = text
        .lines()
        .filter(|line| !line.starts_with("-- decide:"))
        .map(|line| format!("{line}\n"))
        .collect();
    let repaired =
        decided.replacen("SET LOCAL search_path", &(repairs + "\nSET LOCAL search_path"), 1);
    home.file("deltas/delta_1.0.1_x.sql", &repaired);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
    assert_eq!(prod.column("SELECT at FROM flat"), ["5"]);
    assert_eq!(prod.column("SELECT count(*) FROM refers"), ["2"]);
}
