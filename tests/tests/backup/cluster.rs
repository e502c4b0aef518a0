//! A whole server as files, and back: `pum dump --cluster`, `pum restore --cluster`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_tests::command::{Home, Outcome};
use pum_tests::programs_of;
use pum_tests::server::Server;

use crate::{PUM, names_in};

/// A server to dump, one to restore to, and a home that knows both as `old` and `new`.
struct Pair {
    old: Server,
    new: Server,
    home: Home,
}

impl Pair {
    fn new() -> Self {
        Self::with(Server::start(false, &[], &[], &[]))
    }

    fn with(new: Server) -> Self {
        let (old, home) = (Server::start(false, &[], &[], &[]), Home::new());
        home.service("old", &old.database("postgres"));
        home.service("new", &new.database("postgres"));
        Self { old, new, home }
    }

    fn filled() -> Self {
        let pair = Self::new();
        pair.fill();
        pair
    }

    /// Two databases with a table each.
    fn fill(&self) {
        for name in ["a", "b"] {
            self.old.sql(&[&format!("CREATE DATABASE {name}")]);
            self.old
                .database(name)
                .execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i");
        }
    }

    fn pum(&self, line: &str) -> Outcome {
        self.home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
    }

    /// The dump in `dumps`, which must be the only one.
    fn dump(&self) -> String {
        let names = names_in(&self.home.path().join("dumps"));
        assert_eq!(names.len(), 1, "{names:?}");
        format!("dumps/{}", names[0])
    }

    fn databases(&self) -> Vec<String> {
        let query = "SELECT datname FROM pg_database \
                     WHERE datname NOT IN ('template0', 'template1') ORDER BY 1";
        self.new.database("postgres").column(query)
    }
}

/// Roles with all that belongs to them, databases with theirs.
const SHARED: &str = "SELECT s::text FROM ( \
    SELECT rolname::text AS a, rolcanlogin, rolconnlimit, rolpassword AS b FROM pg_authid \
    WHERE rolname !~ '^pg_' AND rolname <> 'postgres' \
    UNION ALL SELECT member::regrole::text, admin_option, 0, roleid::regrole::text \
    FROM pg_auth_members WHERE roleid::regrole::text !~ '^pg_' \
    UNION ALL SELECT datname, true, 0, concat(setrole::regrole::text, setconfig::text) \
    FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase \
    UNION ALL SELECT datname, datistemplate, datconnlimit, \
           concat(pg_get_userbyid(datdba), ' ', datacl::text) \
    FROM pg_database WHERE datname NOT IN ('template0', 'template1', 'postgres')) s ORDER BY 1";

const MODEL: &[&str] = &[
    "CREATE ROLE reader CONNECTION LIMIT 3",
    "CREATE ROLE \"Ro le\" LOGIN PASSWORD 'hidden' VALID UNTIL '2099-01-01'",
    "GRANT reader TO \"Ro le\" WITH ADMIN OPTION",
    "ALTER ROLE \"Ro le\" SET work_mem = '6MB'",
    "CREATE DATABASE \"one/db\" OWNER reader CONNECTION LIMIT 9",
    "ALTER DATABASE \"one/db\" SET search_path = app, public",
    "ALTER ROLE \"Ro le\" IN DATABASE \"one/db\" SET work_mem = '5MB'",
    "CREATE DATABASE mould IS_TEMPLATE true",
    "CREATE DATABASE nothing",
    "ALTER SYSTEM SET work_mem = '7MB'",
    "ALTER SYSTEM SET archive_command = 'cp %p /secret/archive'",
];

fn filled_with_model(pair: &Pair) {
    pair.old.sql(MODEL);
    pair.old.database("one/db").execute(
        "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT generate_series(1, 1000) AS i; \
         GRANT SELECT ON app.t TO \"Ro le\"; DROP SCHEMA public",
    );
    pair.old.database("mould").execute("CREATE TABLE shape (i int)");
    pair.old.database("postgres").execute("CREATE TABLE here AS SELECT 1 AS i");
}

