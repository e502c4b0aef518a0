//! How long the short commands take, beside psql in the same run, and how soon a scratch server is
//! there: `cargo bench -p pum-tests --bench startup`.

use std::process::{Command, Stdio};
use std::time::Instant;

use pum_core::Interrupt;
use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{Times, median, milliseconds, time};
use pum_tests::{database, deltas, installations, open, server_options, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const RUNS: usize = 50;
const SERVERS: usize = 7;

fn main() {
    info_beside_psql();
    scratch_server();
    let home = Home::new();
    let demos = (0..3).map(|_| time(|| drop(home.run(PUM, &["demo"]).expect(0)))).collect();
    println!("pum demo: {}", milliseconds(median(demos)));
}

/// A scratch server, whose data directory is copied from the cache or made by `initdb`, and its
/// first database.
fn scratch_server() {
    drop(start_server(&[]));
    let options = |cached: bool| {
        let mut options = server_options();
        options.cache = options.cache.filter(|_| cached);
        options
    };
    let start = |cached| ScratchServer::start(&options(cached), &Interrupt::new()).unwrap();
    let (mut warm, mut cold, mut stop) = (Vec::new(), Vec::new(), Vec::new());
    let mut first = [("WAL_LOG", Vec::new()), ("FILE_COPY", Vec::new())];
    for _ in 0..SERVERS {
        cold.push(time(|| drop(start(false))));
        for (strategy, times) in &mut first {
            let begun = Instant::now();
            let server = start(true);
            warm.push(begun.elapsed());
            let has_strategies = server.major() >= 15;
            let clause =
                if has_strategies { format!("STRATEGY {strategy}") } else { String::new() };
            let mut session = open(&server.settings("postgres").unwrap());
            let sql = format!("CREATE DATABASE first TEMPLATE template0 {clause}");
            times.push(time(|| session.client().batch_execute(&sql).unwrap()));
            drop(session);
            stop.push(time(|| drop(server)));
        }
    }
    println!(
        "scratch server, to its first answer, from the cache: {}; by initdb, and to its end: {}; \
         its end: {}",
        Times::of(warm),
        Times::of(cold),
        Times::of(stop)
    );
    for (strategy, times) in first {
        println!("  its first database, STRATEGY {strategy}: {}", Times::of(times));
    }
}

/// `pum info` with nothing pending and `psql -c 'select 1'`, in turn.
fn info_beside_psql() {
    let home = Home::new();
    let database = database();
    home.service("db", &database);
    let files: Vec<(String, String)> = (0..12)
        .map(|n| (format!("delta_1.{n}.0.sql"), format!("CREATE TABLE t{n} (id int);\n")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let directory = deltas(&files);
    let directory = directory.path().to_str().unwrap();
    let target = ["-p", "db", "-t", "public.upgrades", "-d", directory];
    let with = |first: &[&'static str], last: &[&'static str]| -> Vec<String> {
        first.iter().chain(&target).chain(last).map(|&text| text.to_owned()).collect()
    };
    home.run(PUM, &with(&["baseline"], &["-b", "1.0.0"])).expect(0);
    home.run(PUM, &with(&["upgrade"], &[])).expect(0);
    let info = with(&["info"], &[]);
    let psql = installations()
        .newest_with(&["psql"], |_| true)
        .and_then(|found| found.program("psql"))
        .unwrap();
    let (mut by_pum, mut by_psql) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        by_pum.push(time(|| drop(home.run(PUM, &info).expect(0))));
        by_psql.push(time(|| {
            let status = Command::new(&psql)
                .args(["-X", "-d", &database.conninfo(), "-c", "select 1"])
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success());
        }));
    }
    let (pum, psql) = (median(by_pum), median(by_psql));
    println!(
        "pum info, nothing pending: {}; psql -c 'select 1': {}; ratio {:.2}",
        milliseconds(pum),
        milliseconds(psql),
        pum.as_secs_f64() / psql.as_secs_f64()
    );
}
