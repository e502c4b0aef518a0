//! Enumeration types.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::types;
use crate::model::{EnumType, Identity, Model};
use crate::sql::quote_literal;

impl Ddl for EnumType {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(types::described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, labels, comment: _, privileges: _ } = self;
        let described = types::described(identity);
        let labels: Vec<String> = labels.iter().map(|label| quote_literal(label)).collect();
        let mut statements = vec![format!("CREATE {described} AS ENUM ({});", labels.join(", "))];
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, labels, comment: _, privileges: _ } = wanted;
        let described = types::described(identity);
        let Ok(mut statements) = add_labels(&described, &self.labels, labels) else {
            return Ok(Alteration::Recreate);
        };
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl EnumType {
    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        types::properties(identity, &self.owner, self.comment.as_ref(), &self.privileges)
    }
}

/// Adds the values that an enumeration lacks. There is no statement that takes one away, or moves
/// one.
fn add_labels(described: &str, have: &[String], want: &[String]) -> Statements {
    let kept = want.iter().filter(|label| have.contains(label));
    if !kept.eq(have) {
        return Err(NoStatement::NotInPostgres);
    }
    let statement = |(at, label): (usize, &String)| {
        let before = at.checked_sub(1).and_then(|before| want.get(before));
        let place = match (before, have.first()) {
            (Some(before), _) => format!(" AFTER {}", quote_literal(before)),
            (None, Some(first)) => format!(" BEFORE {}", quote_literal(first)),
            (None, None) => String::new(),
        };
        format!("ALTER {described} ADD VALUE {}{place};", quote_literal(label))
    };
    let missing = want.iter().enumerate().filter(|(_, label)| !have.contains(label));
    Ok(missing.map(statement).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_added_in_their_places_and_never_moved() {
        let add = |have: &[&str], want: &[&str]| {
            let owned = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
            let (have, want): (Vec<String>, Vec<String>) = (owned(have), owned(want));
            add_labels("TYPE t", &have, &want)
        };
        assert_eq!(
            add(&["b", "d"], &["a", "b", "c", "d"]).unwrap(),
            ["ALTER TYPE t ADD VALUE 'a' BEFORE 'b';", "ALTER TYPE t ADD VALUE 'c' AFTER 'b';"]
        );
        assert_eq!(add(&[], &["a"]).unwrap(), ["ALTER TYPE t ADD VALUE 'a';"]);
        assert_eq!(add(&["a", "b"], &["b", "a"]), Err(NoStatement::NotInPostgres));
        assert_eq!(add(&["a", "b"], &["a"]), Err(NoStatement::NotInPostgres));
    }
}
