//! `docs/deltas.md`: small databases at some version, with what is pending.

use pum_tests::{Database, database};

use super::section::Section;
use super::shop::{EMAIL, PHONE};
use super::world::World;

crate::sections! {
    "docs/deltas.md":
    "An empty database" => empty,
    "Repeatable scripts" => repeatable,
    "Checks before anything runs" => looked_at,
    "Transactions" => transactions,
    "Timeouts" => limits,
    "What would be run" => dry_run,
    "What is risky" => risky,
}

/// A database under the name of a service, at a version, with a first schema.
fn at(service: &str, version: &str, schema: &str) -> (World, Database) {
    let (world, database) = (World::new(), database());
    database.execute(schema);
    world.home.service(service, &database);
    world
        .home
        .file("pum.toml", "upgrades_table = \"public.upgrades\"\ndelta_dirs = [\"deltas\"]\n");
    std::fs::create_dir(world.home.path().join("deltas")).unwrap();
    world.pum(&format!("baseline -p {service} -b {version}")).expect(0);
    (world, database)
}

fn delta(world: &World, name: &str, sql: &str) {
    world.home.file(&format!("deltas/{name}"), &format!("{sql}\n"));
}

fn empty(section: &mut Section) {
    let (world, new) = (World::new(), database());
    world.home.service("new", &new);
    world
        .home
        .file("pum.toml", "upgrades_table = \"public.upgrades\"\ndelta_dirs = [\"deltas\"]\n");
    delta(&world, "delta_1.0.0_base.sql", "CREATE TABLE houses (id int);");
    delta(&world, "delta_1.1.0_meters.sql", "CREATE TABLE meters (id int);");
    section.run_while(&world, 0, |running| running.answer("y"));
}

fn repeatable(section: &mut Section) {
    let (world, _shop) = at("shop", "1.2.0", "CREATE TABLE orders (id int, amount int)");
    delta(&world, "delta_1.3.0.sql", "ALTER TABLE orders ADD note text;");
    let view = "CREATE VIEW large AS SELECT * FROM orders WHERE amount > 9;";
    delta(&world, "repeatable/10_views.sql", view);
    world.pum("upgrade -p shop").expect(0);
    delta(
        &world,
        "delta_1.4.0.sql",
        "-- pum: allow column-type-change\nALTER TABLE orders ALTER amount TYPE bigint;",
    );
    section.run(&world, 0);
}

/// A file is changed and another one is added before it.
fn looked_at(section: &mut Section) {
    let (world, _shop) = at("shop", "1.0.0", "");
    delta(&world, "delta_1.1.0_meters.sql", "CREATE TABLE meters (id int);");
    delta(&world, "delta_1.2.0_kinds.sql", "CREATE TABLE kinds (id int);");
    world.pum("upgrade -p shop").expect(0);
    delta(&world, "delta_1.2.0_kinds.sql", "CREATE TABLE kinds (id bigint);");
    delta(&world, "delta_1.2.0_brands.sql", "CREATE TABLE brands (id int);");
    section.run(&world, 0);
}

/// Two deltas, of which the second one runs without a transaction.
fn customers() -> (World, Database) {
    let (world, database) = at(
        "prod",
        "1.0.0",
        "CREATE TABLE customer (id int PRIMARY KEY, email text);
         INSERT INTO customer VALUES (1, 'a@example.org'), (2, 'a@example.org')",
    );
    delta(&world, PHONE, "ALTER TABLE customer ADD phone text;");
    delta(
        &world,
        EMAIL,
        "-- pum: no-transaction\n-- pum: lock-timeout 5s\n\
         CREATE UNIQUE INDEX CONCURRENTLY customer_email ON customer (email);\n\
         ALTER TABLE customer ADD CONSTRAINT customer_email UNIQUE USING INDEX customer_email;",
    );
    (world, database)
}

fn transactions(section: &mut Section) {
    let (world, _prod) = customers();
    section.run(&world, 2);
    section.run(&world, 0);
    section.run(&world, 0);
}

/// Somebody holds the table until pum has tried twice.
fn limits(section: &mut Section) {
    let (world, prod) = at("prod", "1.2.0", "CREATE TABLE customer (id int)");
    delta(&world, "delta_1.3.0_fax.sql", "ALTER TABLE customer ADD fax text;");
    let mut holder = prod.session();
    let hold = "SET application_name = 'psql'; BEGIN; TABLE customer";
    holder.client().batch_execute(hold).unwrap();
    section.run_while(&world, 0, |run| {
        run.wait_for_text("attempt 3 of 6");
        holder.client().batch_execute("COMMIT").unwrap();
    });
}

fn dry_run(section: &mut Section) {
    let (world, _prod) = customers();
    section.run(&world, 0);
}

fn risky(section: &mut Section) {
    let world = World::new();
    delta(&world, "delta_1.1.0_orders.sql", "CREATE TABLE orders (id int);");
    delta(&world, "delta_1.2.0_orders.sql", "COMMENT ON TABLE orders IS 'what was ordered';");
    delta(
        &world,
        "delta_1.3.0_orders.sql",
        "CREATE TABLE faxes (customer int, fax text);\n\
         INSERT INTO faxes SELECT id, fax FROM customer;\n\n\
         ALTER TABLE customer DROP COLUMN fax;",
    );
    section.run(&world, 1);
}
