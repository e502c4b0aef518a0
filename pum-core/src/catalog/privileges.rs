//! Access control lists in the server's text form ("Privileges" in the PostgreSQL documentation).

use super::record;
use crate::model::Grantee;

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
/// sorted. The owner is called so: another owner is no other privilege. Who has all privileges
/// that the owner has in `all`, and is not in the other list, is said to have `ALL`, so that it is
/// the same on a newer server that knows one more. `Err` is a letter that means nothing to pum.
pub(super) fn deviations(
    owner: &str,
    all: &str,
    default: &str,
    list: &str,
) -> Option<Result<Vec<String>, char>> {
    let items = |list: &str| -> Option<Vec<Item>> {
        let mut items: Vec<Item> = Vec::new();
        for item in record::elements(list)? {
            let item = Item::parse(&item, owner)?;
            match items.iter_mut().find(|i| (&i.grantee, &i.by) == (&item.grantee, &item.by)) {
                Some(first) => first.privileges.extend(item.privileges),
                None => items.push(item),
            }
        }
        Some(items)
    };
    let all = items(all)?.into_iter().find(|item| item.grantee == Grantee::Owner);
    let all: Vec<char> = all.map_or_else(Vec::new, |item| item.letters());
    let (default, list) = (items(default)?, items(list)?);
    let known = |letter: &char| LETTERS.iter().any(|(known, _)| known == letter);
    let mut letters = default.iter().chain(&list).flat_map(Item::letters);
    if let Some(unknown) = letters.find(|letter| !known(letter)) {
        return Some(Err(unknown));
    }
    let grants = |items: &[Item], others: &[Item]| -> Vec<String> {
        let is_other =
            |item: &Item| others.iter().any(|o| (&o.grantee, &o.by) == (&item.grantee, &item.by));
        let grants = |item| Item::grants(item, if is_other(item) { &[] } else { &all });
        items.iter().flat_map(grants).collect()
    };
    let (default, list) = (grants(&default, &list), grants(&list, &default));
    let added = list.iter().filter(|grant| !default.contains(grant)).cloned();
    let revoked = default.iter().filter(|grant| !list.contains(grant));
    let revoked = revoked.map(|grant| grant.replacen(": ", ": not ", 1));
    let mut deviations: Vec<String> = added.chain(revoked).collect();
    deviations.sort();
    deviations.dedup();
    Some(Ok(deviations))
}

/// One `aclitem`: `grantee=letters/grantor`, with a `*` behind the letters of what may be passed on.
struct Item {
    grantee: Grantee,
    /// Each with whether it may be passed on.
    privileges: Vec<(char, bool)>,
    by: Grantee,
}

impl Item {
    fn parse(item: &str, owner: &str) -> Option<Self> {
        let (grantee, rest) = role(item)?;
        let (letters, grantor) = rest.strip_prefix('=')?.split_once('/')?;
        let (grantor, _) = role(grantor)?;
        let who = |name: String| match name {
            name if name == owner => Grantee::Owner,
            name if name.is_empty() => Grantee::Public,
            name => Grantee::Role(name),
        };
        let (grantee, by) = (who(grantee), who(grantor));
        let mut letters = letters.chars().peekable();
        let mut privileges = Vec::new();
        while let Some(letter) = letters.next() {
            privileges.push((letter, letters.next_if_eq(&'*').is_some()));
        }
        Some(Self { grantee, privileges, by })
    }

    fn letters(&self) -> Vec<char> {
        self.privileges.iter().map(|(letter, _)| *letter).collect()
    }

    fn grants(&self, all: &[char]) -> Vec<String> {
        let Self { grantee, privileges, by } = self;
        let by = match by {
            Grantee::Owner => String::new(),
            other => format!(" by {other}"),
        };
        let option = |grantable: bool| if grantable { " with grant option" } else { "" };
        if let [(_, first), ..] = privileges[..]
            && all.len() > 1
            // The owner may lose one of many: that is told better by itself.
            && *grantee != Grantee::Owner
            && privileges.iter().all(|(_, grantable)| *grantable == first)
            && all.iter().all(|letter| self.letters().contains(letter))
        {
            return vec![format!("{grantee}: ALL{}{by}", option(first))];
        }
        let name = |letter: char| LETTERS.iter().find(|(known, _)| *known == letter);
        privileges
            .iter()
            .filter_map(|(letter, grantable)| {
                let (_, privilege) = name(*letter)?;
                Some(format!("{grantee}: {privilege}{}{by}", option(*grantable)))
            })
            .collect()
    }
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
        deviations("own er", default, default, list).unwrap().unwrap()
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
        let all = list.replace("r*w", "a*r*w*d*D*x*t*");
        assert_eq!(
            told(default, &all),
            ["PUBLIC: SELECT by reader", "reader: ALL with grant option"]
        );
        assert_eq!(told(default, r#"{"\"own er\"=arwdDx/\"own er\""}"#), ["owner: not TRIGGER"]);
        assert_eq!(told("{=X/a}", "{}"), ["PUBLIC: not EXECUTE by a"]);
        // The schema public of 15, with what it had before, and the other way round.
        let (less, more) =
            (r#"{"own er=UC/own er",=U/own er}"#, r#"{"own er=UC/own er",=UC/own er}"#);
        assert_eq!(told(less, more), ["PUBLIC: CREATE"]);
        assert_eq!(told(more, less), ["PUBLIC: not CREATE"]);
        let quotes = r#"{"\"a\"\"b\"=r/\"own er\""}"#;
        assert_eq!(told("{}", quotes), [r#""a""b": SELECT"#]);
        assert_eq!(deviations("o", "{}", "{}", "{a=?/o}"), Some(Err('?')));
        // Roles that are called as the list calls others.
        let words = r#"{owner=r/owner,"\"PUBLIC\"=r/o"}"#;
        assert_eq!(
            deviations("o", "{o=r/o}", "{}", words).unwrap().unwrap(),
            [r#""PUBLIC": SELECT"#, r#""owner": SELECT by "owner""#]
        );
        for broken in ["{a}", "{a=r}", "{\"\\\"a=r/b\"}", "a"] {
            assert_eq!(deviations("o", "{}", "{}", broken), None, "{broken}");
        }
    }
}
