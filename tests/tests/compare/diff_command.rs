//! `pum diff`: what is printed and written, and with which exit code.

use std::process::Command;

use pum_core::dump::ToolOverrides;
use pum_core::installation::{Installations, SearchPath};
use pum_core::plan::{MigrationError, PlanRequest, plan_sources};
use pum_core::scratch::{OnDemand, ScratchServer};
use pum_core::source::{Opened, Toolchain};
use pum_core::{Context, Interrupt};
use pum_tests::command::Home;
use pum_tests::{
    Database, database, installations, programs_of, server_options, server_options_of,
};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

const PROD: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
    CREATE TABLE customer (id int PRIMARY KEY, name text, feeling mood DEFAULT 'ok', note text);
    CREATE VIEW happy AS SELECT id, name FROM customer WHERE feeling = 'glad';
    GRANT SELECT ON happy TO PUBLIC;
    COMMENT ON VIEW happy IS 'it''s them';
    INSERT INTO customer VALUES (1, 'ann', 'glad', NULL)";

const WANTED: &str = "
    CREATE TYPE mood AS ENUM ('ok', 'glad');
    CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL, feeling mood DEFAULT 'ok');
    CREATE VIEW happy AS SELECT id, name FROM customer WHERE feeling = 'glad';
    GRANT SELECT ON happy TO PUBLIC;
    COMMENT ON VIEW happy IS 'it''s them';
    CREATE TABLE \"Order\" (id int PRIMARY KEY, customer int REFERENCES customer)";

fn with(prod: &str, wanted: &str) -> (Home, Database) {
    let home = Home::new();
    let databases = [prod, wanted].map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    home.service("prod", &databases[0]);
    home.service("wanted", &databases[1]);
    let [prod, _] = databases;
    (home, prod)
}

