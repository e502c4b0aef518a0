//! The catalogs of every major version that pum supports, with the servers that
//! `scripts/fetch-postgres-majors.sh` fetched.

use std::sync::OnceLock;

use pum_core::compare::{CompareOptions, Toolchain, compare_sessions};
use pum_core::delta::{DeltaSet, VariableValue, Variables, Version};
use pum_core::diff::{Filters, all_differences, diff};
use pum_core::dump::ToolOverrides;
use pum_core::installation::{Installations, SearchPath};
use pum_core::model::Kind;
use pum_core::plan::{MigrationOptions, Side, plan};
use pum_core::scratch::{OnDemand, ScratchServer};
use pum_core::upgrade::{PlanOptions, TableName, Upgrade, UpgradePlan, set_baseline};
use pum_core::{Context, Interrupt};
use pum_tests::{Database, Host, SharedServer, programs_of, repository, server, server_options_of};

use super::base_server::{BaseServer, model};
use super::changes::{failures, one_in};
use super::restored::restored;
use super::side;

/// A server of this major, which the tests share: that of the area, or one that was fetched.
fn server_of(major: u32) -> Option<&'static SharedServer> {
    static SERVERS: [OnceLock<Option<SharedServer>>; 7] = [const { OnceLock::new() }; 7];
    if server().version() == major {
        return Some(server());
    }
    let start = || {
        let search = SearchPath { explicit: Some(programs_of(major)?), path: Vec::new() };
        let options = server_options_of(Installations::find(&search));
        let server = SharedServer::start(&format!("major-{major}"), &options);
        assert_eq!(server.major(), major);
        Some(server)
    };
    SERVERS[major as usize - 12].get_or_init(start).as_ref()
}

/// The first server is re-created, the second from what was kept of it.
#[test]
fn what_is_kept_of_initdb_is_a_server_of_every_major() {
    for major in 12..=18 {
        let Some(programs) = programs_of(major) else { continue };
        let search = SearchPath { explicit: Some(programs), path: Vec::new() };
        let mut options = server_options_of(Installations::find(&search));
        let cache = tempfile::tempdir().unwrap();
        options.cache = Some(cache.path().to_owned());
        let start = || {
            let server = ScratchServer::start(&options, &Interrupt::new());
            server.unwrap_or_else(|err| panic!("PostgreSQL {major}: {err}"))
        };
        drop(start());
        let server = start();
        assert_eq!(cache.path().join("scratch").read_dir().unwrap().count(), 1);
        let database = server.create("copied");
        database.execute("CREATE TABLE t AS SELECT current_setting('server_version_num') AS n");
        let n: u32 = database.column("SELECT n FROM t")[0].parse().unwrap();
        assert_eq!(n / 10_000, major);
    }
}

fn read_everything(major: u32) {
    let Some(server) = server_of(major) else { return };
    let base_server = BaseServer::new(server);
    every_kind_is_found(&base_server);
    the_sample_comes_out_as_it_is_built(&base_server);
    super::definitions::are_those_of_the_server(&base_server);
    // Each major sees other changes.
    let (failures, count) = failures(&base_server, one_in(35));
    assert!(count >= 20, "only {count} changes");
    assert!(failures.is_empty(), "PostgreSQL {major}:\n\n{}", failures.join("\n\n"));
}

fn write_statements(major: u32) {
    let Some(server) = server_of(major) else { return };
    // A few only: one that is refused is some percent of them.
    super::migrations::make_each_change(&BaseServer::new(server), one_in(150), 85, false);
}

fn every_kind_is_found(base_server: &BaseServer<'_>) {
    let base = model(&base_server.base());
    let names: Vec<String> =
        base.objects().iter().map(|object| object.identity.to_string()).collect();
    for &kind in Kind::ALL {
        assert!(base.objects().iter().any(|object| object.identity.kind == kind), "no {kind:?}");
    }
    for (since, expected) in [
        (12, "table app.measures_2025_x"),
        (12, "constraint app.orders.orders_during_excl"),
        (12, "constraint app.measures_2024.measures_2024_pkey"),
        (12, "function app.middle(double precision, anyelement)"),
        (12, "index app.orders.orders_lower"),
        (12, "rule app.scratchpad.two_steps"),
        (12, "sequence app.customers_id_seq"),
        (12, "trigger app.open_orders.touch_view"),
        (12, "view app.sums"),
        (13, "trigger app.measures.touch_parts_before"),
        (14, "function app.atomic(integer)"),
        (15, "sequence app.fleeting"),
        (18, "constraint app.newest.newest_relaxed"),
    ] {
        let found = names.iter().any(|name| name == expected);
        assert_eq!(found, base_server.major() >= since, "{expected} on {}", base_server.major());
    }
    // A clone of a partitioned table's foreign key or trigger is explained by its origin.
    for clone in ["app.measures_2024.measures_customer_fkey", "app.measures_2024.touch_parts"] {
        assert!(
            !names.iter().any(|name| name.ends_with(clone)),
            "{clone} on {}",
            base_server.major()
        );
    }
}

