//! Options of foreign-data wrappers, servers, user mappings and foreign tables.

use super::secret::Secret;
use crate::model::Secrets;
use crate::sql::{quote_ident, quote_literal};

/// ` OPTIONS (name 'value', …)`, or nothing.
pub(super) fn clause(options: &[String]) -> String {
    let options: Vec<String> = options.iter().map(|option| set(option)).collect();
    if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", options.join(", ")) }
}

/// Changes options to others; `None` if they are the same.
pub(super) fn change(from: &[String], to: &[String]) -> Option<String> {
    let changes = changes(from, to);
    (!changes.is_empty()).then(|| format!("OPTIONS ({})", changes.join(", ")))
}

fn changes(from: &[String], to: &[String]) -> Vec<String> {
    let has = |options: &[String], name: &str| options.iter().any(|other| split(other).0 == name);
    let gone = from.iter().map(|option| split(option).0).filter(|name| !has(to, name));
    let mut changes: Vec<String> = gone.map(|name| format!("DROP {}", quote_ident(name))).collect();
    for option in to.iter().filter(|option| !from.contains(option)) {
        let action = if has(from, split(option).0) { "SET" } else { "ADD" };
        changes.push(format!("{action} {}", set(option)));
    }
    changes
}

/// The same with passwords, for which variables stand.
pub(super) fn clause_with(options: &[String], secrets: &Secrets, secret: Secret<'_>) -> String {
    let mut options: Vec<String> = options.iter().map(|option| set(option)).collect();
    options.extend(secrets.names().map(|name| secret.set(name)));
    if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", options.join(", ")) }
}

/// Changes options and passwords to others.
pub(super) fn change_with(
    (from, from_secrets): (&[String], &Secrets),
    (to, to_secrets): (&[String], &Secrets),
    secret: Secret<'_>,
) -> Option<String> {
    let mut changes = changes(from, to);
    let has = |secrets: &Secrets, name: &str| secrets.names().any(|other| other == name);
    let gone = from_secrets.names().filter(|name| !has(to_secrets, name));
    changes.extend(gone.map(|name| format!("DROP {}", quote_ident(name))));
    for name in to_secrets.names() {
        if !has(from_secrets, name) {
            changes.push(format!("ADD {}", secret.set(name)));
        } else if from_secrets.differs_in(to_secrets, name) {
            changes.push(format!("SET {}", secret.set(name)));
        }
    }
    (!changes.is_empty()).then(|| format!("OPTIONS ({})", changes.join(", ")))
}

fn set(option: &str) -> String {
    let (name, value) = split(option);
    format!("{} {}", quote_ident(name), quote_literal(value))
}

fn split(option: &str) -> (&str, &str) {
    option.split_once('=').unwrap_or((option, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_added_set_and_dropped() {
        let owned = |options: &[&str]| -> Vec<String> {
            options.iter().map(|option| (*option).to_owned()).collect()
        };
        let (from, to) = (owned(&["a=1", "b=2", "c=3"]), owned(&["b=2", "c=it's", "d="]));
        assert_eq!(
            change(&from, &to).unwrap(),
            "OPTIONS (DROP \"a\", SET \"c\" 'it''s', ADD \"d\" '')"
        );
        assert_eq!(change(&to, &to), None);
        assert_eq!(clause(&from), " OPTIONS (\"a\" '1', \"b\" '2', \"c\" '3')");
        assert_eq!(clause(&[]), "");
    }
}
