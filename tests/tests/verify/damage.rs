//! Files of the server, written into while it is stopped: what is damaged is found and named, and
//! everything else is looked at nevertheless.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use pum_core::connect::Settings;
use pum_core::verify::{Check, Level};
use pum_tests::server::Server;
use pum_tests::{Database, Host};

use super::{findings, lines, look, rows};

const PAGE: u64 = 8192;
const PAGE_SIZE: usize = 8192;

const TABLES: &str = "
    CREATE TABLE sound AS SELECT g AS id, 'row ' || g AS note FROM generate_series(1, 1000) g;
    CREATE INDEX sound_id ON sound (id);
    CREATE TABLE \"torn t\" AS SELECT g AS id, 'row ' || g AS note FROM generate_series(1, 1000) g;
    CREATE TABLE rotten AS SELECT g AS id FROM generate_series(1, 1000) g;
    CREATE TABLE \"mis=led\" AS SELECT g AS id FROM generate_series(1, 5000) g;
    CREATE INDEX \"mis\"\"led i\" ON \"mis=led\" (id);
    CREATE TABLE long (id int, note text);
    ALTER TABLE long ALTER note SET STORAGE EXTERNAL;
    INSERT INTO long SELECT g, repeat(g::text, 5000) FROM generate_series(1, 3) g;
    CREATE TABLE covered AS SELECT g AS id FROM generate_series(1, 1000) g;
    CREATE INDEX covered_id ON covered (id);
    CREATE TABLE lacking AS SELECT g AS id FROM generate_series(1, 1000) g;
    CREATE INDEX lacking_id ON lacking (id);
    VACUUM FREEZE; CHECKPOINT";

struct Damaged {
    server: Server,
}

impl Damaged {
    fn new() -> Self {
        let sound = ["fsync = on", "autovacuum = off"];
        let server = Server::start(false, &sound, &[], &[]);
        let statements: Vec<&str> = TABLES.split(';').collect();
        server.sql(&statements);
        let path = |relation: &str| -> String {
            let query = format!("SELECT pg_relation_filepath({relation})");
            server.superuser().query_one(&query, &[]).unwrap().get(0)
        };
        let paths = [
            "'\"torn t\"'",
            "'rotten'",
            "'\"mis\"\"led i\"'",
            "(SELECT reltoastrelid FROM pg_class WHERE oid = 'long'::regclass)",
            "'lacking_id'",
            "'covered'",
        ]
        .map(path);
        server.stop();
        server.without_checksums();
        let [torn, rotten, misled, long, lacking, covered] = paths.map(|path| {
            OpenOptions::new().read(true).write(true).open(server.file(&path)).unwrap()
        });
        // A page that is none.
        torn.write_all_at(&[0xA5; 40], PAGE).unwrap();
        // The same where an index has all that is asked for.
        covered.write_all_at(&[0xA5; 40], PAGE).unwrap();
        // An item that ends behind its page, which a reader of the table does not notice.
        let pointer = 24 + 4 * 4;
        let mut item = [0; 4];
        rotten.read_exact_at(&mut item, PAGE + pointer).unwrap();
        item[3] = 0x3F;
        rotten.write_all_at(&item, PAGE + pointer).unwrap();
        // A leaf in the place of another one.
        let mut leaf = [0_u8; PAGE_SIZE];
        misled.read_exact_at(&mut leaf, 2 * PAGE).unwrap();
        misled.write_all_at(&leaf, PAGE).unwrap();
        // Long values without their pieces.
        long.write_all_at(&[0; PAGE_SIZE], 0).unwrap();
        // An index that is well formed and has one entry less: its last item is taken as unused
        // space.
        let mut lower = [0; 2];
        lacking.read_exact_at(&mut lower, PAGE + 12).unwrap();
        let less = (u16::from_le_bytes(lower) - 4).to_le_bytes();
        lacking.write_all_at(&less, PAGE + 12).unwrap();
        server.restart();
        Self { server }
    }

    fn settings(&self) -> Settings {
        let port = self.server.port().to_string();
        let pairs = [
            ("host", self.server.socket_directory()),
            ("port", &port),
            ("user", "postgres"),
            ("dbname", "postgres"),
        ];
        Settings::from_pairs("damaged", pairs).unwrap()
    }
}

