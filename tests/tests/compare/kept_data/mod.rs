//! What a plan does to rows and values: they are as they were, or it is said that they are lost.

use pum_core::diff::{Filters, all_differences};
use pum_core::plan::{MigrationOptions, MigrationPlan, Side, plan};
use pum_tests::{Database, database, open};

use super::side;

mod inheritance;
mod partitions;
mod tables;
mod types;

fn planned(from: &Side, to: &Side, database: &Database, conversions: &[&str]) -> MigrationPlan {
    let differences = all_differences(&from.model, &to.model, &Filters::default());
    let major = open(&database.settings).version().major();
    let mut options = MigrationOptions::new(database.settings.user(), major);
    options.conversions = conversions.iter().map(|text| text.parse().unwrap()).collect();
    let plan = plan(from, to, &differences, &options).unwrap();
    assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    plan
}

/// Brings a database with these objects and rows to the others.
fn migrated(from: &str, to: &str) -> (Database, MigrationPlan) {
    converted(from, to, &[])
}

/// That with conversions that are asked for.
fn converted(from: &str, to: &str, conversions: &[&str]) -> (Database, MigrationPlan) {
    let [before, after] = [from, to].map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    let wanted = side(&after);
    let plan = planned(&side(&before), &wanted, &before, conversions);
    before.execute(&plan.to_sql());
    let left = planned(&side(&before), &wanted, &before, &[]);
    assert!(left.steps.is_empty(), "{:?}\nafter\n{}", left.steps, plan.to_sql());
    (before, plan)
}

/// That without any loss.
fn kept(from: &str, to: &str) -> Database {
    let (database, plan) = migrated(from, to);
    assert_eq!(plan.losses().count(), 0, "{}", plan.to_sql());
    database
}

/// There and back.
fn kept_both_ways(one: &str, rows: &str, other: &str, query: &str) {
    for (from, to) in [(one, other), (other, one)] {
        let before = {
            let database = database();
            database.execute(&format!("{from}; {rows}"));
            database.column(query)
        };
        let database = kept(&format!("{from}; {rows}"), to);
        assert_eq!(database.column(query), before, "{from} to {to}");
    }
}
