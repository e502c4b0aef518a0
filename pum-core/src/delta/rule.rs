use std::fmt;
use std::str::FromStr;

use crate::did_you_mean::nearest;

/// The registry of the lint rules: of each its name in code, its file in `lint/rules/`, and the
/// name by which a header or a setting names it. Hands them to another macro.
///
/// A new rule is its file and a line here (with the `mod` line of the file), and a page in
/// `docs/lint/`. Findings at the same place are in this order.
macro_rules! lint_rules {
    ($with:ident) => {
        $with! {
            CreateIndex create_index_without_concurrently "create-index-without-concurrently";
            DropIndex drop_index_without_concurrently "drop-index-without-concurrently";
            Reindex reindex_without_concurrently "reindex-without-concurrently";
            ForeignKey foreign_key_without_not_valid "foreign-key-without-not-valid";
            Check check_without_not_valid "check-without-not-valid";
            UsingIndex constraint_without_using_index "constraint-without-using-index";
            VolatileDefault column_with_volatile_default "column-with-volatile-default";
            NotNullColumn column_not_null_without_default "column-not-null-without-default";
            ColumnType column_type_change "column-type-change";
            SetNotNull set_not_null "set-not-null";
            DropColumn drop_column "drop-column";
            RenameColumn rename_column "rename-column";
            DropTable drop_table "drop-table";
            Truncate truncate "truncate";
            RenameTable rename_table "rename-table";
            DeleteAll delete_without_where "delete-without-where";
            UpdateAll update_without_where "update-without-where";
            TransactionControl transaction_control "transaction-control";
            VacuumFull vacuum_full "vacuum-full";
            Cluster cluster "cluster";
            Refresh refresh_without_concurrently "refresh-without-concurrently";
            DropCascade drop_cascade "drop-cascade";
            EnumValue enum_value_used "enum-value-used";
            DisableTrigger disable_trigger "disable-trigger";
            AttachPartition attach_partition "attach-partition";
            DetachPartition detach_partition "detach-partition";
            DropPrimaryKey drop_primary_key "drop-primary-key";
            IfNotExists concurrently_if_not_exists "concurrently-if-not-exists";
            ValidateSame validate_in_same_transaction "validate-in-same-transaction";
            TableRewrite table_rewrite "table-rewrite";
            DomainConstraint domain_constraint "domain-constraint";
            LockTable lock_table "lock-table";
            RowsBesideDdl rows_beside_ddl "rows-beside-ddl";
            SeveralTables several_tables "several-tables";
            NoLockTimeout no_lock_timeout "no-lock-timeout";
        }
    };
}

#[cfg(feature = "lint")]
pub(crate) use lint_rules;

/// Defines [`LintRule`].
macro_rules! rule_names {
    ($($rule:ident $module:ident $name:literal;)+) => {
        /// A risk in a script: the `lint` module finds it, and a header can allow it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LintRule {
            $(#[doc = concat!("`", $name, "`; see its page in `docs/lint/`.")] $rule,)+
        }

        impl LintRule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// Its name, which is stable across versions.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)+ }
            }
        }
    };
}

lint_rules!(rule_names);

/// An unknown rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no lint rule \"{name}\"{}", nearest_or_all(*nearest))]
#[non_exhaustive]
pub struct UnknownRule {
    /// The given text.
    pub name: String,
    /// A rule with a similar name.
    pub nearest: Option<LintRule>,
}

/// The rule that may have been meant, or all.
fn nearest_or_all(nearest: Option<LintRule>) -> String {
    if let Some(rule) = nearest {
        return format!(". Did you mean \"{rule}\"?");
    }
    let names: Vec<&str> = LintRule::ALL.iter().map(|rule| rule.name()).collect();
    format!("; the rules are {}", names.join(", "))
}

impl FromStr for LintRule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        if let Some(rule) = Self::ALL.iter().find(|rule| rule.name() == name) {
            return Ok(*rule);
        }
        let nearest = nearest(name, Self::ALL.iter().map(|rule| rule.name()));
        let nearest = Self::ALL.iter().find(|rule| Some(rule.name()) == nearest).copied();
        Err(UnknownRule { name: name.to_owned(), nearest })
    }
}

impl fmt::Display for LintRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_a_wrong_one_gets_a_suggestion() {
        for rule in LintRule::ALL {
            assert_eq!(rule.name().parse(), Ok(*rule));
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(rule.name().chars().all(kebab), "{rule}");
        }
        let nearest = |name: &str| name.parse::<LintRule>().unwrap_err().nearest;
        assert_eq!(nearest("drop_colum"), Some(LintRule::DropColumn));
        assert_eq!(nearest("create-index"), Some(LintRule::CreateIndex));
        assert_eq!(nearest("x"), None);
        let text = "drop-tables".parse::<LintRule>().unwrap_err().to_string();
        assert!(text.contains("Did you mean \"drop-table\"?"), "{text}");
    }
}