/// All of it comes back: roles with their passwords, databases with what belongs to them, settings.
fn goes_and_comes_back(pair: &Pair, options: &str) {
    filled_with_model(pair);
    let dumped = pair
        .pum(&format!("dump --cluster -p old --dir dumps --role-passwords {options}"))
        .expect(0);
    let dump = pair.dump();
    assert!(
        dumped.stdout.starts_with(&format!("the server of old was dumped to {dump} (4 databases,")),
        "{dumped:?}"
    );
    assert!(dumped.stdout.contains("roles: 3, with their passwords\n"), "{dumped:?}");
    is_private(&pair.home.path().join(&dump));
    let manifest = pair.home.path().join(&dump).join("cluster.manifest.json");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(!manifest.contains("SCRAM") && !manifest.contains("/secret"), "{manifest}");
    let before = pair.old.database("one/db").dump_schema();

    let restored = pair.pum("restore --cluster dumps -p new").expect(0);
    for line in [
        &*format!("{dump} was restored to the server of new ("),
        "  mould: restored (",
        "  one/db: restored (",
        "  postgres: restored (",
        "roles created: Ro le, reader\n",
        "settings made with ALTER SYSTEM: work_mem\n",
        "  archive_command: belongs to the old server's files",
    ] {
        assert!(restored.stdout.contains(line), "{line}: {restored:?}");
    }
    let (old, new) = (pair.old.database("postgres"), pair.new.database("postgres"));
    assert_eq!(new.column(SHARED), old.column(SHARED));
    assert_eq!(new.column("SELECT i FROM here"), ["1"]);
    let copy = pair.new.database("one/db");
    assert_eq!(copy.column("SELECT sum(i) FROM app.t"), ["500500"]);
    assert_eq!(copy.column("SELECT count(*) FROM pg_namespace WHERE nspname = 'public'"), ["0"]);
    if new.column("SHOW server_version") == old.column("SHOW server_version") {
        // An older pg_dump reads no newer server.
        assert_eq!(copy.dump_schema(), before);
    }
    assert_eq!(new.column("SHOW work_mem"), ["7MB"]);
    assert_eq!(pair.databases(), ["mould", "nothing", "one/db", "postgres"]);

    // It is never put over a database.
    let again = pair.pum("restore --cluster dumps -p new");
    again.expect_error(&["already has databases of the dump: mould, nothing, one/db, postgres;"]);
    assert_eq!(copy.column("SELECT sum(i) FROM app.t"), ["500500"]);
}

#[test]
fn a_whole_server_goes_to_files_and_comes_back() {
    goes_and_comes_back(&Pair::new(), "");
}

#[test]
fn a_whole_server_in_directory_format_goes_to_a_newer_one() {
    let Some(programs) = programs_of(17) else { return };
    let new = Server::start_with(programs, false, &[], &[], &[]);
    goes_and_comes_back(&Pair::with(new), "-F directory -j 2");
}

/// Nobody else can look into it.
fn is_private(directory: &Path) {
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory), 0o700);
    for path in files_in(directory) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

fn files_in(directory: &Path) -> Vec<PathBuf> {
    let paths = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

#[test]
fn a_server_without_the_passwords_of_its_roles() {
    let pair = Pair::new();
    pair.old.sql(MODEL);
    let dumped = pair.pum("dump --cluster -p old --dir dumps --exclude-database mould").expect(0);
    for line in
        ["roles: 3, without their passwords\n", "left out: mould\n", "  postgres: nothing in it"]
    {
        assert!(dumped.stdout.contains(line), "{line}: {dumped:?}");
    }
    for path in files_in(&pair.home.path().join(pair.dump())) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("SCRAM"), "{}", path.display());
    }
    let restored = pair.pum("restore --cluster dumps -p new").expect(0);
    assert!(
        restored.stdout.contains("roles created, without passwords: Ro le, reader"),
        "{restored:?}"
    );
    assert_eq!(pair.databases(), ["nothing", "one/db", "postgres"]);
    pair.pum("dump -p old x.dump --role-passwords").expect_error(&["needs --globals or --cluster"]);
}

/// One database that cannot be read, and there is nothing.
#[test]
fn a_server_is_dumped_whole_or_not_at_all() {
    let pair = Pair::filled();
    pair.old.database("b").execute("UPDATE pg_class SET relnamespace = 99999 WHERE relname = 't'");
    let failed = pair.pum("dump --cluster -p old --dir dumps");
    failed.expect_error(&["database \"b\": the dump of", "schema with OID 99999 does not exist"]);
    assert!(!pair.home.path().join("dumps").exists());
    pair.old.sql(&["ALTER DATABASE b ALLOW_CONNECTIONS false"]);
    let refused = pair.pum("dump --cluster -p old --dir dumps");
    refused.expect_error(&[
        "database \"b\" of the server of old",
        "allows no connections",
        "Nothing was kept",
    ]);
    pair.pum("dump --cluster -p old --dir dumps --exclude-database b").expect(0);
    // A directory that was there before stays, with what is in it.
    let kept = pair.pum("dump --cluster -p old --dir dumps");
    kept.expect_error(&["allows no connections"]);
    pair.dump();
    pair.pum("dump --cluster -p old --dir dumps -F plain --exclude-database b")
        .expect_error(&["a script cannot be restored"]);
}

