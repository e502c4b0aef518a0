//! Other names for objects.

use super::name;
use super::statements::{Ddl, NoStatement, Schemas, Statements};
use crate::model::{Attributes, Identity, Model, Object, Table};
use crate::sql::quote_ident;

/// What gives an object of the current schema another name in the same place.
pub(crate) fn rename(object: &Object, to: &Identity, schemas: &Schemas<'_>) -> Statements {
    let Object { identity, attributes } = object;
    if (&identity.schema, &identity.parent) != (&to.schema, &to.parent) {
        return Err(NoStatement::NotWritten);
    }
    let (old, new) = (quote_ident(&identity.name), quote_ident(&to.name));
    let model = schemas.current;
    let altered = |part: &str| {
        let alter = name::alter_parent(identity, model)?;
        Ok(vec![format!("{alter} RENAME {part} {old} TO {new};")])
    };
    let described = match attributes {
        Attributes::Column(_) if name::is_of::<Table>(identity, model) => return altered("COLUMN"),
        Attributes::Constraint(_) => return altered("CONSTRAINT"),
        Attributes::Trigger(own) => described(&**own, identity, model),
        Attributes::Rule(own) => described(&**own, identity, model),
        Attributes::Policy(own) => described(&**own, identity, model),
        Attributes::Table(own) => described(&**own, identity, model),
        Attributes::Index(own) => described(&**own, identity, model),
        Attributes::View(own) => described(&**own, identity, model),
        Attributes::Sequence(own) => described(&**own, identity, model),
        Attributes::Function(own) => described(&**own, identity, model),
        Attributes::EnumType(own) => described(&**own, identity, model),
        Attributes::Domain(own) => described(&**own, identity, model),
        Attributes::Statistics(own) => described(&**own, identity, model),
        _ => Err(NoStatement::NotWritten),
    };
    Ok(vec![format!("ALTER {} RENAME TO {new};", described?)])
}

fn described<T: Ddl>(own: &T, identity: &Identity, model: &Model) -> Result<String, NoStatement> {
    own.described(identity, model)
}
