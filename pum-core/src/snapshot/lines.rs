//! Where objects stand in the text of a snapshot.

use std::collections::HashMap;

use super::layout::OBJECT_START;
use crate::model::Identity;

/// The line of each object, from 1; of one that is not there that of the table it belongs to.
pub(crate) fn lines_of(text: &str, objects: &[&Identity]) -> Vec<Option<usize>> {
    let mut lines: HashMap<Identity, usize> = HashMap::new();
    let mut tables: HashMap<(String, String), usize> = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(begin) = line.trim_start().strip_prefix(OBJECT_START) else { continue };
        let identity = serde_json::Deserializer::from_str(begin).into_iter().next();
        let Some(Ok(identity)) = identity else { continue };
        let Identity { schema, parent, name, .. } = &identity;
        if parent.is_none() {
            tables.entry((schema.clone(), name.clone())).or_insert(number);
        }
        // How its SQL reads after a round trip comes later.
        lines.entry(identity).or_insert(number);
    }
    let line_of = |object: &&Identity| {
        let table = object.parent.clone().map(|parent| (object.schema.clone(), parent));
        lines.get(*object).or_else(|| tables.get(&table?)).copied()
    };
    objects.iter().map(line_of).collect()
}
