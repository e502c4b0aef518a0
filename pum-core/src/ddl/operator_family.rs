//! Operator families, with the members that belong to none of their classes.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, OperatorFamily};

impl Ddl for OperatorFamily {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("OPERATOR FAMILY {}", name::with_method(identity)?))
    }

    /// Its members need their operators, which may need its classes.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, members: _, comment: _ } = self;
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!("CREATE {described};")];
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn finish(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        change_members(&self.described(identity, schemas.wanted)?, &[], &self.members)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, members, comment: _ } = wanted;
        let described = self.described(identity, schemas.current)?;
        let mut statements = change_members(&described, &self.members, members)?;
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl OperatorFamily {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}

/// `operator 1 s.<(a, b) for order by f` and `function 1 (a, b) s.f(a, b)` in SQL.
pub(super) fn member(text: &str) -> String {
    for (word, sql) in [("operator ", "OPERATOR "), ("function ", "FUNCTION ")] {
        if let Some(rest) = text.strip_prefix(word) {
            return format!("{sql}{}", rest.replacen(" for order by ", " FOR ORDER BY ", 1));
        }
    }
    text.to_owned()
}

/// From members to others.
pub(super) fn change_members(described: &str, from: &[String], to: &[String]) -> Statements {
    let gone: Vec<String> = from
        .iter()
        .filter(|member| !to.contains(member))
        .map(|member| without_object(member).ok_or(NoStatement::Unknown))
        .collect::<Result<_, _>>()?;
    let new: Vec<String> =
        to.iter().filter(|text| !from.contains(text)).map(|text| member(text)).collect();
    let mut statements = Vec::new();
    for (word, members) in [("DROP", gone), ("ADD", new)] {
        if !members.is_empty() {
            statements.push(format!("ALTER {described} {word} {};", members.join(", ")));
        }
    }
    Ok(statements)
}

/// `OPERATOR 1 (a, b)`: by what a member is dropped.
fn without_object(text: &str) -> Option<String> {
    let text = member(text);
    let (kind, rest) = text.split_once(' ')?;
    let (number, rest) = rest.split_once(' ')?;
    let types = if kind == "OPERATOR" {
        let rest = rest.split(" FOR ORDER BY ").next()?;
        name::arguments(rest)?
    } else {
        let types = rest.strip_prefix('(')?;
        &types[..name::closing(types)?]
    };
    Some(format!("{kind} {number} ({types})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_added_and_dropped_by_their_types() {
        let owned = |texts: &[&str]| -> Vec<String> {
            texts.iter().map(|text| (*text).to_owned()).collect()
        };
        let from = owned(&[
            "function 1 (integer, \"a)b\") public.f(integer,\"a)b\")",
            "operator 1 public.<(integer,numeric(3,1)) for order by public.g",
        ]);
        let to = owned(&["operator 2 \"S\".<=(integer,bigint)"]);
        assert_eq!(
            change_members("OPERATOR FAMILY f USING \"btree\"", &from, &to).unwrap(),
            [
                "ALTER OPERATOR FAMILY f USING \"btree\" DROP FUNCTION 1 (integer, \"a)b\"), \
                 OPERATOR 1 (integer,numeric(3,1));",
                "ALTER OPERATOR FAMILY f USING \"btree\" ADD OPERATOR 2 \"S\".<=(integer,bigint);",
            ]
        );
    }
}
