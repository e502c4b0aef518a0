//! From an object to its kind.

use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Attributes, Identity, Model, Object};
use crate::sql::quote_ident;

/// Calls a method of [`Ddl`] on the attributes of whatever kind.
macro_rules! on_kind {
    ($attributes:expr, $own:ident => $call:expr) => {
        match $attributes {
            Attributes::Database($own) => $call,
            Attributes::Extension($own) => $call,
            Attributes::Schema($own) => $call,
            Attributes::Language($own) => $call,
            Attributes::AccessMethod($own) => $call,
            Attributes::BaseType($own) => $call,
            Attributes::EnumType($own) => $call,
            Attributes::CompositeType($own) => $call,
            Attributes::Domain($own) => $call,
            Attributes::RangeType($own) => $call,
            Attributes::Table($own) => $call,
            Attributes::View($own) => $call,
            Attributes::Column($own) => $call,
            Attributes::Constraint($own) => $call,
            Attributes::Index($own) => $call,
            Attributes::Trigger($own) => $call,
            Attributes::Rule($own) => $call,
            Attributes::Policy($own) => $call,
            Attributes::Sequence($own) => $call,
            Attributes::Statistics($own) => $call,
            Attributes::Function($own) => $call,
            Attributes::Operator($own) => $call,
            Attributes::OperatorFamily($own) => $call,
            Attributes::OperatorClass($own) => $call,
            Attributes::Cast($own) => $call,
            Attributes::Collation($own) => $call,
            Attributes::Conversion($own) => $call,
            Attributes::TextSearchParser($own) => $call,
            Attributes::TextSearchTemplate($own) => $call,
            Attributes::TextSearchDictionary($own) => $call,
            Attributes::TextSearchConfiguration($own) => $call,
            Attributes::Transform($own) => $call,
            Attributes::ForeignDataWrapper($own) => $call,
            Attributes::ForeignServer($own) => $call,
            Attributes::UserMapping($own) => $call,
            Attributes::EventTrigger($own) => $call,
            Attributes::Publication($own) => $call,
            Attributes::PublicationTable($own) => $call,
            Attributes::Subscription($own) => $call,
            Attributes::DefaultPrivileges($own) => $call,
            Attributes::ChangedPrivileges($own) => $call,
            Attributes::SecurityLabel($own) => $call,
        }
    };
}

/// What follows `ALTER` and `DROP`.
pub(super) fn described(object: &Object, model: &Model) -> Result<String, NoStatement> {
    on_kind!(&object.attributes, own => own.described(&object.identity, model))
}

/// Creates an object of the wanted schema, without what belongs to it.
pub(crate) fn create(object: &Object, schemas: &Schemas<'_>) -> Statements {
    on_kind!(&object.attributes, own => own.create(&object.identity, schemas))
}

/// What remains to be done once all that belongs to a new object exists.
pub(crate) fn finish(object: &Object, schemas: &Schemas<'_>) -> Statements {
    on_kind!(&object.attributes, own => own.finish(&object.identity, schemas))
}

/// Drops an object of the current schema.
pub(crate) fn drop(object: &Object, schemas: &Schemas<'_>) -> Statements {
    on_kind!(&object.attributes, own => Ddl::drop(&**own, &object.identity, schemas))
}

/// Replaces the current object by that of the wanted schema.
pub(crate) fn replace(object: &Object, schemas: &Schemas<'_>) -> Statements {
    on_kind!(&object.attributes, own => own.replace(&object.identity, schemas))
}

/// Calls [`Ddl::alter`] on the attributes of two objects of one kind.
macro_rules! alter_kinds {
    ($from:expr, $to:expr, $identity:expr, $schemas:expr; $($kind:ident)+) => {
        match ($from, $to) {
            $((Attributes::$kind(from), Attributes::$kind(to)) => {
                from.alter(to, $identity, $schemas)
            })+
            _ => Err(NoStatement::NotInModel),
        }
    };
}

/// Adds an object to an extension, or removes it from it.
pub(crate) fn change_member(
    object: &Object,
    model: &Model,
    extension: &str,
    is_added: bool,
) -> Result<String, NoStatement> {
    let described = described(object, model)?;
    let change = if is_added { "ADD" } else { "DROP" };
    Ok(format!("ALTER EXTENSION {} {change} {described};", quote_ident(extension)))
}

/// How an object gets other attributes.
pub(crate) fn alteration(
    from: &Attributes,
    to: &Attributes,
    identity: &Identity,
    schemas: &Schemas<'_>,
) -> Result<Alteration, NoStatement> {
    alter_kinds!(from, to, identity, schemas;
        Database Extension Schema Language AccessMethod BaseType EnumType CompositeType Domain RangeType Table View Column Constraint Index Trigger Rule Policy Sequence Statistics Function Operator OperatorFamily OperatorClass Cast Collation Conversion TextSearchParser TextSearchTemplate TextSearchDictionary TextSearchConfiguration Transform ForeignDataWrapper ForeignServer UserMapping EventTrigger Publication PublicationTable Subscription DefaultPrivileges ChangedPrivileges SecurityLabel)
}
