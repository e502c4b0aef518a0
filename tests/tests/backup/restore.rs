use pum_tests::server::Server;
use pum_tests::{say, server};

use crate::{Setting, content};

/// The restored database is the dumped one: definitions, data, owner, settings, grants.
#[test]
fn what_comes_back_is_what_went_in() {
    let setting = Setting::new();
    let name = setting.database.settings.database();
    setting.database.execute(&format!(
        "CREATE ROLE keeper; CREATE ROLE guest; ALTER DATABASE {name} OWNER TO keeper; \
         ALTER DATABASE {name} SET search_path TO app, public; \
         ALTER DATABASE {name} SET statement_timeout TO '5min'; \
         ALTER DATABASE {name} SET app.the_mode TO 'it''s \\ one'; \
         ALTER ROLE guest IN DATABASE {name} SET work_mem TO '8MB'; \
         REVOKE CONNECT ON DATABASE {name} FROM PUBLIC; \
         GRANT CONNECT ON DATABASE {name} TO guest WITH GRANT OPTION; \
         COMMENT ON DATABASE {name} IS 'it''s this one'; \
         ALTER DATABASE {name} CONNECTION LIMIT 7; \
         ALTER TABLE app.orders OWNER TO keeper; GRANT SELECT ON app.lines TO guest"
    ));
    let about = |database: &str| {
        setting.database.column(&format!(
            "SELECT concat_ws('|', pg_get_userbyid(datdba), datconnlimit, \
                    (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) a), \
                    pg_encoding_to_char(encoding), datcollate, \
                    shobj_description(oid, 'pg_database'), \
                    (SELECT string_agg(concat(setrole::regrole, setconfig::text), ';' \
                                       ORDER BY setrole::regrole::text) \
                     FROM pg_db_role_setting WHERE setdatabase = d.oid)) \
             FROM pg_database d WHERE datname = '{database}'"
        ))
    };
    for (format, jobs) in [("custom", 1), ("custom", 2), ("directory", 1), ("directory", 2)] {
        let dump = format!("{format}{jobs}.dump");
        setting.pum(&format!("dump -p prod -F {format} -j {jobs} {dump}")).expect(0);
        let done =
            setting.pum(&format!("restore -p prod --as {name}_back -j {jobs} {dump}")).expect(0);
        assert!(done.stdout.contains(&format!("database \"{name}_back\"")), "{}", done.stdout);
        assert_eq!(done.stderr, "");
        let copy = setting.other(&format!("{name}_back"));
        // A CHECK with IN is printed otherwise after a restore, and is the same.
        setting.home.service("copy", &copy);
        setting.pum("check --preset strict prod copy").expect(0);
        assert_eq!(content(&copy), content(&setting.database));
        assert_eq!(about(&format!("{name}_back")), about(name));
        let analyzed = "SELECT count(*) FROM pg_stats WHERE schemaname = 'app'";
        assert_eq!(copy.column(analyzed), ["5"], "{dump}");
        setting.database.execute(&format!("DROP DATABASE {name}_back"));
    }
    assert_eq!(setting.databases(name), [name]);
}

#[test]
fn a_database_without_tables_is_not_always_empty() {
    let setting = Setting::new();
    setting.pum("dump -p prod x.dump").expect(0);
    let restored = |name: &str, held: &str| {
        let other = pum_tests::database();
        setting.home.service(name, &other);
        other.execute(held);
        setting.pum(&format!("restore -p {name} x.dump"))
    };
    for (number, held) in [
        "SELECT lo_create(0)",
        "SELECT lo_create(77)",
        "CREATE DOMAIN mine AS int",
        "CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple)",
        "CREATE FOREIGN DATA WRAPPER mine",
        "CREATE PUBLICATION mine",
    ]
    .iter()
    .enumerate()
    {
        restored(&format!("other{number}"), held).expect_error(&["exists and is not empty"]);
    }
    // What a template may have put there is no reason to ask.
    let prerequisites =
        "CREATE SCHEMA mine; CREATE EXTENSION postgres_fdw; CREATE EXTENSION pg_trgm";
    restored("fresh", prerequisites).expect(0);
}

