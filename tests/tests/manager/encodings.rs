//! The whole tour in databases that are not in UTF-8, with names, comments and data in their script.

use pum_tests::command::Home;
use pum_tests::{Database, database_in, psql};

use super::{PUM, Setting};

/// Names, comments, definitions and data that hold the word.
const MODEL: &str = r#"
    CREATE SCHEMA "schema_WORD";
    CREATE TABLE "schema_WORD"."table_WORD" (
        id int PRIMARY KEY,
        "column_WORD" varchar(30) DEFAULT 'WORD' CHECK ("column_WORD" IN ('WORD', 'b WORD')));
    COMMENT ON TABLE "schema_WORD"."table_WORD" IS 'comment WORD';
    COMMENT ON COLUMN "schema_WORD"."table_WORD"."column_WORD" IS 'column comment WORD';
    CREATE TYPE "schema_WORD"."enum_WORD" AS ENUM ('WORD', 'other');
    CREATE INDEX "index_WORD" ON "schema_WORD"."table_WORD" ("column_WORD") WHERE "column_WORD" <> 'WORD';
    CREATE VIEW "schema_WORD"."view_WORD" AS
        SELECT "column_WORD" || 'WORD' AS "result_WORD" FROM "schema_WORD"."table_WORD";
    CREATE FUNCTION "schema_WORD"."function_WORD"("argument_WORD" text) RETURNS text LANGUAGE sql
        AS $$ SELECT 'WORD' || $1 $$;
"#;

const ROW: &str = r#"INSERT INTO "schema_WORD"."table_WORD" VALUES (1, 'WORD');"#;

const DELTA: &str = r#"
    ALTER TABLE "schema_WORD"."table_WORD" ADD "new_WORD" text DEFAULT 'new WORD';
    COMMENT ON COLUMN "schema_WORD"."table_WORD"."new_WORD" IS 'new comment WORD';
    INSERT INTO "schema_WORD"."table_WORD" VALUES (2, 'b WORD');
    COPY "schema_WORD"."table_WORD" (id, "column_WORD") FROM STDIN;
3	WORD
\.
"#;

/// The copy of a database that `--suffix` named.
fn conninfo_of(database: &Database, suffix: &str) -> String {
    let name = database.settings.get("dbname").unwrap();
    database.conninfo().replace(name, &format!("{name}_{suffix}"))
}

fn tour(database: Database, word: &str) {
    let of_word = |sql: &str| sql.replace("WORD", word);
    database.execute(&of_word(MODEL));
    database.execute(&of_word(ROW));
    let setting = Setting { home: Home::new(), production: database };
    setting.home.service("prod", &setting.production);
    setting.home.file(&format!("deltas/delta_1.1.0_{word}.sql"), &of_word(DELTA));
    let build = of_word(&[MODEL, DELTA].concat());
    setting.home.file("build.sql", &build);

    for line in [
        "check prod prod",
        "snapshot prod -o prod.json",
        "check prod prod.json",
        "dump -p prod own.dump",
        "restore -p prod --suffix _restored own.dump",
        "clone prod --suffix _cloned",
        "baseline -p prod -t public.upgrades -d deltas -b 1.0.0",
    ] {
        setting.pum(line).expect(0);
    }
    for copy in ["restored", "cloned"] {
        let copy = conninfo_of(&setting.production, copy);
        setting.home.run(PUM, &["check", "prod", &copy, "-t", "public.upgrades"]).expect(0);
    }
    let verified = setting.pum("verify prod --level thorough");
    assert!(!verified.stdout.contains("equivalent"), "{}", verified.stdout);

    // What has characters that the encoding has not is no schema there.
    setting.pum("check prod prod -N журнал -N 日記* -N größe").expect(0);

    // A difference is told in its script.
    setting.home.file("other.sql", &build.replace("new comment", "another comment"));
    let found = setting.manage("--reference-sql other.sql --yes").expect(1);
    let comment = format!("column new_{word}: comment: new comment {word} in test");
    assert!(found.stdout.contains(&comment), "{}", found.stdout);

    let done = setting.manage("--reference-sql build.sql --report html=run.html --yes").expect(0);
    assert!(done.stdout.contains("was upgraded from 1.0.0 to 1.1.0"), "{}", done.stdout);
    setting.page_has(&[word]);
    let rows = setting.production.column(&of_word(
        r#"SELECT "column_WORD" || "new_WORD" FROM "schema_WORD"."table_WORD" ORDER BY id"#,
    ));
    assert_eq!(rows, ["WORDnew WORD", "b WORDnew WORD", "WORDnew WORD"].map(of_word));
    assert_eq!(setting.versions().last().unwrap(), &format!("1.1.0{word}"));
    setting.pum("info -p prod -t public.upgrades -d deltas").expect(0);
}

#[test]
fn a_database_in_latin1_goes_all_the_way() {
    tour(database_in("LATIN1"), "größe");
}

#[test]
fn a_database_in_koi8r_goes_all_the_way() {
    tour(database_in("KOI8R"), "слово");
}

#[test]
fn a_database_in_euc_jp_goes_all_the_way() {
    tour(database_in("EUC_JP"), "単語");
}

#[test]
fn a_database_in_sql_ascii_goes_all_the_way() {
    tour(database_in("SQL_ASCII"), "größe");
}

/// `SQL_ASCII` takes any bytes. These are no UTF-8, as in a database whose programs speak `LATIN1`.
#[test]
fn names_and_definitions_of_any_bytes_are_compared_dumped_and_copied() {
    let database = database_in("SQL_ASCII");
    let home = Home::new();
    home.service("prod", &database);
    let model = [MODEL, ROW].concat().replace("WORD", "w\u{e4}rd");
    let bytes: Vec<u8> = model.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let file = home.path().join("model.sql");
    std::fs::write(&file, bytes).unwrap();
    psql(&database, &["-f", file.to_str().unwrap()]);
    let snapshot = home.run(PUM, &["snapshot", "prod", "-o", "prod.json"]).expect(0);
    assert!(!snapshot.stderr.contains("warning"), "{}", snapshot.stderr);
    for line in [
        "check prod prod",
        "check prod prod.json",
        "dump -p prod own.dump",
        "restore -p prod --suffix _restored own.dump",
        "clone prod --suffix _cloned",
    ] {
        home.run(PUM, &line.split(' ').collect::<Vec<_>>()).expect(0);
    }
    for copy in ["restored", "cloned"] {
        home.run(PUM, &["check", "prod", &conninfo_of(&database, copy)]).expect(0);
    }
    // A difference in such bytes is one.
    let cloned = database.settings.get("dbname").unwrap().to_owned() + "_cloned";
    let cloned = Database { settings: database.settings.with("dbname", &cloned).unwrap() };
    std::fs::write(&file, b"COMMENT ON SCHEMA public IS 'w\xf6rd'").unwrap();
    psql(&database, &["-f", file.to_str().unwrap()]);
    std::fs::write(&file, b"COMMENT ON SCHEMA public IS 'w\xe4rd'").unwrap();
    psql(&cloned, &["-f", file.to_str().unwrap()]);
    home.run(PUM, &["check", "prod", &cloned.conninfo()]).expect(1);
}
