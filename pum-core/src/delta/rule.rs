use std::fmt;
use std::str::FromStr;

/// Defines [`LintRule`]: each with its name, what is risky and what to write instead.
macro_rules! rules {
    ($($rule:ident $name:literal: $risk:literal; $instead:literal.)+) => {
        /// Something that is risky in a script; the `lint` room finds it, a header may allow it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LintRule {
            $(#[doc = concat!("`", $name, "`: ", $risk, ".")] $rule,)+
        }

        impl LintRule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// Its name, which does not change from version to version.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)+ }
            }

            /// What is risky.
            pub const fn risk(self) -> &'static str {
                match self { $(Self::$rule => $risk,)+ }
            }

            /// What to write instead.
            pub const fn instead(self) -> &'static str {
                match self { $(Self::$rule => $instead,)+ }
            }
        }
    };
}

rules! {
    CreateIndex "create-index-without-concurrently":
        "writes to the table block while the index is built";
        "write CREATE INDEX CONCURRENTLY in a delta of its own with \"-- pum: no-transaction\" (of \
         a partitioned table: CREATE INDEX … ON ONLY, and one for each partition)".
    DropIndex "drop-index-without-concurrently":
        "reads and writes of the table block until the transaction ends";
        "write DROP INDEX CONCURRENTLY in a delta of its own with \"-- pum: no-transaction\"".
    Reindex "reindex-without-concurrently":
        "writes to the table, and most reads, block while the index is built";
        "write REINDEX … CONCURRENTLY in a delta of its own with \"-- pum: no-transaction\"".
    ForeignKey "foreign-key-without-not-valid":
        "writes to both tables block while all rows are checked";
        "add it NOT VALID, and VALIDATE CONSTRAINT in a later delta".
    Check "check-without-not-valid":
        "reads and writes of the table block while all rows are checked";
        "add it NOT VALID, and VALIDATE CONSTRAINT in a later delta".
    UsingIndex "constraint-without-using-index":
        "reads and writes of the table block while the constraint's index is built";
        "build the index with CREATE UNIQUE INDEX CONCURRENTLY in an earlier delta, and add the \
         constraint USING INDEX (not possible for an EXCLUDE constraint: add it in a maintenance window)".
    VolatileDefault "column-with-volatile-default":
        "the table is rewritten under a lock, to compute a value for each row";
        "add the column without it, set the default with ALTER COLUMN … SET DEFAULT, and backfill \
         existing rows in batches (now() and current_timestamp are stable and need no rewrite)".
    NotNullColumn "column-not-null-without-default":
        "it fails if the table has any rows";
        "give a constant DEFAULT, or add the column without NOT NULL, fill it, then set NOT NULL".
    ColumnType "column-type-change":
        "the table and its indexes are rewritten under a lock (except varchar(n) to a greater n, \
         to varchar or to text; numeric(p,s) to a greater p)";
        "add a column of the new type, backfill it in batches, and switch to it; if it is one of \
         the harmless changes, allow it".
    SetNotNull "set-not-null":
        "reads and writes of the table block while all rows are checked";
        "add CHECK (… IS NOT NULL) NOT VALID in an earlier delta; then VALIDATE CONSTRAINT, SET \
         NOT NULL (which relies on it) and DROP CONSTRAINT".
    DropColumn "drop-column":
        "its data is lost, and programs that still use the column fail";
        "drop it in a release after that in which nothing uses it any more".
    RenameColumn "rename-column":
        "programs that know the old name fail";
        "add a new column, keep both in sync while old programs run, and drop the old one later".
    DropTable "drop-table":
        "its data is lost, and programs that still use the table fail";
        "drop it in a release after that in which nothing uses it any more".
    Truncate "truncate":
        "all rows are lost, and reads of the table block until the transaction ends";
        "DELETE the rows that are meant, with WHERE".
    RenameTable "rename-table":
        "programs that know the old name fail";
        "leave a view with the old name in the same delta, and drop it later".
    DeleteAll "delete-without-where":
        "all rows are deleted";
        "say which rows with WHERE (WHERE true, if you mean all)".
    UpdateAll "update-without-where":
        "all rows are rewritten and stay locked until the transaction ends";
        "limit it with WHERE to the rows that need it, and update a large table in batches (WHERE \
         true, if you mean all)".
    TransactionControl "transaction-control":
        "pum manages the transaction: a BEGIN and COMMIT around the whole script are removed, any \
         other is refused";
        "remove it".
    NoLockTimeout "no-lock-timeout":
        "while the statement waits for its lock, all other statements on the table queue behind it, including reads";
        "set a limit for the run, or with \"-- pum: lock-timeout 5s\" in the header".
    VacuumFull "vacuum-full":
        "reads and writes of the table block while it is rewritten";
        "use plain VACUUM, or run it in a maintenance window".
    Cluster "cluster":
        "reads and writes of the table block while it is rewritten";
        "run it in a maintenance window".
    Refresh "refresh-without-concurrently":
        "reads of the materialized view block while it is refreshed";
        "write REFRESH MATERIALIZED VIEW CONCURRENTLY (it needs a unique index)".
    DropCascade "drop-cascade":
        "it also drops dependent objects, which may differ between databases";
        "drop by name what depends on it, without CASCADE".
    EnumValue "enum-value-used":
        "a value that was added to an enum cannot be used in the same transaction";
        "use it in a later delta".
    DisableTrigger "disable-trigger":
        "rows written meanwhile bypass the triggers, which stay disabled unless they are enabled \
         again";
        "let the triggers run, or make sure the same script does their work and enables them again".
}

/// A rule that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no lint rule \"{name}\"{}", nearest_or_all(*nearest))]
#[non_exhaustive]
pub struct UnknownRule {
    /// What was given.
    pub name: String,
    /// The rule that may have been meant.
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
        let given = name.to_ascii_lowercase().replace('_', "-");
        let nearest = Self::ALL
            .iter()
            .map(|rule| (strsim::osa_distance(&given, rule.name()), *rule))
            .filter(|(distance, rule)| {
                *distance <= rule.name().len() / 2 || rule.name().starts_with(&*given)
            })
            .min();
        Err(UnknownRule { name: name.to_owned(), nearest: nearest.map(|(_, rule)| rule) })
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
