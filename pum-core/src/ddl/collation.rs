//! Collations.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Collation, Identity, LocaleProvider, Model, Word};
use crate::sql::quote_literal;

impl Ddl for Collation {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("COLLATION {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            provider,
            lc_collate,
            lc_ctype,
            locale,
            rules,
            deterministic,
            comment: _,
        } = self;
        if let LocaleProvider::Unknown(_) = provider {
            return Err(NoStatement::Unknown);
        }
        let mut parts = vec![format!("PROVIDER = {}", provider.word())];
        for (word, value) in [
            ("LC_COLLATE", lc_collate),
            ("LC_CTYPE", lc_ctype),
            ("LOCALE", locale),
            ("RULES", rules),
        ] {
            parts.extend(value.as_ref().map(|value| format!("{word} = {}", quote_literal(value))));
        }
        if !deterministic {
            parts.push("DETERMINISTIC = false".to_owned());
        }
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!("CREATE {described} ({});", parts.join(", "))];
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
            provider,
            lc_collate,
            lc_ctype,
            locale,
            rules,
            deterministic,
            comment: _,
        } = wanted;
        let is_same = (&self.provider, &self.lc_collate, &self.lc_ctype)
            == (provider, lc_collate, lc_ctype)
            && (&self.locale, &self.rules, self.deterministic) == (locale, rules, *deterministic);
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl Collation {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
