//! Text search configurations.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, TextSearchConfiguration};
use crate::sql::quote_ident;

impl Ddl for TextSearchConfiguration {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("TEXT SEARCH CONFIGURATION {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, parser, mappings, comment: _ } = self;
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!("CREATE {described} (PARSER = {parser});")];
        statements.extend(change(&described, &[], mappings)?);
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, parser, mappings, comment: _ } = wanted;
        if self.parser != *parser {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let mut statements = change(&described, &self.mappings, mappings)?;
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl TextSearchConfiguration {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}

/// From mappings, each as `token type: dictionaries`, to others.
fn change(described: &str, from: &[String], to: &[String]) -> Statements {
    let split = |mapping: &str| -> Result<(String, String), NoStatement> {
        let (token, dictionaries) = mapping.split_once(": ").ok_or(NoStatement::Unknown)?;
        Ok((quote_ident(token), dictionaries.to_owned()))
    };
    let mut statements = Vec::new();
    for mapping in from.iter().filter(|mapping| !to.contains(mapping)) {
        statements.push(format!("ALTER {described} DROP MAPPING FOR {};", split(mapping)?.0));
    }
    for mapping in to.iter().filter(|mapping| !from.contains(mapping)) {
        let (token, dictionaries) = split(mapping)?;
        statements.push(format!("ALTER {described} ADD MAPPING FOR {token} WITH {dictionaries};"));
    }
    Ok(statements)
}
