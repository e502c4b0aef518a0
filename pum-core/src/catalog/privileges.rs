//! Access control lists in the server's text form ("Privileges" in the PostgreSQL documentation).

use super::record;

/// Letters of an `aclitem` and what they stand for.
const LETTERS: &[(char, &str)] = &[
    ('r', "SELECT"),
    ('a', "INSERT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
    ('m', "MAINTAIN"),
];

/// In what a list differs from the default one: `app_reader: SELECT`, `PUBLIC: not EXECUTE`,
/// sorted. The owner is called so: another owner is no other privilege. `Err` is a letter that
/// means nothing to pum.
///
/// What the default grants, and so what a new major version grants to every owner, is not told.
pub(super) fn deviations(
    owner: &str,
    default: &str,
    list: &str,
) -> Option<Result<Vec<String>, char>> {
    let mut unknown = None;
    let mut grants = |list: &str| -> Option<Vec<String>> {
        let mut grants = Vec::new();
        for item in record::elements(list)? {
            grants.extend(grants_of(&item, owner, &mut unknown)?);
        }
        Some(grants)
    };
    let (default, list) = (grants(default)?, grants(list)?);
    if let Some(letter) = unknown {
        return Some(Err(letter));
    }
    let added = list.iter().filter(|grant| !default.contains(grant)).cloned();
    let revoked = default.iter().filter(|grant| !list.contains(grant));
    let revoked = revoked.map(|grant| grant.replacen(": ", ": not ", 1));
    let mut deviations: Vec<String> = added.chain(revoked).collect();
    deviations.sort();
    deviations.dedup();
    Some(Ok(deviations))
}

/// The privileges of one `aclitem`: `grantee=letters/grantor`, a `*` behind those that may be
/// passed on.
fn grants_of(item: &str, owner: &str, unknown: &mut Option<char>) -> Option<Vec<String>> {
    let (grantee, rest) = role(item)?;
    let (letters, grantor) = rest.strip_prefix('=')?.split_once('/')?;
    let (grantor, _) = role(grantor)?;
    let grantee = match grantee {
        name if name == owner => "owner".to_owned(),
        name if name.is_empty() => "PUBLIC".to_owned(),
        name => crate::model::exact_name([name.as_str()]),
    };
    let by = if grantor == owner {
        String::new()
    } else {
        format!(" by {}", crate::model::exact_name([grantor.as_str()]))
    };
    let mut letters = letters.chars().peekable();
    let mut grants = Vec::new();
    while let Some(letter) = letters.next() {
        let option = if letters.next_if_eq(&'*').is_some() { " with grant option" } else { "" };
        match LETTERS.iter().find(|(known, _)| *known == letter) {
            Some((_, privilege)) => grants.push(format!("{grantee}: {privilege}{option}{by}")),
            None => *unknown = Some(letter),
        }
    }
    Some(grants)
}

/// A role's name, which has quotes if it is not of letters and digits alone, and what follows.
fn role(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('=').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(default: &str, list: &str) -> Vec<String> {
        deviations("own er", default, list).unwrap().unwrap()
    }

    /// Lists as PostgreSQL 15 printed them.
    #[test]
    fn only_what_differs_from_the_default_is_told() {
        let default = r#"{"\"own er\"=arwdDxt/\"own er\""}"#;
        let list = r#"{"\"own er\"=arwdDxt/\"own er\"",reader=r*w/\"own er\",=r/reader}"#;
        assert_eq!(told(default, default), [""; 0]);
        assert_eq!(
            told(default, list),
            ["PUBLIC: SELECT by reader", "reader: SELECT with grant option", "reader: UPDATE"]
        );
        assert_eq!(told(default, r#"{"\"own er\"=arwdDx/\"own er\""}"#), ["owner: not TRIGGER"]);
        assert_eq!(told("{=X/a}", "{}"), ["PUBLIC: not EXECUTE by a"]);
        let quotes = r#"{"\"a\"\"b\"=r/\"own er\""}"#;
        assert_eq!(told("{}", quotes), [r#""a""b": SELECT"#]);
        assert_eq!(deviations("o", "{}", "{a=?/o}"), Some(Err('?')));
        for broken in ["{a}", "{a=r}", "{\"\\\"a=r/b\"}", "a"] {
            assert_eq!(deviations("o", "{}", broken), None, "{broken}");
        }
    }
}
