use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_tests::command::Home;
use pum_tests::server::Server;
use pum_tests::{Database, programs_of};

use crate::{PUM, Setting, content};

/// Large enough to be copied by connections of their own, and with all that may go wrong there.
const LARGE: &str = "
    CREATE TABLE app.large (id bigint PRIMARY KEY, \"Te xt\" text, n numeric, d date,
        twice bigint GENERATED ALWAYS AS (id * 2) STORED, gone int,
        auto int GENERATED ALWAYS AS IDENTITY);
    ALTER TABLE app.large DROP COLUMN gone;
    INSERT INTO app.large (id, \"Te xt\", n, d)
        SELECT i, CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN E'a\\tb\\\\.\\n' ELSE md5(i::text) END,
               i / 7.0, date '2020-01-01' + i % 1000 FROM generate_series(1, 40000) i;
    CREATE TYPE app.pair AS (a int, b text);
    CREATE TYPE app.mood AS ENUM ('happy', 'sad');
    CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
    CREATE TABLE app.typed (id int, p app.pair, ps app.pair[], m app.mood, ms app.mood[],
        k app.positive);
    CREATE TABLE app.regs (id int, c regclass, cs regclass[], filler text);
    INSERT INTO app.regs SELECT i, 'app.large', ARRAY['app.large'::regclass], md5(i::text)
        FROM generate_series(1, 20000) i;
    INSERT INTO app.typed SELECT i, ROW(i, 'x')::app.pair, ARRAY[ROW(i, 'y')::app.pair], 'sad', '{happy,sad}',
        i FROM generate_series(1, 20000) i;
    CREATE TABLE app.native (i2 int2, i8 int8, f4 float4, f8 float8, b bool, t text, v varchar(5),
        c char(3), ba bytea, d date, ts timestamp, tz timestamptz, iv interval, u uuid, j json,
        jb jsonb, n numeric, ia int[], ta text[], r int4range, ip inet, bits bit varying, tsv tsvector,
        pt point, nm name, ti time, mo money);
    INSERT INTO app.native SELECT i, i, i / 3.0, i / 7.0, i % 2 = 0, E'\\x \t', 'ü', 'c', '\\x00ff',
        date '2020-01-01' + i, timestamp '-infinity', now(), '1 mon 2 days 3.5 s', gen_random_uuid(),
        '{ \"a\":1}', '{\"a\": [1, null]}', 'NaN', '{{1,2},{3,NULL}}', '{a,NULL,\"b,c\"}', '[1,5)',
        '10.0.0.1/8', '10101', 'a fat cat', '(1,2)', 'n', '12:34:56.789', 12.34
        FROM generate_series(1, 8000) i;
    INSERT INTO app.native DEFAULT VALUES;
    CREATE TABLE app.parts (id int, v text) PARTITION BY RANGE (id);
    CREATE TABLE app.part_1 PARTITION OF app.parts FOR VALUES FROM (0) TO (20000);
    CREATE TABLE app.part_2 PARTITION OF app.parts FOR VALUES FROM (20000) TO (90000);
    INSERT INTO app.parts SELECT i, md5(i::text) FROM generate_series(1, 50000) i;
    CREATE TABLE app.parent (id int, v text);
    CREATE TABLE app.child () INHERITS (app.parent);
    INSERT INTO app.child SELECT i, md5(i::text) FROM generate_series(1, 30000) i;
    INSERT INTO app.parent SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
    ALTER TABLE app.lines ADD large_id bigint REFERENCES app.large;
    CREATE INDEX ON app.large (d);
    CREATE FUNCTION app.no() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'a trigger was fired'; END $$;
    CREATE TRIGGER t BEFORE INSERT ON app.large FOR EACH ROW EXECUTE FUNCTION app.no();
    ALTER TABLE app.large ENABLE ROW LEVEL SECURITY;
    CREATE TABLE app.bare (); INSERT INTO app.bare SELECT FROM generate_series(1, 60000);
    CREATE MATERIALIZED VIEW app.seen AS SELECT count(*) FROM app.large;
    CREATE SEQUENCE app.s; SELECT setval('app.s', 77);";

fn large_content(database: &Database) -> Vec<String> {
    let tables = [
        "app.large",
        "app.typed",
        "app.regs",
        "app.native",
        "ONLY app.parent",
        "app.child",
        "app.parts",
        "app.seen",
        "app.bare",
        "app.s",
    ];
    let mut all = Vec::new();
    for table in tables {
        let select = if table == "app.s" { "last_value" } else { "*" };
        all.extend(database.column(&format!(
            "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM (SELECT {select} FROM {table}) t"
        )));
    }
    all.extend(content(database));
    all
}

fn setting() -> Setting {
    let setting = Setting::new();
    setting.database.execute(LARGE);
    setting
}

#[test]
fn a_copy_on_the_same_server_by_both_ways() {
    let setting = setting();
    let name = setting.database.settings.database();
    setting.database.execute(&format!(
        "CREATE ROLE clone_owner; ALTER DATABASE {name} OWNER TO clone_owner; \
         ALTER DATABASE {name} SET work_mem TO '9MB'"
    ));
    let expected = large_content(&setting.database);
    let owner = |name: &str| {
        setting.database.column(&format!(
            "SELECT pg_get_userbyid(datdba) || (SELECT setconfig::text FROM pg_db_role_setting \
             WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = '{name}'"
        ))
    };
    for (at, options) in ["-j 1", "-j 3", "--via template", ""].into_iter().enumerate() {
        let said = setting.pum(&format!("clone prod --suffix _{at} {options}")).expect(0);
        assert!(
            said.stdout.starts_with(&format!("prod was copied to database \"{name}_{at}\"")),
            "{}",
            said.stdout
        );
        assert_eq!(said.stderr, "", "{options}");
        let copy = setting.other(&format!("{name}_{at}"));
        assert_eq!(large_content(&copy), expected, "{options}");
        setting.home.service(&format!("copy{at}"), &copy);
        setting.pum(&format!("check --preset strict prod copy{at}")).expect(0);
        assert_eq!(owner(&format!("{name}_{at}")), ["clone_owner{work_mem=9MB}"]);
    }
    setting.pum("clone prod --suffix _0").expect_error(&["exists and is not empty"]);
    setting.pum("clone prod --suffix _0 --replace --yes -N log").expect(0);
    let copy = setting.other(&format!("{name}_0"));
    assert_eq!(copy.column("SELECT to_regclass('log.events')::text"), ["(null)"]);
    setting.pum("clone prod").expect(2);
    setting.pum("clone prod --as empty_clone --schema-only").expect(0);
    assert_eq!(setting.other("empty_clone").column("SELECT count(*) FROM app.large"), ["0"]);
    setting.pum("clone prod --as data_less --exclude-table-data app.l*").expect(0);
    let copy = setting.other("data_less");
    assert_eq!(copy.column("SELECT count(*) FROM app.large"), ["0"]);
    assert_eq!(copy.column("SELECT count(*) FROM app.parts"), ["50000"]);
}

#[test]
fn a_template_needs_the_database_alone() {
    let setting = Setting::new();
    let guest = setting.database.session();
    setting
        .pum("clone prod --suffix _t --via template")
        .expect_error(&["while other sessions are connected to it: process "]);
    drop(guest);
    setting
        .pum("clone prod --suffix _t --via template -N log")
        .expect_error(&["cannot be copied as a template", "--via stream"]);
    setting.pum("clone prod --suffix _t --via template").expect(0);
}

#[test]
fn a_copy_on_a_newer_server() {
    let Some(programs) = programs_of(17) else { return };
    let away = Server::start_with(programs, false, &[], &[], &[]);
    let setting = setting();
    let settings = setting.database.settings.with("host", away.socket_directory()).unwrap();
    let port = away.port().to_string();
    let copy = Database {
        settings: settings.with("port", &port).unwrap().with("dbname", "newer").unwrap(),
    };
    setting.home.service("away", &copy);
    setting.database.execute("CREATE ROLE clone_reader; GRANT SELECT ON app.large TO clone_reader");
    setting.pum("clone prod --on away").expect_error(&["lacks roles", "clone_reader"]);
    setting.pum("clone prod --on away --via template").expect_error(&["are on different servers"]);
    let said = setting.pum("clone prod --on away --create-roles").expect(0);
    assert!(said.stdout.contains("roles created: clone_reader"), "{}", said.stdout);
    assert_eq!(large_content(&copy), large_content(&setting.database));
    setting.pum("check prod away").expect(0);
    let map = [
        "clone",
        "prod",
        "--on",
        "away",
        "--as",
        "mapped",
        "--map-role",
        "clone_reader",
        "postgres",
    ];
    setting.home.run(PUM, &map).expect(0);
}

/// Every step's failure is noticed, and cleaned up after.
#[test]
fn a_copy_that_ends_early_leaves_nothing() {
    let setting = setting();
    let name = setting.database.settings.database();
    let gone = || {
        assert_eq!(setting.databases(name), [name]);
    };
    // In the pipe, in a table's own stream, in what is made from rows.
    for (table, rows) in [("app.bad", 1), ("app.bad", 60000)] {
        setting.database.execute(&format!(
            "DROP TABLE IF EXISTS {table}; \
             CREATE TABLE {table} (id int, v text CHECK (current_database() LIKE '{name}')); \
             INSERT INTO {table} SELECT i, md5(i::text) FROM generate_series(1, {rows}) i"
        ));
        let failed = setting.pum("clone prod --as elsewhere");
        failed.expect_error(&["violates check constraint"]);
        assert_eq!(setting.databases("elsewhere"), [""; 0]);
        gone();
    }
    setting.database.execute("DROP TABLE app.bad");
    setting.database.execute(&format!(
        "CREATE MATERIALIZED VIEW app.bad AS SELECT 1 / (current_database() LIKE '{name}')::int AS one"
    ));
    setting.pum("clone prod --as elsewhere").expect_error(&["division by zero"]);
    assert_eq!(setting.databases("elsewhere"), [""; 0]);
    setting.database.execute("DROP MATERIALIZED VIEW app.bad");

    // Ctrl-C, and lost connections, while rows are on their way.
    setting.database.execute(
        "CREATE FUNCTION app.slow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN \
         IF current_database() LIKE '%\\_pum\\_new\\_%' THEN PERFORM pg_sleep(60); END IF; \
         RETURN true; END $$",
    );
    for (rows, what) in
        [(1, "interrupt"), (60000, "interrupt"), (1, "terminate"), (60000, "terminate")]
    {
        setting.database.execute(&format!(
            "CREATE TABLE app.late (id int, v text, CHECK (app.slow())); \
             INSERT INTO app.late SELECT i, md5(i::text) FROM generate_series(1, {rows}) i"
        ));
        let asleep = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
                      AND datname LIKE 'elsewhere\\_pum\\_new\\_%'";
        let mut child =
            setting.home.command(PUM, &["clone", "prod", "--as", "elsewhere"]).spawn().unwrap();
        let backend = crate::trouble::until(&setting.database, &mut child, asleep);
        if what == "interrupt" {
            kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
        } else {
            setting.database.execute(&format!("SELECT pg_terminate_backend({backend})"));
        }
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let code = if what == "interrupt" { 130 } else { 2 };
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        // The driver loses what the server said when it is still writing.
        let expected = match (what, rows) {
            ("interrupt", _) => "error: interrupted",
            (_, 1) => "terminating connection",
            _ => "cannot write table app.late",
        };
        assert!(stderr.contains(expected), "{stderr}");
        assert_eq!(setting.databases("elsewhere"), [""; 0]);
        setting.database.execute("DROP TABLE app.late");
    }
    gone();
}

#[test]
fn a_whole_server_moves_to_another() {
    let (from, to) = (server(), server());
    let (from, to) = (|name: &str| on(&from, name), |name: &str| on(&to, name));
    let old = from("postgres");
    for sql in [
        "CREATE ROLE reader LOGIN PASSWORD 'p''w' CONNECTION LIMIT 7; CREATE ROLE \"Ro le\"; \
         GRANT reader TO \"Ro le\"; ALTER ROLE reader SET work_mem = '3MB'",
        "CREATE DATABASE \"one db\" OWNER reader",
        "ALTER DATABASE \"one db\" SET search_path = app, public",
        "ALTER ROLE \"Ro le\" IN DATABASE \"one db\" SET work_mem = '5MB'",
        "CREATE DATABASE two",
        "ALTER DATABASE two SET search_path = ''",
        "CREATE DATABASE taken",
        "ALTER SYSTEM SET work_mem = '7MB'",
        "ALTER SYSTEM SET search_path = app, \"Odd, one\"",
        "ALTER SYSTEM SET archive_command = 'cp %p /archive'",
        "ALTER SYSTEM SET max_connections = 123",
        "ALTER SYSTEM SET log_min_messages = 'error'",
        "ALTER SYSTEM SET deadlock_timeout = '3s'",
    ] {
        old.execute(sql);
    }
    to("postgres").execute("ALTER SYSTEM SET log_min_messages = 'log'");
    to("postgres").execute("ALTER SYSTEM SET deadlock_timeout = '3s'");
    let one = from("one db");
    one.execute("CREATE SCHEMA app; CREATE TABLE app.t AS SELECT generate_series(1, 1000) AS i");
    one.execute("GRANT SELECT ON app.t TO \"Ro le\"");
    to("postgres").execute("CREATE DATABASE taken");
    to("taken").execute("CREATE TABLE there ()");

    let home = Home::new();
    home.service("old", &old);
    home.service("new", &to("postgres"));
    let before = one.dump_schema();
    let arguments = ["clone", "old", "--on", "new", "--cluster"];
    let said = home.run(PUM, &arguments).expect(2);
    assert!(said.stderr.contains("1 of the databases could not be copied"), "{said:?}");
    for line in ["  one db: copied (1 table,", "  two: copied", "  postgres: nothing in it"] {
        assert!(said.stdout.contains(line), "{line}: {said:?}");
    }
    assert!(said.stdout.contains("  taken: FAILED: the database \"taken\""), "{said:?}");
    assert!(
        said.stdout.contains("roles created: \"Ro le\", reader") || said.stdout.contains("reader")
    );
    assert!(!format!("{said:?}").contains("SCRAM"), "{said:?}");

    assert_eq!(one.dump_schema(), before);
    let copy = to("one db");
    assert_eq!(copy.dump_schema(), before);
    assert_eq!(copy.column("SELECT sum(i) FROM app.t"), ["500500"]);
    let shared = "SELECT rolname, rolcanlogin, rolconnlimit, rolpassword FROM pg_authid
                  WHERE rolname IN ('reader', 'Ro le')
                  UNION ALL SELECT member::regrole::text, true, 0, roleid::regrole::text
                  FROM pg_auth_members WHERE roleid = 'reader'::regrole
                  UNION ALL SELECT datname, true, 0, concat(setrole::regrole::text, setconfig::text)
                  FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
                  UNION ALL SELECT datname, true, 0, pg_get_userbyid(datdba) FROM pg_database
                  WHERE datname IN ('one db', 'two')";
    let shared = format!("SELECT s::text FROM ({shared}) s ORDER BY 1");
    assert_eq!(to("postgres").column(&shared), old.column(&shared));
    assert_eq!(to("taken").column("SELECT to_regclass('public.there') IS NOT NULL"), ["t"]);

    for line in [
        "settings made with ALTER SYSTEM: search_path, work_mem\n",
        "  archive_command: belongs to the old server's files, network, archive or standbys\n",
        "  log_min_messages: the new server has a value of its own\n",
        "  max_connections: takes effect at server start; if it suits this server: \
         ALTER SYSTEM SET \"max_connections\" TO '123';\n",
    ] {
        assert!(said.stdout.contains(line), "{line}: {said:?}");
    }
    let settings = "SELECT name || '=' || setting FROM pg_file_settings \
                    WHERE sourcefile LIKE '%postgresql.auto.conf' ORDER BY 1";
    assert_eq!(
        to("postgres").column(settings),
        [
            "deadlock_timeout=3s",
            "log_min_messages=log",
            "search_path=app, \"Odd, one\"",
            "work_mem=7MB"
        ]
    );

    // What is in `postgres` goes too, where there is nothing in the other one.
    old.execute("CREATE TABLE public.in_postgres AS SELECT 7 AS i");
    home.run(PUM, &arguments).expect(2);
    assert_eq!(to("postgres").column("SELECT i FROM public.in_postgres"), ["7"]);

    let itself = ["clone", "old", "--on", "old", "--cluster"];
    home.run(PUM, &itself).expect_error(&["old is on the server being copied"]);
}

/// What is copied by then is whole, what was at work leaves nothing, and the rest is named.
#[test]
fn a_server_that_is_copied_in_part() {
    let (from, to) = (server(), server());
    let (from, to) = (|name: &str| on(&from, name), |name: &str| on(&to, name));
    for name in ["a", "b", "c"] {
        from("postgres").execute(&format!("CREATE DATABASE {name}"));
        from(name).execute(
            "CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN \
             IF current_database() LIKE 'b\\_pum\\_new\\_%' THEN PERFORM pg_sleep(60); END IF; \
             RETURN true; END $$; \
             CREATE TABLE t (i int CHECK (slow())); INSERT INTO t VALUES (1)",
        );
    }
    from("postgres").execute("ALTER SYSTEM SET work_mem = '7MB'");
    let home = Home::new();
    home.service("old", &from("postgres"));
    home.service("new", &to("postgres"));
    let arguments = ["clone", "old", "--on", "new", "--cluster"];
    let mut child = home.command(PUM, &arguments).spawn().unwrap();
    let asleep = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    crate::trouble::until(&to("postgres"), &mut child, asleep);
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    for line in [
        "the server of old was copied in part to that of new\n",
        "  a: copied (1 table,",
        "  b: FAILED: interrupted",
        "  c: not tried\n",
    ] {
        assert!(stdout.contains(line), "{line}: {stdout}");
    }
    let there = "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1";
    assert_eq!(to("postgres").column(there), ["a", "postgres"]);
    assert_eq!(to("a").column("SELECT i FROM t"), ["1"]);
    assert_eq!(to("postgres").column("SHOW work_mem"), ["4MB"]);
    from("b").execute("CREATE OR REPLACE FUNCTION slow() RETURNS boolean LANGUAGE sql RETURN true");
    let said = home.run(PUM, &arguments).expect(2);
    assert!(said.stdout.contains("  a: FAILED: the database \"a\" of new exists"), "{said:?}");
    assert_eq!(to("postgres").column(there), ["a", "b", "c", "postgres"]);
    assert_eq!(to("postgres").column("SHOW work_mem"), ["7MB"]);
}

fn server() -> Server {
    Server::start(false, &[], &[], &[])
}

fn on(server: &Server, name: &str) -> Database {
    let (host, port) = (server.socket_directory(), server.port());
    let environment = pum_core::connect::Environment::default();
    let text = format!("host='{host}' port={port} user=postgres dbname='{name}'");
    Database { settings: pum_core::connect::Settings::resolve(&text, &environment).unwrap() }
}
