//! Reports for programs.

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::repository;

/// A report, which must be as the published schema of this name says.
#[track_caller]
pub fn described(schema: &str, text: &str) -> Value {
    let path = repository().join(format!("docs/schema/{schema}.schema.json"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let compiled = compiler.compile(path.to_str().unwrap(), &mut schemas).unwrap();
    let report = serde_json::from_str(text).unwrap();
    schemas.validate(&report, compiled).unwrap_or_else(|err| panic!("{err:#}\n{text}"));
    report
}
