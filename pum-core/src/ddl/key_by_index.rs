//! Primary keys and unique constraints that are made of an index.

use super::name;
use crate::model::{Constraint, ConstraintType};
use crate::sql::quote_ident;

/// A key in two statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyByIndex {
    /// The definition of the index, after `ON table`.
    pub(crate) index: String,
    /// `PRIMARY KEY` or `UNIQUE`.
    pub(crate) word: &'static str,
    /// What follows `USING INDEX name`: when it is checked.
    pub(crate) behind: String,
}

/// How a key is made of an index; `None` if it cannot be.
pub(crate) fn key_of_index(constraint: &Constraint) -> Option<KeyByIndex> {
    let word = match constraint.constraint_type {
        ConstraintType::PrimaryKey => "PRIMARY KEY",
        ConstraintType::Unique => "UNIQUE",
        _ => return None,
    };
    let mut rest = constraint.definition.0.strip_prefix(word)?.strip_prefix(' ')?;
    let is_distinct = match rest.strip_prefix("NULLS NOT DISTINCT ") {
        Some(behind) => {
            rest = behind;
            false
        }
        None => true,
    };
    let parenthesized = |text: &str| {
        let inside = text.strip_prefix('(')?;
        let end = name::closing(inside)?;
        Some((inside[..end].to_owned(), inside[end + 1..].to_owned()))
    };
    let (columns, behind) = parenthesized(rest)?;
    // Of ranges that must not overlap it is an index of another kind.
    if columns.ends_with(" WITHOUT OVERLAPS") {
        return None;
    }
    let mut index = format!("({columns})");
    let mut behind = behind;
    if let Some(included) = behind.strip_prefix(" INCLUDE ") {
        let (columns, rest) = parenthesized(included)?;
        index += &format!(" INCLUDE ({columns})");
        behind = rest;
    }
    let is_timing = ["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"].contains(&&*behind);
    if !is_timing {
        return None;
    }
    if !is_distinct {
        index += " NULLS NOT DISTINCT";
    }
    if !constraint.storage_parameters.is_empty() {
        index += &format!(" WITH ({})", name::storage_parameters(&constraint.storage_parameters));
    }
    if let Some(tablespace) = &constraint.tablespace {
        index += &format!(" TABLESPACE {}", quote_ident(tablespace));
    }
    Some(KeyByIndex { index, word, behind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sql;

    fn key(constraint_type: ConstraintType, definition: &str) -> Option<KeyByIndex> {
        key_of_index(&Constraint {
            constraint_type,
            definition: Sql(definition.to_owned()),
            validated: true,
            inherited: false,
            partition_of: None,
            storage_parameters: vec!["fillfactor=70".to_owned()],
            tablespace: None,
            index_comment: None,
            comment: None,
        })
    }

    #[test]
    fn a_definition_becomes_an_index_and_a_constraint() {
        let unique = "UNIQUE NULLS NOT DISTINCT (\"a)b\", c) INCLUDE (d) DEFERRABLE";
        let found = key(ConstraintType::Unique, unique).unwrap();
        assert_eq!(found.index, "(\"a)b\", c) INCLUDE (d) NULLS NOT DISTINCT WITH (fillfactor=70)");
        assert_eq!((found.word, &*found.behind), ("UNIQUE", " DEFERRABLE"));
        let found = key(ConstraintType::PrimaryKey, "PRIMARY KEY (a)").unwrap();
        assert_eq!((&*found.index, found.word), ("(a) WITH (fillfactor=70)", "PRIMARY KEY"));
        assert_eq!(key(ConstraintType::Unique, "UNIQUE (a, p WITHOUT OVERLAPS)"), None);
        assert_eq!(key(ConstraintType::Exclusion, "EXCLUDE USING gist (a WITH =)"), None);
    }
}
