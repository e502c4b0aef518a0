//! A database at a version, its deltas, and a reference that it is to become.

use pum_core::upgrade::set_baseline;
use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// The service `prod`, a database at version 1.0.0, and `wanted`, a reference.
pub(super) fn with(prod: &str, wanted: &str) -> (Home, Database) {
    let home = Home::new();
    let [prod, wanted] = [prod, wanted].map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    let table = "public.upgrades".parse().unwrap();
    set_baseline(&mut prod.session(), &table, &"1.0.0".parse().unwrap()).unwrap();
    home.service("prod", &prod);
    home.service("wanted", &wanted);
    home.file("pum.toml", "upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\n");
    home.file("deltas/delta_0.9.0.sql", "SELECT 1;\n");
    (home, prod)
}

pub(super) fn pum(home: &Home, line: &str) -> Outcome {
    home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
}
