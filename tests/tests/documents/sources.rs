//! `docs/sources.md`: a production beside a snapshot and beside migrations.

use pum_tests::{Database, database};

use super::section::Section;
use super::world::World;

crate::sections! {
    "docs/sources.md":
    "Snapshots" => snapshots,
    "Migrations" => migrations,
    "When something is wrong" => wrong,
}

/// What six migrations of sqlx come to.
const MIGRATIONS: &[(&str, &str)] = &[
    ("1_customers.sql", "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);"),
    ("2_orders.sql", "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL);"),
    ("3_customer.sql", "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers;"),
    ("4_amount.sql", "ALTER TABLE orders ADD amount numeric CHECK (amount > 0);"),
    (
        "5_index.sql",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY by_customer ON orders (customer);",
    ),
    ("6_view.sql", "CREATE VIEW large AS SELECT id FROM orders WHERE amount > 1000;"),
];

/// A production that these were applied to.
fn prod() -> (World, Database) {
    let (world, prod) = (World::new(), database());
    for (_, sql) in MIGRATIONS {
        prod.execute(sql);
    }
    world.home.service("prod", &prod);
    (world, prod)
}

fn snapshots(section: &mut Section) {
    let (world, _prod) = prod();
    section.run(&world, 0);
    section.run(&world, 0);
}

/// The history table of sqlx is there too; its owner builds.
fn migrations(section: &mut Section) {
    let (world, prod) = prod();
    prod.execute(
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, \
         installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, \
         checksum bytea NOT NULL, execution_time bigint NOT NULL)",
    );
    prod.execute("CREATE ROLE app");
    for table in ["_sqlx_migrations", "customers", "orders", "large"] {
        prod.execute(&format!("ALTER TABLE {table} OWNER TO app"));
    }
    for (name, sql) in MIGRATIONS {
        world.home.file(&format!("migrations/{name}"), sql);
    }
    section.run(&world, 0);
}

fn wrong(section: &mut Section) {
    let (world, _prod) = prod();
    world.home.file("migrations/V1__a.sql", "CREATE TABLE a (x int);\n");
    world.home.file("migrations/V2__b.sql", "-- more\nALTER TABLE a ADD COLUMN y itn;\n");
    section.run(&world, 2);
}
