//! Sequences.

use super::grants::GrantTarget;
use super::name;
use super::properties::{Owner, Properties};
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Kind, Model, Persistence, Sequence, SequenceOwner, Table};
use crate::sql::quote_literal;

impl Ddl for Sequence {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    /// But for the column that owns it.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if let SequenceOwner::IdentityColumn(_) = self.owner_column {
            return Err(NoStatement::ComesWithParent);
        }
        let unlogged = match self.persistence {
            Persistence::Permanent => "",
            Persistence::Unlogged => "UNLOGGED ",
            Persistence::Temporary | Persistence::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let (own, data_type) = (name::full(identity), &self.data_type);
        let options = self.options()?;
        let mut statements =
            vec![format!("CREATE {unlogged}SEQUENCE {own} AS {data_type} {options};")];
        statements.extend(self.properties(identity).create(&described(identity), schemas)?);
        Ok(statements)
    }

    fn finish(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        match &self.owner_column {
            SequenceOwner::None => Ok(Vec::new()),
            SequenceOwner::Column(column) => Ok(vec![owned_by(identity, column)]),
            SequenceOwner::IdentityColumn(column) => {
                self.finish_of_identity(identity, column, schemas)
            }
        }
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            owner: _,
            data_type,
            start,
            increment,
            minimum,
            maximum,
            cache,
            cycle,
            persistence,
            owner_column,
            comment: _,
            privileges: _,
        } = wanted;
        let mut statements = Vec::new();
        if self.persistence != *persistence {
            statements.push(set_persistence(identity, persistence)?);
        }
        if self.owner_column != *owner_column {
            statements.push(match (&self.owner_column, owner_column) {
                (SequenceOwner::IdentityColumn(_), _) | (_, SequenceOwner::IdentityColumn(_)) => {
                    return Err(NoStatement::ComesWithParent);
                }
                (_, SequenceOwner::None) => own_by_none(identity),
                (_, SequenceOwner::Column(column)) => owned_by(identity, column),
            });
        }
        // Together: each must be right with the others.
        let mut options = Vec::new();
        let restart = self.restart(wanted, identity)?;
        let is_retyped = self.data_type != *data_type || !restart.is_empty();
        if is_retyped {
            options.push(format!("AS {data_type}"));
        }
        // Bounds of the old type become those of the new one if nothing is said.
        for (word, from, to) in [
            ("START WITH", self.start, *start),
            ("INCREMENT BY", self.increment, *increment),
            ("MINVALUE", self.minimum, *minimum),
            ("MAXVALUE", self.maximum, *maximum),
            ("CACHE", self.cache, *cache),
        ] {
            if from != to || is_retyped && word.ends_with("VALUE") {
                options.push(format!("{word} {}", to.ok_or(NoStatement::NotInModel)?));
            }
        }
        if self.cycle != *cycle {
            options.push(if *cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
        }
        statements.extend(restart);
        if !options.is_empty() {
            let (own, options) = (name::full(identity), options.join(" "));
            statements.push(format!("ALTER SEQUENCE {own} {options};"));
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described(identity), schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Sequence {
    /// `START WITH 1 INCREMENT BY 1 …`, as they stand behind its type.
    pub(super) fn options(&self) -> Result<String, NoStatement> {
        let Self {
            owner: _,
            data_type: _,
            start,
            increment,
            minimum,
            maximum,
            cache,
            cycle,
            persistence: _,
            owner_column: _,
            comment: _,
            privileges: _,
        } = self;
        let number = |number: &Option<i64>| number.ok_or(NoStatement::NotInModel);
        Ok(format!(
            "START WITH {} INCREMENT BY {} MINVALUE {} MAXVALUE {} CACHE {}{}",
            number(start)?,
            number(increment)?,
            number(minimum)?,
            number(maximum)?,
            number(cache)?,
            if *cycle { " CYCLE" } else { "" }
        ))
    }

    /// A sequence that was never used starts within its new bounds. Where the value of one in use lies
    /// out of these, the server refuses them.
    fn restart(&self, wanted: &Self, identity: &Identity) -> Statements {
        let number = |number: Option<i64>| number.ok_or(NoStatement::NotInModel);
        let (start, minimum, maximum) =
            (number(wanted.start)?, number(wanted.minimum)?, number(wanted.maximum)?);
        let (had_start, had_minimum, had_maximum) =
            (number(self.start)?, number(self.minimum)?, number(self.maximum)?);
        if (minimum..=maximum).contains(&had_start) {
            return Ok(Vec::new());
        }
        let own = name::full(identity);
        let mut statements = Vec::new();
        if !(had_minimum..=had_maximum).contains(&start) {
            let (minimum, maximum) = (minimum.min(had_minimum), maximum.max(had_maximum));
            statements.push(format!(
                "ALTER SEQUENCE {own} AS bigint MINVALUE {minimum} MAXVALUE {maximum};"
            ));
        }
        let text = quote_literal(&own);
        statements.push(format!(
            "SELECT pg_catalog.setval({text}, {start}, false) FROM {own} WHERE NOT is_called;"
        ));
        Ok(statements)
    }

    /// The sequence of an identity column is made with the column, and has its owner.
    fn finish_of_identity(
        &self,
        identity: &Identity,
        column: &str,
        schemas: &Schemas<'_>,
    ) -> Statements {
        let mut statements = Vec::new();
        let table = name::split_last(column).map(|(table, _)| table);
        let table = table.and_then(|table| schemas.wanted.named(Kind::Table, table));
        let table =
            table.and_then(|it| Some((&it.identity, schemas.wanted.of::<Table>(&it.identity)?)));
        // Before PostgreSQL 15 there are none that are unlogged.
        if let Some((_, table)) = table
            && table.persistence != self.persistence
            && schemas.major >= 15
        {
            statements.push(set_persistence(identity, &self.persistence)?);
        }
        // The owner of the table made it, by default privileges of its own.
        let owner = table.and_then(|(table, _)| schemas.current.of::<Table>(table));
        let role = owner.map_or(schemas.role, |table| &table.owner);
        let properties = Properties { owner: Owner::None, ..self.properties(identity) };
        let schemas = Schemas { role, ..*schemas };
        statements.extend(properties.create(&described(identity), &schemas)?);
        Ok(statements)
    }

    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        let on = GrantTarget::new(described(identity), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
            .with_defaults("SEQUENCES", &identity.schema)
    }
}

fn set_persistence(identity: &Identity, to: &Persistence) -> Result<String, NoStatement> {
    let logged = match to {
        Persistence::Permanent => "LOGGED",
        Persistence::Unlogged => "UNLOGGED",
        Persistence::Temporary => return Err(NoStatement::NotInPostgres),
        Persistence::Unknown(_) => return Err(NoStatement::Unknown),
    };
    Ok(format!("ALTER SEQUENCE {} SET {logged};", name::full(identity)))
}

fn described(identity: &Identity) -> String {
    format!("SEQUENCE {}", name::full(identity))
}

/// `OWNED BY NONE`: the sequence belongs to no column.
pub(crate) fn own_by_none(identity: &Identity) -> String {
    format!("ALTER SEQUENCE {} OWNED BY NONE;", name::full(identity))
}

/// `OWNED BY`: the sequence belongs to a column.
pub(super) fn owned_by(identity: &Identity, column: &str) -> String {
    format!("ALTER SEQUENCE {} OWNED BY {column};", name::full(identity))
}

/// The sequences that a column owns.
pub(super) fn of_column<'a>(
    column: &Identity,
    model: &'a Model,
) -> impl Iterator<Item = (&'a Identity, &'a Sequence)> {
    let column = column.quoted_name();
    let all = model.all_of::<Sequence>();
    all.filter(move |(_, sequence)| sequence.owner_column.column() == Some(&*column))
}
