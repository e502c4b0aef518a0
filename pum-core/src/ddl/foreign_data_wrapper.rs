//! Foreign-data wrappers.

use super::grants::GrantTarget;
use super::properties::Properties;
use super::secret::Secret;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::{name, options};
use crate::model::{ForeignDataWrapper, Identity, Model};
use crate::sql::quote_ident;

impl Ddl for ForeignDataWrapper {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, handler, validator, options, secrets, comment: _, privileges: _ } =
            self;
        let described = described(identity);
        let mut sql = format!("CREATE {described}");
        for (word, function) in [("HANDLER", handler), ("VALIDATOR", validator)] {
            if let Some(function) = function {
                sql += &format!(" {word} {}", name::without_arguments(function));
            }
        }
        let mut statements =
            vec![format!("{sql}{};", options::clause_with(options, secrets, Secret(identity)))];
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, handler, validator, options, secrets, comment: _, privileges: _ } =
            wanted;
        let described = described(identity);
        let mut actions = Vec::new();
        for (word, from, to) in
            [("HANDLER", &self.handler, handler), ("VALIDATOR", &self.validator, validator)]
        {
            if from != to {
                actions.push(to.as_ref().map_or_else(
                    || format!("NO {word}"),
                    |function| format!("{word} {}", name::without_arguments(function)),
                ));
            }
        }
        actions.extend(options::change_with(
            (&self.options, &self.secrets),
            (options, secrets),
            Secret(identity),
        ));
        let mut statements = Vec::new();
        if !actions.is_empty() {
            statements.push(format!("ALTER {described} {};", actions.join(" ")));
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl ForeignDataWrapper {
    fn properties(&self, identity: &Identity) -> Properties<'_> {
        let on = GrantTarget::new(described(identity), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
    }
}

fn described(identity: &Identity) -> String {
    format!("FOREIGN DATA WRAPPER {}", quote_ident(&identity.name))
}
