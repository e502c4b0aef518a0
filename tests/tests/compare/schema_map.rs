//! Schemas of tenants, compared with the schema of the model: a clone in which the server itself has
//! renamed the schema is the oracle.

use pum_core::Context;
use pum_core::compare::{
    CompareError, CompareOptions, Comparison, SchemaMapError, Toolchain, compare_sessions,
};
use pum_core::diff::{Difference, Filters, diff};
use pum_core::model::Kind;
use pum_core::scratch::OnDemand;
use pum_tests::{Database, database, open, server_options};

use super::base_server::{BaseServer, model};
use super::changes::{cases, one_in};
use super::lines;

fn compared(
    left: &Database,
    right: &Database,
    map: &str,
    toolchain: Option<&Toolchain>,
) -> Result<Comparison, CompareError> {
    let mut options = CompareOptions::default();
    options.schema_map = map.split(',').map(|entry| entry.parse().unwrap()).collect();
    options.filters.include("tablespace").unwrap();
    compare_sessions(
        &mut open(&left.settings),
        &mut open(&right.settings),
        &options,
        toolchain,
        &mut Context::default(),
    )
}

fn toolchain() -> Toolchain {
    let options = server_options();
    Toolchain {
        installations: options.installations.clone(),
        overrides: pum_core::dump::ToolOverrides::default(),
        scratch: OnDemand::new(options),
    }
}

fn found(left: &Database, right: &Database, map: &str) -> Vec<String> {
    lines(&compared(left, right, map, None).unwrap().differences)
}

/// Whether a difference is in the schema `app`, or says something of it.
fn is_of_app(difference: &Difference) -> bool {
    let identity = &difference.identity;
    match identity.kind {
        Kind::Schema => identity.name == "app",
        Kind::DefaultPrivileges => identity.name.contains(" IN SCHEMA app ON "),
        Kind::SecurityLabel => identity.name.ends_with(" app") || identity.name.contains(" app."),
        _ => identity.schema == "app",
    }
}

#[test]
fn a_schema_that_the_server_renamed_is_the_same() {
    let base_server = BaseServer::shared();
    let clone = base_server.copy();
    clone.execute("ALTER SCHEMA app RENAME TO \"Tenant 7\"");
    let map = "Tenant 7=app";
    let comparison = compared(&clone, &base_server.base(), map, None).unwrap();
    assert!(comparison.left_objects > 300, "{}", comparison.left_objects);
    // The server leaves a search_path as it is: that of the clone is one without its tables.
    assert_eq!(lines(&comparison.differences), ["function \"Tenant 7\".secured().settings"]);
    clone.execute("ALTER FUNCTION \"Tenant 7\".secured() SET search_path = \"Tenant 7\", pg_temp");
    assert_eq!(found(&clone, &base_server.base(), map), Vec::<String>::new());
    base_server.drop(&clone);
}

#[test]
fn every_change_in_a_renamed_schema_is_found_as_in_the_schema_itself() {
    let base_server = BaseServer::shared();
    let base = base_server.base();
    let before = model(&base);
    let cases = cases().into_iter().filter(|case| case.since <= base_server.major());
    let cases: Vec<_> = cases.step_by(one_in(20)).collect();
    assert!(cases.len() > 40, "only {} changes", cases.len());
    let mut changed = 0;
    for cases in cases.chunks(12) {
        let copy = base_server.copy();
        // As the model has it: what differs beyond it is a change.
        copy.execute("ALTER FUNCTION app.secured() SET search_path = tenant_7, pg_temp");
        for case in cases {
            // Some do not go together.
            let _ = open(&copy.settings).client().batch_execute(&case.sql);
            let expected: Vec<Difference> = diff(&before, &model(&copy), &Filters::default());
            let expected: Vec<Difference> = expected.into_iter().filter(is_of_app).collect();
            let mut expected = lines(&expected);
            expected.retain(|line| line != "function app.secured().settings");
            copy.execute("ALTER SCHEMA app RENAME TO tenant_7");
            let mut options = CompareOptions::default();
            options.schema_map = ["tenant_7=app".parse().unwrap()].into_iter().collect();
            let found = compare_sessions(
                &mut open(&copy.settings),
                &mut open(&base.settings),
                &options,
                None,
                &mut Context::default(),
            );
            let mut found: Vec<String> = lines(&found.unwrap().differences)
                .iter()
                .map(|line| line.replace("tenant_7", "app"))
                // The copy is the left side.
                .map(|line| match line.split_at(1) {
                    ("-", rest) => format!("+{rest}"),
                    ("+", rest) => format!("-{rest}"),
                    _ => line,
                })
                .collect();
            found.sort();
            assert_eq!(found, expected, "{}", case.sql);
            changed += found.len();
            copy.execute("ALTER SCHEMA tenant_7 RENAME TO app");
        }
        base_server.drop(&copy);
    }
    assert!(changed > 40, "only {changed} differences");
}

