//! `docs/start.md`: the first steps, as somebody who reads the page and types.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use pum_core::scratch::ScratchServer;
use pum_tests::{Database, database, start_server};

use super::section::Section;
use super::world::World;

crate::sections! {
    "docs/start.md":
    "pum init" => init,
    "pum doctor" => doctor,
}

fn init(section: &mut Section) {
    let (world, production, test) = (World::new(), database(), database());
    production.execute("CREATE TABLE orders (id int)");
    world.home.service("prod", &production);
    world.home.service("water-test", &test);
    world.home.file("deltas/delta_1.0.0_orders.sql", "CREATE TABLE orders (id int);");
    world.home.file("deltas/delta_1.1.0_notes.sql", "CREATE TABLE notes (id int);");
    section.run(&world, 0);
    section.run(&world, 0);
    // What init cannot know: the table in which deltas are recorded.
    let asked = world.pum("doctor").expect(1).stdout;
    assert!(asked.contains("set upgrades_table in pum.toml"), "{asked}");
    world.pum("man .local/share/man/man1").expect(0);
    assert!(world.home.path().join(".local/share/man/man1/pum.1").is_file());
}

/// A role that owns most of a database and may not read all of it.
const RIGHTS: &str = "CREATE ROLE water_owner LOGIN; CREATE ROLE auditor;
    CREATE SCHEMA app AUTHORIZATION water_owner;
    CREATE TABLE app.customers (); ALTER TABLE app.customers OWNER TO water_owner;
    CREATE TABLE app.orders (); ALTER TABLE app.orders OWNER TO water_owner;
    CREATE TABLE app.audit (); ALTER TABLE app.audit OWNER TO auditor;";

fn doctor(section: &mut Section) {
    let server: ScratchServer = start_server(&[]);
    let superuser = Database { settings: server.settings("postgres").unwrap() };
    superuser.execute("CREATE DATABASE water TEMPLATE template0");
    let water = Database { settings: server.settings("water").unwrap() };
    water.execute(RIGHTS);
    let world = World::new();
    world.home.service(
        "prod",
        &Database { settings: server.settings_as("water", "water_owner").unwrap() },
    );
    world.home.service("water-test", &superuser);
    world.home.file("pum.toml", "production = \"prod\"\ndelta_dirs = [\"deltas\"]\n");
    world.home.file("deltas/delta_1.0.0_orders.sql", "CREATE TABLE orders (id int);");
    world.home.file("deltas/delta_1.1.0_notes.sql", "CREATE TABLE notes (id int);");
    let passwords = world.home.file(".pgpass", "*:*:*:*:secret\n");
    fs::set_permissions(&passwords, Permissions::from_mode(0o600)).unwrap();
    section.run(&world, 1);
}
