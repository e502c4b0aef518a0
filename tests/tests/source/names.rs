//! What a name means: a database or a file, and never one when the other could be meant.

use pum_tests::command::Home;
use pum_tests::database;

use super::pum;

/// A home with a service `prod` and a migration in `migrations`.
fn home() -> Home {
    let home = Home::new();
    let production = database();
    production.execute("CREATE TABLE t (a int)");
    home.service("prod", &production);
    home.file("migrations/1_t.sql", "CREATE TABLE t (a int);");
    home
}

#[test]
fn a_path_has_a_slash_or_the_end_of_a_file() {
    let home = home();
    home.file("schema.sql", "CREATE TABLE t (a int);");
    for source in ["migrations/", "./migrations", "schema.sql", "./schema.sql"] {
        let _ = pum(&home, &["check", "prod", source]).expect(0);
        let _ = pum(&home, &["check", source, "service=prod"]).expect(0);
    }
}

#[test]
fn a_plain_name_is_a_service() {
    let home = home();
    let unknown = pum(&home, &["check", "prod", "migrations"]);
    let _ = unknown.expect_error(&["\"migrations\"", "prod", "write ./migrations for it"]);
    let unknown = pum(&home, &["check", "prod", "nothing"]).expect_error(&["\"nothing\"", "prod"]);
    assert!(!unknown.stderr.contains("./nothing"), "{}", unknown.stderr);
}

#[test]
fn a_name_that_is_both_must_be_written_out() {
    let home = home();
    let production = database();
    production.execute("CREATE TABLE t (a int)");
    home.service("both.sql", &production);
    home.file("both.sql", "CREATE TABLE t (a int);");
    let both = pum(&home, &["check", "prod", "both.sql"]);
    let _ = both.expect_error(&["service=both.sql", "./both.sql"]);
    let _ = pum(&home, &["check", "prod", "./both.sql"]).expect(0);
    let database = pum(&home, &["check", "prod", "service=both.sql"]).expect(0);
    assert_eq!(database.stderr, "", "a database is not built");
}

#[test]
fn what_is_not_there_is_told_as_what_it_was_meant_to_be() {
    let home = home();
    for missing in ["./nothing", "no/such/directory/", "nothing.json", "/nothing.sql"] {
        let _ = pum(&home, &["check", "prod", missing])
            .expect_error(&["there is no file or directory ", missing]);
    }
    // With a slash in it, and no path all the same.
    let _ = pum(&home, &["check", "prod", "host=/no/such/socket dbname=a"])
        .expect_error(&["/no/such/socket"]);
    let _ = pum(&home, &["check", "prod", "postgresql://localhost:1/a.sql"])
        .expect_error(&["localhost"]);
}