/// A model, and what is in it in all the places that a schema's name can be in.
const MODEL: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE TABLE customer (id serial PRIMARY KEY, feels mood DEFAULT 'happy', name varchar(20)
        CHECK (name IN ('a', 'b')));
    CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer, public int);
    CREATE INDEX ON orders (customer) WHERE id > 0;
    CREATE VIEW sums AS SELECT c.name, count(*) FROM orders o JOIN customer c ON c.id = o.customer
        WHERE c.name IN ('a', 'b') GROUP BY c.name;
    CREATE FUNCTION sad(c customer) RETURNS SETOF mood LANGUAGE sql AS 'SELECT c.feels';
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE DOMAIN code AS text CHECK (VALUE <> 'public.x');";

fn with_tenants(tenants: &[&str]) -> Database {
    let database = database();
    for schema in tenants.iter().chain(&["public"]) {
        let create = if *schema == "public" { "" } else { &*format!("CREATE SCHEMA {schema};") };
        database.execute(&format!("{create} SET search_path = {schema}; {MODEL}"));
    }
    database
}

#[test]
fn tenants_of_one_database_are_compared_with_its_model() {
    let tenants = with_tenants(&["t1", "t2", "t10"]);
    let all = compared(&tenants, &tenants, "t*=public", None).unwrap();
    assert_eq!(lines(&all.differences), Vec::<String>::new());
    let names: Vec<&str> = all.schemas.iter().map(|schema| &*schema.left).collect();
    assert_eq!(names, ["t1", "t2", "t10"], "in the order of people");
    assert_eq!(all.left_objects, 3 * all.right_objects);
    tenants.execute(
        "ALTER TABLE t2.orders ADD note text; DROP VIEW t10.sums; ALTER TABLE public.orders ADD total int;
         CREATE TABLE elsewhere (id int)",
    );
    assert_eq!(
        found(&tenants, &tenants, "t*=public"),
        [
            "+ column t1.orders.total",
            "+ column t10.orders.total",
            "+ column t2.orders.total",
            "+ table t1.elsewhere",
            "+ table t10.elsewhere",
            "+ table t2.elsewhere",
            "+ view t10.sums",
            "- column t2.orders.note",
        ]
    );
    // The table is in the one schema and in the other one, whose tenant that is.
    assert_eq!(
        found(&tenants, &tenants, "t2=t1"),
        ["- column t2.orders.note"],
        "any two schemas can be compared"
    );
}

