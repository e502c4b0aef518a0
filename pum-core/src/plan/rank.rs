//! What comes first among steps that need nothing of one another.

use super::side::Side;
use super::step::{Action, Step};
use crate::model::{Column, Kind};

/// What comes first among what may.
pub(super) fn rank(step: &Step) -> (u8, (bool, Kind), u8) {
    let phase = match (step.before_transaction, step.action, step.identity.kind) {
        (true, ..) => 0,
        // They act on what is created after them.
        (_, _, Kind::DefaultPrivileges) => 3,
        (_, Action::Drop | Action::DropDefault | Action::Park, _) => 1,
        _ => 2,
    };
    (phase, kind_rank(step.identity.kind), u8::from(step.action == Action::Finish))
}

/// New columns come in the order in which their table has them.
pub(super) fn place_of_column<'s>(
    step: &'s Step,
    right: &Side,
) -> Option<(&'s str, Option<&'s str>, i64)> {
    let column = right.model.of::<Column>(&step.identity)?;
    let is_new = step.action == Action::Create;
    let place = column.position.filter(|_| is_new)?;
    Some((&step.identity.schema, step.identity.parent.as_deref(), place))
}

/// What tables, views and indexes can need without its being known, as it stands in the quoted body of a
/// function, comes before them; `pg_dump` does the same.
fn kind_rank(kind: Kind) -> (bool, Kind) {
    let is_before_tables = matches!(
        kind,
        Kind::Cast
            | Kind::Collation
            | Kind::Conversion
            | Kind::ForeignDataWrapper
            | Kind::ForeignServer
            | Kind::Operator
            | Kind::OperatorClass
            | Kind::OperatorFamily
            | Kind::TextSearchConfiguration
            | Kind::TextSearchDictionary
            | Kind::TextSearchParser
            | Kind::TextSearchTemplate
            | Kind::UserMapping
    );
    (kind >= Kind::Table && !is_before_tables, kind)
}