#[test]
fn what_is_damaged_is_found_and_named_and_the_rest_goes_on() {
    let damaged = Damaged::new();
    let quick = look(&damaged.settings(), Level::Quick);
    assert_eq!(lines(&quick), [""; 0], "the catalogs know nothing of it");

    let report = look(&damaged.settings(), Level::Standard);
    let objects = |check| -> Vec<&str> {
        findings(&report, check).iter().map(|found| found.object.as_str()).collect()
    };
    assert_eq!(
        objects(Check::Tables),
        ["table public.\"torn t\"", "table public.covered", "table public.long"]
    );
    let heap = objects(Check::Heap);
    assert_eq!(
        heap,
        [
            "table public.\"torn t\"",
            "table public.covered",
            "table public.long",
            "table public.rotten",
        ],
        "{:?}",
        lines(&report)
    );
    assert_eq!(
        objects(Check::Btree),
        ["index public.\"mis\"\"led i\" of table public.\"mis=led\""],
        "{:?}",
        lines(&report)
    );
    let misled = findings(&report, Check::Btree)[0];
    assert_eq!(
        misled.remedy.as_deref(),
        Some("REINDEX INDEX CONCURRENTLY public.\"mis\"\"led i\";")
    );
    let problem = |check, at: usize| findings(&report, check)[at].problem.clone();
    assert!(problem(Check::Tables, 0).contains("invalid page in block 1"), "{:?}", lines(&report));
    assert!(problem(Check::Tables, 2).contains("missing chunk number 0"), "{:?}", lines(&report));
    assert!(problem(Check::Heap, 3).contains("page 1, item 5"), "{:?}", lines(&report));

    assert_eq!(rows(&report, "public.sound"), Some(1000));
    assert_eq!(rows(&report, "public.\"mis=led\""), Some(5000));
    assert_eq!(rows(&report, "public.\"torn t\""), None, "not all of it was read");
    let looked_at = |check| report.check(check).unwrap().looked_at.unwrap();
    assert!(looked_at(Check::Heap) > 60 && looked_at(Check::Btree) > 100);

    // Only a look-up of each row finds what an index does not have.
    let deep = look(&damaged.settings(), Level::Deep);
    let found: Vec<&str> =
        findings(&deep, Check::Btree).iter().map(|found| found.object.as_str()).collect();
    assert_eq!(
        found,
        [
            "index public.\"mis\"\"led i\" of table public.\"mis=led\"",
            "index public.covered_id of table public.covered",
            "index public.lacking_id of table public.lacking",
        ],
        "{:?}",
        lines(&deep)
    );
    let expected = ["table public.\"torn t\"", "table public.covered", "table public.long"];
    let found = findings(&deep, Check::Tables);
    assert_eq!(found.iter().map(|found| &found.object).collect::<Vec<_>>(), expected);

    // Who asked the server to look away sees it all the same.
    let settings = damaged.settings().with("options", "-c zero_damaged_pages=on").unwrap();
    let blind = look(&settings, Level::Standard);
    assert_eq!(findings(&blind, Check::Settings).len(), 1);
    assert_eq!(findings(&blind, Check::Tables).len(), 3, "{:?}", lines(&blind));

    // The way out helps.
    damaged.server.sql(&["DROP TABLE covered"]);
    for found in findings(&deep, Check::Btree) {
        if found.object.contains("covered") {
            continue;
        }
        damaged.server.sql(&[found.remedy.as_deref().unwrap()]);
    }
    let again = look(&damaged.settings(), Level::Deep);
    assert_eq!(findings(&again, Check::Btree).len(), 0, "{:?}", lines(&again));
}

/// Catalogs that are damaged, which the server can do without until somebody asks for them.
#[test]
fn damaged_catalogs_are_found() {
    let server = Server::start(false, &["fsync = on"], &[], &[]);
    server.sql(&["CREATE TABLE t (id serial)", "INSERT INTO t VALUES (1)", "CHECKPOINT"]);
    let paths = ["pg_description_o_c_o_index", "pg_sequence"].map(|relation| -> String {
        let query = format!("SELECT pg_relation_filepath('{relation}')");
        server.superuser().query_one(&query, &[]).unwrap().get(0)
    });
    server.stop();
    server.without_checksums();
    let [index, sequences] = paths
        .map(|path| OpenOptions::new().read(true).write(true).open(server.file(&path)).unwrap());
    let mut leaf = [0_u8; PAGE_SIZE];
    index.read_exact_at(&mut leaf, 2 * PAGE).unwrap();
    index.write_all_at(&leaf, PAGE).unwrap();
    sequences.write_all_at(&[0xA5; 40], 0).unwrap();
    server.restart();
    let damaged = Damaged { server };
    let quick = look(&damaged.settings(), Level::Quick);
    let found = lines(&quick);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("sequences: database \"postgres\" has catalogs that cannot be read")
    );
    let report = look(&damaged.settings(), Level::Standard);
    let found = findings(&report, Check::Btree);
    assert_eq!(found.len(), 1, "{:?}", lines(&report));
    assert_eq!(
        found[0].remedy.as_deref(),
        Some("REINDEX INDEX pg_catalog.pg_description_o_c_o_index;")
    );
    let found = findings(&report, Check::Heap);
    assert_eq!(found.len(), 1, "{:?}", lines(&report));
    assert_eq!(found[0].object, "table pg_catalog.pg_sequence");
    assert_eq!(rows(&report, "public.t"), Some(1));
}

/// With checksums, a wrong bit in a value is found, and remembered by the server.
#[test]
fn a_wrong_checksum_is_found_and_remembered() {
    let Some(server) = super::majors::server_of(18) else { return };
    let original = server.create("original");
    original.execute("CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 1000) g");
    let postgres = Database { settings: server.settings("postgres").unwrap() };
    // Its files are copied past the server's memory.
    postgres.execute("CREATE DATABASE copy TEMPLATE original STRATEGY file_copy");
    let copy = Database { settings: server.settings("copy").unwrap() };
    let path = copy.column("SELECT pg_relation_filepath('t')").remove(0);
    let path = server.directory().join("data").join(path);
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 2 * PAGE - 1).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 2 * PAGE - 1).unwrap();

    let settings = copy.settings.with("options", "-c ignore_checksum_failure=on").unwrap();
    let report = look(&settings, Level::Standard);
    let found = findings(&report, Check::Tables);
    assert_eq!(found.len(), 1, "{:?}", lines(&report));
    assert_eq!(found[0].object, "table public.t");
    assert!(found[0].problem.contains("invalid page in block 1"), "{}", found[0].problem);

    // The server tells of it when the session has ended.
    let deadline = Instant::now() + Duration::from_secs(20);
    let found = loop {
        let report = look(&copy.settings, Level::Quick);
        let found = lines(&report);
        if !found.is_empty() || Instant::now() > deadline {
            break found;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("checksums: database copy "), "{found:?}");
    assert!(found[0].contains("pages had a wrong checksum"), "{found:?}");
}