#[test]
fn an_existing_database_is_not_replaced_by_chance() {
    let setting = Setting::new();
    setting.pum("dump -p prod x.dump").expect(0);
    let other = pum_tests::database();
    setting.home.service("other", &other);
    other.execute("CREATE TABLE mine ()");
    let mine = || other.column("SELECT to_regclass('mine')::text");
    setting.pum("restore -p other x.dump").expect_error(&["exists and is not empty"]);
    setting
        .pum("restore -p other --replace x.dump")
        .expect_error(&["is not empty. Replace everything in it?", "needs an answer"]);
    assert_eq!(mine(), ["mine"]);
    // Somebody is at work there: said before anything is restored.
    let guest = other.session();
    let refused = setting.pum("restore -p other --replace --yes x.dump");
    refused.expect_error(&[
        "cannot be replaced or copied while other sessions are connected to it: process ",
    ]);
    drop(guest);
    assert_eq!(mine(), ["mine"]);
    setting.pum("restore -p other --replace --yes x.dump").expect(0);
    assert_eq!(mine(), ["(null)"]);
}

#[test]
fn production_is_never_replaced() {
    let setting = Setting::new();
    setting.pum("dump -p prod x.dump").expect(0);
    setting.home.file("pum.toml", "production = \"prod\"\n");
    // By another name, to the same database.
    let conninfo = setting.database.conninfo();
    let arguments = ["restore", "-p", &conninfo, "--replace", "--yes", "x.dump"];
    setting
        .home
        .run(crate::PUM, &arguments)
        .expect_error(&["is production (prod): it is never replaced"]);
    assert_eq!(setting.database.column("SELECT count(*) FROM app.orders"), ["1000"]);
    let other = pum_tests::database();
    setting.home.service("other", &other);
    other.execute("CREATE TABLE mine ()");
    setting.pum("restore -p other --replace --yes x.dump").expect(0);
}