/// What looks the same when a name is put in the place of the other is not.
#[test]
fn what_refers_to_the_model_itself_is_a_difference() {
    let tenants = with_tenants(&["t1"]);
    for (sql, expected) in [
        (
            "ALTER TABLE t1.customer ALTER id SET DEFAULT nextval('public.customer_id_seq')",
            "column t1.customer.id.default",
        ),
        (
            "ALTER TABLE t1.orders DROP CONSTRAINT orders_customer_fkey,
                 ADD FOREIGN KEY (customer) REFERENCES public.customer",
            "constraint t1.orders.orders_customer_fkey.definition",
        ),
        ("ALTER TABLE t1.customer ADD was public.mood", "- column t1.customer.was"),
        (
            "ALTER TABLE t1.customer ALTER feels DROP DEFAULT,
                 ALTER feels TYPE public.mood USING NULL",
            "column t1.customer.feels.data_type",
        ),
        (
            "CREATE OR REPLACE VIEW t1.sums AS SELECT c.name, count(*) FROM public.orders o
                 JOIN t1.customer c ON c.id = o.customer
                 WHERE c.name IN ('a', 'b') GROUP BY c.name",
            "view t1.sums.definition",
        ),
        (
            "CREATE OR REPLACE TRIGGER stamp BEFORE INSERT ON t1.orders FOR EACH ROW
                 EXECUTE FUNCTION public.stamp()",
            "trigger t1.orders.stamp.definition",
        ),
        (
            "ALTER DOMAIN t1.code DROP CONSTRAINT code_check,
                 ADD CONSTRAINT code_check CHECK (VALUE <> 't1.x')",
            "constraint t1.code.code_check.definition",
        ),
        (
            "CREATE OR REPLACE FUNCTION t1.sad(c t1.customer) RETURNS SETOF t1.mood LANGUAGE sql
                 AS 'SELECT feels FROM t1.customer'",
            "function t1.sad(t1.customer).body",
        ),
        // And the other way round: the model refers to the tenant.
        (
            "CREATE OR REPLACE VIEW public.sums AS SELECT c.name, count(*) FROM t1.orders o
                 JOIN public.customer c ON c.id = o.customer
                 WHERE c.name IN ('a', 'b') GROUP BY c.name",
            "view t1.sums.definition",
        ),
        (
            "ALTER TABLE public.orders DROP CONSTRAINT orders_customer_fkey,
                 ADD FOREIGN KEY (customer) REFERENCES t1.customer",
            "constraint t1.orders.orders_customer_fkey.definition",
        ),
    ] {
        let changed = with_tenants(&["t1"]);
        let statements = sql.replace(
            "ALTER DOMAIN t1.code DROP CONSTRAINT code_check,",
            "ALTER DOMAIN t1.code DROP CONSTRAINT code_check; ALTER DOMAIN t1.code",
        );
        changed.execute(&statements);
        let toolchain = toolchain();
        let found = compared(&changed, &changed, "t1=public", Some(&toolchain)).unwrap();
        let found = lines(&found.differences);
        assert!(found.contains(&expected.to_owned()), "{sql}: {found:?}");
    }
    assert_eq!(found(&tenants, &tenants, "t1=public"), Vec::<String>::new());
}

/// What a table or an alias is called after a schema is not one.
#[test]
fn an_alias_with_the_name_of_a_schema_is_no_schema() {
    let tenants = with_tenants(&["t1"]);
    tenants.execute(
        "CREATE TABLE public.public (id int, orders int);
         CREATE TABLE t1.public (id int, orders int);
         CREATE VIEW public.aliased AS SELECT public.orders, public.id FROM public.public;
         CREATE VIEW t1.aliased AS SELECT public.orders, public.id FROM t1.public",
    );
    assert_eq!(found(&tenants, &tenants, "t1=public"), ["view t1.aliased.definition"]);
    let comparison = compared(&tenants, &tenants, "t1=public", Some(&toolchain())).unwrap();
    // It cannot be told: it stays a difference, and it is said why.
    assert_eq!(lines(&comparison.differences), ["view t1.aliased.definition"]);
    assert_eq!(comparison.undecided.len(), 1, "{:?}", comparison.undecided);
}

#[test]
fn extensions_in_the_models_schema_are_those_of_all_tenants() {
    let tenants = database();
    tenants.execute(
        "CREATE EXTENSION citext;
         CREATE TABLE public.person (name citext);
         CREATE INDEX ON public.person ((name::text));
         CREATE SCHEMA t1; CREATE TABLE t1.person (name public.citext);
         CREATE INDEX ON t1.person ((name::text));
         CREATE VIEW public.v AS SELECT name FROM person WHERE name = 'x'::citext;
         CREATE VIEW t1.v AS SELECT name FROM t1.person WHERE name = 'x'::public.citext",
    );
    assert_eq!(found(&tenants, &tenants, "t1=public"), Vec::<String>::new());
}

/// A restored tenant prints its CHECK differently.
#[test]
fn another_spelling_in_a_mapped_schema_is_no_difference() {
    let model = with_tenants(&[]);
    let tenants = database();
    // As a dump and restore of MODEL has it.
    let respelled = MODEL.replace(
        "name IN ('a', 'b')",
        "name::text = ANY (ARRAY['a'::character varying::text, 'b'::character varying::text])",
    );
    let respelled = respelled.replace("c.name::text = ANY", "(c.name)::text = ANY");
    tenants.execute(&format!("CREATE SCHEMA t1; SET search_path = t1; {respelled}"));
    let plain = found(&tenants, &model, "t1=public");
    assert_eq!(
        plain,
        ["constraint t1.customer.customer_name_check.definition", "view t1.sums.definition"]
    );
    let decided = compared(&tenants, &model, "t1=public", Some(&toolchain())).unwrap();
    assert_eq!(lines(&decided.differences), Vec::<String>::new(), "{:?}", decided.undecided);
    assert_eq!(decided.canonicalized, 2);
    // And what differs behind the spelling is found.
    tenants.execute(
        "ALTER TABLE t1.customer DROP CONSTRAINT customer_name_check,
             ADD CHECK (name::text = ANY (ARRAY['a'::character varying::text, 'c'::character varying::text]))",
    );
    let decided = compared(&tenants, &model, "t1=public", Some(&toolchain())).unwrap();
    assert_eq!(
        lines(&decided.differences),
        ["constraint t1.customer.customer_name_check.definition"]
    );
}

