//! No more than needed: what need not be rebuilt is left out.

use std::time::Duration;

use pum_core::Context;
use pum_core::plan::{Action, PlanRequest, Step, plan_sources};
use pum_core::source::Opened;
use pum_tests::database;

use super::pending::{pum, with};

const PROD: &str = "
    CREATE TABLE t (a int, b int);
    CREATE VIEW on_a AS SELECT a FROM t;
    CREATE VIEW on_view AS SELECT a + 1 AS a FROM on_a;
    CREATE VIEW on_b AS SELECT b FROM t;";

/// A rebuild that is not needed is a fault of the planner: here it is put in.
#[test]
fn what_the_rest_leads_to_the_same_without_is_left_out() {
    let [left, right] = [PROD.to_owned(), PROD.replace("a int", "a bigint")].map(|sql| {
        let database = database();
        database.execute(&sql);
        database
    });
    let [mut left, mut right] = [&left, &right].map(|one| Opened::database(one.session()));
    let toolchain = super::restored::toolchain();
    let request = PlanRequest::default();
    let context = &mut Context::default();
    let mut migration =
        plan_sources(&mut left, &mut right, &request, Some(&toolchain), context).unwrap();
    let drop = migration.plan.steps.iter().position(|step| step.action == Action::Drop).unwrap();
    let old = migration.plan.steps[drop].clone();
    assert!(old.because.is_some(), "{old:?}");
    let needless = |action, sql: &str| {
        let mut step: Step = old.clone();
        step.action = action;
        step.identity.name = "on_b".to_owned();
        step.statements = vec![sql.to_owned()];
        step.needs.clear();
        step
    };
    let create = "CREATE VIEW public.on_b AS SELECT b FROM public.t;";
    migration.plan.steps.insert(0, needless(Action::Drop, "DROP VIEW public.on_b;"));
    migration.plan.steps.push(needless(Action::Create, create));
    for step in &mut migration.plan.steps {
        step.needs.clear();
    }
    let names = |all: &[pum_core::model::Identity]| {
        all.iter().map(|one| one.name.clone()).collect::<Vec<_>>()
    };
    let mut late = migration.clone();
    let sides = [&mut left, &mut right];
    let found = late.minimize(sides, &request, (&toolchain, Duration::ZERO), context).unwrap();
    assert_eq!(names(&found.not_tried), ["on_a", "on_b", "on_view"]);
    assert_eq!(late.plan, migration.plan);
    let within = Duration::from_secs(60);
    let sides = [&mut left, &mut right];
    let found = migration.minimize(sides, &request, (&toolchain, within), context).unwrap().clone();
    assert_eq!(names(&found.left_out), ["on_b"]);
    assert_eq!(names(&found.needed), ["on_a", "on_view"]);
    assert!(migration.plan.steps.iter().all(|step| step.identity.name != "on_b"));
    let sides = [&mut left, &mut right];
    let proof = migration.prove(sides, &request, &toolchain, context).unwrap();
    assert!(matches!(proof, pum_core::plan::Proof::Proven { .. }), "{proof:?}");
}

#[test]
fn a_delta_says_what_had_to_be_rebuilt() {
    let (home, _) = with(PROD, &PROD.replace("a int", "a bigint"));
    let written = pum(&home, "diff prod wanted -t upgrades --minimal").expect(1);
    let line = "-- rebuilt, as the rest fails without: view public.on_a, view public.on_view\n";
    assert!(written.stdout.contains(line), "{}", written.stdout);
    pum(&home, "delta new x -p prod --to wanted --minimal 1min").expect(0);
    let text = std::fs::read_to_string(home.path().join("deltas/delta_1.0.1_x.sql")).unwrap();
    assert!(text.contains(line), "{text}");
    let json = pum(&home, "diff prod wanted -t upgrades --minimal --format json").expect(1);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["minimal"]["needed"].as_array().unwrap().len(), 2, "{report}");
}
