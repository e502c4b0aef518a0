//! Access control lists in the server's text form ("Privileges" in the PostgreSQL documentation).

use super::record;
use crate::model::{Grant, Grantee, Privilege, PrivilegeChange, split_quoted};

/// Letters of an `aclitem` and what they stand for.
const LETTERS: &[(char, Privilege)] = &[
    ('r', Privilege::Select),
    ('a', Privilege::Insert),
    ('w', Privilege::Update),
    ('d', Privilege::Delete),
    ('D', Privilege::Truncate),
    ('x', Privilege::References),
    ('t', Privilege::Trigger),
    ('X', Privilege::Execute),
    ('U', Privilege::Usage),
    ('C', Privilege::Create),
    ('T', Privilege::Temporary),
    ('c', Privilege::Connect),
    ('s', Privilege::Set),
    ('A', Privilege::AlterSystem),
    ('m', Privilege::Maintain),
];

/// In what a list differs from the default one, sorted by how it is displayed. The owner is called
/// so: another owner is no other privilege. Who has all privileges
/// that the owner has in `all`, and is not in the other list, is said to have `ALL`, so that it is
/// the same on a newer server that knows one more. `Err` is a letter that means nothing to pum.
pub(super) fn changes(
    owner: &str,
    all: &str,
    default: &str,
    list: &str,
) -> Option<Result<Vec<PrivilegeChange>, char>> {
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
    let grants = |items: &[Item], others: &[Item]| -> Vec<Grant> {
        let is_other =
            |item: &Item| others.iter().any(|o| (&o.grantee, &o.by) == (&item.grantee, &item.by));
        let grants = |item| Item::grants(item, if is_other(item) { &[] } else { &all });
        items.iter().flat_map(grants).collect()
    };
    let (default, list) = (grants(&default, &list), grants(&list, &default));
    let granted = list.iter().filter(|grant| !default.contains(grant));
    let revoked = default.iter().filter(|grant| !list.contains(grant));
    let granted = granted.cloned().map(PrivilegeChange::Granted);
    let mut changes: Vec<PrivilegeChange> =
        granted.chain(revoked.cloned().map(PrivilegeChange::Revoked)).collect();
    changes.sort_by_cached_key(ToString::to_string);
    changes.dedup();
    Some(Ok(changes))
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

    fn grants(&self, all: &[char]) -> Vec<Grant> {
        let grant = |privilege: Privilege, grantable: bool| Grant {
            grantee: self.grantee.clone(),
            privilege,
            grantable,
            grantor: self.by.clone(),
        };
        if let [(_, first), ..] = self.privileges[..]
            && all.len() > 1
            // The owner may lose one of many: that is told better by itself.
            && self.grantee != Grantee::Owner
            && self.privileges.iter().all(|(_, grantable)| *grantable == first)
            && all.iter().all(|letter| self.letters().contains(letter))
        {
            return vec![grant(Privilege::AllPrivileges, first)];
        }
        let known = |letter: char| LETTERS.iter().find(|(known, _)| *known == letter);
        let grants = self.privileges.iter().filter_map(|(letter, grantable)| {
            known(*letter).map(|(_, privilege)| grant(*privilege, *grantable))
        });
        grants.collect()
    }
}

/// A role's name, which has quotes if it is not of letters and digits alone, and what follows.
fn role(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        return split_quoted(text);
    }
    let end = text.find('=').unwrap_or(text.len());
    Some((text[..end].to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(
        owner: &str,
        all: &str,
        default: &str,
        list: &str,
    ) -> Option<Result<Vec<String>, char>> {
        let changes = changes(owner, all, default, list)?;
        Some(changes.map(|changes| changes.iter().map(ToString::to_string).collect()))
    }

    fn told(default: &str, list: &str) -> Vec<String> {
        texts("own er", default, default, list).unwrap().unwrap()
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
        assert_eq!(told(r#"{"\"a: b\"=X/a"}"#, "{}"), [r#""a: b": not EXECUTE by a"#]);
        // The schema public of 15, with what it had before, and the other way round.
        let (less, more) =
            (r#"{"own er=UC/own er",=U/own er}"#, r#"{"own er=UC/own er",=UC/own er}"#);
        assert_eq!(told(less, more), ["PUBLIC: CREATE"]);
        assert_eq!(told(more, less), ["PUBLIC: not CREATE"]);
        let quotes = r#"{"\"a\"\"b\"=r/\"own er\""}"#;
        assert_eq!(told("{}", quotes), [r#""a""b": SELECT"#]);
        assert_eq!(texts("o", "{}", "{}", "{a=?/o}"), Some(Err('?')));
        // Roles that are called as the list calls others.
        let words = r#"{owner=r/owner,"\"PUBLIC\"=r/o"}"#;
        assert_eq!(
            texts("o", "{o=r/o}", "{}", words).unwrap().unwrap(),
            [r#""PUBLIC": SELECT"#, r#""owner": SELECT by "owner""#]
        );
        for broken in ["{a}", "{a=r}", "{\"\\\"a=r/b\"}", "a"] {
            assert_eq!(texts("o", "{}", "{}", broken), None, "{broken}");
        }
    }
}
