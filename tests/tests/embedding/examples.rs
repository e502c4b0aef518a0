//! The example programs of the library, run.

use std::path::Path;

use postgres::{Client, NoTls};
use pum_tests::{database, deltas};

#[allow(dead_code)]
#[path = "../../../pum-core/examples/drift.rs"]
mod drift;
#[allow(dead_code)]
#[path = "../../../pum-core/examples/plan.rs"]
mod plan;
#[allow(dead_code)]
#[path = "../../../pum-core/examples/rehearsal.rs"]
mod rehearsal;
#[allow(dead_code)]
#[path = "../../../pum-core/examples/startup.rs"]
mod startup;
#[allow(dead_code)]
#[path = "../../../pum-core/examples/tokio.rs"]
mod tokio_app;

#[test]
fn startup_upgrades_once_and_the_tokio_application_sees_it() {
    let database = database();
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    let mut upgrade = || {
        let report = startup::upgrade(&mut client).unwrap();
        (report.version.to_string(), report.applied.len())
    };
    assert_eq!(upgrade(), ("1.1.0".to_owned(), 2));
    assert_eq!(upgrade(), ("1.1.0".to_owned(), 0));
    client.batch_execute("insert into pipes (id, depth) values (1, 2)").unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let said = runtime.block_on(tokio_app::start(database.conninfo().parse().unwrap())).unwrap();
    assert_eq!(said, format!("{} is at version 1.1.0", database.settings.database()));
}

#[test]
fn drift_is_told_in_the_programs_own_form() {
    let database = database();
    database.execute("create table pipes (id int); create table valves ()");
    let directory = deltas(&[]);
    let file = directory.path().join("schema.json");
    super::borrowed::snapshot_of(&database).write(&file).unwrap();
    assert!(drift::drift(&database.settings, &file).unwrap().is_empty());
    database.execute(
        "create table nightly_sums (); comment on table pipes is 'All';
         alter table pipes alter id type bigint; drop table valves; create table pumps ()",
    );
    assert_eq!(
        drift::drift(&database.settings, &file).unwrap(),
        [
            "~ column public.pipes.id: data_type is bigint, not integer",
            "+ table public.pumps",
            "- table public.valves"
        ]
    );
    let err = drift::drift(&database.settings, Path::new("/none.json")).unwrap_err().to_string();
    assert!(err.contains("/none.json"), "{err}");
}

#[test]
fn a_plan_brings_one_schema_to_another() {
    use pum_core::source::{Source, Toolchain};

    let [from, to] =
        ["create table t (id int, note text)", "create table t (id bigint, remark text)"].map(
            |sql| {
                let database = database();
                database.execute(sql);
                database
            },
        );
    let toolchain = Toolchain {
        installations: pum_tests::installations(),
        overrides: pum_core::dump::ToolOverrides::default(),
        scratch: pum_core::scratch::OnDemand::new(pum_tests::server_options()),
    };
    let sides = [&from, &to].map(|database| Source::Database(database.settings.clone()));
    let script = |renames: &[&str]| plan::script(&sides[0], &sides[1], renames, &toolchain);
    let err = script(&[]).unwrap_err().to_string();
    let rename = "column public.t.note=remark";
    let lost = "column public.t.note: the values of the column";
    assert_eq!(err, format!("{lost} (or is it {rename}?)"));
    from.execute(&script(&[rename]).unwrap());
    let types = "select format_type(atttypid, atttypmod) || ' ' || attname from pg_attribute
                 where attrelid = 't'::regclass and attnum > 0 order by attnum";
    assert_eq!(from.column(types), ["bigint id", "text remark"]);
}

#[test]
fn a_rehearsal_tells_and_undoes() {
    let database = database();
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    startup::upgrade(&mut client).unwrap();
    let directory = deltas(&[
        ("delta_1.2.0_valves.sql", "\\echo making valves\ncreate table valves ();\n"),
        ("delta_1.3.0_more.sql", "begin;\ncreate table more ();\ncommit;\n"),
    ]);
    let rehearse = || {
        let table = "public.upgrades".parse().unwrap();
        rehearsal::rehearse(&database.settings, &table, directory.path())
    };
    let diary = rehearse().unwrap().0.join("\n");
    let shown = diary.replace(&format!("{}/", directory.path().display()), "");
    assert_eq!(
        shown,
        "1 of 2: delta_1.2.0_valves.sql\n  making valves\n2 of 2: delta_1.3.0_more.sql\n  \
         warning: delta_1.3.0_more.sql: line 1: BEGIN and COMMIT around the script are removed: \
         pum manages the transaction"
    );
    assert_eq!(database.column("select to_regclass('valves')"), ["(null)"]);
    std::fs::write(directory.path().join("delta_1.4.0.sql"), "select 1 / 0;\n").unwrap();
    let err = rehearse().map(|_| ()).unwrap_err().to_string();
    assert!(err.contains("division by zero"), "{err}");
}
