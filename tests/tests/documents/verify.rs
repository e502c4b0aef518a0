//! `docs/verify.md`: a database with something broken, and a copy that is not the same.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use pum_tests::database;
use pum_tests::server::Server;

use super::section::Section;
use super::world::World;

crate::sections! {
    "docs/verify.md":
    "Verifying a database" => broken,
    "Side by side" => side_by_side,
}

const PAGE: u64 = 8192;

/// A constraint that is not validated, a table to be damaged, an index that amcheck cannot check.
const SCHEMA: &str = "CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 1000) i;
    ALTER TABLE t ADD CONSTRAINT chk CHECK (id > 0) NOT VALID;
    CREATE TABLE p1 AS SELECT ARRAY[i] AS a FROM generate_series(1, 1000) i;
    CREATE INDEX g ON p1 USING gin (a)";

fn broken(section: &mut Section) {
    let server = Server::start(false, &["fsync = on", "autovacuum = off"], &[], &[]);
    server.sql(&["CREATE DATABASE prod"]);
    let prod = server.database("prod");
    prod.execute(SCHEMA);
    damage(&server, &prod.column("SELECT pg_relation_filepath('t')")[0]);
    let world = World::new();
    world.home.service("prod", &prod);
    section.run(&world, 1);
}

/// The fifth item of the second page ends behind the page: a reader of the table does not notice.
fn damage(server: &Server, path: &str) {
    server.stop();
    // From 18 on a page has a checksum, which would be all that is seen.
    server.without_checksums();
    let file = OpenOptions::new().read(true).write(true).open(server.file(path)).unwrap();
    let pointer = PAGE + 24 + 4 * 4;
    let mut item = [0; 4];
    file.read_exact_at(&mut item, pointer).unwrap();
    item[3] = 0x3F;
    file.write_all_at(&item, pointer).unwrap();
    server.restart();
}

/// The copy had an order more since.
fn side_by_side(section: &mut Section) {
    let world = World::new();
    let [here, there] = ["prod", "copy"].map(|service| {
        let database = database();
        database.execute(
            "CREATE TABLE customers AS SELECT i AS id FROM generate_series(1, 3120) i;
             CREATE TABLE orders (id serial);
             INSERT INTO orders SELECT FROM generate_series(1, 812)",
        );
        world.home.service(service, &database);
        database
    });
    there.execute("INSERT INTO orders DEFAULT VALUES");
    section.run(&world, 1);
    drop(here);
}
