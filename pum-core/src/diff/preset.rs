use crate::model::Kind;

/// How much of what the model holds is compared, before single filters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// What the Python program of the same name compares: nine elements by name, type and
    /// definition.
    Classic,
    /// All that `pg_dump --schema-only` prints, but for the order of the columns of tables, and for
    /// tablespaces.
    #[default]
    Default,
    /// All that the model holds, also the order of columns, tablespaces and what belongs to the
    /// database as a whole: encoding, locale, settings.
    Strict,
}

/// What the classic preset compares. An object of these kinds that only one side has is a
/// difference too.
const CLASSIC: &[(Kind, &[&str])] = &[
    (Kind::Table, &[]),
    (Kind::Column, &["data_type", "default", "not_null"]),
    (Kind::Constraint, &["constraint_type", "definition"]),
    (Kind::View, &["definition"]),
    (Kind::Sequence, &[]),
    (Kind::Index, &["definition"]),
    (Kind::Trigger, &["definition"]),
    (Kind::Function, &["signature", "returns", "body", "sql_body"]),
    (Kind::Rule, &["definition"]),
];

impl Preset {
    pub(super) fn hides_kind(self, kind: Kind) -> bool {
        match self {
            Self::Classic => classic(kind).is_none(),
            Self::Default => kind == Kind::Database,
            Self::Strict => false,
        }
    }

    pub(super) fn hides_attribute(self, kind: Kind, attribute: &str) -> bool {
        if (kind, attribute) == (Kind::Extension, "default_version") {
            return true;
        }
        match self {
            Self::Classic => classic(kind).is_none_or(|compared| !compared.contains(&attribute)),
            Self::Default => attribute == "tablespace",
            Self::Strict => false,
        }
    }

    /// Whether the order of a table's columns is left out.
    pub(super) fn hides_column_order(self) -> bool {
        matches!(self, Self::Classic | Self::Default)
    }
}

fn classic(kind: Kind) -> Option<&'static [&'static str]> {
    CLASSIC.iter().find(|(known, _)| *known == kind).map(|(_, compared)| *compared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_presets_name_exists() {
        for (kind, attributes) in CLASSIC {
            for attribute in *attributes {
                assert!(kind.attribute_names().contains(attribute), "{kind:?}.{attribute}");
            }
        }
        assert!(Preset::Default.hides_attribute(Kind::Table, "tablespace"));
        assert!(Kind::Column.attribute_names().contains(&"position"));
        assert!(Kind::Table.attribute_names().contains(&"tablespace"));
    }
}
