//! What a comparison leaves out.

use pum_core::Context;
use pum_core::catalog::{self, Scope};
use pum_core::compare::{CompareOptions, compare_sessions};
use pum_core::delta::Version;
use pum_core::diff::{Change, Filters, diff};
use pum_core::model::{Kind, Model, Object};
use pum_core::upgrade::set_baseline;
use pum_tests::database;

use super::base_server::{BaseServer, model};
use super::lines;

/// One change of each kind, and of two attributes.
const CHANGES: &str = "
    CREATE TABLE app.filtered (usr_note text);
    COMMENT ON COLUMN app.orders.note IS 'changed';
    ALTER TABLE app.parent ADD COLUMN usr_extra integer;
    ALTER TABLE app.orders DROP CONSTRAINT orders_amount_check;
    DROP VIEW app.simple;
    CREATE SEQUENCE app.filtered_seq;
    DROP INDEX app.orders_hash;
    DROP TRIGGER touch_before ON app.orders;
    DROP FUNCTION app.add(text, text);
    DROP RULE keep ON app.orders;
    ALTER TABLE app.bare OWNER TO app_owner;
    ALTER SEQUENCE app.plain OWNER TO app_owner;
    CREATE TABLE other.filtered ();
";

const LINES: &[&str] = &[
    "+ column app.parent.usr_extra",
    "+ sequence app.filtered_seq",
    "+ table app.filtered",
    "+ table other.filtered",
    "- constraint app.orders.orders_amount_check",
    "- function app.add(text, text)",
    "- index app.orders.orders_hash",
    "- rule app.orders.keep",
    "- trigger app.orders.touch_before",
    "- view app.simple",
    "column app.orders.note.comment",
    "sequence app.plain.owner",
    "table app.bare.owner",
];

fn changed() -> (Model, Model) {
    let base_server = BaseServer::shared();
    let copy = base_server.copy();
    copy.execute(CHANGES);
    (model(&base_server.base()), model(&copy))
}

#[test]
fn every_element_and_attribute_can_be_left_out() {
    let (base, changed) = changed();
    let with = |ignored: &[&str]| {
        let mut filters = Filters::default();
        for name in ignored {
            filters.ignore(name).unwrap();
        }
        lines(&diff(&base, &changed, &filters))
    };
    let without = |hidden: &dyn Fn(&str) -> bool| -> Vec<&str> {
        LINES.iter().copied().filter(|line| !hidden(line)).collect()
    };
    assert_eq!(with(&[]), LINES);
    for kind in Kind::ALL.iter().filter(|kind| !matches!(kind, Kind::Table | Kind::View)) {
        let name = format!("{} ", kind.name());
        let hidden = |line: &str| line.trim_start_matches(['+', '-', ' ']).starts_with(&name);
        assert_eq!(with(&[kind.element()]), without(&hidden), "without {}", kind.element());
    }
    assert_eq!(with(&["owner"]), without(&|line| line.ends_with(".owner")));
    assert_eq!(with(&["tables.owner"]), without(&|line| line == "table app.bare.owner"));
    assert_eq!(with(&["columns.comment"]), without(&|line| line.ends_with(".comment")));
    assert_eq!(with(&["sequences.comment"]), LINES);
    // A table or view that is left out explains its columns no longer.
    let tables = with(&["tables"]);
    assert!(tables.contains(&"+ column app.filtered.usr_note".to_owned()), "{tables:?}");
    assert!(!tables.iter().any(|line| line.contains("table ")), "{tables:?}");
    let views = with(&["views"]);
    assert!(views.contains(&"- column app.simple.id".to_owned()), "{views:?}");
    assert_eq!(
        with(&["tables", "views", "columns", "security_labels"]),
        without(&|line| { ["table ", "view ", "column "].iter().any(|kind| line.contains(kind)) })
    );
}

#[test]
fn columns_are_left_out_by_pattern() {
    let (base, changed) = changed();
    let count = |pattern: &str| {
        let mut filters = Filters::default();
        filters.exclude_columns(pattern).unwrap();
        let found = lines(&diff(&base, &changed, &filters));
        found.iter().filter(|line| line.contains("column ")).count()
    };
    assert_eq!(count("usr\\_%"), 1);
    assert_eq!(count("%"), 0);
    assert_eq!(count("usr"), 2);
}

#[test]
fn a_schema_left_out_is_not_read() {
    let base_server = BaseServer::shared();
    let mut scope = Scope::default();
    scope.exclude_schemas = vec!["app".to_owned(), "Odd.Schema".to_owned()];
    let read = catalog::read(&mut base_server.base().session(), &scope).unwrap();
    let left_out = |object: &&Object| ["app", "Odd.Schema"].contains(&&*object.identity.schema);
    assert_eq!(read.objects().iter().filter(left_out).count(), 0);
    let schema = |name: &str| read.objects().iter().any(|object| object.identity.name == name);
    assert!(schema("other") && !schema("app") && !schema("Odd.Schema"));

    let copy = base_server.copy();
    copy.execute(CHANGES);
    let mut options = CompareOptions::default();
    options.filters.exclude_schema("app").unwrap();
    let (mut left, mut right) = (base_server.base().session(), copy.session());
    let found =
        compare_sessions(&mut left, &mut right, &options, None, &mut Context::default()).unwrap();
    assert_eq!(lines(&found.differences), ["+ table other.filtered"]);
    assert_eq!(found.right_objects, found.left_objects + 1);
}

#[test]
fn the_upgrades_table_is_left_out_with_its_sequence() {
    let (with, without) = (database(), database());
    let table = "public.\"Pum.info\"".parse().unwrap();
    set_baseline(&mut with.session(), &table, &Version::new(1, 0, 0)).unwrap();
    let compared = |options: &CompareOptions| {
        let (mut left, mut right) = (with.session(), without.session());
        compare_sessions(&mut left, &mut right, options, None, &mut Context::default()).unwrap()
    };
    let all = compared(&CompareOptions::default());
    assert_eq!(lines(&all.differences), ["- table public.\"Pum.info\""]);
    assert!(model(&with).objects().iter().any(|found| found.identity.kind == Kind::Sequence));
    let mut options = CompareOptions::default();
    options.upgrades_table = Some(table);
    let rest = compared(&options);
    assert_eq!((rest.differences, rest.left_objects), (Vec::new(), rest.right_objects));
}

#[test]
fn default_privileges_that_one_side_has_are_told() {
    let base_server = BaseServer::shared();
    let copy = base_server.copy();
    copy.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE app_writer GRANT SELECT ON TABLES TO app_reader",
    );
    let (base, changed) = (model(&base_server.base()), model(&copy));
    let mut filters = Filters::default();
    let found = diff(&base, &changed, &filters);
    assert_eq!(lines(&found), ["default privileges app_writer ON TABLES.privileges"]);
    let Change::Attribute { left, right, .. } = &found[0].change else { panic!("{found:?}") };
    assert_eq!([left.to_string(), right.to_string()], ["(none)", "app_reader: SELECT"]);
    filters.ignore("privileges").unwrap();
    assert_eq!(diff(&base, &changed, &filters), []);
}
