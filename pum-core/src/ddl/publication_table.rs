//! Tables of publications.

use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, PublicationTable};
use crate::sql::quote_ident;

impl Ddl for PublicationTable {
    fn described(&self, _: &Identity, _: &Model) -> Result<String, NoStatement> {
        Err(NoStatement::NotInPostgres)
    }

    fn create(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        let Self { columns, condition } = self;
        let mut sql = alter(identity, "ADD")?;
        if !columns.is_empty() {
            let columns: Vec<String> = columns.iter().map(|column| quote_ident(column)).collect();
            sql += &format!(" ({})", columns.join(", "));
        }
        if let Some(condition) = condition {
            sql += &format!(" WHERE ({condition})");
        }
        Ok(vec![sql + ";"])
    }

    fn alter(
        &self,
        wanted: &Self,
        _: &Identity,
        _: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { columns, condition } = wanted;
        if (&self.columns, &self.condition) == (columns, condition) {
            return Ok(Alteration::InPlace(Vec::new()));
        }
        Ok(Alteration::Recreate)
    }

    fn drop(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        Ok(vec![alter(identity, "DROP")? + ";"])
    }
}

/// The name is that of the table, as SQL takes it.
fn alter(identity: &Identity, action: &str) -> Result<String, NoStatement> {
    let publication = quote_ident(identity.parent.as_deref().ok_or(NoStatement::NotInModel)?);
    Ok(format!("ALTER PUBLICATION {publication} {action} TABLE ONLY {}", identity.name))
}
