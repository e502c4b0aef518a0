//! One file for each rule, named as the rule is: its texts, its check and its tests.

mod attach_partition;
mod check_without_not_valid;
mod cluster;
mod column_not_null_without_default;
mod column_type_change;
mod column_with_volatile_default;
mod concurrently_if_not_exists;
mod constraint_without_using_index;
mod create_index_without_concurrently;
mod delete_without_where;
mod detach_partition;
mod disable_trigger;
mod domain_constraint;
mod drop_cascade;
mod drop_column;
mod drop_index_without_concurrently;
mod drop_primary_key;
mod drop_table;
mod enum_value_used;
mod foreign_key_without_not_valid;
mod lock_table;
mod no_lock_timeout;
mod refresh_without_concurrently;
mod reindex_without_concurrently;
mod rename_column;
mod rename_table;
mod rows_beside_ddl;
mod set_not_null;
mod several_tables;
mod table_rewrite;
pub(super) mod transaction_control;
mod truncate;
mod update_without_where;
mod vacuum_full;
mod validate_in_same_transaction;

use super::rule::RuleDefinition;
use crate::delta::{LintRule, lint_rules};

/// The definition of each rule of the registry.
macro_rules! definitions {
    ($($rule:ident $module:ident $name:literal;)+) => {
        pub(super) const fn definition(rule: LintRule) -> &'static RuleDefinition {
            match rule { $(LintRule::$rule => &$module::RULE,)+ }
        }
    };
}

lint_rules!(definitions);

impl LintRule {
    /// What is risky.
    pub const fn risk(self) -> &'static str {
        definition(self).risk
    }

    /// What to write instead.
    pub const fn instead(self) -> &'static str {
        definition(self).instead
    }
}

/// The statements with which the rules are tested, of all of them.
#[cfg(test)]
pub(super) fn tested_statements() -> Vec<&'static str> {
    macro_rules! statements {
        ($($rule:ident $module:ident $name:literal;)+) => {
            [$($module::tests::RISKY, $module::tests::HARMLESS),+].concat()
        };
    }
    lint_rules!(statements)
}
