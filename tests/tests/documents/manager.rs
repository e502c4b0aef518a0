//! `docs/manager.md`: what a rehearsal says.

use pum_tests::{Database, database};

use super::section::Section;
use super::world::World;

crate::sections! {
    "docs/manager.md":
    "If nothing is said" => nothing_said,
    "The decision" => the_decision,
    "What is measured" => measured,
    "Suggested SQL" => suggested_sql,
    "The delta that closes the gap" => closing_delta,
    "Runs" => runs,
    "Several production databases" => several,
    "The report of a run" => the_report,
}

const ORDERS: &str =
    "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL, note varchar(20));
    INSERT INTO orders SELECT i, i % 1000, 'a note' FROM generate_series(1, 100000) i;
    CREATE TABLE old AS SELECT i FROM generate_series(1, 1000) i;";

const BIGGER: (&str, &str) =
    ("delta_1.1.0_bigger.sql", "ALTER TABLE orders ALTER id TYPE bigint;\n");
const CLEAN: (&str, &str) =
    ("delta_1.2.0_clean.sql", "DROP TABLE old;\nALTER TABLE orders DROP COLUMN note;\n");
/// What these come to.
const BUILD: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL);";

/// A home with these deltas and this script of the reference.
fn home(production: &str, deltas: &[(&str, &str)], build: &str) -> World {
    let world = World::new();
    let configuration = format!(
        "{production}upgrades_table = \"public.upgrades\"\ndelta_dirs = [\"deltas\"]\n\
         [reference]\nsql = [\"build.sql\"]\n"
    );
    world.home.file("pum.toml", &configuration);
    for (name, sql) in deltas {
        world.home.file(&format!("deltas/{name}"), sql);
    }
    world.home.file("build.sql", build);
    world
}

/// A database with orders, at version 1.0.0.
fn orders(world: &World, service: &str) -> Database {
    let database = database();
    database.execute(ORDERS);
    world.home.service(service, &database);
    world.pum(&format!("baseline -p {service} -b 1.0.0")).expect(0);
    database
}

fn prod(deltas: &[(&str, &str)], build: &str) -> World {
    let world = home("production = \"prod\"\n", deltas, build);
    orders(&world, "prod");
    world
}

fn nothing_said(section: &mut Section) {
    section.run(&prod(&[BIGGER, CLEAN], BUILD), 0);
}

fn the_decision(section: &mut Section) {
    section.run_while(&prod(&[BIGGER, CLEAN], BUILD), 0, |run| run.answer("y"));
}

fn measured(section: &mut Section) {
    section.run(&prod(&[BIGGER, CLEAN], BUILD), 0);
}

/// Deltas and reference were written by two who did not talk.
fn suggested_sql(section: &mut Section) {
    let deltas = [
        ("delta_1.1.0_note.sql", "ALTER TABLE orders ALTER note TYPE varchar(40);\n"),
        ("delta_1.2.0_clean.sql", "COMMENT ON TABLE old IS 'not needed any more';\n"),
    ];
    let build = "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL, note varchar(30));
                 CREATE TABLE more (id int PRIMARY KEY);";
    section.run(&prod(&deltas, build), 1);
}

/// The reference has an index that no delta makes.
fn closing_delta(section: &mut Section) {
    let build = format!("{BUILD} CREATE INDEX orders_total ON orders (total);");
    let world = prod(&[BIGGER, CLEAN], &build);
    section.run(&world, 1);
    world.pum("test-and-upgrade --yes").expect(0);
}

/// The copy is kept, and then removed as the report says.
fn runs(section: &mut Section) {
    let world = prod(&[BIGGER, CLEAN], BUILD);
    section.run(&world, 0);
    let run = world.home.path().join("pum-runs").join(world.newest_run());
    let report = std::fs::read_to_string(run.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let remove = report["kept_test"]["remove"].as_str().unwrap();
    assert!(world.home.run("/bin/sh", &["-c", remove]).code == Some(0), "{remove}");
}

/// One of three has an order that a new rule does not allow.
fn several(section: &mut Section) {
    let deltas =
        [BIGGER, CLEAN, ("delta_1.3.0.sql", "ALTER TABLE orders ADD CHECK (total < 50000);\n")];
    let build =
        "CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL CHECK (total < 50000));";
    let world = home("", &deltas, build);
    let customers = [1, 2, 3].map(|number| orders(&world, &format!("customer_{number}")));
    customers[1].execute("INSERT INTO orders VALUES (0, 60000)");
    section.run(&world, 2);
}

fn the_report(section: &mut Section) {
    let world = prod(&[BIGGER, CLEAN], BUILD);
    section.run(&world, 0);
    let run = world.home.path().join("pum-runs").join(world.newest_run());
    assert!(run.join("report.html").is_file() && run.join("report.json").is_file());
}
