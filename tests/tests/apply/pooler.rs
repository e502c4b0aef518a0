//! Behind a real PgBouncer.

use pum_tests::command::Home;
use pum_tests::pooler::Pooler;
use pum_tests::server;

use super::{PUM, at_1_0_0, recorded};

/// Two runs behind a pooler in transaction mode would both hold the lock.
#[test]
fn a_pooler_that_changes_backends_is_refused() {
    let database = at_1_0_0();
    let name = database.settings.get("dbname").unwrap();
    for (mode, size, code) in [("transaction", 1, 2), ("transaction", 5, 2), ("session", 5, 0)] {
        let Some(pooler) = Pooler::start(server().directory(), mode, size) else { return };
        let home = Home::new();
        let socket = pooler.socket().display();
        home.file(
            ".pg_service.conf",
            &format!("[db]\nhost={socket}\nport=5432\nuser=postgres\ndbname={name}\n"),
        );
        home.file("deltas/delta_1.1.0.sql", "CREATE TABLE one ();");
        let line = ["upgrade", "-p", "db", "-t", "upgrades", "-d", "deltas"];
        let outcome = home.run(PUM, &line).expect(code);
        if code == 2 {
            assert!(outcome.stderr.contains("db goes through a pooler"), "{}", outcome.stderr);
            assert_eq!(recorded(&database), ["1.0.0"]);
        }
    }
    assert_eq!(recorded(&database), ["1.0.0", "1.1.0"]);
}
