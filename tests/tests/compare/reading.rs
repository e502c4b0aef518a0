//! What is read does not depend on who reads it, and survives being written down.

use pum_core::Hint;
use pum_core::catalog::{self, Scope};
use pum_core::connect::Session;
use pum_core::diff::{Filters, Preset, diff};
use pum_core::model::{Identity, Kind, Model};
use pum_tests::{Database, database, open, server};

use super::base_server::{BaseServer, build_base, model};

#[test]
fn a_role_without_rights_reads_the_same_as_the_owner() {
    let base_server = BaseServer::shared();
    let name = base_server.base().settings.database().to_owned();
    let reader = server().settings_as(&name, "app_reader").unwrap();
    let mut session = open(&reader);
    let hidden = session.client().execute("SELECT * FROM app.refers", &[]);
    assert!(hidden.is_err(), "the role may read everything: this test proves nothing");
    drop(session);
    let reader = Database { settings: reader };
    let read = |session: &mut Session, scope: &Scope| catalog::read(session, scope);
    let err = read(&mut reader.session(), &Scope::default()).unwrap_err().to_string();
    assert!(err.contains("may not read") && err.contains("app_reader"), "{err}");
    // What the error says to leave out, and no more.
    let mut scope = Scope::default();
    for (kind, element) in
        [(Kind::UserMapping, "user_mappings"), (Kind::Subscription, "subscriptions")]
    {
        let err = read(&mut reader.session(), &scope).unwrap_err();
        assert_eq!(err.hint(), Some(Hint::LeaveOut { element }), "{err}");
        scope.exclude_kinds.insert(kind);
    }
    let by_owner = read(&mut base_server.base().session(), &scope).unwrap();
    assert_eq!(read(&mut reader.session(), &scope).unwrap(), by_owner);
}

#[test]
fn a_model_survives_being_written_down() {
    let model = model(&BaseServer::shared().base());
    let text = serde_json::to_string(&model).unwrap();
    let again: Model = serde_json::from_str(&text).unwrap();
    // But for the passwords, which are not written.
    assert!(!text.contains("s3cret"), "{text}");
    assert_eq!(diff(&model, &again, &Filters::new(Preset::Strict)), []);
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
}

