//! A dump and restore changes nothing, though it prints expressions in other words.

use std::process::Command;

use pum_core::Context;
use pum_core::compare::{CompareOptions, Comparison, Toolchain, compare_sessions};
use pum_core::dump::ToolOverrides;
use pum_core::scratch::OnDemand;
use pum_tests::{Database, database, installations, server, server_options};

use super::base_server::BaseServer;
use super::lines;

pub(super) fn toolchain() -> Toolchain {
    Toolchain {
        installations: installations(),
        overrides: ToolOverrides::default(),
        scratch: OnDemand::new(server_options()),
    }
}

/// A new database with the schema of another, through `pg_dump` and `pg_restore`.
pub(super) fn restored(original: &Database) -> Database {
    let tools = installations();
    let newest = tools.newest_with(&["pg_dump", "pg_restore"], |major| major >= server().major());
    let program = |name| newest.and_then(|found| found.program(name)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("archive");
    let copy = database();
    let run = |mut command: Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let mut dump = Command::new(program("pg_dump"));
    dump.args(["-Fc", "-s", "-d", &original.conninfo(), "-f"]).arg(&archive);
    run(dump);
    let mut restore = Command::new(program("pg_restore"));
    restore.args(["-e", "-d", &copy.conninfo()]).arg(&archive);
    run(restore);
    copy
}

fn compared(left: &Database, right: &Database, toolchain: Option<&Toolchain>) -> Comparison {
    let (mut left, mut right) = (left.session(), right.session());
    let options = CompareOptions::default();
    compare_sessions(&mut left, &mut right, &options, toolchain, &mut Context::default())
        .unwrap_or_else(|err| panic!("{err}"))
}

fn assert_same(left: &Database, right: &Database, toolchain: &Toolchain) -> usize {
    let found = compared(left, right, Some(toolchain));
    assert_eq!(found.not_canonicalized, None);
    assert_eq!(lines(&found.differences), [""; 0]);
    assert_eq!(found.left_objects, found.right_objects);
    found.canonicalized
}

/// A copy of the base schema without security labels, whose provider no server here has.
fn unlabelled() -> Database {
    let copy = BaseServer::shared().copy();
    copy.execute("SET allow_system_table_mods = on; DELETE FROM pg_seclabel");
    copy
}

#[test]
fn a_restored_schema_is_the_same() {
    let sample = database();
    sample.execute_file("fixtures/sample/build.sql");
    let toolchain = toolchain();
    for original in [unlabelled(), sample] {
        let once = restored(&original);
        let canonicalized = assert_same(&original, &once, &toolchain);
        assert_ne!(
            canonicalized, 0,
            "nothing was printed in other words: this test proves nothing"
        );
        assert_eq!(assert_same(&once, &original, &toolchain), canonicalized);
        let twice = restored(&once);
        assert_same(&once, &twice, &toolchain);
        assert_same(&twice, &original, &toolchain);
    }
}

/// A varchar in a list is printed in other words after a restore, wherever it stands.
const RESPELLED: &str = "
    CREATE TABLE t (
        v varchar(5) CHECK (v IN ('a', 'b')),
        o text DEFAULT 'c',
        g boolean GENERATED ALWAYS AS (v IN ('a', 'b')) STORED
    );
    CREATE INDEX t_some ON t (v) WHERE v IN ('a', 'b');
    CREATE VIEW w AS SELECT v FROM t WHERE v IN ('a', 'b');
    CREATE MATERIALIZED VIEW m AS SELECT v FROM t WHERE v IN ('a', 'b');
    CREATE RULE r AS ON DELETE TO t WHERE old.v IN ('a', 'b') DO INSTEAD NOTHING;
    CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW WHEN (new.v IN ('a', 'b'))
        EXECUTE FUNCTION suppress_redundant_updates_trigger();
    CREATE POLICY p ON t TO compare_role USING (v IN ('a', 'b'));
";

#[test]
fn another_spelling_is_told_from_another_meaning() {
    let original = database();
    // The scratch server of the toolchain does not know this role by itself.
    original.execute("CREATE ROLE compare_role");
    original.execute(RESPELLED);
    let toolchain = toolchain();
    let once = restored(&original);
    let found = compared(&original, &once, None);
    let all = [
        "column public.t.g.generated",
        "constraint public.t.t_v_check.definition",
        "index public.t.t_some.definition",
        "policy public.t.p.using",
        "rule public.t.r.definition",
        "trigger public.t.touch.definition",
        "view public.m.definition",
        "view public.w.definition",
    ];
    assert_eq!(lines(&found.differences), all, "without a toolchain");
    assert!(found.not_canonicalized.is_some());
    assert_eq!(assert_same(&original, &once, &toolchain), all.len());
    assert_eq!(assert_same(&once, &original, &toolchain), all.len());
    assert_same(&once, &restored(&once), &toolchain);

    let other = database();
    other.execute(&RESPELLED.replace("'b')", "'c')"));
    for (left, right) in [(&original, &other), (&once, &other), (&original, &restored(&other))] {
        let found = compared(left, right, Some(&toolchain));
        assert_eq!(found.not_canonicalized, None);
        assert_eq!(lines(&found.differences), all);
    }
}

/// What the scratch server does not have (roles, tablespaces) does not stand in the way.
#[test]
fn a_tablespace_does_not_hinder_the_second_look() {
    let copy = unlabelled();
    copy.execute(
        "ALTER TABLE app.bare SET TABLESPACE side; ALTER INDEX app.orders_hash SET TABLESPACE side",
    );
    let found = compared(&copy, &restored(&copy), Some(&toolchain()));
    assert_eq!(found.not_canonicalized, None);
    assert_eq!(lines(&found.differences), [""; 0]);
    assert_ne!(found.canonicalized, 0);
}
