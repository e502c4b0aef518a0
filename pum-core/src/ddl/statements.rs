//! What a kind of object has to say of itself in SQL.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Identity, Model};

/// Statements, each with its semicolon; none if nothing is to be done.
pub(crate) type Statements = Result<Vec<String>, NoStatement>;

/// Why there are no statements that say all. Statements that say only half would be worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoStatement {
    /// What it belongs to makes, changes and drops it too.
    #[error("it is created and dropped with the object it belongs to")]
    ComesWithParent,
    /// PostgreSQL can make an object so, and cannot change one to be so.
    #[error("PostgreSQL has no statement that changes it")]
    NotInPostgres,
    /// A letter in a catalog that this version of pum does not know, or what depends on one.
    #[error("this version of pum does not recognize it")]
    Unknown,
    /// The model does not have what it belongs to, or not what a statement must name.
    #[error("the object it belongs to does not exist")]
    NotInModel,
    /// The values of a column have no form in its new type that is known.
    #[error("the type is another one of its name, and how the values are converted must be said")]
    NoConversion,
    /// The publisher of a subscription takes part ("ALTER SUBSCRIPTION" in the documentation).
    #[error(
        "it is changed together with the slot on the publisher, outside of transactions and while the \
         subscription is disabled: ALTER SUBSCRIPTION ... DISABLE, SET and ENABLE"
    )]
    NeedsPublisher,
    /// There are statements, and this version of pum does not write them.
    #[error("this version of pum cannot write it")]
    NotWritten,
}

/// The current and the desired object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schemas<'a> {
    /// The schema that statements change.
    pub(crate) current: &'a Model,
    /// The schema that they bring it to.
    pub(crate) wanted: &'a Model,
    /// The role that runs them, and so owns what they make.
    pub(crate) role: &'a str,
    /// The major version of the server that runs them.
    pub(crate) major: u32,
    /// The columns of new tables whose defaults have statements of their own.
    pub(crate) late_defaults: &'a BTreeSet<Identity>,
    /// The tables that are re-created under their names.
    pub(crate) recreated: &'a BTreeSet<Identity>,
    /// By which expressions the values of columns are converted that get other types.
    pub(crate) conversions: &'a BTreeMap<Identity, String>,
}

/// No columns, or tables.
pub(crate) static NO_COLUMNS: BTreeSet<Identity> = BTreeSet::new();

/// No conversions.
pub(crate) static NO_CONVERSIONS: BTreeMap<Identity, String> = BTreeMap::new();

/// How an object gets other attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alteration {
    /// These statements.
    InPlace(Vec<String>),
    /// `CREATE OR REPLACE`: what depends on it stays, and so do its owner, comment and privileges.
    Replace,
    /// It must be dropped and re-created. It holds no data.
    Recreate,
}

/// A kind of object, as SQL has it.
///
/// An implementation names each attribute of its kind (`let Self { owner, comment } = self`,
/// without `..`): a new attribute does not compile until it is said here what becomes of it.
pub(super) trait Ddl: Sized {
    /// What follows `DROP`, `ALTER` and `COMMENT ON`: `TABLE "s"."t"`, `TRIGGER "x" ON "s"."t"`.
    fn described(&self, identity: &Identity, model: &Model) -> Result<String, NoStatement>;

    /// Creates it in the wanted schema: alone, without what belongs to it, or what it may
    /// need something else for that needs it.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements;

    /// What remains to be done once it and all that belongs to it exists.
    fn finish(&self, _: &Identity, _: &Schemas<'_>) -> Statements {
        Ok(Vec::new())
    }

    /// The statement that replaces the existing object.
    fn replace(&self, _: &Identity, _: &Schemas<'_>) -> Statements {
        Err(NoStatement::NotInPostgres)
    }

    /// Gives it the attributes of `wanted`.
    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement>;

    /// Drops it from the current schema.
    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        Ok(vec![format!("DROP {};", self.described(identity, schemas.current)?)])
    }
}

/// `Ok` if two values are the same, else why nothing makes one of the other.
pub(super) fn same<T: PartialEq>(from: &T, to: &T, why: NoStatement) -> Result<(), NoStatement> {
    if from == to { Ok(()) } else { Err(why) }
}
