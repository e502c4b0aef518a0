//! `docs/reports.md`: a production and what the repository says.

use pum_tests::database;

use super::section::Section;
use super::world::World;

crate::sections! {
    "docs/reports.md":
    "Reports of a comparison" => report,
    "Accepted differences" => accepted,
    "Fingerprints" => fingerprints,
}

/// The same function, up to how it sorts.
fn function(order: &str) -> String {
    format!(
        "CREATE FUNCTION app.open_orders(most integer) RETURNS SETOF app.orders LANGUAGE sql AS $$
  SELECT *
    FROM app.orders
   WHERE amount > 0
   ORDER BY {order}
   LIMIT most
$$;"
    )
}

/// The services `prod` and `repo`.
fn drifted() -> World {
    let world = World::new();
    let tables = "CREATE SCHEMA app; CREATE TABLE app.orders (id integer, amount numeric);";
    let (prod, repo) = (database(), database());
    prod.execute(&format!(
        "{tables} CREATE INDEX orders_note_tmp ON app.orders (amount); {}",
        function("amount DESC")
    ));
    repo.execute(&format!(
        "{tables} ALTER TABLE app.orders ALTER id TYPE bigint; {}",
        function("amount DESC NULLS LAST, id")
    ));
    world.home.service("prod", &prod);
    world.home.service("repo", &repo);
    world
}

fn report(section: &mut Section) {
    let world = drifted();
    section.run(&world, 1);
    section.run(&world, 1);
}

fn accepted(section: &mut Section) {
    section.run(&drifted(), 0);
}

fn fingerprints(section: &mut Section) {
    section.run(&World::new(), 0);
}