#[test]
fn schemas_of_one_tenant_refer_to_each_other() {
    let sql = |app: &str, log: &str| {
        format!(
            "CREATE SCHEMA {app}; CREATE SCHEMA {log};
             CREATE TABLE {app}.orders (id int PRIMARY KEY);
             CREATE TABLE {log}.entry (id int REFERENCES {app}.orders);"
        )
    };
    let model = database();
    model.execute(&sql("app", "log"));
    let tenants = database();
    tenants.execute(&(sql("t1_app", "t1_log") + &sql("t2_app", "t2_log")));
    let map = "t*_app=app,t*_log=log";
    assert_eq!(found(&tenants, &model, map), Vec::<String>::new());
    tenants.execute(
        "ALTER TABLE t2_log.entry DROP CONSTRAINT entry_id_fkey,
             ADD FOREIGN KEY (id) REFERENCES t1_app.orders",
    );
    assert_eq!(
        found(&tenants, &model, map),
        ["constraint t2_log.entry.entry_id_fkey.definition"],
        "the other tenant's table is another one"
    );
}

/// What is left out has names that other objects use.
#[test]
fn filters_leave_out_the_same_of_both_schemas() {
    let tenants = with_tenants(&["t1", "t2"]);
    tenants.execute("DROP VIEW t1.sums; ALTER TABLE t2.orders ADD note text");
    let with = |change: &dyn Fn(&mut CompareOptions)| {
        let mut options = CompareOptions::default();
        options.schema_map = ["t*=public".parse().unwrap()].into_iter().collect();
        change(&mut options);
        let (mut left, mut right) = (open(&tenants.settings), open(&tenants.settings));
        let context = &mut Context::default();
        let found = compare_sessions(&mut left, &mut right, &options, None, context).unwrap();
        (lines(&found.differences), found.left_objects)
    };
    let (all, objects) = with(&|_| ());
    assert_eq!(all, ["+ view t1.sums", "- column t2.orders.note"]);
    let (without, fewer) = with(&|options| {
        for element in ["functions", "schemas", "enum_types", "sequences"] {
            options.filters.ignore(element).unwrap();
        }
    });
    // Triggers that call the functions would differ if these were not known.
    assert_eq!(without, all);
    assert!(fewer < objects);
    let (without, _) = with(&|options| options.filters.exclude_schema("t2").unwrap());
    assert_eq!(without, ["+ view t1.sums"]);
    tenants.execute("CREATE TABLE public.upgrades (id int); CREATE TABLE t2.upgrades (id text)");
    let (without, _) = with(&|options| {
        options.upgrades_table = Some("public.upgrades".parse().unwrap());
    });
    assert_eq!(without, all);
}

#[test]
fn an_empty_tenant_lacks_everything_and_a_missing_one_is_an_error() {
    let tenants = with_tenants(&["t1"]);
    tenants.execute("CREATE SCHEMA t2");
    let missing = found(&tenants, &tenants, "t*=public");
    assert!(missing.contains(&"+ table t2.orders".to_owned()), "{missing:?}");
    assert!(missing.iter().all(|line| line.starts_with("+ ")), "{missing:?}");
    for (map, is_expected) in [
        ("x*=public", (|err| matches!(err, SchemaMapError::NoMatch { .. })) as fn(&_) -> bool),
        ("t1=publik", |err| matches!(err, SchemaMapError::Missing { .. })),
    ] {
        let err = compared(&tenants, &tenants, map, None).unwrap_err();
        assert!(matches!(&err, CompareError::SchemaMap(err) if is_expected(err)), "{err}");
    }
}