/// A server that has neither the roles nor the extension nor the tablespace of the dump.
#[test]
fn missing_roles_have_three_ways_out() {
    let setting = Setting::new();
    setting.database.execute(
        "CREATE ROLE \"Own \"\"er\"\"\"; CREATE ROLE reader; CREATE ROLE policy_role; \
         ALTER TABLE app.orders OWNER TO \"Own \"\"er\"\"\"; \
         GRANT SELECT ON app.lines TO reader; \
         ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; \
         CREATE FUNCTION app.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; \
         GRANT EXECUTE ON FUNCTION app.f() TO reader WITH GRANT OPTION",
    );
    setting.pum("dump -p prod x.dump").expect(0);
    let away = Server::start(false, &[], &[], &[]);
    let service = service_of(&away);
    let text = std::fs::read_to_string(setting.path(".pg_service.conf")).unwrap();
    setting.home.file(".pg_service.conf", &(text + &service));
    let ask = |query: &str| -> String {
        let mut client = postgres::Config::new()
            .host_path(away.socket_directory())
            .port(away.port())
            .user("postgres")
            .dbname("copy")
            .connect(postgres::NoTls)
            .unwrap();
        client.query_one(query, &[]).unwrap().get(0)
    };
    let exists = "SELECT count(*)::text FROM pg_database WHERE datname LIKE 'copy%'";
    setting.pum("restore -p away x.dump").expect_error(&[
        "lacks roles that own objects or have privileges: Own \"er\", reader",
        "--create-roles creates them, --no-owner leaves out owners and privileges, --map-role",
    ]);
    away.sql(&["CREATE DATABASE copy"]);
    assert_eq!(ask(exists), "1");
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'orders'";
    let reader = "SELECT concat(relacl) FROM pg_class WHERE relname = 'lines'";

    setting.pum("restore -p away --no-owner x.dump").expect(0);
    assert_eq!((ask(owner), ask(reader)), ("postgres".to_owned(), String::new()));

    away.sql(&["DROP DATABASE copy", "CREATE ROLE \"new = owner\"", "CREATE ROLE r2"]);
    let map = ["--map-role", "Own \"er\"", "new = owner", "--map-role", "reader", "r2"];
    let arguments = [&["restore", "-p", "away", "-j", "2"], map.as_slice(), &["x.dump"]].concat();
    setting.home.run(crate::PUM, &arguments).expect(0);
    assert_eq!(ask(owner), "new = owner");
    // From 17 on there is a privilege more.
    let privileges = ask(reader).replace("arwdDxtm", "arwdDxt");
    assert_eq!(privileges, "{postgres=arwdDxt/postgres,r2=r/postgres}");
    assert_eq!(
        ask("SELECT concat(proacl) FROM pg_proc WHERE proname = 'f'").matches("r2=X*").count(),
        1
    );
    assert_eq!(ask("SELECT count(*)::text FROM app.orders"), "1000");

    away.sql(&["DROP DATABASE copy"]);
    let done = setting.pum("restore -p away --create-roles x.dump").expect(0);
    assert!(done.stdout.contains("roles created: Own \"er\", reader"), "{}", done.stdout);
    assert_eq!(ask(owner), "Own \"er\"");
    assert_eq!(ask("SELECT rolcanlogin::text FROM pg_roles WHERE rolname = 'reader'"), "false");

    // What was made for a restore that failed goes again.
    away.sql(&["DROP DATABASE copy", "DROP OWNED BY reader", "DROP ROLE reader"]);
    setting.database.execute(
        "CREATE TABLE app.bad (id int CHECK (app.only_here(id)))"
            .replace("app.only_here(id)", "current_database() LIKE 'test%'")
            .as_str(),
    );
    setting.database.execute("INSERT INTO app.bad VALUES (1)");
    setting.pum("dump -p prod x.dump").expect(0);
    setting
        .pum("restore -p away --create-roles x.dump")
        .expect_error(&["violates check constraint"]);
    away.sql(&["CREATE DATABASE copy"]);
    assert_eq!(ask("SELECT count(*)::text FROM pg_roles WHERE rolname = 'reader'"), "0");
    assert_eq!(ask(exists), "1");
}

/// `pg_restore` says a setting of 17 to every server, and goes on only if it does after any error.
#[test]
fn a_newer_pg_restore_and_an_older_server() {
    if server().major() >= 17 {
        say("NOT TESTED: pg_restore of 17 with an older server: this one is not older");
        return;
    }
    let setting = Setting::new();
    setting.pum("dump -p prod x.dump").expect(0);
    let newer = crate::trouble::wrapper(
        &setting,
        "pg_restore",
        "case \"$*\" in\n\
         --version) echo 'pg_restore (PostgreSQL) 17.11' ;;\n\
         *--exit-on-error*) echo 'pg_restore: error: it stops' >&2; exit 1 ;;\n\
         *dbname*)\n\
           echo 'pg_restore: error: could not execute query: ERROR:  unrecognized configuration \
         parameter \"transaction_timeout\"' >&2\n\
           echo 'Command was: SET transaction_timeout = 0;' >&2\n\
           $real \"$@\" || exit $?\n\
           echo 'pg_restore: warning: errors ignored on restore: 1' >&2; exit 1 ;;\n\
         *) exec $real \"$@\" ;;\n\
         esac",
    );
    let setting = Setting { home: setting.home.set("PG_RESTORE_EXE", &newer), ..setting };
    let expected = content(&setting.database);
    for (at, options) in ["", "-j2", "-x"].into_iter().enumerate() {
        let said =
            setting.pum(&format!("restore -p prod --as newer_{at} {options} x.dump")).expect(0);
        assert!(!said.stdout.contains("ignored"), "{said:?}");
        assert_eq!(content(&setting.other(&format!("newer_{at}"))), expected);
    }
    setting.pum("clone prod --as newer_clone").expect(0);
    assert_eq!(content(&setting.other("newer_clone")), expected);
    setting.database.execute(
        "CREATE TABLE app.bad (i int CHECK (current_database() NOT LIKE 'bad%')); \
         INSERT INTO app.bad VALUES (1)",
    );
    setting.pum("dump -p prod y.dump").expect(0);
    for options in ["restore -p prod --as bad y.dump", "clone prod --as bad"] {
        setting.pum(options).expect_error(&["violates check constraint"]);
        assert_eq!(setting.databases("bad"), [""; 0], "{options}");
    }
}

