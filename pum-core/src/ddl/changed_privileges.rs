//! Privileges on built-in objects and members of extensions.

use super::grants::GrantTarget;
use super::name;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{ChangedPrivileges, Identity, Model, Privileges};

impl Ddl for ChangedPrivileges {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        name::described_object(&identity.name)
    }

    fn create(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        let Self { extension: _, privileges } = self;
        target(identity)?.change(&Privileges::default(), privileges)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        _: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        // Which extension it belongs to is decided by the extension.
        let Self { extension: _, privileges } = wanted;
        Ok(Alteration::InPlace(target(identity)?.change(&self.privileges, privileges)?))
    }

    fn drop(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        target(identity)?.change(&self.privileges, &Privileges::default())
    }
}

/// Where they are granted. Who owns what is built in is not known.
fn target(identity: &Identity) -> Result<GrantTarget, NoStatement> {
    let described = name::described_object(&identity.name)?;
    if let Some(column) = described.strip_prefix("COLUMN ") {
        let (table, column) = name::split_last(column).ok_or(NoStatement::Unknown)?;
        let columns = format!(" ({column})");
        return Ok(GrantTarget {
            before: String::new(),
            columns,
            on: format!("TABLE {table}"),
            owner: None,
        });
    }
    let on = described
        .strip_prefix("VIEW ")
        .or_else(|| described.strip_prefix("MATERIALIZED VIEW "))
        .or_else(|| described.strip_prefix("FOREIGN TABLE "))
        .map(|name| format!("TABLE {name}"))
        .or_else(|| described.strip_prefix("AGGREGATE ").map(|name| format!("FUNCTION {name}")))
        .or_else(|| described.strip_prefix("SERVER ").map(|name| format!("FOREIGN SERVER {name}")));
    let on = on.unwrap_or(described);
    Ok(GrantTarget { before: String::new(), columns: String::new(), on, owner: None })
}
