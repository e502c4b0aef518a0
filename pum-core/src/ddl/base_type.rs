//! Base types.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::{name, types};
use crate::model::{Alignment, BaseType, Identity, Model, Storage, Word};
use crate::sql::quote_literal;

impl Ddl for BaseType {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(types::described(identity))
    }

    /// The type itself, whose shell is there already if its functions are.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let described = types::described(identity);
        let mut statements = Vec::new();
        if self.defined {
            statements.push(format!("CREATE {described} ({});", self.parameters()?.join(", ")));
        } else {
            statements.push(shell(identity));
        }
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let (from, to) = (self.parameters()?, wanted.parameters()?);
        let changed: Vec<&String> = to.iter().filter(|it| !from.contains(it)).collect();
        let gone: Vec<&str> = from
            .iter()
            .filter_map(|it| Some(it.split_once(" = ")?.0))
            .filter(|name| !to.iter().any(|it| it.starts_with(&format!("{name} = "))))
            .collect();
        let can_change = |name: &str| {
            const SINCE_13: [&str; 6] =
                ["RECEIVE", "SEND", "TYPMOD_IN", "TYPMOD_OUT", "ANALYZE", "STORAGE"];
            schemas.major >= 13 && SINCE_13.contains(&name)
                || schemas.major >= 14 && name == "SUBSCRIPT"
        };
        let name_of =
            |it: &str| it.split_once(" = ").map_or(it.to_owned(), |(name, _)| name.to_owned());
        let in_place = changed.iter().all(|it| can_change(&name_of(it)))
            && gone.iter().all(|name| can_change(name));
        if self.defined != wanted.defined || !in_place {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let mut parameters: Vec<String> =
            gone.iter().map(|name| format!("{name} = NONE")).collect();
        parameters.extend(changed.into_iter().cloned());
        let mut statements = Vec::new();
        if !parameters.is_empty() {
            statements.push(format!("ALTER {described} SET ({});", parameters.join(", ")));
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

/// A shell type: declared, not yet defined.
pub(crate) fn shell(identity: &Identity) -> String {
    format!("CREATE {};", types::described(identity))
}

impl BaseType {
    /// The parameters of `CREATE TYPE`, in its parentheses.
    fn parameters(&self) -> Result<Vec<String>, NoStatement> {
        let Self {
            owner: _,
            defined: _,
            input,
            output,
            receive,
            send,
            modifier_input,
            modifier_output,
            analyze,
            subscript,
            length,
            by_value,
            alignment,
            storage,
            category,
            preferred,
            default,
            element,
            delimiter,
            collatable,
            comment: _,
            privileges: _,
        } = self;
        let mut parameters = Vec::new();
        for (word, function) in [
            ("INPUT", input),
            ("OUTPUT", output),
            ("RECEIVE", receive),
            ("SEND", send),
            ("TYPMOD_IN", modifier_input),
            ("TYPMOD_OUT", modifier_output),
            ("ANALYZE", analyze),
            ("SUBSCRIPT", subscript),
        ] {
            let function = function.as_deref().map(name::without_arguments);
            parameters.extend(function.map(|function| format!("{word} = {function}")));
        }
        let length = length.filter(|length| *length >= 0);
        let length = length.map_or_else(|| "VARIABLE".to_owned(), |length| length.to_string());
        parameters.push(format!("INTERNALLENGTH = {length}"));
        parameters.extend(by_value.then(|| "PASSEDBYVALUE".to_owned()));
        if matches!(alignment, Alignment::Unknown(_)) || matches!(storage, Storage::Unknown(_)) {
            return Err(NoStatement::Unknown);
        }
        parameters.push(format!("ALIGNMENT = {}", alignment.word()));
        parameters.push(format!("STORAGE = {}", storage.word()));
        parameters.push(format!("CATEGORY = {}", quote_literal(category)));
        parameters.extend(preferred.then(|| "PREFERRED = true".to_owned()));
        if let Some(default) = default {
            parameters.push(format!("DEFAULT = {}", quote_literal(&default.0)));
        }
        parameters.extend(element.as_ref().map(|element| format!("ELEMENT = {element}")));
        parameters.push(format!("DELIMITER = {}", quote_literal(delimiter)));
        parameters.extend(collatable.then(|| "COLLATABLE = true".to_owned()));
        Ok(parameters)
    }

    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        types::properties(identity, &self.owner, self.comment.as_ref(), &self.privileges)
    }
}