#[test]
fn ignored_errors_are_listed_and_counted() {
    let setting = Setting::new();
    // Neither row nor view can be made in a database of another name.
    setting.database.execute(
        "CREATE TABLE app.bad (id int CHECK (current_database() LIKE 'test%')); \
         INSERT INTO app.bad VALUES (1); \
         CREATE MATERIALIZED VIEW app.m AS SELECT 1 / (current_database() LIKE 'test%')::int AS one",
    );
    setting.pum("dump -p prod x.dump").expect(0);
    let name = "other_name_for_errors";
    setting
        .pum(&format!("restore -p prod --as {name} x.dump"))
        .expect_error(&["violates check constraint", "bad"]);
    assert_eq!(setting.databases(name), [""; 0]);
    for jobs in [1, 2] {
        let done = setting
            .pum(&format!("restore -p prod --as {name}{jobs} -x -j {jobs} x.dump"))
            .expect(0);
        assert!(done.stdout.contains("2 errors were ignored"), "{}", done.stdout);
        for part in [
            "ignored, as requested (-x):",
            "TABLE DATA bad postgres: COPY failed for table \"bad\": ERROR:",
            "MATERIALIZED VIEW DATA m postgres: ERROR:  division by zero",
            "REFRESH MATERIALIZED VIEW app.m;",
        ] {
            assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
        }
        let copy = setting.other(&format!("{name}{jobs}"));
        assert_eq!(content(&copy), content(&setting.database));
    }
}

#[test]
fn missing_extensions_and_tablespaces_are_named_before() {
    let setting = Setting::new();
    setting.database.execute("CREATE EXTENSION hstore WITH SCHEMA app");
    let spaces = tempfile::tempdir().unwrap();
    let place = spaces.path().join("fast");
    std::fs::create_dir(&place).unwrap();
    // The server's user must own it.
    let chown = std::process::Command::new("sh")
        .args(["-c", "chmod 755 \"$1\" && chmod 700 \"$2\" && if [ $(id -u) = 0 ]; then chown postgres \"$2\"; fi", "x"])
        .args([spaces.path(), place.as_path()])
        .status();
    assert!(chown.unwrap().success());
    setting
        .database
        .session()
        .client()
        .batch_execute(&format!("CREATE TABLESPACE backup_fast LOCATION '{}'", place.display()))
        .unwrap();
    setting.database.execute("CREATE TABLE app.quick (id int) TABLESPACE backup_fast");
    setting.pum("dump -p prod x.dump").expect(0);
    let away = Server::start(false, &[], &[], &[]);
    let prod = std::fs::read_to_string(setting.path(".pg_service.conf")).unwrap();
    setting.home.file(".pg_service.conf", &(prod.clone() + &service_of(&away)));
    setting
        .pum("restore -p away x.dump")
        .expect_error(&["lacks tablespaces that the dump names: backup_fast", "--no-tablespaces"]);
    setting.pum("restore -p away --no-tablespaces x.dump").expect(0);
    setting.database.execute("DROP TABLE app.quick");
    setting.database.execute("DROP TABLESPACE backup_fast");

    // The programs of other majors come without extensions of others.
    let Some(programs) = pum_tests::programs_of(16) else { return };
    let available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_partman'";
    if setting.database.column(available) == ["0"] {
        pum_tests::say("NOT TESTED: a missing extension needs pg_partman on this machine");
        return;
    }
    setting.database.execute("CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman");
    setting.pum("dump -p prod x.dump").expect(0);
    let away = Server::start_with(programs, false, &[], &[], &[]);
    setting.home.file(".pg_service.conf", &(prod + &service_of(&away)));
    setting
        .pum("restore -p away x.dump")
        .expect_error(&["lacks extensions that the dump needs: pg_partman"]);
    // A newer server than the programs: what it has no extension for is left out.
    setting.pum("restore -p away -N partman -x x.dump").expect(0);
    let mut client = away.superuser();
    let copy = client.query_one("SELECT count(*) FROM pg_database WHERE datname = 'copy'", &[]);
    assert_eq!(copy.unwrap().get::<_, i64>(0), 1);
}

