//! Applies deltas with sqlx, each in a transaction.

use std::str::FromStr;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

fn main() {
    let (database, deltas) = pum_others::arguments();
    let migrations: Vec<_> = deltas
        .into_iter()
        .map(|(n, sql)| Migration::new(n, "delta".into(), MigrationType::Simple, sql.into(), false))
        .collect();
    let migrator = Migrator { migrations: migrations.into(), ..Migrator::DEFAULT };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut options = PgConnectOptions::from_str("postgres://").unwrap();
        for pair in database.split_whitespace() {
            let (name, value) = pair.split_once('=').unwrap();
            let value = value.trim_matches('\'');
            options = match name {
                "host" => options.host(value),
                "port" => options.port(value.parse().unwrap()),
                "user" => options.username(value),
                "dbname" => options.database(value),
                _ => options,
            };
        }
        let mut connection = options.connect().await.unwrap();
        migrator.run_direct(&mut connection).await.unwrap();
    });
}
