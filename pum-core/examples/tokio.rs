//! `tokio CONNINFO`: an application on `tokio-postgres` that lets pum look at its database before it
//! begins. pum blocks, so it runs in `spawn_blocking`, on a connection of its own that is made from
//! the application's settings.

use std::error::Error;

use pum_core::connect::SessionOn;
use pum_core::upgrade::{History, TableName};

/// The version of the database, which pum reads; then one of its own queries.
///
/// # Errors
///
/// If the database cannot be reached, or what is done there fails.
pub async fn start(config: tokio_postgres::Config) -> Result<String, Box<dyn Error + Send + Sync>> {
    let table: TableName = "public.upgrades".parse()?;
    // The blocking client is made from the same settings; it takes a TLS connector as well.
    let blocking = postgres::Config::from(config.clone());
    let version = tokio::task::spawn_blocking(move || {
        let mut client = blocking.connect(postgres::NoTls)?;
        let mut session = SessionOn::borrowed(&mut client)?;
        let history = History::read(&mut session, &table)?;
        // Here a program upgrades, as the example `startup` does.
        let version = history.as_ref().and_then(History::current_version);
        Ok::<_, Box<dyn Error + Send + Sync>>(
            version.map_or("none".to_owned(), ToString::to_string),
        )
    })
    .await??;
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    let driver = tokio::spawn(connection);
    let database: String = client.query_one("select current_database()::text", &[]).await?.get(0);
    drop(client);
    driver.await??;
    Ok(format!("{database} is at version {version}"))
}

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = std::env::args().nth(1).ok_or("usage: tokio CONNINFO")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", runtime.block_on(start(database.parse()?))?);
    Ok(())
}
