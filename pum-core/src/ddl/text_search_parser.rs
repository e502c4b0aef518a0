//! Text search parsers.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, TextSearchParser};

impl Ddl for TextSearchParser {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("TEXT SEARCH PARSER {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { start, get_token, end, headline, token_types, comment } = self;
        let mut parts = Vec::new();
        for (word, function) in [
            ("START", Some(start)),
            ("GETTOKEN", Some(get_token)),
            ("END", Some(end)),
            ("HEADLINE", headline.as_ref()),
            ("LEXTYPES", Some(token_types)),
        ] {
            let function = function.map(|function| name::without_arguments(function));
            parts.extend(function.map(|function| format!("{word} = {function}")));
        }
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!("CREATE {described} ({});", parts.join(", "))];
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { start, get_token, end, headline, token_types, comment } = wanted;
        let is_same = (&self.start, &self.get_token, &self.end) == (start, get_token, end)
            && (&self.headline, &self.token_types) == (headline, token_types);
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}