fn service_of(server: &Server) -> String {
    format!(
        "[away]\nhost={}\nport={}\nuser=postgres\ndbname=copy\n",
        server.socket_directory(),
        server.port()
    )
}

/// Who is no superuser can back up and restore what is theirs.
#[test]
fn an_ordinary_role_is_enough() {
    let setting = Setting::new();
    let name = setting.database.settings.database();
    setting.database.execute("CREATE ROLE ordinary LOGIN CREATEDB");
    setting.database.execute(&format!("CREATE DATABASE {name}_theirs OWNER ordinary"));
    let theirs = setting.other(&format!("{name}_theirs"));
    let settings = theirs.settings.with("user", "ordinary").unwrap();
    let theirs = pum_tests::Database { settings };
    theirs.execute("CREATE TABLE t AS SELECT i FROM generate_series(1, 100) i");
    theirs.execute(&format!(
        "REVOKE CONNECT ON DATABASE {name}_theirs FROM PUBLIC; \
         ALTER DATABASE {name}_theirs SET work_mem TO '5MB'"
    ));
    setting.home.service("theirs", &theirs);
    setting.pum("dump -p theirs --globals x.dump").expect(0);
    let done = setting.pum("restore -p theirs --suffix _back x.dump").expect(0);
    assert_eq!(done.stderr, "");
    let done = setting.pum("clone theirs --suffix _too").expect(0);
    assert_eq!(done.stderr, "");
    for copy in ["_back", "_too"] {
        let query = format!(
            "SELECT concat(pg_get_userbyid(datdba), datacl IS NULL, setconfig::text) \
             FROM pg_database d JOIN pg_db_role_setting s ON s.setdatabase = d.oid \
             WHERE datname = '{name}_theirs{copy}'"
        );
        assert_eq!(setting.database.column(&query), ["ordinaryf{work_mem=5MB}"]);
    }
}

#[test]
fn a_locale_of_icu_comes_back() {
    let setting = Setting::new();
    let create = "CREATE DATABASE icu TEMPLATE template0 LOCALE_PROVIDER icu \
                  ICU_LOCALE 'de-DE-u-co-phonebk' LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'";
    if let Err(err) = setting.database.session().client().batch_execute(create) {
        pum_tests::say(&format!("NOT TESTED: this server makes no database with ICU: {err:?}"));
        return;
    }
    setting.home.service("icu", &setting.other("icu"));
    setting.pum("dump -p icu x.dump").expect(0);
    setting.pum("restore -p icu --suffix _back x.dump").expect(0);
    setting.pum("clone icu --suffix _too").expect(0);
    let locales = "SELECT concat(datlocprovider, datcollate, coalesce( \
                       to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale')) \
                   FROM pg_database d WHERE datname LIKE 'icu%'";
    assert_eq!(setting.database.column(locales), ["iCde-DE-u-co-phonebk"; 3]);
}
