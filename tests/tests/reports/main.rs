//! Reports of comparisons, through the command: their forms, and what is accepted.

#![allow(missing_docs)]

mod accept;
mod browser;
mod ci;
mod forms;
mod limits;
mod lint_forms;
mod managed_partitions;
mod pages;
mod places;
mod schema_map;
mod schemas;
mod standard_output;
mod terminal;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// A command line with words separated by spaces, and more words that may hold some.
fn pum(home: &Home, line: &str, more: &[&str]) -> Outcome {
    let arguments: Vec<&str> = line.split_whitespace().chain(more.iter().copied()).collect();
    home.run(PUM, &arguments)
}

/// A home with the services `prod` and `repo`, which differ in one thing of each sort.
fn drifted() -> (Home, Database, Database) {
    let home = Home::new();
    let (prod, repo) = (database(), database());
    prod.execute(PROD);
    repo.execute(REPO);
    home.service("prod", &prod);
    home.service("repo", &repo);
    (home, prod, repo)
}

/// Without the fingerprints of values, which tell owners and what else is another on each machine;
/// the library pins them.
fn without_values(report: &str) -> String {
    const KEYS: [&str; 3] = ["values = ", "\"values_fingerprint\": ", "\"pumValues/v1\": "];
    let line = |line: &str| {
        // The marker of Markdown has them all in one.
        if let Some((before, _)) = line.split_once(" found: ").filter(|_| line.starts_with("<!--"))
        {
            return format!("{before} found: [values] -->\n");
        }
        let key = KEYS.iter().find(|key| line.trim_start().starts_with(**key));
        let start = key.and_then(|key| Some(line.find(key)? + key.len()));
        match start.and_then(|start| line.get(..start)) {
            Some(start) => format!("{start}[values]\n"),
            None => format!("{line}\n"),
        }
    };
    report.lines().map(line).collect()
}

const PROD: &str = "
    CREATE TABLE orders (id int PRIMARY KEY, amount numeric(10,2) NOT NULL, note text);
    COMMENT ON TABLE orders IS '</script><script>alert(1)</script>';
    CREATE TABLE legacy (id int);
    CREATE FUNCTION open_orders(most int) RETURNS SETOF int LANGUAGE sql AS $$
  SELECT id
    FROM orders
   WHERE amount > 0
   ORDER BY amount DESC
   LIMIT most
$$;
    CREATE TABLE \"odd ]]> `name`\" (\"a\nb\" int);
";

const REPO: &str = "
    CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric(12,2) NOT NULL, note text);
    CREATE TABLE customers (id int);
    CREATE FUNCTION open_orders(most int) RETURNS SETOF int LANGUAGE sql AS $$
  SELECT id
    FROM orders
   WHERE amount > 0
   ORDER BY amount DESC NULLS LAST, id
   LIMIT most
$$;
    CREATE TABLE \"odd ]]> `name`\" (\"a\nb\" bigint);
";
