//! Indexes that do not belong to a constraint.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Index, Model};
use crate::sql::quote_ident;

impl Ddl for Index {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    /// That of a partitioned table has none of its partitions.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self {
            definition,
            valid,
            partition_of: _,
            statistics_targets,
            tablespace,
            extensions: _,
            comment: _,
        } = self;
        // That of a partitioned table is valid once all its partitions have theirs.
        if !valid && !definition.0.contains(" ON ONLY ") {
            return Err(NoStatement::NotInPostgres);
        }
        let described = described(identity);
        let mut statements = vec![name::statement(&definition.0)];
        if let Some(tablespace) = tablespace {
            let tablespace = quote_ident(tablespace);
            statements.push(format!("ALTER {described} SET TABLESPACE {tablespace};"));
        }
        for target in statistics_targets {
            let (column, target) = target.split_once(": ").ok_or(NoStatement::Unknown)?;
            statements
                .push(format!("ALTER {described} ALTER COLUMN {column} SET STATISTICS {target};"));
        }
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn finish(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        let attach = |index: &String| name::attach_index(index, identity);
        Ok(self.partition_of.as_ref().map(attach).into_iter().collect())
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            definition,
            valid,
            partition_of,
            statistics_targets,
            tablespace,
            extensions: _,
            comment: _,
        } = wanted;
        let is_same = (&self.definition, &self.valid) == (definition, valid)
            && (self.partition_of == *partition_of || self.partition_of.is_none());
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut statements = Vec::new();
        if self.tablespace != *tablespace {
            let tablespace = quote_ident(tablespace.as_deref().unwrap_or("pg_default"));
            statements.push(format!("ALTER {described} SET TABLESPACE {tablespace};"));
        }
        let targets = |targets: &[String]| -> Option<Vec<(String, String)>> {
            let split = |target: &String| {
                target.split_once(": ").map(|(at, target)| (at.to_owned(), target.to_owned()))
            };
            targets.iter().map(split).collect()
        };
        let had = targets(&self.statistics_targets).ok_or(NoStatement::Unknown)?;
        let has = targets(statistics_targets).ok_or(NoStatement::Unknown)?;
        let gone = had.iter().filter(|(at, _)| !has.iter().any(|(other, _)| other == at));
        let reset = gone.map(|(at, _)| (at.clone(), "-1".to_owned()));
        let new = has.iter().filter(|target| !had.contains(target)).cloned();
        for (at, target) in reset.chain(new) {
            statements
                .push(format!("ALTER {described} ALTER COLUMN {at} SET STATISTICS {target};"));
        }
        if self.partition_of != *partition_of {
            statements.extend(partition_of.iter().map(|index| name::attach_index(index, identity)));
        }
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Index {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).depending_on(&self.extensions)
    }
}

fn described(identity: &Identity) -> String {
    format!("INDEX {}", name::full(identity))
}
