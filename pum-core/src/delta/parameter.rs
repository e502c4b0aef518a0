//! The parameters of a project: variables that its configuration declares.

use serde::Deserialize;

use super::VariableValue;

/// A variable that the configuration declares.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) name: String,
    #[serde(rename = "type", default)]
    pub(super) kind: ParameterKind,
    pub(super) default: Option<Scalar>,
    #[serde(rename = "description")]
    _description: Option<String>,
    pub(super) values: Option<Vec<Scalar>>,
    #[serde(default)]
    pub(super) app_only: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ParameterKind {
    Boolean,
    Integer,
    #[default]
    Text,
    Decimal,
    Path,
}

/// A value as YAML has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Text(value) => value.clone(),
        }
    }
}

impl ParameterKind {
    pub(super) fn value(self, text: &str) -> Result<VariableValue, String> {
        let wrong = |what: &str| format!("\"{text}\" is not a valid {what}");
        match self {
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(VariableValue::Boolean(true)),
                "false" | "0" => Ok(VariableValue::Boolean(false)),
                _ => Err(wrong("boolean (true, false)")),
            },
            Self::Integer => {
                text.trim().parse().map(VariableValue::Integer).map_err(|_| wrong("whole number"))
            }
            Self::Decimal => {
                text.trim().parse().map(VariableValue::Float).map_err(|_| wrong("number"))
            }
            Self::Text | Self::Path => Ok(VariableValue::String(text.to_owned())),
        }
    }
}

impl Parameter {
    /// Whether its default and its values are of its type, and the default among the values.
    pub(super) fn check(&self) -> Result<(), String> {
        let own = |message: String| format!("parameter {}: {message}", self.name);
        for value in self.default.iter().chain(self.values.iter().flatten()) {
            self.value(&value.text()).map_err(own)?;
        }
        Ok(())
    }

    /// A value from its text, if it is one of those allowed.
    pub(super) fn value(&self, text: &str) -> Result<VariableValue, String> {
        let value = self.kind.value(text)?;
        let Some(allowed) = &self.values else { return Ok(value) };
        let is_this = |one: &Scalar| self.kind.value(&one.text()).is_ok_and(|one| one == value);
        if allowed.iter().any(is_this) {
            return Ok(value);
        }
        let list: Vec<String> = allowed.iter().map(Scalar::text).collect();
        Err(format!("\"{text}\" is not one of its allowed values: {}", list.join(", ")))
    }
}
