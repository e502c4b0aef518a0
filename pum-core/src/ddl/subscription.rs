//! Subscriptions. What restores one does not enable it, nor does what is written here.

use super::properties::Properties;
use super::secret::{CONNECTION, Secret};
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Subscription};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for Subscription {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("SUBSCRIPTION {}", quote_ident(&identity.name)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let described = self.described(identity, schemas.wanted)?;
        let connection = self.connection(identity);
        // The other server is not asked for anything.
        let mut parameters = vec!["connect = false".to_owned()];
        parameters.extend(self.parameters(schemas.major).iter().map(Parameter::set));
        let mut statements = vec![format!(
            "CREATE {described} CONNECTION {connection} PUBLICATION {} WITH ({});",
            self.publication_list(),
            parameters.join(", ")
        )];
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let described = self.described(identity, schemas.current)?;
        let mut statements = Vec::new();
        let differs = |name: &str| self.secrets.differs_in(&wanted.secrets, name);
        if self.connection != wanted.connection || wanted.secrets.names().any(differs) {
            let connection = wanted.connection(identity);
            statements.push(format!("ALTER {described} CONNECTION {connection};"));
        }
        if self.publications != wanted.publications {
            let publications = wanted.publication_list();
            statements.push(format!(
                "ALTER {described} SET PUBLICATION {publications} WITH (refresh = false);"
            ));
        }
        let from = self.parameters(schemas.major);
        let to = wanted.parameters(schemas.major);
        for (from, to) in from.iter().zip(&to).filter(|(from, to)| from != to) {
            match to.name {
                // The state of prepared transactions is fixed when it is made.
                "two_phase" if schemas.major < 18 => return Err(NoStatement::NotInPostgres),
                "two_phase" => return Err(NoStatement::NeedsPublisher),
                "failover" if wanted.slot_name.is_some() => {
                    return Err(NoStatement::NeedsPublisher);
                }
                _ => {}
            }
            debug_assert_eq!(from.name, to.name);
            statements.push(format!("ALTER {described} SET ({});", to.set()));
        }
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }

    /// Without asking the other server to drop the slot.
    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let described = self.described(identity, schemas.current)?;
        Ok(vec![
            format!("ALTER {described} DISABLE;"),
            format!("ALTER {described} SET (slot_name = NONE);"),
            format!("DROP {described};"),
        ])
    }
}

/// A parameter of a subscription.
#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    name: &'static str,
    value: String,
}

impl Parameter {
    fn set(&self) -> String {
        format!("{} = {}", self.name, self.value)
    }
}

impl Subscription {
    /// Those that servers of a major version know.
    fn parameters(&self, major: u32) -> Vec<Parameter> {
        let Self {
            owner: _,
            connection: _,
            secrets: _,
            slot_name,
            publications: _,
            synchronous_commit,
            binary,
            streaming,
            two_phase,
            disable_on_error,
            password_required,
            run_as_owner,
            origin,
            failover,
            comment: _,
        } = self;
        let slot = slot_name.as_ref().map_or_else(|| "NONE".to_owned(), |name| quote_literal(name));
        let all = [
            (10, "slot_name", slot),
            (10, "synchronous_commit", quote_literal(synchronous_commit)),
            (14, "binary", binary.to_string()),
            (14, "streaming", streaming.clone()),
            (15, "two_phase", two_phase.to_string()),
            (15, "disable_on_error", disable_on_error.to_string()),
            (16, "password_required", password_required.to_string()),
            (16, "run_as_owner", run_as_owner.to_string()),
            (16, "origin", quote_literal(origin)),
            (17, "failover", failover.to_string()),
        ];
        let known = all.into_iter().filter(|(since, _, _)| major >= *since);
        known.map(|(_, name, value)| Parameter { name, value }).collect()
    }

    /// The connection string as a literal. If it has a password, a variable stands for all of it.
    fn connection(&self, identity: &Identity) -> String {
        if self.secrets.names().next().is_some() {
            Secret(identity).placeholder(CONNECTION)
        } else {
            quote_literal(&self.connection)
        }
    }

    fn publication_list(&self) -> String {
        let names: Vec<String> = self.publications.iter().map(|name| quote_ident(name)).collect();
        names.join(", ")
    }

    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