fn psql(database: &Database, script: &std::path::Path) {
    let output = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &database.conninfo(), "-f"])
        .arg(script)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_script_brings_one_schema_to_the_other_and_keeps_the_rows() {
    let (home, prod) = with(PROD, WANTED);
    let written = home.run(PUM, &["diff", "prod", "wanted", "--allow-loss", "-o", "up.sql"]);
    written.expect(1);
    let script = home.path().join("up.sql");
    let text = std::fs::read_to_string(&script).unwrap();
    let proven = "applied, no differences left, nothing more to do";
    for part in [
        "-- from: prod, fingerprint ",
        "\n-- to: wanted, fingerprint ",
        proven,
        "-- lost: the values of the column",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    psql(&prod, &script);
    home.run(PUM, &["check", "prod", "wanted"]).expect(0);
    assert_eq!(prod.column("SELECT name || feeling FROM customer"), ["annglad"]);
    let nothing = home.run(PUM, &["diff", "prod", "wanted"]).expect(0);
    assert_eq!(nothing.stdout, "");
    assert!(nothing.stderr.contains("nothing to do"), "{}", nothing.stderr);
}

#[test]
fn what_destroys_data_is_a_comment_unless_it_is_allowed() {
    let (home, prod) = with(PROD, WANTED);
    for more in [&[][..], &["--allow-loss", "public.other.*"]] {
        let arguments = [&["diff", "prod", "wanted", "-o", "up.sql"], more].concat();
        let refused = home.run(PUM, &arguments).expect(2);
        assert!(refused.stdout.starts_with("-- INCOMPLETE: data would be lost"), "{refused:?}");
        let dropped = "\n-- ALTER TABLE \"public\".\"customer\" DROP COLUMN \"note\";\n";
        assert!(refused.stdout.contains(dropped), "{}", refused.stdout);
        assert!(refused.stderr.contains("--allow-loss"), "{}", refused.stderr);
        assert!(!home.path().join("up.sql").exists());
    }
    let name = "public.customer.note";
    let allowed = ["diff", "prod", "wanted", "-o", "up.sql", "--allow-loss", name];
    home.run(PUM, &allowed).expect(1);
    assert_eq!(prod.column("SELECT count(*) FROM customer"), ["1"], "it is only written");
}

/// Who connects owns what is created, and has its own default privileges: on the copy, too.
#[test]
fn an_ordinary_role_owns_what_it_creates() {
    let (home, prod) = with("SELECT 1", "SELECT 1");
    let (from, to) = (prod.settings.database().to_owned(), database());
    for database in [&prod, &to] {
        let name = database.settings.database();
        database.execute(&format!(
            "DO $$ BEGIN CREATE ROLE diff_maker LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; \
             END $$; ALTER DATABASE {name} OWNER TO diff_maker; \
             CREATE SCHEMA app AUTHORIZATION diff_maker; \
             ALTER DEFAULT PRIVILEGES FOR ROLE diff_maker GRANT SELECT ON TABLES TO PUBLIC"
        ));
    }
    let maker = |database: &Database| Database {
        settings: database.settings.with("user", "diff_maker").unwrap(),
    };
    maker(&to).execute("CREATE TABLE app.t (a int); REVOKE SELECT ON app.t FROM PUBLIC");
    home.service("maker", &maker(&prod));
    home.service("to", &maker(&to));
    home.run(PUM, &["diff", "maker", "to", "-o", "up.sql"]).expect(1);
    psql(&maker(&prod), &home.path().join("up.sql"));
    home.run(PUM, &["check", "maker", "to"]).expect(0);
    for database in [from, to.settings.database().to_owned()] {
        prod.execute(&format!("ALTER DATABASE {database} OWNER TO CURRENT_USER"));
    }
}

/// An assignment refuses what does not fit, an explicit cast would cut it.
#[test]
fn values_are_not_cut_without_a_word() {
    let (home, prod) = with(
        "CREATE TABLE t (a text, n numeric); INSERT INTO t VALUES ('longer', 1.5)",
        "CREATE TABLE t (a varchar(3), n numeric)",
    );
    home.run(PUM, &["diff", "prod", "wanted", "-o", "up.sql"]).expect(1);
    let output = Command::new("psql")
        .args(["-X", "-v", "ON_ERROR_STOP=1", "-d", &prod.conninfo(), "-f"])
        .arg(home.path().join("up.sql"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("value too long"), "{said}");
    assert_eq!(prod.column("SELECT a FROM t"), ["longer"]);
    let (home, _) = with("CREATE TABLE t (n numeric)", "CREATE TABLE t (n int)");
    let rounded = home.run(PUM, &["diff", "prod", "wanted"]).expect(2);
    assert!(rounded.stderr.contains("rounds or cuts"), "{}", rounded.stderr);
}

#[test]
fn what_has_no_cast_is_converted_as_it_is_asked_for() {
    let (home, prod) = with(
        "CREATE TABLE t (\"At\" bigint); INSERT INTO t VALUES (3600)",
        "CREATE TABLE t (\"At\" timestamp)",
    );
    let refused = home.run(PUM, &["diff", "prod", "wanted", "-o", "up.sql"]).expect(2);
    for part in [
        "column public.t.\"At\" gets another type, timestamp without time zone instead of bigint",
        "--using 'column public.t.\"At\"=EXPRESSION'",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    let json = home.run(PUM, &["diff", "prod", "wanted", "--format", "json"]).expect(2);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["proof"]["outcome"], "no_cast");
    assert_eq!(json["proof"]["no_cast"][0]["from"], "bigint");
    let using = "column public.t.\"At\"=timezone('UTC', to_timestamp(\"At\"))";
    let arguments = ["diff", "prod", "wanted", "-o", "up.sql", "--using", using];
    home.run(PUM, &arguments).expect(1);
    let json = home.run(PUM, &["diff", "prod", "wanted", "--format", "json", "--using", using]);
    let json: serde_json::Value = serde_json::from_str(&json.expect(1).stdout).unwrap();
    assert_eq!(json["conversions"][0], using);
    psql(&prod, &home.path().join("up.sql"));
    assert_eq!(prod.column("SELECT \"At\"::text FROM t"), ["1970-01-01 01:00:00"]);
    for (wrong, why) in [
        ("column public.t.at=1", "did you mean"),
        ("column public.t.\"At\"=1", "its type does not change"),
        ("column public.t.\"At\"=1; DROP TABLE t", "semicolon"),
    ] {
        home.run(PUM, &["diff", "prod", "wanted", "--using", wrong]).expect_error(&[why]);
    }
}

#[test]
fn all_columns_without_a_cast_are_named_at_once() {
    // A view, a default and a type that the script itself creates do not hide one. An integer becomes text,
    // and text a number, by themselves.
    let (home, prod) = with(
        "CREATE TABLE t (a bigint, b date DEFAULT now(), c text, d point);
         CREATE VIEW v AS SELECT a, b, d FROM t",
        "CREATE TYPE mood AS ENUM ('x');
         CREATE TABLE t (a timestamp, b int DEFAULT 1, c int, d mood);
         CREATE VIEW v AS SELECT a, b, d FROM t",
    );
    let refused = home.run(PUM, &["diff", "prod", "wanted", "-o", "up.sql"]).expect(2);
    let said = "column public.t.a gets another type, timestamp without time zone instead of bigint; column \
                public.t.b gets another type, integer instead of date, and there is no cast: say how their \
                values are converted by --using 'column public.t.a=EXPRESSION' --using 'column \
                public.t.b=EXPRESSION' (";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let json = home.run(PUM, &["diff", "prod", "wanted", "--format", "json"]).expect(2);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let missing = json["proof"]["no_cast"].as_array().unwrap();
    let columns: Vec<_> = missing.iter().map(|it| it["column"]["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["a", "b"]);
    let both = [
        "--using",
        "column public.t.a=to_timestamp(a)::timestamp",
        "--using",
        "column public.t.b=1",
    ];
    let script = [&["diff", "prod", "wanted", "-o", "up.sql"][..], &both].concat();
    home.run(PUM, &script).expect(1);
    psql(&prod, &home.path().join("up.sql"));
}

#[test]
fn a_refusal_for_want_of_a_conversion_names_the_way_out() {
    let (home, prod) = with(
        "CREATE TYPE c AS (a int); CREATE TABLE t (cs c[]); INSERT INTO t VALUES (ARRAY[ROW(1)::c])",
        "CREATE TYPE c AS (a bigint, b int); CREATE TABLE t (cs c[])",
    );
    let refused = home.run(PUM, &["diff", "prod", "wanted"]).expect(2);
    let way_out = "--using 'column public.t.cs=EXPRESSION'";
    assert!(refused.stderr.contains(way_out), "{}", refused.stderr);
    let using = "column public.t.cs=ARRAY[ROW((cs[1]).a, 7)::public.c]";
    home.run(PUM, &["diff", "prod", "wanted", "-o", "up.sql", "--using", using]).expect(1);
    psql(&prod, &home.path().join("up.sql"));
    assert_eq!(prod.column("SELECT cs::text FROM t"), ["{\"(1,7)\"}"]);
}

#[test]
fn what_cannot_be_done_says_why() {
    let (home, _) = with(
        "CREATE TABLE t (a int); CREATE TABLE of_t (t t)",
        "CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE of_t (t t)",
    );
    let refused = home.run(PUM, &["diff", "prod", "wanted", "-o", "up.sql"]).expect(2);
    let why =
        "column public.of_t.t: it depends on table public.t, which must be dropped and created";
    assert!(refused.stderr.contains(why), "{}", refused.stderr);
    assert!(!home.path().join("up.sql").exists());
    home.run(PUM, &["diff", "prod"]).expect_error(&["<B>"]);
    home.run(PUM, &["diff", "prod", "nowhere"]).expect_error(&["nowhere"]);
}

/// The statements from or to a snapshot are those from or to what it was taken of.
#[test]
fn a_snapshot_is_as_good_as_its_database() {
    let (home, prod) = with(PROD, WANTED);
    for name in ["prod", "wanted"] {
        home.run(PUM, &["snapshot", name, "-o", &format!("{name}.json")]).expect(0);
    }
    let built = ", on a schema that pum's own statements made of the snapshot";
    let mut scripts = Vec::new();
    for from in ["prod", "prod.json"] {
        for to in ["wanted", "wanted.json"] {
            let arguments = ["diff", from, to, "--allow-loss", "-o", "up.sql"];
            home.run(PUM, &arguments).expect(1);
            let script = std::fs::read_to_string(home.path().join("up.sql")).unwrap();
            assert_eq!(script.contains(built), from == "prod.json", "{script}");
            let (head, statements) = script.split_once("\n\n").unwrap();
            assert!(head.contains("nothing more to do"), "{head}");
            scripts.push((from, statements.to_owned()));
        }
    }
    assert_eq!(scripts[0], scripts[1]);
    assert_eq!(scripts[2], scripts[3]);
    // Who will run it is not known: what is created gets its owner.
    let owner = format!(" OWNER TO \"{}\";\n", prod.settings.user());
    let without: String =
        scripts[2].1.split_inclusive('\n').filter(|line| !line.ends_with(&owner)).collect();
    assert_eq!(without, scripts[0].1);
    psql(&prod, &home.path().join("up.sql"));
    home.run(PUM, &["check", "prod", "wanted"]).expect(0);
    let nothing = home.run(PUM, &["diff", "wanted.json", "wanted"]).expect(0);
    assert!(nothing.stderr.contains("nothing to do"), "{}", nothing.stderr);
}

#[test]
fn a_snapshot_of_an_older_version_is_to_be_taken_again() {
    let (home, _) = with("SELECT 1", "CREATE TABLE t (a int)");
    home.run(PUM, &["snapshot", "wanted", "-o", "wanted.json"]).expect(0);
    let path = home.path().join("wanted.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.find(",\n  \"dependencies\"").unwrap();
    std::fs::write(&path, text[..at].to_owned() + "\n}\n").unwrap();
    for sides in [["prod", "wanted.json"], ["wanted.json", "prod"]] {
        home.run(PUM, &[&["diff"][..], &sides].concat()).expect_error(&[
            "wanted.json is a snapshot of an older version of pum",
            "take it again",
        ]);
    }
    home.run(PUM, &["check", "wanted.json", "wanted"]).expect(0);
}

/// In no output: a variable of psql stands for each.
#[test]
fn passwords_are_given_to_psql_and_stand_nowhere() {
    const PROD: &str = "
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"s-1\" FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR PUBLIC SERVER \"s-1\" OPTIONS (password 'in-prod', passphrase 'x')";
    const WANTED: &str = "
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"s-1\" FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR PUBLIC SERVER \"s-1\" OPTIONS (password 'in-wanted', \"user\" 'u');
        CREATE SERVER two FOREIGN DATA WRAPPER w OPTIONS (secret 'in-wanted');
        CREATE SUBSCRIPTION sub CONNECTION 'dbname=x password=in-wanted' PUBLICATION p
            WITH (connect = false, slot_name = NONE);
        CREATE VIEW \"Tr:'icky\" AS SELECT (ARRAY[1, 2])[1:\"USER\"] FROM (SELECT 2) AS q(\"USER\")";
    let home = Home::new();
    let [prod, wanted] = [PROD, WANTED].map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    home.service("prod", &prod);
    home.service("wanted", &wanted);
    let written = home.run(PUM, &["diff", "prod", "wanted", "-o", "up.sql"]);
    let written = written.expect(1);
    let json = home.run(PUM, &["diff", "prod", "wanted", "--format", "json"]).expect(1);
    let script = std::fs::read_to_string(home.path().join("up.sql")).unwrap();
    for text in [&script, &written.stdout, &written.stderr, &json.stdout, &json.stderr] {
        assert!(!text.contains("in-wanted") && !text.contains("in-prod"), "{text}");
    }
    let needed: Vec<&str> =
        script.lines().filter_map(|line| line.strip_prefix("-- needs: psql -v ")).collect();
    let names: Vec<&str> = needed.iter().map(|line| line.split_once("=... (").unwrap().0).collect();
    let [server, mapping, subscription] = names[..] else { panic!("{script}") };
    assert_eq!(server, "server__two__secret");
    assert!(mapping.starts_with("user_mapping__s_1__PUBLIC__password__"), "{mapping}");
    assert_eq!(subscription, "subscription__sub__connection");
    let given = |mapping_value: &str| {
        let values = [
            format!("{server}=in-wanted"),
            format!("{mapping}={mapping_value}"),
            format!("{subscription}=dbname=x password=in-wanted"),
        ];
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &prod.conninfo()]);
        psql.args(values.iter().flat_map(|value| ["-v", value]));
        psql.arg("-f").arg(home.path().join("up.sql"));
        let output = psql.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    given("in-wanted");
    home.run(PUM, &["check", "prod", "wanted"]).expect(0);
    for database in [&prod, &wanted] {
        database.execute("DROP SUBSCRIPTION sub");
    }
}

#[test]
fn a_database_needs_nothing_to_become_itself() {
    let (home, prod) = with("CREATE TABLE t (a int)", "SELECT 1");
    for other in ["prod".to_owned(), prod.conninfo()] {
        let nothing = home.run(PUM, &["diff", "prod", &other]).expect(0);
        assert_eq!(nothing.stdout, "");
        assert!(nothing.stderr.contains("A and B are the same database"), "{}", nothing.stderr);
    }
}

/// They are told before the server tells one after the other.
#[test]
fn what_the_server_lacks_is_named() {
    let role = "CREATE ROLE diff_lacked; EXCEPTION WHEN duplicate_object THEN NULL";
    let wanted = format!(
        "DO $$ BEGIN {role}; END $$; CREATE EXTENSION pg_trgm; CREATE TABLE t (a int);
         ALTER TABLE t OWNER TO diff_lacked"
    );
    let (home, _) = with("SELECT 1", &wanted);
    home.run(PUM, &["snapshot", "wanted", "-o", "wanted.json"]).expect(0);
    let path = home.path().join("wanted.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("diff_lacked", "Lacks it")).unwrap();
    let written = home.run(PUM, &["diff", "prod", "wanted.json"]).expect(1);
    let told = "\n-- the server of prod has no role \"Lacks it\": CREATE ROLE \"Lacks it\";\n";
    assert!(written.stdout.contains(told), "{}", written.stdout);
    std::fs::write(&path, text.replace("pg_trgm", "pum_nowhere")).unwrap();
    let refused = home.run(PUM, &["diff", "prod", "wanted.json"]).expect(2);
    let told = "\n-- the server of prod has no extension \"pum_nowhere\": install it first\n";
    assert!(refused.stdout.contains(told), "{}", refused.stdout);
    let why = "error: the statements could not be proven: the scratch server says: ";
    assert!(refused.stderr.contains(why), "{}", refused.stderr);
}

/// The server of A is needed for the proof, that of B is not.
#[test]
fn a_newer_server_than_is_installed_is_named() {
    let Some(programs) = programs_of(18) else { return };
    let search = SearchPath { explicit: Some(programs), path: Vec::new() };
    let options = server_options_of(Installations::find(&search));
    let server = ScratchServer::start(&options, &Interrupt::new()).unwrap();
    let newer = Database { settings: server.settings("postgres").unwrap() };
    newer.execute("CREATE TABLE t (a int NOT NULL CHECK (a IN (1, 2)))");
    let (home, _) = with("CREATE TABLE t (b int)", "SELECT 1");
    home.service("newer", &newer);
    home.run(PUM, &["diff", "prod", "newer", "--allow-loss"]).expect(1);
    let refused = home.run(PUM, &["diff", "newer", "prod", "--allow-loss"]).expect(2);
    assert!(refused.stderr.contains("could not be proven"), "{}", refused.stderr);
    assert!(refused.stderr.contains("18"), "{}", refused.stderr);
}

/// What is read and what is copied must be one schema.
#[test]
fn a_schema_that_changes_meanwhile_is_an_error() {
    let (left, right) = (database(), database());
    left.execute("CREATE TABLE t (a int)");
    right.execute("CREATE TABLE t (a int, b int)");
    let toolchain = Toolchain {
        installations: installations(),
        overrides: ToolOverrides::default(),
        scratch: OnDemand::new(server_options()),
    };
    for changed in [&left, &right] {
        let mut sides = [&left, &right].map(|side| Opened::database(side.session()));
        let [from, to] = &mut sides;
        let (request, mut context) = (PlanRequest::default(), Context::default());
        let migration = plan_sources(from, to, &request, Some(&toolchain), &mut context).unwrap();
        changed.execute("ALTER TABLE t ADD COLUMN c int");
        let err = migration.prove([from, to], &request, &toolchain, &mut context).unwrap_err();
        assert!(matches!(err, MigrationError::Changed { .. }), "{err}");
        assert!(err.to_string().contains(changed.settings.label()), "{err}");
        changed.execute("ALTER TABLE t DROP COLUMN c");
    }
}

/// It is rewritten, as it may be another definition.
#[test]
fn what_may_be_only_another_spelling_is_said() {
    let table = "CREATE COLLATION pg_catalog.pum_diff_nowhere (LOCALE = 'C');
        CREATE TABLE t (v varchar(5), CONSTRAINT c CHECK ((v COLLATE \"pum_diff_nowhere\") > '' AND v ";
    let [one, other] = [
        "IN ('a', 'b')))",
        "::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
    ]
    .map(|listed| format!("{table}{listed}"));
    let (home, _) = with(&one, &other);
    let shown = home.run(PUM, &["diff", "prod", "wanted", "--no-proof"]).expect(1);
    let undecided = "\n-- undecided: whether these differ in meaning or only in their text could not be \
                     determined: constraint public.t.c: definition; ";
    assert!(shown.stdout.contains(undecided), "{}", shown.stdout);
    let json =
        home.run(PUM, &["diff", "prod", "wanted", "--no-proof", "--format", "json"]).expect(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["undecided"][0]["identity"]["name"], "c", "{json}");
}

/// An index that a partition is to lack is created again after it is attached, with those that are its parts.
#[test]
fn a_partition_that_is_attached_gets_no_index_that_it_is_to_lack() {
    let table = "CREATE TABLE m (at int, v int) PARTITION BY RANGE (at);
        CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (0) TO (10);";
    let index = "CREATE INDEX m_v ON ONLY m (v); CREATE INDEX m1_v ON m1 (v);
        ALTER INDEX m_v ATTACH PARTITION m1_v;";
    let prod = format!("{table} CREATE TABLE m2 (at int, v int); {index}");
    let wanted =
        format!("{table} CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (10) TO (20); {index}");
    let (home, prod) = with(&prod, &wanted);
    let script = home.run(PUM, &["diff", "prod", "wanted", "-o", "x.sql"]).expect(1);
    assert!(script.stderr.contains("wrote x.sql"), "{}", script.stderr);
    prod.execute_file(home.path().join("x.sql").to_str().unwrap());
    home.run(PUM, &["check", "prod", "wanted"]).expect(0);
}
