//! The values of a connection that a text, a service and the environment give.

use std::collections::BTreeMap;

use super::conninfo;
use super::environment::Environment;
use super::error::ConnectError;
use super::keywords::{self, KEYWORDS, STARTUP_VARIABLES};
use super::redact::{foreign_scheme, redact};
use super::{service, uri};

/// The values by their keywords, as libpq takes them: a given one beats the service's, which beats the
/// environment's.
pub(super) fn values(
    pairs: &[(String, String)],
    environment: &Environment,
) -> Result<BTreeMap<&'static str, String>, ConnectError> {
    let mut given = BTreeMap::new();
    for (keyword, value) in pairs {
        let (keyword, value) = keywords::translated(keyword, value);
        let known = keywords::find(keyword)
            .ok_or_else(|| ConnectError::unknown_keyword(keyword, "the connection string"))?;
        given.insert(known.name, value.to_owned());
    }
    add_service(&mut given, environment)?;
    add_environment(&mut given, environment);
    Ok(given)
}

/// The run-time parameters of the environment, which are set at the start of a session.
pub(super) fn startup_parameters(environment: &Environment) -> Vec<(&'static str, String)> {
    STARTUP_VARIABLES
        .iter()
        .filter_map(|(variable, parameter)| Some((*parameter, environment.variable(variable)?)))
        .filter(|(_, value)| !value.eq_ignore_ascii_case("default"))
        .map(|(parameter, value)| (parameter, value.to_owned()))
        .collect()
}

/// The label and the pairs that a text names.
pub(super) fn read_text(text: &str) -> Result<(String, Vec<(String, String)>), ConnectError> {
    if uri::is_uri(text) {
        return Ok((redact(text), uri::parse(text)?));
    }
    if foreign_scheme(text).is_some() {
        return Err(ConnectError::syntax(
            "a URI must begin with postgresql:// or postgres://, in lower case and with no spaces, \
             quotes or other scheme before it",
        ));
    }
    if text.contains('=') {
        let pairs = conninfo::parse(text)?;
        let pairs = pairs.into_iter().map(|pair| (pair.keyword, pair.value)).collect();
        return Ok((redact(text), pairs));
    }
    let service = text.trim();
    if service.is_empty() {
        return Ok(("the default connection".to_owned(), Vec::new()));
    }
    let pairs = vec![("service".to_owned(), service.to_owned())];
    Ok((service.to_owned(), pairs))
}

fn add_service(
    given: &mut BTreeMap<&'static str, String>,
    environment: &Environment,
) -> Result<(), ConnectError> {
    let service =
        given.get("service").map(String::as_str).or_else(|| environment.variable("PGSERVICE"));
    let Some(service) = service else { return Ok(()) };
    let file = given.get("servicefile").map(String::as_str);
    for (keyword, value) in service::look_up(service, file, environment)? {
        given.entry(keyword).or_insert(value);
    }
    Ok(())
}

fn add_environment(given: &mut BTreeMap<&'static str, String>, environment: &Environment) {
    for keyword in KEYWORDS {
        let Some(variable) = keyword.variable else { continue };
        if let Some(value) = environment.variable(variable) {
            given.entry(keyword.name).or_insert_with(|| value.to_owned());
        }
    }
    if environment.variable("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
        given.entry("sslmode").or_insert_with(|| "require".to_owned());
    }
}