#[test]
fn names_that_need_quotes_are_told_apart() {
    let model = model(&BaseServer::shared().base());
    let column = |table: &str, name: &str| Identity {
        kind: Kind::Column,
        schema: "Odd.Schema".to_owned(),
        parent: Some(table.to_owned()),
        name: name.to_owned(),
        arguments: None,
    };
    // Written without quotes, these two would be one.
    for (table, name) in [("Quo\"ted.Täble", "a.b"), ("Quo\"ted", "Täble.a")] {
        assert!(model.get(&column(table, name)).is_some(), "{table} {name}");
    }
    let newline = column("Quo\"ted.Täble", "Zeile\nzwei");
    assert!(model.get(&newline).is_some());
    assert_eq!(
        newline.to_string(),
        r#"column "Odd.Schema"."Quo""ted.Täble"."Zeile\nzwei""#,
        "a line of a report stays a line"
    );
    let mut without = model.clone();
    without.remove_table("Odd.Schema", "Quo\"ted");
    let differences = diff(&model, &without, &Filters::default());
    assert_eq!(super::lines(&differences), [r#"- table "Odd.Schema"."Quo""ted""#]);
}

#[test]
fn identities_are_unique() {
    let model = model(&BaseServer::shared().base());
    for pair in model.objects().windows(2) {
        assert!(pair[0].identity < pair[1].identity, "{}", pair[1].identity);
    }
}

/// Lists are sorted by bytes, not as the database would.
#[test]
fn the_locale_of_a_database_changes_nothing() {
    let base_server = BaseServer::shared();
    let grants = "GRANT SELECT ON app.refers TO app_reader, \"Odd Röle\", PUBLIC, app_writer";
    let plain = base_server.copy();
    plain.execute(grants);
    let other =
        base_server.create("compare_icu", "template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
    build_base(&other, base_server.major());
    other.execute(grants);
    assert_eq!(other.column("SELECT 'a' < 'B'"), ["t"], "ICU sorts like C: this proves nothing");
    assert_eq!(diff(&model(&plain), &model(&other), &Filters::default()), []);
}

/// The role and the database may have limits of time that are meant for others.
#[test]
fn limits_of_time_are_not_for_reading() {
    let database = pum_tests::database();
    // Enough to read that the session is idle for a moment.
    database.execute(
        "DO $$ BEGIN FOR n IN 1..300 LOOP \
         EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text DEFAULT ''x'')', n); \
         END LOOP; END $$",
    );
    let (mut session, mut holder) = (database.session(), database.session());
    let limits = "SET statement_timeout = 100; SET idle_in_transaction_session_timeout = 1";
    session.client().batch_execute(limits).unwrap();
    let lock = "BEGIN; LOCK pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE";
    holder.client().batch_execute(lock).unwrap();
    let found = std::thread::scope(|scope| {
        let reader = scope.spawn(|| catalog::read(&mut session, &Scope::default()));
        // It waits twice as long as the limit allows.
        database.wait_for(
            "SELECT 1 FROM pg_locks WHERE relation = 'pg_description'::regclass AND NOT granted",
        );
        holder.client().batch_execute("SELECT pg_sleep(0.2); COMMIT").unwrap();
        reader.join().unwrap().unwrap()
    });
    assert!(found.objects().len() > 600);
    // They are as they were.
    let limits = "SELECT current_setting('statement_timeout') || \
                  current_setting('idle_in_transaction_session_timeout')";
    let row = session.client().query_one(limits, &[]).unwrap();
    assert_eq!(row.get::<_, String>(0), "100ms1ms");
}

/// A text may begin with any character; what stands for a letter that pum does not know is looked for
/// only where no text can be.
#[test]
fn a_text_that_begins_with_a_control_character_is_read() {
    let database = pum_tests::database();
    database.execute(
        "CREATE TABLE t (a text DEFAULT E'\\x01d'); \
         COMMENT ON TABLE t IS E'\\x01\\x1b[31mred'; COMMENT ON COLUMN t.a IS E'\\x02'; \
         CREATE FOREIGN DATA WRAPPER w OPTIONS (\"\u{1}o\" 'v', \"\u{2}\" 'v')",
    );
    let model = catalog::read(&mut database.session(), &Scope::default()).unwrap();
    let texts = format!("{model:?}");
    for text in ["\"\\u{1}\\u{1b}[31mred\"", "Some(\"\\u{2}\")", "\"\\u{1}o=v\"", "\"\\u{2}=v\""] {
        assert!(texts.contains(text), "{text} in {texts}");
    }
}

/// What stands for the owner that `public` has by itself is no role's name.
#[test]
fn a_role_called_default_is_not_the_owner_by_default() {
    let (by_default, owned) = (pum_tests::database(), pum_tests::database());
    owned.execute("CREATE ROLE \"default\"; ALTER SCHEMA public OWNER TO \"default\"");
    let found = diff(&model(&by_default), &model(&owned), &Filters::default());
    assert!(super::lines(&found).contains(&"schema public.owner".to_owned()), "{found:?}");
}

#[test]
fn a_key_that_belongs_to_a_plain_index_is_told() {
    let tables = "CREATE TABLE t (a int NOT NULL, b int) PARTITION BY LIST (a);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
        ALTER TABLE t1 ADD CONSTRAINT t1_key UNIQUE (a, b);
        CREATE UNIQUE INDEX t_index ON ONLY t (a, b);";
    let [apart, attached] = ["", "ALTER INDEX t_index ATTACH PARTITION t1_key"].map(|sql| {
        let database = database();
        database.execute(&format!("{tables} {sql}"));
        model(&database)
    });
    let differences = diff(&apart, &attached, &Filters::new(Preset::Default));
    let told = super::lines(&differences);
    assert!(told.iter().any(|line| line.contains("t1_key.partition_of")), "{told:?}");
    assert_eq!(diff(&attached, &attached.clone(), &Filters::new(Preset::Default)), []);
}
