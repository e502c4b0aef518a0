//! Statements that would make test what the reference is, for one difference at a time. Where they
//! cannot say all there are none.

use crate::compare::Comparison;
use crate::ddl::{self, NoStatement, Schemas, Statements};
use crate::diff::{Change, Difference};
use crate::model::{CompositeType, Identity, Kind, Table};

/// Both sides of a comparison, of which the first is to become what the second is.
pub(super) struct Sides<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) schemas: Schemas<'a>,
}

impl Sides<'_> {
    /// Statements that bring test to the reference in one difference.
    pub(super) fn suggested_sql(&self, difference: &Difference) -> Option<String> {
        let statements = self.statements(difference).ok()?;
        Some(statements.join("\n")).filter(|sql| !sql.is_empty())
    }

    fn statements(&self, difference: &Difference) -> Statements {
        let Difference { identity, change } = difference;
        let schemas = &self.schemas;
        let current = || schemas.current.get(identity).ok_or(NoStatement::NotInModel);
        let wanted = || schemas.wanted.get(identity).ok_or(NoStatement::NotInModel);
        match change {
            Change::OnlyLeft => {
                let mut renames = self.comparison.renames.iter();
                match renames.find(|rename| rename.left == *identity) {
                    Some(rename) => ddl::rename(current()?, &rename.right, schemas),
                    None => Ok(self.commented(identity, ddl::drop(current()?, schemas)?)),
                }
            }
            // The statement that renames is told with the other one.
            Change::OnlyRight if self.is_renamed_to(identity) => Ok(Vec::new()),
            Change::OnlyRight => ddl::create(wanted()?, schemas),
            Change::Attribute { name, .. } => match (current(), wanted()) {
                (Ok(current), Ok(wanted)) => ddl::alter(current, wanted, name, schemas),
                // What is nothing but this attribute, as default privileges are.
                (Ok(current), Err(_)) => ddl::drop(current, schemas),
                (Err(_), wanted) => ddl::create(wanted?, schemas),
            },
        }
    }

    pub(super) fn is_renamed(&self, identity: &Identity) -> bool {
        self.comparison.renames.iter().any(|rename| rename.left == *identity)
    }

    fn is_renamed_to(&self, identity: &Identity) -> bool {
        self.comparison.renames.iter().any(|rename| rename.right == *identity)
    }

    /// What drops an object of test; what takes data with it only as a comment: it must be meant.
    fn commented(&self, identity: &Identity, statements: Vec<String>) -> Vec<String> {
        let Some(lost) = self.lost_with(identity) else { return statements };
        let warning = format!("-- destroys {lost}: run it only if that is intended");
        let statements = statements.iter().map(|sql| format!("-- {sql}"));
        [warning].into_iter().chain(statements).collect()
    }

    /// The data that go with an object.
    fn lost_with(&self, identity: &Identity) -> Option<&'static str> {
        let model = self.schemas.current;
        match identity.kind {
            Kind::Table => Some("the rows of the table"),
            Kind::Column
                if model.parent_of::<Table>(identity).is_some()
                    || model.parent_of::<CompositeType>(identity).is_some() =>
            {
                Some("the values of the column")
            }
            Kind::Sequence => Some("the current value of the sequence"),
            Kind::Schema => Some("everything in the schema (it needs CASCADE for that)"),
            Kind::Extension => Some("what the extension stores"),
            _ => None,
        }
    }
}
