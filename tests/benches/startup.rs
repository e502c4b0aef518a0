//! How long the short commands take, beside psql in the same run: `cargo bench -p pum-tests`.

use std::process::{Command, Stdio};

use pum_tests::command::Home;
use pum_tests::measure::{median, milliseconds, time};
use pum_tests::{database, deltas, installations, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const RUNS: usize = 50;

fn main() {
    info_beside_psql();
    let starts = (0..5).map(|_| time(|| drop(start_server(&[])))).collect();
    println!("scratch server, start to ready to gone: {}", milliseconds(median(starts)));
    let home = Home::new();
    let demos = (0..3).map(|_| time(|| drop(home.run(PUM, &["demo"]).expect(0)))).collect();
    println!("pum demo: {}", milliseconds(median(demos)));
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
