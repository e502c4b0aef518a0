//! psql's own lines in a delta, with psql as the oracle.

use std::path::Path;

use pum_core::delta::{DeltaSet, Script, VariableForm, VariableValue, Variables, Version};
use pum_core::progress::{Event, Observer};
use pum_core::upgrade::{
    PlanOptions, StatementFailure, TableName, UpgradePlan, run_script, set_baseline,
};
use pum_core::{Context, Interrupt};
use pum_tests::{Database, database, deltas, psql};

/// What a script says.
#[derive(Default)]
struct Heard(Vec<String>);

impl Observer for Heard {
    fn notify(&mut self, event: Event<'_>) {
        match event {
            Event::Output { line } => self.0.push(line.to_owned()),
            Event::Warning { message } => self.0.push(format!("warning: {message}")),
            Event::StatementStarted { .. } => (),
            other => panic!("{other:?}"),
        }
    }
}

fn run(
    database: &Database,
    directory: &Path,
    variables: &Variables,
) -> Result<Vec<String>, StatementFailure> {
    let script = Script::read(&directory.join("delta_1.0.0.sql")).unwrap();
    let prepared = script.prepare(variables).unwrap_or_else(|err| panic!("{err}"));
    let mut heard = Heard::default();
    run_script(
        &mut database.session(),
        &prepared,
        &mut Context::new(&mut heard, &Interrupt::new()),
    )?;
    Ok(heard.0)
}

