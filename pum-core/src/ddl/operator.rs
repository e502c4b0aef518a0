//! Operators.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Operator};
use crate::sql::quote_ident;

impl Ddl for Operator {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        let arguments = identity.arguments.as_deref().ok_or(NoStatement::NotInModel)?;
        // The name of an operator stands in no quotes.
        Ok(format!("OPERATOR {}.{} ({arguments})", quote_ident(&identity.schema), identity.name))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            function,
            commutator,
            negator,
            restrict,
            join,
            hashes,
            merges,
            comment: _,
        } = self;
        let arguments = identity.arguments.as_deref().ok_or(NoStatement::NotInModel)?;
        let (left, right) = name::two_types(arguments).ok_or(NoStatement::NotInModel)?;
        let mut parts = vec![format!("FUNCTION = {}", name::without_arguments(function))];
        for (word, side) in [("LEFTARG", left), ("RIGHTARG", right)] {
            if side != "NONE" {
                parts.push(format!("{word} = {side}"));
            }
        }
        for (word, other) in [("COMMUTATOR", commutator), ("NEGATOR", negator)] {
            if let Some(other) = other {
                parts.push(format!("{word} = OPERATOR({})", name::without_arguments(other)));
            }
        }
        for (word, function) in [("RESTRICT", restrict), ("JOIN", join)] {
            if let Some(function) = function {
                parts.push(format!("{word} = {}", name::without_arguments(function)));
            }
        }
        parts.extend(hashes.then(|| "HASHES".to_owned()));
        parts.extend(merges.then(|| "MERGES".to_owned()));
        let own = format!("{}.{}", quote_ident(&identity.schema), identity.name);
        let mut statements = vec![format!("CREATE OPERATOR {own} ({});", parts.join(", "))];
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            owner: _,
            function,
            commutator,
            negator,
            restrict,
            join,
            hashes,
            merges,
            comment: _,
        } = wanted;
        let is_same = (&self.function, &self.commutator, &self.negator)
            == (function, commutator, negator)
            && (self.hashes, self.merges) == (*hashes, *merges);
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let mut statements = Vec::new();
        for (word, from, to) in [("RESTRICT", &self.restrict, restrict), ("JOIN", &self.join, join)]
        {
            if from != to {
                let function = to.as_deref().map_or("NONE", name::without_arguments);
                statements.push(format!("ALTER {described} SET ({word} = {function});"));
            }
        }
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Operator {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
