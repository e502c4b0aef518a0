//! Row security policies.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Policy, PolicyCommand, PolicyRole, Word};
use crate::sql::quote_ident;

impl Ddl for Policy {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("POLICY {} ON {}", quote_ident(&identity.name), name::parent(identity)?))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { command, permissive, roles, using, with_check, comment } = self;
        if let PolicyCommand::Unknown(_) = command {
            return Err(NoStatement::Unknown);
        }
        let command = command.word().to_uppercase();
        let kind = if *permissive { "PERMISSIVE" } else { "RESTRICTIVE" };
        let role = |role: &PolicyRole| match role {
            PolicyRole::Public => "PUBLIC".to_owned(),
            PolicyRole::Role(name) => quote_ident(name),
        };
        let roles: Vec<String> = roles.iter().map(role).collect();
        let described = self.described(identity, schemas.wanted)?;
        let mut sql = format!("CREATE {described} AS {kind} FOR {command} TO {}", roles.join(", "));
        for (word, condition) in [("USING", using), ("WITH CHECK", with_check)] {
            if let Some(condition) = condition {
                sql += &format!(" {word} ({condition})");
            }
        }
        let mut statements = vec![sql + ";"];
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { command, permissive, roles, using, with_check, comment } = wanted;
        let is_same = (&self.command, &self.permissive) == (command, permissive)
            && (&self.using, &self.with_check) == (using, with_check)
            && self.roles == *roles;
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}
