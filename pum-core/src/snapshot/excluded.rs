use crate::diff::{FilterError, Filters};
use crate::model::{Model, TablePath};

/// What a source does not hold, or holds for another program's sake: it is left out of the other
/// side too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Excluded {
    /// Tables, with all that belongs to them.
    pub tables: Vec<TablePath>,
    /// Globs of schemas.
    pub schemas: Vec<String>,
    /// Elements and attributes, as [`Filters::ignore`] takes them.
    pub elements: Vec<String>,
}

impl Excluded {
    pub(crate) fn add(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.schemas.extend(other.schemas);
        self.elements.extend(other.elements);
        for texts in [&mut self.schemas, &mut self.elements] {
            texts.sort();
            texts.dedup();
        }
    }

    /// Leaves the schemas and elements out of a comparison.
    pub fn apply_to(&self, filters: &mut Filters) -> Result<(), FilterError> {
        for schema in &self.schemas {
            filters.exclude_schema(schema)?;
        }
        self.elements.iter().try_for_each(|element| filters.ignore(element))
    }

    pub(crate) fn remove_tables(&self, model: &mut Model) {
        for table in &self.tables {
            model.remove_table(&table.schema, &table.name);
        }
    }
}