fn the_sample_comes_out_as_it_is_built(base_server: &BaseServer<'_>) {
    let table: TableName = "public.pum_info".parse().unwrap();
    let old = base_server.create("sample_upgraded", "template0");
    old.execute_file("fixtures/sample/production-1.0.0.sql");
    set_baseline(&mut old.session(), &table, &Version::new(1, 0, 0)).unwrap();
    upgrade(&old, &table);
    let new = base_server.create("sample_built", "template0");
    new.execute_file("fixtures/sample/build.sql");
    let mut upgraded = model(&old);
    upgraded.remove_table(table.schema(), table.name());
    let built = model(&new);
    assert!(built.objects().len() > 500, "{}", built.objects().len());
    assert_eq!(diff(&upgraded, &built, &Filters::default()), [], "on {}", base_server.major());
}

fn upgrade(database: &Database, table: &TableName) {
    let mut variables = Variables::default();
    variables.set("default_zone", VariableValue::Integer(1));
    let mut options = PlanOptions::default();
    options.variables = variables;
    let mut session = database.session();
    let deltas = DeltaSet::read(&[repository().join("deltas")]).unwrap();
    let plan = UpgradePlan::read(&mut session, table, &deltas, &options).unwrap();
    Upgrade::new(&plan)
        .run(&mut session, &mut Context::default())
        .unwrap_or_else(|err| panic!("{err}"));
}

/// Tests for each major, so that they run side by side and a failure names it.
macro_rules! majors {
    ($($name:ident $major:literal,)+) => {
        $(mod $name {
            #[test] fn is_read() { super::read_everything($major); }
            #[test] fn is_written_for() { super::write_statements($major); }
        })+
    };
}

majors! {
    postgresql_12 12,
    postgresql_13 13,
    postgresql_14 14,
    postgresql_15 15,
    postgresql_16 16,
    postgresql_17 17,
    postgresql_18 18,
}

