//! A standby: what can run there runs.

use std::time::{Duration, Instant};

use pum_core::connect::Settings;
use pum_core::verify::{Check, Level, Verdict};
use pum_tests::server::Server;

use super::{lines, look, rows, skips};

fn settings(server: &Server) -> Settings {
    let port = server.port().to_string();
    let pairs = [
        ("host", server.socket_directory()),
        ("port", &port),
        ("user", "postgres"),
        ("dbname", "postgres"),
    ];
    Settings::from_pairs("standby", pairs).unwrap()
}

fn replayed(primary: &Server, standby: &Server) {
    let lsn: String = primary
        .superuser()
        .query_one("SELECT pg_current_wal_flush_lsn()::text", &[])
        .unwrap()
        .get(0);
    let query = format!("SELECT pg_last_wal_replay_lsn() >= '{lsn}'");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !standby.superuser().query_one(&query, &[]).unwrap().get::<_, bool>(0) {
        assert!(Instant::now() < deadline, "the standby does not follow");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_standby_is_looked_at_as_far_as_it_goes() {
    let primary = Server::start(false, &["fsync = on"], &["local replication postgres trust"], &[]);
    primary.sql(&[
        "CREATE TABLE t (id serial PRIMARY KEY, note text)",
        "INSERT INTO t (note) SELECT 'row ' || g FROM generate_series(1, 1000) g",
        "CREATE UNLOGGED TABLE unlogged (id serial PRIMARY KEY)",
    ]);
    let standby = primary.standby();
    replayed(&primary, &standby);
    let report = look(&settings(&standby), Level::Deep);
    assert!(report.in_recovery);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(rows(&report, "public.t"), Some(1000));
    let why = "a standby does not have unlogged data";
    assert_eq!(skips(&report, Check::Tables), [format!("table public.unlogged: {why}")]);
    assert_eq!(report.check(Check::Sequences).unwrap().looked_at, Some(1));
    for check in [Check::Heap, Check::Btree] {
        assert_eq!(report.check(check).unwrap().verdict(), Verdict::Skipped);
        let skipped = skips(&report, check);
        assert!(skipped[0].contains("CREATE EXTENSION amcheck on the primary"), "{skipped:?}");
    }

    primary.sql(&["CREATE EXTENSION amcheck"]);
    replayed(&primary, &standby);
    let report = look(&settings(&standby), Level::Deep);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(skips(&report, Check::Heap), [format!("table public.unlogged: {why}")]);
    assert!(report.check(Check::Btree).unwrap().looked_at.unwrap() > 100);
    assert_eq!(
        skips(&report, Check::Btree),
        [
            format!("index public.unlogged_pkey of table public.unlogged: {why}"),
            "links from parent pages to child pages: a standby cannot take the lock that it needs"
                .to_owned(),
        ]
    );
}
