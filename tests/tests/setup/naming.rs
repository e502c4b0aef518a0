//! One rule for naming a database: as an argument, with -p, or production of pum.toml; a service, or
//! else the plain name of a database.

use pum_tests::command::Home;
use pum_tests::database;

use crate::pum;

/// A home whose `PG*` variables lead to the server of a database.
fn beside(database: &pum_tests::Database) -> Home {
    let get = |keyword| database.settings.get(keyword).unwrap().to_owned();
    let home = Home::new().set("PGHOST", &get("host")).set("PGPORT", &get("port"));
    home.set("PGUSER", &get("user"))
}

#[test]
fn a_plain_name_is_a_database_unless_a_service_has_it() {
    let (one, other) = (database(), database());
    let home = beside(&one);
    let [name, other_name] = [&one, &other].map(|it| it.settings.database().to_owned());
    one.execute("CREATE TABLE t ()");
    other.execute("CREATE TABLE t ()");
    let same = pum(&home, &format!("check {name} {other_name}")).expect(0);
    assert!(same.stdout.contains("no differences"), "{}", same.stdout);
    // A service comes first.
    other.execute("CREATE TABLE u ()");
    home.service(&name, &other);
    pum(&home, &format!("check {name} {other_name}")).expect(0);

    // What is neither tells both.
    let error = pum(&home, "verify nowhere").expect(2).stderr;
    for part in [
        "cannot connect to nowhere: ",
        "database \"nowhere\" does not exist",
        "it was taken for the name of a database: unknown service \"nowhere\"",
    ] {
        assert!(error.contains(part), "no {part:?} in {error}");
    }
    home.service("production", &other);
    let error = pum(&home, "verify producton").expect(2).stderr;
    assert!(
        error.contains("unknown service \"producton\"; did you mean \"production\"?"),
        "{error}"
    );
    // A file is no database.
    home.file("schema", "");
    let error = pum(&home, "check schema production").expect(2).stderr;
    assert!(error.contains("\"schema\"") && !error.contains("cannot connect"), "{error}");
}

#[test]
fn every_command_takes_production_if_no_database_is_named() {
    let one = database();
    let home = beside(&one);
    let name = one.settings.database();
    home.file("deltas/delta_1.1.0.sql", "CREATE TABLE t ();\n");
    let options = "upgrades_table = \"public.upgrades\"\ndelta_dirs = [\"deltas\"]\n";
    home.file("pum.toml", options);
    for command in ["info", "upgrade", "baseline -b 1.0.0", "repair", "dump x.dump", "verify"] {
        let error = pum(&home, command).expect(2).stderr;
        let said = "the database is missing: give it with -p A, or set production in pum.toml";
        assert!(error.contains(said), "{command}: {error}");
    }
    home.file("pum.toml", &format!("production = \"{name}\"\n{options}"));
    pum(&home, "baseline -b 1.0.0").expect(0);
    let expected = pum(&home, &format!("info -p {name}")).expect(0).stdout;
    assert_eq!(pum(&home, &format!("info {name}")).expect(0).stdout, expected);
    assert_eq!(pum(&home, "info").expect(0).stdout, expected);
    for command in ["upgrade", "repair", "dump x.dump"] {
        pum(&home, command).expect(0);
    }
    assert_eq!(one.column("SELECT to_regclass('t')"), ["t"]);
    // Who always agrees does so where nothing is asked, too.
    pum(&home, "upgrade --yes --non-interactive").expect(0);
    // "none" is no name of a database.
    home.file(
        "pum.toml",
        &format!("production = \"{name}\"\n{options}[reference]\nsource = \"none\"\n"),
    );
    pum(&home, "check").expect_error(&["the second source is missing: give it with B"]);
    // It may have findings.
    assert_ne!(pum(&home, "verify").code, Some(2));
    home.file("pum.toml", &format!("production = [\"{name}\", \"other\"]\n{options}"));
    let several = pum(&home, "info").expect(2).stderr;
    assert!(several.contains("names several databases: name one with -p"), "{several}");
}

#[test]
fn the_doctor_says_what_comes_next() {
    let one = database();
    let home = beside(&one);
    let name = one.settings.database();
    let next = |home: &Home, code: i32| {
        let said = pum(home, "doctor").expect(code).stdout;
        said.lines().last().unwrap().to_owned()
    };
    assert!(next(&home, 0).starts_with("next: pum init writes a pum.toml; or name a database"));
    let named = |home: &Home, code: i32| {
        let said = pum(home, &format!("doctor {name}")).expect(code).stdout;
        said.lines().last().unwrap().to_owned()
    };
    home.file("pum.toml", "");
    assert!(named(&home, 0).starts_with(&format!("next: pum delta new NAME -p {name} writes")));
    assert!(next(&home, 0).starts_with("next: name a database: pum doctor A"));
    let production = format!("production = \"{name}\"\nupgrades_table = \"public.upgrades\"\n");
    home.file("pum.toml", &production);
    let said = next(&home, 1);
    assert_eq!(said, "next: correct the problems above, then run pum doctor again");
    home.file("deltas/delta_1.0.0.sql", "CREATE TABLE t ();\n");
    let deltas = format!("{production}delta_dirs = [\"deltas\"]\n");
    home.file("pum.toml", &deltas);
    pum(&home, "baseline -b 0.9.0").expect(0);
    let said = next(&home, 0);
    assert!(said.starts_with("next: a reference for pum test-and-upgrade: [reference]"), "{said}");
    home.file("pum.toml", &format!("{deltas}[reference]\nsource = \"none\"\n"));
    assert_eq!(next(&home, 0), "next: pum test-and-upgrade --until approve");
    // Also without production in the file, as in that of the Python program.
    let (_, rest) = deltas.split_once('\n').unwrap();
    home.file("pum.toml", &format!("{rest}[reference]\nsource = \"none\"\n"));
    let said = named(&home, 0);
    assert_eq!(said, format!("next: pum test-and-upgrade -pp {name} --until approve"));
    home.file("pum.toml", &format!("{deltas}[reference]\nsource = \"none\"\n"));
    pum(&home, "upgrade").expect(0);
    assert_eq!(next(&home, 0), format!("next: nothing: {name} has all deltas"));
}
