//! Procedural languages.

use super::grants::GrantTarget;
use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Language, Model};
use crate::sql::quote_ident;

impl Ddl for Language {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let mut statements = vec![self.create_language("CREATE", identity)?];
        statements.extend(self.properties(identity).create(&described(identity), schemas)?);
        Ok(statements)
    }

    fn replace(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        Ok(vec![self.create_language("CREATE OR REPLACE", identity)?])
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            owner: _,
            trusted,
            handler,
            inline_handler,
            validator,
            comment: _,
            privileges: _,
        } = wanted;
        let is_same = (self.trusted, &self.handler) == (*trusted, handler)
            && (&self.inline_handler, &self.validator) == (inline_handler, validator);
        if !is_same {
            return Ok(Alteration::Replace);
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        Ok(Alteration::InPlace(from.alter(&to, &described(identity), schemas)?))
    }
}

impl Language {
    fn create_language(&self, create: &str, identity: &Identity) -> Result<String, NoStatement> {
        let Self {
            owner: _,
            trusted,
            handler,
            inline_handler,
            validator,
            comment: _,
            privileges: _,
        } = self;
        let handler = handler.as_ref().ok_or(NoStatement::NotWritten)?;
        let trusted = if *trusted { "TRUSTED " } else { "" };
        let mut sql = format!("{create} {trusted}LANGUAGE {}", quote_ident(&identity.name));
        for (word, function) in [
            ("HANDLER", Some(handler)),
            ("INLINE", inline_handler.as_ref()),
            ("VALIDATOR", validator.as_ref()),
        ] {
            if let Some(function) = function {
                sql += &format!(" {word} {}", name::without_arguments(function));
            }
        }
        Ok(sql + ";")
    }

    fn properties(&self, identity: &Identity) -> Properties<'_> {
        let on = GrantTarget::new(described(identity), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
    }
}

fn described(identity: &Identity) -> String {
    format!("LANGUAGE {}", quote_ident(&identity.name))
}
