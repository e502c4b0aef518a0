use super::attribute::{Attribute, AttributeReader};
use super::letters::Storage;
use super::macros::{attributes, words};
use super::privileges::Privileges;
use super::value::{Sql, Value};
use super::word::Word;

attributes! {
    /// A column of a table or view, an attribute of a composite type: `pg_attribute`.
    Column {
        /// Which column of its table it is, from 1; dropped ones are not counted.
        position: Option<i64>,
        /// Type with its modifier, as `format_type` prints it.
        data_type: String,
        /// Collation, if it is not the type's own.
        collation: Option<String>,
        /// Whether it can be null.
        nullability: Nullability as [not_null, not_null_form],
        /// What it holds where nothing else is written.
        value: ColumnValue as [default, identity, generated, generated_virtual],
        /// Storage strategy, if it is not the type's own.
        storage: Option<Storage>,
        /// Compression method.
        compression: Option<Compression>,
        /// `SET STATISTICS`.
        statistics_target: Option<i64>,
        /// `SET (…)`, options of a foreign table's column too.
        options: Vec<String>,
        /// Got from a parent table only.
        inherited: bool,
        /// `COMMENT ON COLUMN`.
        comment: Option<String>,
        /// Privileges granted on this column alone.
        privileges: Privileges,
    }
}

words! {
    /// Whether an identity column takes values of the user: `pg_attribute.attidentity`.
    IdentityGeneration {
        /// Only those of its sequence.
        Always = "always",
        /// Those of its sequence if there is no other.
        ByDefault = "by default",
    }
}

words! {
    /// How large values are compressed: `pg_attribute.attcompression`.
    Compression {
        /// PostgreSQL's own.
        Pglz = "pglz",
        /// LZ4.
        Lz4 = "lz4",
    }
}

/// Whether a column can be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nullability {
    /// It can.
    Nullable,
    /// `NOT NULL`.
    NotNull {
        /// False for `NOT VALID`, which there is since PostgreSQL 18.
        validated: bool,
        /// `NO INHERIT`, which there is since PostgreSQL 18.
        no_inherit: bool,
    },
}

/// Names of what is unusual with a `NOT NULL`.
const FORMS: [(Option<&str>, Nullability); 4] = [
    (None, Nullability::NotNull { validated: true, no_inherit: false }),
    (Some("not valid"), Nullability::NotNull { validated: false, no_inherit: false }),
    (Some("no inherit"), Nullability::NotNull { validated: true, no_inherit: true }),
    (Some("not valid, no inherit"), Nullability::NotNull { validated: false, no_inherit: true }),
];

impl Attribute<2> for Nullability {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [not_null, not_null_form]: [&'static str; 2],
    ) -> Result<Self, R::Error> {
        let is_not_null = reader.boolean(not_null)?;
        let form = reader.text(not_null_form)?;
        if !is_not_null && form.is_none() {
            return Ok(Self::Nullable);
        }
        let mut forms = FORMS.iter().filter(|(known, _)| is_not_null && *known == form.as_deref());
        let problem = "it is not a valid form of NOT NULL";
        forms.next().map(|(_, found)| *found).ok_or_else(|| reader.invalid(not_null_form, problem))
    }
    fn values(&self) -> [Value; 2] {
        let form = FORMS.iter().find(|(_, known)| known == self);
        let text = form.and_then(|(text, _)| *text);
        let text = text.map_or(Value::None, |text| Value::Text(text.to_owned()));
        [Value::Boolean(form.is_some()), text]
    }
}

/// What a column holds where nothing else is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnValue {
    /// Null.
    Null,
    /// `DEFAULT`.
    Default(Sql),
    /// The next value of its own sequence: `GENERATED … AS IDENTITY`.
    Identity(IdentityGeneration),
    /// `GENERATED ALWAYS AS (…)`.
    Generated {
        /// The expression.
        expression: Sql,
        /// When it is computed.
        kind: GeneratedKind,
    },
}

/// When the value of a generated column is computed: `pg_attribute.attgenerated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratedKind {
    /// When a row is written.
    Stored,
    /// When it is read.
    Virtual,
}

impl Attribute<4> for ColumnValue {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [default, identity, generated, generated_virtual]: [&'static str; 4],
    ) -> Result<Self, R::Error> {
        let default = reader.text(default)?.map(Sql);
        let identity = reader.word(identity)?;
        let generated = reader.text(generated)?.map(Sql);
        let is_virtual = reader.boolean(generated_virtual)?;
        Ok(match (default, identity, generated, is_virtual) {
            (None, None, None, false) => Self::Null,
            (Some(default), None, None, false) => Self::Default(default),
            (None, Some(generation), None, false) => Self::Identity(generation),
            (None, None, Some(expression), is_virtual) => {
                let kind = if is_virtual { GeneratedKind::Virtual } else { GeneratedKind::Stored };
                Self::Generated { expression, kind }
            }
            _ => {
                let problem =
                    "a column either has a default, is an identity column, or is generated";
                return Err(reader.invalid(generated_virtual, problem));
            }
        })
    }
    fn values(&self) -> [Value; 4] {
        const NONE: Value = Value::None;
        let sql = |sql: &Sql| Value::Sql(sql.0.clone());
        match self {
            Self::Null => [NONE, NONE, NONE, Value::Boolean(false)],
            Self::Default(default) => [sql(default), NONE, NONE, Value::Boolean(false)],
            Self::Identity(generation) => {
                let word = Value::Text(generation.word().into_owned());
                [NONE, word, NONE, Value::Boolean(false)]
            }
            Self::Generated { expression, kind } => {
                let is_virtual = Value::Boolean(*kind == GeneratedKind::Virtual);
                [NONE, NONE, sql(expression), is_virtual]
            }
        }
    }
}
