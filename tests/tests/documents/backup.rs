//! `docs/backup.md`: the sample's production, dumped, restored and copied.

use std::fs;

use pum_core::scratch::ScratchServer;
use pum_tests::server as plain;
use pum_tests::{Database, start_server};

use super::section::Section;
use super::world::World;

crate::sections! {
    "docs/backup.md":
    "pum dump" => dump,
    "Keeping the newest" => keeping_the_newest,
    "pum restore" => restore,
    "pum clone" => clone,
    "A whole server" => a_whole_server,
    "A whole server as files" => a_whole_server_as_files,
}

/// A server with the database `water`, for the names of databases and roles are shown.
struct Water {
    world: World,
    /// It runs as long as this lives.
    _prod: ScratchServer,
}

/// Some of it belongs to one role, and is read by another one.
const ROLES: &str = "CREATE ROLE water_owner; CREATE ROLE reader;
    ALTER DATABASE water OWNER TO water_owner;
    GRANT SELECT ON ALL TABLES IN SCHEMA water_network TO reader;";

fn on(server: &ScratchServer, name: &str) -> Database {
    Database { settings: server.settings(name).unwrap() }
}

fn create_database(server: &ScratchServer, name: &str) -> Database {
    on(server, "postgres").execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    on(server, name)
}

impl Water {
    fn new() -> Self {
        let (world, prod) = (World::new(), start_server(&[]));
        let water = create_database(&prod, "water");
        for file in ["production-1.0.0.sql", "data.sql"] {
            water.execute_file(&format!("fixtures/sample/{file}"));
        }
        water.execute(ROLES);
        world.home.service("prod", &water);
        world.pum("baseline -p prod -t public.upgrades -b 1.0.0").expect(0);
        Self { world, _prod: prod }
    }

    /// Another server, on which nothing is yet.
    fn away(&self) -> ScratchServer {
        let away = start_server(&[]);
        self.world.home.service("away", &on(&away, "water"));
        away
    }
}

fn dump(section: &mut Section) {
    let water = Water::new();
    section.run(&water.world, 0);
    section.run(&water.world, 0);
}

/// Two were made before; the oldest one goes.
fn keeping_the_newest(section: &mut Section) {
    let water = Water::new();
    let world = &water.world;
    for time in ["20261119T020000Z", "20261120T020000Z"] {
        fs::create_dir_all(world.home.path().join("backups")).unwrap();
        world.pum(&format!("dump -p prod backups/water_{time}.dump")).expect(0);
    }
    section.run(world, 0);
    assert!(!world.home.path().join("backups/water_20261119T020000Z.dump").exists());
}

fn restore(section: &mut Section) {
    let water = Water::new();
    let world = &water.world;
    world.pum("dump -p prod water.dump").expect(0);
    section.run(world, 0);
    section.run(world, 2);

    let file = |name: &str| world.home.path().join(name);
    let whole = fs::read(file("water.dump")).unwrap();
    fs::write(file("cut.dump"), &whole[..100_000]).unwrap();
    fs::copy(file("water.dump.manifest.json"), file("cut.dump.manifest.json")).unwrap();
    section.run(world, 2);
    let _away = water.away();
    section.run(world, 2);
}

fn clone(section: &mut Section) {
    let water = Water::new();
    section.run(&water.world, 0);
    section.run(&water.world, 0);
    let _away = water.away();
    section.run(&water.world, 0);
}

/// Servers as somebody sets them up, not scratch servers: settings are copied too.
fn a_whole_server(section: &mut Section) {
    let (world, _servers) = two_servers();
    section.run(&world, 0);
}

fn a_whole_server_as_files(section: &mut Section) {
    let (world, _servers) = two_servers();
    section.run(&world, 0);
    section.run(&world, 0);
    section.run(&world, 2);
}

/// `old` with two databases, and `new` with none.
fn two_servers() -> (World, [plain::Server; 2]) {
    let world = World::new();
    let [old, new] = ["old", "new"].map(|service| {
        let server = plain::Server::start(false, &[], &[], &[]);
        world.home.service(service, &server.database("postgres"));
        server
    });
    for name in ["shop", "water"] {
        old.sql(&[&format!("CREATE DATABASE {name} TEMPLATE template0")]);
        let database = old.database(name);
        database.execute("CREATE TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 9) i");
    }
    old.database("shop").execute("CREATE ROLE reader; GRANT SELECT ON t TO reader");
    (world, [old, new])
}
