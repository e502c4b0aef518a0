//! Applies deltas with Diesel, each in a transaction.

use diesel::{Connection, PgConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

fn main() {
    let (database, deltas) = pum_others::arguments();
    let directory = tempfile::tempdir().unwrap();
    for (number, sql) in deltas {
        let own = directory.path().join(format!("{number:08}_delta"));
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("up.sql"), sql).unwrap();
    }
    let migrations = FileBasedMigrations::from_path(directory.path()).unwrap();
    let mut connection = PgConnection::establish(&database).unwrap();
    connection.run_pending_migrations(migrations).unwrap();
}