const COMMANDS: &str = r#"\set ON_ERROR_STOP on
\timing off
\set schema 'odd "name"'
\set both :schema '''s'
create schema :"schema"; \set on yes
set search_path = :"schema";
\echo :both 'two  words' -n \\ create table said (what text);
insert into said values (:'both'), (:{?both}::text), (:{?none}::text);
\if :on
  create table t (a int, b text
  \if off
    , this is nothing; '
'
  \elif 1
    , c int
  \else
    , d int
  \endif
  );
\else
  \gexec
  \i none-of-psqls-business.sql
\endif
\i parts/data.sql
\copy t (a, b) from 'parts/rows.csv' with (format csv)
\copy t from stdin (delimiter ',')
7,seven,7
\.
\set row '(11, ''eleven''), (12, '
insert into t (a, b) values :row :'both');
\warn done
select a, b from t \; select 2;
"#;

fn files() -> tempfile::TempDir {
    let directory = deltas(&[
        ("delta_1.0.0.sql", COMMANDS),
        // psql leaves out what it does not run, pum wants it to be there.
        ("none-of-psqls-business.sql", ""),
    ]);
    let parts = directory.path().join("parts");
    std::fs::create_dir(&parts).unwrap();
    let data = "\\ir more.sql\ncopy t from stdin;\n1\t:both\t3\n2\t%(x)s\t\\N\n\\.\n";
    std::fs::write(parts.join("data.sql"), data).unwrap();
    std::fs::write(parts.join("more.sql"), "insert into t values (0, :'schema')").unwrap();
    std::fs::write(parts.join("rows.csv"), "5,\"five, \"\"5\"\"\"\n6,six\n").unwrap();
    directory
}

#[test]
fn they_do_what_psql_does() {
    let directory = files();
    let (by_pum, by_psql) = (database(), database());
    let said = run(&by_pum, directory.path(), &Variables::default()).unwrap();
    assert_eq!(said, ["odd \"name\"'s two  words -n", "warning: done"]);
    let script = directory.path().join("delta_1.0.0.sql");
    // psql reads relative to where it is started; from elsewhere, `\ir` does.
    let moved = COMMANDS
        .replace("\\i ", "\\ir ")
        .replace("from 'parts/", &format!("from '{}/parts/", directory.path().display()));
    std::fs::write(&script, moved).unwrap();
    psql(&by_psql, &["-f", script.to_str().unwrap()]);
    assert_eq!(by_pum.dump_schema(), by_psql.dump_schema());
    for (query, rows) in [
        ("select t::text from \"odd \"\"name\"\"\".t order by a", 8),
        ("select what from \"odd \"\"name\"\"\".said", 3),
    ] {
        assert_eq!(by_pum.column(query), by_psql.column(query));
        assert_eq!(by_pum.column(query).len(), rows);
    }
}

#[test]
fn given_values_reach_the_server_whole() {
    let nasty = "it's \\ \"so\"; drop table t; -- %{:n}\n\tüber";
    for (form, sql) in [
        (VariableForm::Classic, "create table t as select %(s)s::text as s, 1 -%(n)s as n"),
        (VariableForm::Psql, "create table t as select :s::text as s, 1 -:n as n"),
        (VariableForm::Psql, "\\set n :n\ncreate table t as select :'s'::text as s, 1 -:n as n"),
        (VariableForm::Braces, "create table t as select {s}::text as s, 1 -{n} as n"),
    ] {
        let database = database();
        let directory = deltas(&[("delta_1.0.0.sql", sql)]);
        let mut variables = Variables::default();
        variables.set("s", VariableValue::String(nasty.to_owned()));
        variables.set("n", VariableValue::Integer(-3));
        variables.set_form(form);
        run(&database, directory.path(), &variables).unwrap();
        assert_eq!(database.column("select s from t"), [nasty], "{form:?}");
        assert_eq!(database.column("select n from t"), ["4"], "{form:?}");
    }
}

/// One script decides for the whole directory: in the others nothing that only looks like another
/// form is touched.
#[test]
fn a_plan_has_one_form() {
    let directory = deltas(&[
        ("delta_1.1.0.sql", "create table t (a text); insert into t values ('{s} 100%');"),
        ("delta_1.2.0.sql", "insert into t values (:s);"),
    ]);
    let database = database();
    let table: TableName = "public.pum_info".parse().unwrap();
    set_baseline(&mut database.session(), &table, &Version::new(1, 0, 0)).unwrap();
    let mut variables = Variables::default();
    variables.set("s", VariableValue::String("it's".to_owned()));
    let mut options = PlanOptions::default();
    options.variables = variables;
    let deltas = DeltaSet::read(&[directory.path()]).unwrap();
    let plan = UpgradePlan::read(&mut database.session(), &table, &deltas, &options).unwrap();
    assert_eq!(plan.variable_form(), Some(VariableForm::Psql));
    for step in &plan.steps {
        run_script(&mut database.session(), &step.script, &mut Context::default()).unwrap();
    }
    assert_eq!(database.column("select a from t"), ["{s} 100%", "it's"]);
}

#[test]
fn a_failure_in_an_included_file_is_shown_there() {
    let directory = deltas(&[
        ("delta_1.0.0.sql", "create table t (a int);\n\\i b.sql\n"),
        ("b.sql", "copy t from stdin;\n1\n2\n\\.\n\nselect a,\n  nonsense from t;\n"),
    ]);
    let text = run(&database(), directory.path(), &Variables::default()).unwrap_err().to_string();
    let expected = format!(
        "{}:7: column \"nonsense\" does not exist (SQLSTATE 42703)\n  \
         7 |   nonsense from t;\n    |   ^",
        directory.path().join("b.sql").display()
    );
    assert_eq!(text, expected);
}

#[test]
fn data_that_changed_are_not_committed() {
    let database = database();
    let file = "create table t (a int);\ncopy t from stdin;\n1\n2\n\\.\n";
    for (changed, said) in [
        (file.replace("2\n", "3\n"), "the file was changed after it was read"),
        (file[..file.len() - 6].to_owned(), "the file was changed after it was read"),
        (String::new(), "No such file"),
    ] {
        let directory = deltas(&[("delta_1.0.0.sql", file)]);
        let path = directory.path().join("delta_1.0.0.sql");
        let script = Script::read(&path).unwrap().prepare(&Variables::default()).unwrap();
        if changed.is_empty() {
            std::fs::remove_file(&path).unwrap();
        } else {
            std::fs::write(&path, changed).unwrap();
        }
        let mut session = database.session();
        session.client().batch_execute("begin").unwrap();
        let failed = run_script(&mut session, &script, &mut Context::default());
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("delta_1.0.0.sql:2: ") && text.contains(said), "{text}");
        let err = session.client().batch_execute("select 1").err();
        // The COPY was given up, or never begun.
        assert_eq!(err.is_some(), said != "No such file");
    }
}
