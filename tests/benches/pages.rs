//! How long a browser takes to open the page of a comparison and to search it, beside a page with nothing
//! but the same text: `cargo bench -p pum-tests --bench pages`, or with numbers of differences of your
//! choice, in steps of fifty: `cargo bench -p pum-tests --bench pages -- 500 5000`.

use std::path::{Path, PathBuf};

use pum_tests::browser::Browser;
use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::measure::{median, milliseconds, time};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const SIZES: [u32; 2] = [500, 5_000];
const COLUMNS: u32 = 50;
const RUNS: usize = 5;

fn main() {
    let given: Vec<u32> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let Some(mut browser) = Browser::start() else { return };
    browser.set_width(1400);
    let mut each = Vec::new();
    for &differences in if given.is_empty() { &SIZES[..] } else { &given } {
        let home = Home::new();
        let page = page(&home, differences);
        let text = text_only(&page);
        let (mut opened, mut beside, mut searched) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            opened.push(time(|| open(&mut browser, &page)));
            searched.push(time(|| search(&mut browser)));
            beside.push(time(|| open(&mut browser, &text)));
        }
        let (opened, beside, searched) = (median(opened), median(beside), median(searched));
        println!("{differences} differences, {} kB:", page.metadata().unwrap().len() / 1000);
        println!("  opened: {}", milliseconds(opened));
        println!("  only its text: {}", milliseconds(beside));
        println!("  ratio page/text: {:.2}", opened.as_secs_f64() / beside.as_secs_f64());
        println!("  searched: {}", milliseconds(searched));
        each.push((differences, opened));
    }
    println!("time for each difference:");
    for (differences, opened) in each {
        let one = opened.as_secs_f64() * 1000.0 / f64::from(differences);
        println!("  of {differences}: {one:.3} ms");
    }
}

/// The page about columns that have another type.
fn page(home: &Home, differences: u32) -> PathBuf {
    let tables = differences.div_ceil(COLUMNS);
    for (name, kind) in [("prod", "int"), ("repo", "bigint")] {
        let database = database();
        let columns: Vec<String> = (0..COLUMNS).map(|n| format!("column_{n} {kind}")).collect();
        let columns = columns.join(", ");
        for n in 0..tables {
            database.execute(&format!("CREATE TABLE table_{n} ({columns})"));
        }
        home.service(name, &database);
    }
    home.run(PUM, &["check", "prod", "repo", "--report", "html=page.html"]).expect(1);
    home.path().join("page.html").canonicalize().unwrap()
}

/// The same text without structure, styles and scripts.
fn text_only(page: &Path) -> PathBuf {
    let text = std::fs::read_to_string(page).unwrap();
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let path = page.with_file_name("text.html");
    std::fs::write(&path, format!("<!doctype html><pre>{escaped}</pre>")).unwrap();
    path
}

fn open(browser: &mut Browser, page: &Path) {
    browser.open(page);
    // After the layout.
    assert!(
        browser.evaluate("document.body.scrollHeight").as_f64().is_some_and(|height| height > 0.0)
    );
}

fn search(browser: &mut Browser) {
    browser.execute(
        "const field = document.querySelector('#search'); field.value = 'table_4'; \
         field.dispatchEvent(new Event('input', { bubbles: true }))",
    );
    assert_ne!(browser.evaluate("document.querySelector('#found').textContent"), "");
}
