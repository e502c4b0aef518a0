use crate::delta::{Name, Reader};

/// The table of which a statement updates or deletes rows.
pub(super) fn changed_rows(mut reader: Reader<'_, '_>) -> Option<Name> {
    if !reader.eat(&["update"]) && !reader.eat(&["delete", "from"]) {
        return None;
    }
    reader.eat(&["only"]);
    reader.name()
}
