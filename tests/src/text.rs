//! What pum says, without what is different each time.

use std::sync::OnceLock;

use regex::Regex;

/// What is different each time, and what stands in its place. In this order: a run's id holds what
/// looks like a date.
pub const DIFFERENT_EACH_TIME: &[(&str, &str)] = &[
    // The id of a run of the Manager: time and process.
    (r"\b\d{8}-\d{6}-\d+\b", "<run>"),
    // The time in the name of a dump.
    (r"\d{8}T\d{6}Z\b", "<time>"),
    // A time in a table: PostgreSQL leaves out zeros at its end, and blanks stand there.
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6} +", "<time>  "),
    // Dates and times: of PostgreSQL, of pum, of ls.
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?", "<time>"),
    (r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b", "<time>"),
    // How long something took. Limits are written without a space ("300ms") and count.
    (r"\b\d+(\.\d+)? (ms|s)\b", "<duration>"),
    // On several processors.
    (r" by \d+ connections\b", ""),
    // How large something is on a disk, or how much was written.
    (r"\b\d+(\.\d+)? (bytes|B|kB|MB|GB)\b", "<size>"),
    // A process of the server.
    (r"\bprocess \d+\b", "process <number>"),
    // The directory of the demo.
    (r"/pum-demo-\w+", "/<demo>"),
    // PostgreSQL's version, and where its programs are.
    (r"\b(PostgreSQL|pg_dump) \d+(\.\d+)?\b", "$1 <version>"),
    (r"\b\d+\.\d+ in /\S+/bin\b", "<version> in <directory>"),
    // A checksum of a file or of rows.
    (r"\b[0-9a-f]{16,64}\b", "<checksum>"),
];

/// What besides is different from test to test. It comes first: some of it looks like a checksum.
const OF_TESTS: &[(&str, &str)] = &[
    // The socket of a server: of an area, or of a test.
    (r#"[^\s"']*/pum-(scratch|server|standby|pooler)-\w{6}"#, "<server>"),
    (r#"[^\s"']*/pum-servers-\w{6}/[\w-]+"#, "<server>"),
    // The same in a URI.
    (r"(%2F\w+)*%2Fpum-(scratch|servers)-\w{6}(%2F[\w-]+-plain)?", "<server>"),
    // The version of the server that is installed.
    (r"\bversion \d+ or newer", "version <version> or newer"),
    // The home.
    (r#"[^\s"']*/\.tmp\w{6}"#, "<home>"),
    // A database.
    (r"\btest_\d+", "<database>"),
];

/// What else is to be the same in a snapshot.
const OF_SNAPSHOTS: &[(&str, &str)] = &[
    // A column of durations is as wide as the longest.
    (r" {2,}<duration>", "  <duration>"),
    // A question ends where its answer would stand.
    (r"(?m) +$", ""),
];

/// A text for a snapshot: without what is different each time.
pub fn stable(text: &str) -> String {
    static PATTERNS: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let patterns =
        PATTERNS.get_or_init(|| compiled(&[OF_TESTS, DIFFERENT_EACH_TIME, OF_SNAPSHOTS].concat()));
    without(text, patterns)
}

/// Patterns, each with what stands in the place of what it finds.
pub fn compiled(patterns: &[(&'static str, &'static str)]) -> Vec<(Regex, &'static str)> {
    patterns.iter().map(|(pattern, instead)| (Regex::new(pattern).unwrap(), *instead)).collect()
}

/// A text with something in the place of what the patterns find, one after the other.
pub fn without(text: &str, patterns: &[(Regex, &str)]) -> String {
    patterns.iter().fold(text.trim_end().to_owned(), |text, (pattern, instead)| {
        pattern.replace_all(&text, *instead).into_owned()
    })
}

#[test]
fn what_is_different_each_time_is_left_out_and_all_else_stays() {
    assert_eq!(
        stable("cannot connect to test_12: socket \"/dev/shm/pum-scratch-a1B2c3/.s.PGSQL.5432\""),
        "cannot connect to <database>: socket \"<server>/.s.PGSQL.5432\""
    );
    assert_eq!(
        stable("dump   12.26 s  /tmp/.tmpAb12Cd/x.dump, 287.1 kB"),
        "dump  <duration>  <home>/x.dump, <size>"
    );
    let text = "delta_1.1.0.sql:14: a \"test\" (SQLSTATE 42P01)\n  14 |   x;\n     |   ^";
    assert_eq!(stable(text), text);
}
