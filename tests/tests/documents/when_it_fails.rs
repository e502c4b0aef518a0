//! `docs/when-it-fails.md`: each way in which an upgrade fails, made to happen.

use pum_tests::database_named;

use super::section::Section;
use super::shop::{EMAIL, PHONE, Shop};

crate::sections! {
    "docs/when-it-fails.md":
    "A statement failed" => a_statement_failed,
    "A lock could not be acquired" => a_lock_was_not_to_be_had,
    "The connection broke, or pum was killed" => the_connection_broke,
    "A delta without a transaction failed" => without_a_transaction,
    "Another run is active" => another_run,
    "A delta was changed" => a_delta_was_changed,
    "A file is not named like a delta" => a_misnamed_file,
    "The dump failed" => the_dump_failed,
    "The rehearsal failed" => the_rehearsal_failed,
    "The copy differs from the reference" => not_the_reference,
    "A limit was exceeded" => a_limit,
    "The question was not answered with yes" => nobody_said_yes,
    "Production changed since the rehearsal" => production_changed,
    "Production failed after a good rehearsal" => production_failed,
    "Back to the dump" => back_to_the_dump,
}

fn a_statement_failed(section: &mut Section) {
    let shop = Shop::new();
    section.run(&shop.world, 2);
    section.run(&Shop::new().world, 2);
}

/// Somebody forgot a transaction in psql.
fn a_lock_was_not_to_be_had(section: &mut Section) {
    let shop = Shop::new();
    let mut holder = shop.database.session();
    let hold = "SET application_name = 'psql'; BEGIN; TABLE customer";
    holder.client().batch_execute(hold).unwrap();
    section.run(&shop.world, 2);
}

fn the_connection_broke(section: &mut Section) {
    let shop = Shop::new();
    shop.delta(EMAIL, "SELECT pg_sleep(60);");
    section.run_while(&shop.world, 2, |run| {
        let backend = run.wait_for(&shop.database, &shop.waiting("PgSleep"));
        shop.terminate(&backend);
    });

    // Now pum is killed: the server stays at its statement, here until a lock is given back.
    shop.database.execute("CREATE TABLE held ()");
    shop.delta(EMAIL, "LOCK TABLE held;");
    let mut holder = shop.database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE held").unwrap();
    let mut run = shop.world.start("pum upgrade -p shop");
    let backend = run.wait_for(&shop.database, &shop.waiting("relation"));
    run.kill();
    section.run(&shop.world, 2);
    holder.client().batch_execute("COMMIT").unwrap();
    shop.database.wait_for(&format!(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {backend})"
    ));
    section.run(&shop.world, 0);
}

fn without_a_transaction(section: &mut Section) {
    let shop = Shop::new();
    shop.delta(
        EMAIL,
        "-- pum: no-transaction\nALTER TABLE customer ADD since date;\n\
         CREATE UNIQUE INDEX CONCURRENTLY customer_email ON customer (email);",
    );
    section.run(&shop.world, 2);
}

fn another_run(section: &mut Section) {
    let shop = Shop::new();
    shop.delta(EMAIL, "SELECT pg_sleep(60);");
    let mut other = shop.world.start("pum upgrade -p shop");
    other.wait_for(&shop.database, &shop.waiting("PgSleep"));
    section.run(&shop.world, 2);
}

fn a_delta_was_changed(section: &mut Section) {
    let shop = Shop::new();
    shop.world.pum("upgrade -p shop -u 1.1.0").expect(0);
    shop.delta(PHONE, "ALTER TABLE customer ADD phone varchar(20);");
    section.run(&shop.world, 2);
}

fn a_misnamed_file(section: &mut Section) {
    let shop = Shop::new();
    shop.delta("delta_1.4_x.sql", "SELECT 1;");
    section.run(&shop.world, 2);
}

/// The role may upgrade, but not read everything.
fn the_dump_failed(section: &mut Section) {
    let shop = Shop::without_twins();
    let app = shop.service_of_role("shop-app");
    shop.database.execute(&format!(
        "CREATE TABLE secret (); ALTER TABLE customer OWNER TO {app}; \
         GRANT SELECT, INSERT, UPDATE ON upgrades TO {app}"
    ));
    section.run(&shop.world, 2);
}

fn the_rehearsal_failed(section: &mut Section) {
    section.run(&Shop::new().world, 2);
}

fn not_the_reference(section: &mut Section) {
    let shop = Shop::without_twins();
    shop.world.home.file(
        "build.sql",
        "CREATE TABLE customer (id bigint PRIMARY KEY, email text UNIQUE, phone text);",
    );
    section.run(&shop.world, 1);
}

fn a_limit(section: &mut Section) {
    let shop = Shop::without_twins();
    shop.delta(PHONE, "ALTER TABLE customer ADD phone text;\nSELECT pg_sleep(0.1);");
    shop.configure("[limits]\nread_lock = \"50ms\"");
    section.run(&shop.world, 1);
}

fn nobody_said_yes(section: &mut Section) {
    let shop = Shop::without_twins();
    section.run_while(&shop.world, 1, |run| run.answer("n"));
    section.run(&shop.world, 2);
}

fn production_changed(section: &mut Section) {
    let shop = Shop::without_twins();
    shop.world.pum("test-and-upgrade --until plan --yes").expect(0);
    shop.database.execute("ALTER TABLE customer ADD note text");
    section.run(&shop.world, 2);
}

fn production_failed(section: &mut Section) {
    let shop = Shop::without_twins();
    shop.world.pum("test-and-upgrade --until plan --yes").expect(0);
    shop.database.execute("INSERT INTO customer VALUES (2, 'a@example.org')");
    section.run(&shop.world, 2);
}

fn back_to_the_dump(section: &mut Section) {
    let shop = Shop::on(database_named("shop"));
    shop.remove_twin();
    shop.world.pum("test-and-upgrade --yes").expect(0);
    section.run(&shop.world, 0);
}
