//! How statements speak of objects.

use super::{of_parent, text};
use crate::connect::quote_ident;
use crate::model::{Identity, Kind, Model};

/// An object behind `COMMENT ON`, `DROP` or `ALTER`: `TABLE "s"."t"`, `TRIGGER "x" ON "s"."t"`.
pub(super) fn object(identity: &Identity, model: &Model) -> Option<String> {
    let name = quote_ident(&identity.name);
    let own = full(identity);
    let relation = || text(model.get(identity)?, "relation");
    Some(match identity.kind {
        Kind::Table if relation()? == "foreign table" => format!("FOREIGN TABLE {own}"),
        Kind::Table => format!("TABLE {own}"),
        Kind::View => format!("{} {own}", relation()?.to_uppercase()),
        Kind::Index => format!("INDEX {own}"),
        Kind::Sequence => format!("SEQUENCE {own}"),
        Kind::Statistics => format!("STATISTICS {own}"),
        Kind::Domain => format!("DOMAIN {own}"),
        Kind::EnumType | Kind::CompositeType | Kind::RangeType | Kind::BaseType => {
            format!("TYPE {own}")
        }
        Kind::Function => format!("ROUTINE {own}({})", identity.arguments.as_deref()?),
        Kind::Schema => format!("SCHEMA {name}"),
        Kind::Extension => format!("EXTENSION {name}"),
        Kind::EventTrigger => format!("EVENT TRIGGER {name}"),
        Kind::Publication => format!("PUBLICATION {name}"),
        Kind::Column => format!("COLUMN {}.{name}", parent(identity)?),
        Kind::Constraint if is_of(identity, Kind::Domain, model) => {
            format!("CONSTRAINT {name} ON DOMAIN {}", parent(identity)?)
        }
        Kind::Constraint | Kind::Trigger | Kind::Rule | Kind::Policy => {
            format!("{} {name} ON {}", identity.kind.name().to_uppercase(), parent(identity)?)
        }
        _ => return None,
    })
}

/// What is changed to change the parts of an object: `ALTER TABLE "s"."t"`, `ALTER DOMAIN …`.
pub(super) fn alter_parent(identity: &Identity, model: &Model) -> Option<String> {
    let parent = parent(identity)?;
    let kinds = [Kind::Table, Kind::Domain, Kind::CompositeType];
    let word = match kinds.into_iter().find(|kind| is_of(identity, *kind, model))? {
        Kind::Table => "TABLE",
        Kind::Domain => "DOMAIN",
        _ => "TYPE",
    };
    Some(format!("ALTER {word} {parent}"))
}

/// Whether what the object belongs to is of this kind.
pub(super) fn is_of(identity: &Identity, kind: Kind, model: &Model) -> bool {
    model.get(&Identity { kind, ..of_parent(identity) }).is_some()
}

/// Schema and name.
pub(super) fn full(identity: &Identity) -> String {
    format!("{}.{}", quote_ident(&identity.schema), quote_ident(&identity.name))
}

/// Schema and name of what it belongs to.
pub(super) fn parent(identity: &Identity) -> Option<String> {
    Some(format!("{}.{}", quote_ident(&identity.schema), quote_ident(identity.parent.as_deref()?)))
}

/// A role as the model writes it, with quotes only where it needs them; `PUBLIC` is everybody.
pub(super) fn role(name: &str) -> String {
    if name == "PUBLIC" {
        return name.to_owned();
    }
    let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| quote_ident(name), |inner| format!("\"{inner}\""))
}
