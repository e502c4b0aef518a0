//! The schemas in `docs/schema/`, which are made from the types that are written.

use std::path::Path;

use pum_core::dump::{ClusterManifest, Manifest};
use pum_core::snapshot::Snapshot;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::delta::{NewDeltaReport, ProveReport};
use super::doctor::Doctor;
use super::fleet::Fleet;
use super::info::Info;
use super::lint::{Lint, Rules};
use super::migration::MigrationReport;
use super::report::Versioned;
use super::roles::RoleReport;
use super::upgrade::UpgradeReport;
use super::verify::{Verify, VerifyAll};
use crate::protocol::{Answer, Line};
use crate::render::check::json::CheckJson;
use crate::render::failed::{ComparisonFailed, RolesFailed};
use crate::render::run::json::RunJson;

const ADDRESS: &str = "https://raw.githubusercontent.com/opengisch/pum/main/docs/schema";

const GROWS: &str = "Later versions of pum may add properties. format_version grows when a program \
                     that reads the old form could be misled by the new one.";

const EVENTS_GROW: &str = "Later versions of pum may add events and properties: a program passes over \
                           those that it does not know. The protocol of the first line grows when a \
                           program that reads the old form could be misled by the new one.";

/// Each with the name of its file.
fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        report::<CheckJson<'_>>("check", "The report of pum check --format json"),
        report::<ComparisonFailed<'_>>(
            "check-error",
            "The report of pum check --format json if there is no comparison (exit code 2)",
        ),
        report::<MigrationReport<'_>>(
            "diff",
            "The statements of pum diff --format json, from one schema to another",
        ),
        report::<NewDeltaReport<'_>>("delta-new", "The report of pum delta new --format json"),
        report::<ProveReport<'_>>("delta-prove", "The report of pum delta prove --format json"),
        schema::<Manifest>(
            "dump-manifest",
            "The manifest beside a dump by pum dump, format 1",
            Some(GROWS),
        ),
        schema::<ClusterManifest>(
            "cluster-manifest",
            "The manifest in a directory by pum dump --cluster, format 1",
            Some(GROWS),
        ),
        report::<Doctor<'_>>("doctor", "The report of pum doctor --format json"),
        report::<Fleet<'_>>(
            "fleet",
            "The report of pum test-and-upgrade --format json for several production databases",
        ),
        report::<Info<'_>>("info", "The report of pum info --format json"),
        report::<Lint<'_>>("lint", "The report of pum lint --format json"),
        report::<RoleReport<'_>>(
            "role",
            "The report of pum role check and pum role list --format json",
        ),
        report::<RolesFailed<'_>>(
            "role-error",
            "The report of pum role check --format json if the roles were not checked (exit code 2)",
        ),
        report::<Rules>("lint-rules", "The report of pum lint --list-rules --format json"),
        report::<RunJson<'_>>(
            "run",
            "The report of pum test-and-upgrade: --format json, --report json=FILE, report.json of \
             a run",
        ),
        schema::<Line<'_>>(
            "events",
            "A line that pum writes with --events json",
            Some(EVENTS_GROW),
        ),
        schema::<Answer>(
            "events-answer",
            "A line that pum reads with --events json",
            Some("The answer to a question."),
        ),
        schema::<Snapshot>("snapshot", "Snapshot of a PostgreSQL schema by pum, format 1", None),
        report::<UpgradeReport<'_>>(
            "upgrade",
            "The report of pum upgrade --format json, also with --dry-run",
        ),
        report::<Verify<'_>>("verify", "The report of pum verify --format json"),
        report::<VerifyAll<'_>>("verify-all", "The report of pum verify --all --format json"),
    ]
}

fn report<T: JsonSchema>(name: &'static str, title: &str) -> (&'static str, Value) {
    schema::<Versioned<T>>(name, title, Some(GROWS))
}

fn schema<T: JsonSchema>(
    name: &'static str,
    title: &str,
    description: Option<&str>,
) -> (&'static str, Value) {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(plain_description));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), json!(format!("{ADDRESS}/{name}.schema.json")));
    schema.insert("title".to_owned(), json!(title));
    schema.remove("description");
    if let Some(description) = description {
        schema.insert("description".to_owned(), json!(description));
    }
    (name, schema.to_value())
}

/// Names of Rust are no links here, and a sentence need not be cut into lines.
fn plain_description(schema: &mut Schema) {
    let Some(Value::String(text)) = schema.get_mut("description") else { return };
    let link = regex::Regex::new(r"\[([^\]]+)\](\([^)]*\))?").unwrap();
    *text = link.replace_all(text, "$1").replace('\n', " ").replace('`', "");
}

/// `UPDATE_SCHEMAS=1` writes them.
#[test]
fn the_published_schemas_are_those_of_what_is_written() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    let mut names = Vec::new();
    for (name, schema) in schemas() {
        let path = directory.join(format!("{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == text,
            "{} is not what is written: run this test with UPDATE_SCHEMAS=1, and read the change",
            path.display()
        );
        names.push(format!("{name}.schema.json"));
    }
    let mut there: Vec<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    names.sort();
    assert_eq!(there, names);
}
