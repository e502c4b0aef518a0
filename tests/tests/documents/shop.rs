//! The database `shop` of the documents, in which an address of a customer occurs twice.

use pum_tests::{Database, database};

use super::world::World;

/// The home of who works on it, and the database. It is at version 1.0.0, two deltas are pending.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) database: Database,
}

pub(crate) const PHONE: &str = "delta_1.1.0_phone.sql";
pub(crate) const EMAIL: &str = "delta_1.2.0_email.sql";

const CUSTOMER: &str = "CREATE TABLE customer (id int PRIMARY KEY, email text);";

/// What the deltas come to.
const BUILD: &str = "CREATE TABLE customer (id int PRIMARY KEY, email text UNIQUE, phone text);";

const CONFIGURATION: &str = "production = \"shop\"\nupgrades_table = \"public.upgrades\"\n\
                             delta_dirs = [\"deltas\"]\n[reference]\nsql = [\"build.sql\"]\n";

impl Shop {
    pub(crate) fn new() -> Self {
        Self::on(database())
    }

    /// In this empty database.
    pub(crate) fn on(database: Database) -> Self {
        let world = World::new();
        database.execute(CUSTOMER);
        database.execute("INSERT INTO customer VALUES (1, 'a@example.org'), (2, 'a@example.org')");
        world.home.service("shop", &database);
        world.home.file("pum.toml", CONFIGURATION);
        world.home.file("build.sql", BUILD);
        let shop = Self { world, database };
        shop.delta(PHONE, "ALTER TABLE customer ADD phone text;");
        shop.delta(EMAIL, "ALTER TABLE customer ADD UNIQUE (email);");
        shop.world.pum("baseline -p shop -b 1.0.0").expect(0);
        shop
    }

    /// Without the address that occurs twice.
    pub(crate) fn without_twins() -> Self {
        let shop = Self::new();
        shop.remove_twin();
        shop
    }

    pub(crate) fn remove_twin(&self) {
        self.database.execute("DELETE FROM customer WHERE id = 2");
    }

    /// Writes a delta, also one that is there.
    pub(crate) fn delta(&self, name: &str, sql: &str) {
        self.world.home.file(&format!("deltas/{name}"), &format!("{sql}\n"));
    }

    /// Adds lines to `pum.toml`.
    pub(crate) fn configure(&self, lines: &str) {
        self.world.home.file("pum.toml", &format!("{CONFIGURATION}{lines}\n"));
    }

    /// Adds a service for another role, which has no rights yet, and gives the role's name.
    pub(crate) fn service_of_role(&self, service: &str) -> String {
        let name = self.database.settings.get("dbname").unwrap();
        let role = format!("role_of_{name}");
        self.database.execute(&format!("CREATE ROLE {role} LOGIN"));
        let settings = self.database.settings.with("user", &role).unwrap();
        self.world.home.service(service, &Database { settings });
        role
    }

    /// A query for the backend that waits in this database: for a table (`relation`), or in
    /// `pg_sleep` (`PgSleep`).
    pub(crate) fn waiting(&self, what_for: &str) -> String {
        let name = self.database.settings.get("dbname").unwrap();
        format!(
            "SELECT pid FROM pg_stat_activity \
             WHERE datname = '{name}' AND wait_event = '{what_for}'"
        )
    }

    /// Ends a backend, as an administrator does.
    pub(crate) fn terminate(&self, process: &str) {
        self.database.execute(&format!("SELECT pg_terminate_backend({process})"));
    }
}
