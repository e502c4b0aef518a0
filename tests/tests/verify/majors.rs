//! All levels on every major, with the servers that `scripts/fetch-postgres-majors.sh` fetched.

use pum_core::Interrupt;
use pum_core::installation::{Installations, SearchPath};
use pum_core::scratch::ScratchServer;
use pum_core::verify::{Check, Level, Verdict};
use pum_tests::{Host, programs_of, server_options_of, set};

use super::{SOUND, lines, look, rows, skips};

/// A server of this major, if it was fetched.
pub(super) fn server_of(major: u32) -> Option<ScratchServer> {
    let search = SearchPath { explicit: Some(programs_of(major)?), path: Vec::new() };
    let options = set(server_options_of(Installations::find(&search)), &SOUND);
    let server = ScratchServer::start(&options, &Interrupt::new());
    Some(server.unwrap_or_else(|err| panic!("PostgreSQL {major}: {err}")))
}

fn look_at(major: u32) {
    let Some(server) = server_of(major) else { return };
    let database = server.create("all kinds");
    database.execute_file("fixtures/sample/build.sql");
    database.execute(
        "CREATE TABLE public.behind (id serial PRIMARY KEY); INSERT INTO public.behind VALUES (3)",
    );
    the_same_rows_hash_to_the_same(&server);
    for (level, installed) in [(Level::Standard, false), (Level::Deep, true)] {
        if installed {
            database.execute("CREATE EXTENSION amcheck SCHEMA public");
        }
        let report = look(&database.settings, level);
        let found = lines(&report);
        assert_eq!(found.len(), 1, "{major} {level}: {found:?}");
        assert!(found[0].starts_with("sequences: sequence public.behind_id_seq"), "{found:?}");
        assert_eq!(rows(&report, "public.behind"), Some(1));
        assert_eq!(report.check(Check::Btree).unwrap().verdict(), Verdict::Ok);
        assert!(report.check(Check::Btree).unwrap().looked_at.unwrap() > 100);
        let heap = report.check(Check::Heap).unwrap();
        if major >= 14 {
            assert_eq!(skips(&report, Check::Heap), [""; 0]);
            assert!(heap.looked_at.unwrap() > 60);
        } else {
            assert_eq!(heap.verdict(), Verdict::Skipped);
            assert!(skips(&report, Check::Heap)[0].contains("since 14"));
        }
    }
}

/// Beside the same rows on the server of all tests.
fn the_same_rows_hash_to_the_same(server: &ScratchServer) {
    let sql = "CREATE TYPE mood AS ENUM ('fine', 'so'); CREATE TYPE pair AS (a int, b mood);
        CREATE TABLE types AS SELECT g AS a, g * 1.5 AS b, g / 7::float8 AS c, g / 7::float4 AS d,
            'text ' || g AS e, ('name' || g)::name AS f, g % 2 = 0 AS g,
            timestamptz '2026-01-01 00:00:00+03' + g * interval '1.5 s' AS h, interval '1 month' * g AS i,
            ARRAY[g, NULL] AS j, jsonb_build_object('k', g, 'a', NULL) AS k, ROW(g, 'so')::pair AS l,
            int4range(g, g + 1) AS m, decode(md5(g::text), 'hex') AS n, '192.168.0.1'::inet + g AS o,
            'x'::text AS p, g::money AS q, B'101' AS r, point(g, 0.1) AS s,
            NULL::text AS t, ''::text AS u, date '2026-01-01' + g AS v, 'pg_class'::regclass AS w
        FROM generate_series(1, 100) g";
    let here = server.create("hashes");
    here.execute(sql);
    let there = super::database();
    there.execute(sql);
    let against = Some(there.settings.clone());
    let mut options = super::options(Level::Quick);
    options.level = Level::Quick;
    options.against = against;
    let report = super::look_with(&here.settings, &options);
    let against = report.against.unwrap();
    assert_eq!(against.findings, []);
    assert_eq!(against.same(), 2, "the table and the large objects");
}

/// A test for each major, so that they run side by side and a failure names it.
macro_rules! majors {
    ($($name:ident $major:literal,)+) => {
        $(#[test] fn $name() { look_at($major); })+
    };
}

majors! {
    postgresql_12 12,
    postgresql_13 13,
    postgresql_14 14,
    postgresql_15 15,
    postgresql_16 16,
    postgresql_17 17,
    postgresql_18 18,
}