#[test]
fn a_killed_dump_leaves_nothing_that_looks_complete() {
    let pair = Pair::filled();
    let mut holder = pair.old.database("b").session();
    holder.client().batch_execute("BEGIN; LOCK TABLE t").unwrap();
    let arguments = ["dump", "--cluster", "-p", "old", "--dir", "dumps"];
    let mut child = pair.home.command(PUM, &arguments).spawn().unwrap();
    let waits = "SELECT pid::text FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'";
    crate::trouble::until(&pair.old.database("postgres"), &mut child, waits);
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).unwrap();
    child.wait().unwrap();
    let left = names_in(&pair.home.path().join("dumps"));
    assert!(left.len() == 1 && left[0].starts_with(".cluster_"), "{left:?}");
    pair.pum("restore --cluster dumps -p new")
        .expect_error(&["dumps is not a dump of a whole server"]);
    assert_eq!(pair.databases(), ["postgres"]);
    drop(holder);
    pair.pum("dump --cluster -p old --dir dumps --keep 2").expect(0);
    assert!(pair.dump().starts_with("dumps/cluster_"));
}

#[test]
fn the_newest_dumps_of_a_server_are_kept() {
    let pair = Pair::filled();
    for _ in 0..2 {
        pair.pum("dump --cluster -p old --dir dumps").expect(0);
    }
    let other = "dump --cluster -p new --dir dumps --keep 1";
    pair.pum(other).expect(0);
    let names = || names_in(&pair.home.path().join("dumps"));
    let before = names();
    assert_eq!(before.len(), 3, "those of another server stay");
    std::fs::create_dir(pair.home.path().join("dumps/cluster_mine")).unwrap();
    let said = pair.pum("dump --cluster -p old --dir dumps --keep 2").expect(0);
    assert!(said.stdout.contains(&format!("removed dumps/{}\n", before[0])), "{said:?}");
    assert_eq!(names().len(), 4);
}

/// What was restored by then stays and is named; what is missing is restored the next time.
#[test]
fn a_restore_that_was_cut_short_goes_on_with_what_is_missing() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        cut_short_by(signal);
    }
}

fn cut_short_by(signal: Signal) {
    let pair = Pair::filled();
    pair.old.sql(&["CREATE ROLE app LOGIN", "ALTER SYSTEM SET work_mem = '7MB'"]);
    pair.old.database("b").execute(
        "CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN \
         IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'slowly') THEN \
             PERFORM pg_sleep(60); END IF; RETURN true; END $$; \
         CREATE TABLE late (i int CHECK (slow())); INSERT INTO late VALUES (1)",
    );
    pair.pum("dump --cluster -p old --dir dumps").expect(0);
    pair.new.sql(&["CREATE ROLE slowly"]);
    let arguments = ["restore", "--cluster", "dumps", "-p", "new"];
    let mut child = pair.home.command(PUM, &arguments).spawn().unwrap();
    let new = pair.new.database("postgres");
    let asleep = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    crate::trouble::until(&new, &mut child, asleep);
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    if signal == Signal::SIGTERM {
        assert_eq!(output.status.code(), Some(130), "{stdout}");
        for line in ["was restored in part to", "  a: restored (", "  b: FAILED: interrupted"] {
            assert!(stdout.contains(line), "{line}: {stdout}");
        }
        assert_eq!(pair.databases(), ["a", "postgres"]);
    } else {
        // What nobody can clear away does not look like a database of the dump.
        let there = pair.databases();
        assert!(there.len() == 3 && there[1].starts_with("b_pum_new_"), "{there:?}");
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ~ '_pum_'";
        new.execute(end);
    }
    assert_eq!(new.column("SHOW work_mem"), ["4MB"]);
    let is_marked = "SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%pum.%'";
    assert_eq!(new.column(is_marked), ["1"]);

    new.execute("DROP ROLE slowly");
    let done = pair.pum("restore --cluster dumps -p new").expect(0);
    for line in ["  a: there already, from an earlier run\n", "  b: restored ("] {
        assert!(done.stdout.contains(line), "{line}: {done:?}");
    }
    assert_eq!(pair.new.database("b").column("SELECT i FROM late"), ["1"]);
    assert_eq!(new.column("SHOW work_mem"), ["7MB"]);
    assert_eq!(new.column(is_marked), ["0"]);
}

