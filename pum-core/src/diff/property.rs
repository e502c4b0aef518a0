//! Objects that are only a property of other objects.

use super::{Change, Difference};
use crate::model::{Attribute, Attributes, Kind, Model, Object, Value};

/// Tells the value of what is only a property (default privileges, a security label) as that of
/// an attribute which the other side has not set, instead of an object which it does not have.
pub(super) fn as_attribute(differences: &mut [Difference], left: &Model, right: &Model) {
    for Difference { identity, change } in differences {
        let Some(name) = property(identity.kind) else { continue };
        let value = |model: &Model| value(model.get(identity)?);
        *change = match (&change, value(left), value(right)) {
            (Change::OnlyLeft, Some(left), _) => {
                Change::Attribute { name, right: left.unset(), left }
            }
            (Change::OnlyRight, _, Some(right)) => {
                Change::Attribute { name, left: right.unset(), right }
            }
            _ => continue,
        };
    }
}

/// The attribute that is all there is of the objects of such a kind.
pub(super) fn property(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::DefaultPrivileges | Kind::ChangedPrivileges => Some("privileges"),
        Kind::SecurityLabel => Some("label"),
        _ => None,
    }
}

/// Its value.
fn value(object: &Object) -> Option<Value> {
    let [value] = match &object.attributes {
        Attributes::DefaultPrivileges(own) => own.privileges.values(),
        Attributes::ChangedPrivileges(own) => own.privileges.values(),
        Attributes::SecurityLabel(own) => own.label.values(),
        _ => return None,
    };
    Some(value)
}
