use crate::model::Kind;

/// Which parts of the model are compared, before individual filters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// The scope of the Python program of the same name: nine elements by name, type and
    /// definition.
    Classic,
    /// Everything that `pg_dump --schema-only` prints, except the column order of tables, and
    /// tablespaces.
    #[default]
    Default,
    /// Everything in the model, including column order, tablespaces and database-level properties:
    /// encoding, locale, settings.
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
        if kind == Kind::Extension && matches!(attribute, "default_version" | "not_relocatable") {
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