/// Nothing is made before all is found right.
#[test]
fn what_cannot_be_restored_is_said_before_anything_is_made() {
    let pair = Pair::filled();
    pair.old.sql(&["CREATE ROLE app LOGIN"]);
    pair.pum("dump --cluster -p old --dir dumps").expect(0);
    let dump = pair.home.path().join(pair.dump());
    let refused = |parts: &[&str]| {
        pair.pum("restore --cluster dumps -p new").expect_error(parts);
        let there = pair.databases();
        assert!(!there.contains(&"a".to_owned()), "{there:?}");
    };
    let altered = |name: &str, part: &str| {
        let path = dump.join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut other = whole.clone();
        let middle = other.len() / 2;
        other[middle] ^= 1;
        std::fs::write(&path, &other).unwrap();
        refused(&[part]);
        std::fs::remove_file(&path).unwrap();
        refused(&["is missing"]);
        std::fs::write(&path, &whole).unwrap();
    };
    altered("b.dump", "b.dump was altered since it was written");
    altered("b.dump.manifest.json", "the checksum of b.dump.manifest.json does not match");
    altered("roles.sql", "the checksum of roles.sql does not match");
    assert_eq!(
        pair.new.database("postgres").column("SELECT count(*) FROM pg_roles WHERE rolname = 'app'"),
        ["0"]
    );

    let manifest = dump.join("cluster.manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    for (from, to, part) in [
        ("\"format_version\": 1", "\"format_version\": 9", "written by a newer pum"),
        ("\"b.dump\"", "\"../b.dump\"", "is not a file in its directory"),
        ("{", "", "is not the manifest of a dump"),
    ] {
        std::fs::write(&manifest, text.replacen(from, to, 1)).unwrap();
        refused(&[part]);
    }
    std::fs::write(&manifest, &text).unwrap();
    pair.pum("restore --cluster . -p new").expect_error(&[". is not a dump of a whole server"]);
    pair.pum("restore --cluster nowhere -p new").expect_error(&["cannot read nowhere"]);
    pair.pum("restore --cluster dumps -p new x.dump").expect_error(&["cannot be used with"]);

    pair.new.sql(&["CREATE ROLE app SUPERUSER NOLOGIN"]);
    refused(&[
        "app: LOGIN in the dump, SUPERUSER NOLOGIN on the server",
        "hint: --keep-roles leaves them unchanged",
    ]);
    pair.new.sql(&["CREATE DATABASE b"]);
    pair.pum("restore --cluster dumps -p new --keep-roles")
        .expect_error(&["the server of new already has databases of the dump: b;"]);
    pair.new.sql(&["DROP DATABASE b"]);
    pair.pum("restore --cluster dumps -p new --keep-roles").expect(0);
    let app = "SELECT rolsuper FROM pg_roles WHERE rolname = 'app'";
    assert_eq!(pair.new.database("postgres").column(app), ["t"]);

    pair.old.stop();
    pair.pum("dump --cluster -p old --dir dumps").expect_error(&["cannot connect to old"]);
    pair.new.stop();
    pair.pum("restore --cluster dumps -p new").expect_error(&["cannot connect to new"]);
}

#[test]
fn a_tablespace_that_the_server_lacks_is_named() {
    let pair = Pair::filled();
    pair.old.sql(&["SET allow_in_place_tablespaces = on", "CREATE TABLESPACE fast LOCATION ''"]);
    pair.old.database("a").execute("ALTER TABLE t SET TABLESPACE fast");
    let dumped = pair.pum("dump --cluster -p old --dir dumps").expect(0);
    assert!(dumped.stdout.contains("tablespaces: fast. The server"), "{dumped:?}");
    let refused = pair.pum("restore --cluster dumps -p new");
    refused.expect_error(&["lacks tablespaces", "fast", "hint: tablespaces.sql in the dump says"]);
    assert_eq!(pair.databases(), ["postgres"]);
    pair.pum("restore --cluster dumps -p new --no-tablespaces").expect(0);
    assert_eq!(pair.new.database("a").column("SELECT count(*) FROM t"), ["1000"]);
}
