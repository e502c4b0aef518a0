//! Whether rows can be filled in by `UPDATE` without any other effect.

use super::super::super::side::Side;
use crate::model::{Constraint, Identity, Publication, ReplicaIdentity, Rule, Table, Trigger};
use crate::sql::tokens;

/// Whether `UPDATE` of rows of the table does that and nothing else, and is done to all of them.
pub(in crate::plan::online) fn can_be_updated(table: &Identity, side: &Side) -> Result<(), String> {
    let model = &side.model;
    if model.of::<Table>(table).is_some_and(|it| it.force_row_security) {
        return Err("row level security may hide rows".to_owned());
    }
    if let Some((rule, _)) = model.parts_of::<Rule>(table).next() {
        return Err(format!("{rule} may do something else"));
    }
    let fires = |definition: &str| {
        let tokens = tokens(definition);
        tokens.iter().take_while(|it| it.key != "on").any(|it| it.key == "update")
    };
    let mut triggers = model.parts_of::<Trigger>(table);
    if let Some((trigger, _)) = triggers.find(|(_, it)| fires(&it.definition.0)) {
        return Err(format!("{trigger} fires on updates"));
    }
    let has_key = || {
        model
            .parts_of::<Constraint>(table)
            .any(|(_, it)| it.definition.0.starts_with("PRIMARY KEY"))
    };
    let identity = model.of::<Table>(table).map(|it| &it.replica_identity);
    let is_identified = match identity {
        Some(ReplicaIdentity::Default) => has_key(),
        Some(ReplicaIdentity::Nothing) => false,
        _ => true,
    };
    if !is_identified && model.all_of::<Publication>().next().is_some() {
        return Err("the table may be published, and has no replica identity".to_owned());
    }
    Ok(())
}
