//! What would make test what the reference is, as statements: for one difference at a time, where
//! the catalogs hold the object's definition. What no statement here can say has no remedy; a remedy
//! that says only half would be worse.

mod change;
mod grant;
mod make;
mod name;
mod order;
mod relation;
mod routine;

pub(super) use order::in_order;

use crate::compare::Comparison;
use crate::diff::{Change, Difference};
use crate::model::{Identity, Kind, Model, Object, Value};

/// Both sides of a comparison, of which the first is to become what the second is.
pub(super) struct Sides<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) test: &'a Model,
    pub(super) reference: &'a Model,
    /// Who runs the statements, and so owns what they make.
    pub(super) role: &'a str,
    /// The major version of the server that they are run on.
    pub(super) major: u32,
}

/// Statements, or `None` where these cannot say all.
type Statements = Option<Vec<String>>;

impl Sides<'_> {
    /// Statements that bring test to the reference in one difference.
    pub(super) fn remedy(&self, difference: &Difference) -> Option<String> {
        let identity = &difference.identity;
        let statements = match &difference.change {
            Change::OnlyLeft => {
                let mut renames = self.comparison.renames.iter();
                match renames.find(|rename| rename.left == *identity) {
                    Some(rename) => vec![change::rename(identity, &rename.right, self.test)?],
                    None => self.drop_it(identity)?,
                }
            }
            // The statement that renames is told with the other one.
            Change::OnlyRight if self.is_renamed_to(identity) => return None,
            Change::OnlyRight => self.make(self.reference.get(identity)?, false)?,
            Change::Attribute { name, left, right } => self.change(identity, name, left, right)?,
        };
        Some(statements.join("\n"))
    }

    fn is_renamed_to(&self, identity: &Identity) -> bool {
        self.comparison.renames.iter().any(|rename| rename.right == *identity)
    }

    /// What drops an object of test. What takes data with it is only a comment: it must be meant.
    fn drop_it(&self, identity: &Identity) -> Statements {
        let sql = change::drop(identity, self.test)?;
        let Some(lost) = self.lost_with(identity) else { return Some(vec![sql]) };
        Some(vec![format!("-- loses {lost}: only if that is meant"), format!("-- {sql}")])
    }

    /// The data that go with an object.
    fn lost_with(&self, identity: &Identity) -> Option<&'static str> {
        let is = |kind| self.test.get(&Identity { kind, ..of_parent(identity) }).is_some();
        match identity.kind {
            Kind::Table => Some("the rows of the table"),
            Kind::Column if is(Kind::Table) || is(Kind::CompositeType) => {
                Some("the values of the column")
            }
            Kind::Sequence => Some("how far the sequence has come"),
            Kind::Schema => {
                Some("all that is in the schema, and does so only with CASCADE behind it")
            }
            Kind::Extension => Some("what the extension keeps"),
            _ => None,
        }
    }
}

/// The identity of what an object belongs to, but for its kind.
fn of_parent(identity: &Identity) -> Identity {
    Identity {
        kind: identity.kind,
        schema: identity.schema.clone(),
        parent: None,
        name: identity.parent.clone().unwrap_or_default(),
        arguments: None,
    }
}

/// The value of an object's attribute.
fn value(object: &Object, attribute: &str) -> Value {
    let names = object.identity.kind.attribute_names().iter();
    let mut values = names.zip(object.attributes.values());
    values.find_map(|(name, value)| (*name == attribute).then_some(value)).unwrap_or(Value::None)
}

/// The same as a text; `None` where it is not set.
fn text(object: &Object, attribute: &str) -> Option<String> {
    match value(object, attribute) {
        Value::None => None,
        value => Some(value.to_string()),
    }
}

fn is_true(object: &Object, attribute: &str) -> bool {
    value(object, attribute) == Value::Boolean(true)
}

fn list(object: &Object, attribute: &str) -> Vec<String> {
    match value(object, attribute) {
        Value::List(items) => items,
        _ => Vec::new(),
    }
}