/// The same script on every major: what differs between any two is only what the majors make of
/// it, and is named here.
#[test]
fn the_same_schema_is_the_same_on_any_two_majors() {
    let servers: Vec<&SharedServer> = (12..=18).filter_map(server_of).collect();
    let databases: Vec<Database> = servers
        .iter()
        .map(|&server| {
            let database = BaseServer::new(server).create("same_everywhere", "template0");
            database.execute_file("fixtures/compare/base.sql");
            database
        })
        .collect();
    let mut found = Vec::new();
    for (at, (left, older)) in databases.iter().zip(&servers).enumerate() {
        for (right, newer) in databases.iter().zip(&servers).skip(at + 1) {
            let (mut left, mut right) = (left.session(), right.session());
            let options = CompareOptions::default();
            let comparison =
                compare_sessions(&mut left, &mut right, &options, None, &mut Context::default())
                    .unwrap();
            for line in super::lines(&comparison.differences) {
                if !is_of_majors(older.major(), newer.major(), &line) {
                    found.push(format!("{}-{}: {line}", older.major(), newer.major()));
                }
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

/// A schema of 15 that was dumped and restored there has its SQL in other words than one that was
/// built on an older or newer server. The newer server's `initdb` and `postgres` tell that it is the
/// same; there is no `pg_dump` of it.
#[test]
fn a_restored_schema_is_the_same_on_another_major() {
    let base_server = BaseServer::shared();
    let original = base_server.create("restored_original", "template0");
    original.execute_file("fixtures/compare/base.sql");
    // Their providers are on no server here.
    original.execute("SET allow_system_table_mods = on; DELETE FROM pg_seclabel");
    let copy = restored(&original);
    for major in [12, 18] {
        let (Some(server), Some(programs)) = (server_of(major), programs_of(major.max(15))) else {
            continue;
        };
        assert!(!programs.join("pg_dump").exists());
        let search = SearchPath { explicit: Some(programs), path: Vec::new() };
        let installations = Installations::find(&search);
        let toolchain = Toolchain {
            scratch: OnDemand::new(server_options_of(installations.clone())),
            overrides: ToolOverrides::default(),
            installations,
        };
        let other = BaseServer::new(server).create("restored_other", "template0");
        other.execute_file("fixtures/compare/base.sql");
        let (mut left, mut right) = (copy.session(), other.session());
        let mut options = CompareOptions::default();
        options.filters.ignore("security_labels").unwrap();
        let found = compare_sessions(
            &mut left,
            &mut right,
            &options,
            Some(&toolchain),
            &mut Context::default(),
        );
        let found = found.unwrap();
        assert_eq!((&found.not_canonicalized, &*found.undecided), (&None, &[][..]));
        assert!(found.canonicalized > 10, "{}", found.canonicalized);
        let mut differences = super::lines(&found.differences);
        let (older, newer) = (major.min(15), major.max(15));
        differences.retain(|line| !is_of_majors(older, newer, line));
        assert_eq!(differences, [""; 0], "on {major}");
    }
}

/// An extension comes in the version that its server has. A version that somebody chose counts.
#[test]
fn a_version_of_an_extension_that_nobody_chose_is_no_difference() {
    let (Some(older), Some(newer)) = (server_of(15), server_of(17)) else { return };
    let (older, newer) = (BaseServer::new(older), BaseServer::new(newer));
    let database_on = |base_server: &BaseServer<'_>, name: &str, sql: &str| {
        let database = base_server.create(name, "template0");
        database.execute(sql);
        database
    };
    let default = "CREATE EXTENSION pg_stat_statements";
    let old = database_on(&older, "by_default", default);
    let new = database_on(&newer, "by_default", default);
    let chosen =
        database_on(&newer, "chosen", "CREATE EXTENSION pg_stat_statements VERSION '1.10'");
    let compared = |left: &Database, right: &Database| {
        let (mut left, mut right) = (left.session(), right.session());
        let options = CompareOptions::default();
        compare_sessions(&mut left, &mut right, &options, None, &mut Context::default()).unwrap()
    };
    let same = compared(&old, &new);
    assert_eq!(super::lines(&same.differences), [""; 0]);
    let told: Vec<String> = same
        .default_versions
        .iter()
        .map(|one| format!("{} {} {}", one.name, one.left, one.right))
        .collect();
    assert_eq!(told, ["pg_stat_statements 1.10 1.11"]);
    // The same version, and yet not the one by default: nothing differs.
    assert_eq!(super::lines(&compared(&old, &chosen).differences), [""; 0]);
    // On servers of one major every other version was chosen.
    let line = "extension pg_stat_statements.version";
    assert_eq!(super::lines(&compared(&new, &chosen).differences), [line]);
    // An old version that was kept on the newer server.
    let kept = database_on(&newer, "kept", "CREATE EXTENSION pg_stat_statements VERSION '1.9'");
    let found = compared(&old, &kept);
    assert_eq!(super::lines(&found.differences), [line]);
    assert_eq!(found.default_versions, []);
}

/// Before 13 nothing stops depending on an extension.
#[test]
fn what_depended_on_an_extension_is_recreated_on_12() {
    let Some(server) = server_of(12) else { return };
    let base_server = BaseServer::new(server);
    let [from, to] = [true, false].map(|depends| {
        let database =
            base_server.create(if depends { "depends" } else { "depended" }, "template0");
        database.execute(
            "CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int); CREATE INDEX i ON t (a); \
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             CREATE VIEW v AS SELECT f(); CREATE MATERIALIZED VIEW m AS SELECT 1 AS a",
        );
        for object in ["INDEX i", "FUNCTION f()", "MATERIALIZED VIEW m"].iter().filter(|_| depends)
        {
            database.execute(&format!("ALTER {object} DEPENDS ON EXTENSION pg_stat_statements"));
        }
        database
    });
    let planned = |from: &Database| {
        let (from, to) = (side(from), side(&to));
        let differences = all_differences(&from.model, &to.model, &Filters::default());
        plan(&from, &to, &differences, &MigrationOptions::new("postgres", 12)).unwrap()
    };
    let plan = planned(&from);
    assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    from.execute(&plan.to_sql());
    assert!(planned(&from).steps.is_empty(), "after\n{}", plan.to_sql());
}

/// The publisher takes part.
#[test]
fn of_a_subscription_what_its_slot_has_is_refused() {
    let Some(server) = server_of(18) else { return };
    let base_server = BaseServer::new(server);
    let sides = [("plain", ""), ("other", ", failover = true"), ("third", ", two_phase = true")];
    let sides = sides.map(|(name, options)| {
        let database = base_server.create(&format!("slot_{name}"), "template0");
        database.execute(&format!(
            "CREATE SUBSCRIPTION s_{name} CONNECTION 'dbname=x' PUBLICATION p \
             WITH (connect = false, slot_name = 's'{options}); \
             ALTER SUBSCRIPTION s_{name} RENAME TO s"
        ));
        let side = side(&database);
        database.execute("ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s");
        side
    });
    let refused = |to: &Side| {
        let differences = all_differences(&sides[0].model, &to.model, &Filters::default());
        let options = MigrationOptions::new("postgres", 18);
        let plan = plan(&sides[0], to, &differences, &options).unwrap();
        plan.refused.into_iter().map(|it| it.reason).collect::<Vec<_>>()
    };
    for (to, option) in [(&sides[1], "failover"), (&sides[2], "two_phase")] {
        let reasons = refused(to);
        let expected = format!("{option}: it is changed together with the slot on the publisher");
        assert!(reasons.len() == 1 && reasons[0].starts_with(&expected), "{reasons:?}");
    }
}

/// What is another thing on the newer major: optional members of an operator class belong to its
/// family since 14.
fn is_of_majors(older: u32, newer: u32, line: &str) -> bool {
    older < 14 && newer >= 14 && line.starts_with("operator ") && line.ends_with("(gist).members")
}
