//! Deltas applied to real databases.

#![allow(missing_docs)]

use std::path::Path;
use std::time::Duration;

use pum_core::Interrupt;
use pum_core::catalog::{self, Scope};
use pum_core::delta::{DeltaSet, Value, Variables, Version};
use pum_core::diff::{Filters, diff};
use pum_core::progress::Silent;
use pum_core::upgrade::{
    Applied, ApplyOptions, History, Plan, PlanOptions, TableName, UpgradeError, apply, set_baseline,
};
use pum_tests::{Database, database, repository};

fn table() -> TableName {
    "public.pum_info".parse().unwrap()
}

fn upgrade(
    database: &Database,
    directory: &Path,
    options: &PlanOptions,
) -> Result<Vec<Applied>, UpgradeError> {
    let mut session = database.session();
    let deltas = DeltaSet::read(&[directory])?;
    let history = History::read(&mut session, &table())?.unwrap();
    let plan = Plan::new(&deltas, &history, options)?;
    let options = ApplyOptions { table: table(), patience: Duration::ZERO };
    apply(&mut session, &plan, &history, &options, &mut Silent, &Interrupt::new())
}

fn sample_options() -> PlanOptions {
    let mut variables = Variables::default();
    variables.set("default_zone", Value::Integer(1));
    PlanOptions { variables, ..PlanOptions::default() }
}

#[test]
fn the_sample_comes_out_as_it_is_built() {
    let old = database();
    old.execute_file("fixtures/sample/production-1.0.0.sql");
    old.execute_file("fixtures/sample/data.sql");
    set_baseline(&mut old.session(), &table(), &Version::new(1, 0, 0)).unwrap();
    let applied = upgrade(&old, &repository().join("deltas"), &sample_options()).unwrap();
    assert_eq!(applied.len(), 18);

    let new = database();
    new.execute_file("fixtures/sample/build.sql");
    let mut upgraded = catalog::read(&mut old.session(), &Scope::default()).unwrap();
    upgraded.remove_table("public", "pum_info");
    let built = catalog::read(&mut new.session(), &Scope::default()).unwrap();
    assert!(built.objects().len() > 500, "{}", built.objects().len());
    assert_eq!(diff(&upgraded, &built, &Filters::default()), []);

    let again = upgrade(&old, &repository().join("deltas"), &sample_options()).unwrap();
    assert_eq!(again, [], "nothing is pending any more");
}
