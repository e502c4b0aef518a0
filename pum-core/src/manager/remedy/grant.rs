//! Privileges, from what the model says of them: `reader: SELECT with grant option`,
//! `PUBLIC: not EXECUTE`.

use super::name;
use super::text;
use crate::connect::quote_ident;
use crate::model::{Identity, Kind, Model};

/// One privilege that is not the default, or one by default that is not there.
struct Privilege<'a> {
    grantee: &'a str,
    name: &'a str,
    given: bool,
    grantable: bool,
}

impl<'a> Privilege<'a> {
    /// `None` for one that another than the owner granted: only he could grant it again.
    fn parse(entry: &'a str) -> Option<Self> {
        let end = if entry.starts_with('"') { end_of_quoted(entry)? } else { entry.find(": ")? };
        let (grantee, rest) = entry.split_at(end);
        let rest = rest.strip_prefix(": ")?;
        if rest.contains(" by ") {
            return None;
        }
        let (rest, given) = rest.strip_prefix("not ").map_or((rest, true), |rest| (rest, false));
        let (name, grantable) =
            rest.strip_suffix(" with grant option").map_or((rest, false), |name| (name, true));
        Some(Self { grantee, name, given, grantable })
    }
}

/// Behind the closing quote of a name at the begin.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        if c == '"' && rest.next_if(|(_, next)| *next == '"').is_none() {
            return Some(at + 1);
        }
    }
    None
}

/// On what privileges are granted.
struct Target {
    /// Before `GRANT` and `REVOKE`.
    before: String,
    /// Behind the privilege.
    columns: String,
    on: String,
    owner: String,
}

impl Target {
    fn of(identity: &Identity, model: &Model) -> Option<Self> {
        let owner_of = |identity: &Identity| text(model.get(identity)?, "owner");
        let target = |on: String, owner: String| Self {
            before: String::new(),
            columns: String::new(),
            on,
            owner: quote_ident(&owner),
        };
        Some(match identity.kind {
            Kind::Table | Kind::View => {
                target(format!("TABLE {}", name::full(identity)), owner_of(identity)?)
            }
            Kind::Domain | Kind::EnumType | Kind::CompositeType | Kind::RangeType => {
                target(format!("TYPE {}", name::full(identity)), owner_of(identity)?)
            }
            Kind::Schema | Kind::Sequence | Kind::Function => {
                target(name::object(identity, model)?, owner_of(identity)?)
            }
            Kind::Column => {
                let kinds = [Kind::Table, Kind::View];
                let kind = kinds.into_iter().find(|kind| name::is_of(identity, *kind, model))?;
                let owner = owner_of(&Identity { kind, ..super::of_parent(identity) })?;
                let on = format!("TABLE {}", name::parent(identity)?);
                Self { columns: format!(" ({})", quote_ident(&identity.name)), ..target(on, owner) }
            }
            // Its name is what stands in the statement: `owner IN SCHEMA app ON TABLES`.
            Kind::DefaultPrivileges => {
                let (of, on) = identity.name.rsplit_once(" ON ")?;
                let owner = of.split_once(" IN SCHEMA ").map_or(of, |(owner, _)| owner);
                Self {
                    before: format!("ALTER DEFAULT PRIVILEGES FOR ROLE {of} "),
                    columns: String::new(),
                    on: on.to_owned(),
                    owner: name::role(owner),
                }
            }
            _ => return None,
        })
    }

    fn statement(&self, privilege: &Privilege<'_>, grant: bool) -> String {
        let Self { before, columns, on, owner } = self;
        let who = match privilege.grantee {
            "owner" => owner.clone(),
            grantee => name::role(grantee),
        };
        let what = privilege.name;
        if !grant {
            return format!("{before}REVOKE {what}{columns} ON {on} FROM {who};");
        }
        let option = if privilege.grantable { " WITH GRANT OPTION" } else { "" };
        format!("{before}GRANT {what}{columns} ON {on} TO {who}{option};")
    }
}

/// From privileges to others; `model` has the object as it is to be.
pub(super) fn change(
    identity: &Identity,
    from: &[String],
    to: &[String],
    model: &Model,
) -> Option<Vec<String>> {
    if from == to {
        return Some(Vec::new());
    }
    let target = Target::of(identity, model)?;
    let gone = from.iter().filter(|entry| !to.contains(entry));
    let new = to.iter().filter(|entry| !from.contains(entry));
    let mut statements = Vec::new();
    // What is granted anew without the grant option must be gone before.
    for (entries, is_new) in [(gone.collect::<Vec<_>>(), false), (new.collect(), true)] {
        for entry in entries {
            let privilege = Privilege::parse(entry)?;
            // The owner of the schema that `initdb` made has no name there.
            let is_initial = identity.kind == Kind::Schema && identity.name == "public";
            if is_initial && privilege.grantee == "owner" && target.owner == quote_ident("default")
            {
                return None;
            }
            statements.push(target.statement(&privilege, privilege.given == is_new));
        }
    }
    Some(statements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_what_the_catalog_room_writes() {
        let parse = |entry| {
            let Privilege { grantee, name, given, grantable } = Privilege::parse(entry)?;
            Some((grantee, name, given, grantable))
        };
        assert_eq!(parse("reader: SELECT"), Some(("reader", "SELECT", true, false)));
        assert_eq!(parse("PUBLIC: not EXECUTE"), Some(("PUBLIC", "EXECUTE", false, false)));
        assert_eq!(
            parse("\"a: \"\"b\": ALL with grant option"),
            Some(("\"a: \"\"b\"", "ALL", true, true))
        );
        assert_eq!(parse("reader: SELECT by other"), None);
        assert_eq!(parse("\"reader: SELECT"), None);
    }
}
