use crate::delta::{Name, Reader};

/// Types that take their default from a sequence.
const SERIAL: &[&str] = &["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

/// An `ALTER TABLE`.
#[derive(Debug)]
pub(super) struct AlterTable<'t, 'a> {
    pub(super) table: Name,
    rest: Reader<'t, 'a>,
}

impl<'t, 'a> AlterTable<'t, 'a> {
    pub(super) fn read(mut reader: Reader<'t, 'a>) -> Option<Self> {
        if !reader.eat(&["alter", "table"]) && !reader.eat(&["alter", "foreign", "table"]) {
            return None;
        }
        reader.eat(&["if", "exists"]);
        reader.eat(&["only"]);
        let table = reader.name()?;
        reader.eat(&["*"]);
        Some(Self { table, rest: reader })
    }

    /// The changes of the table, in order.
    pub(super) fn actions(&self) -> impl Iterator<Item = Reader<'t, 'a>> {
        self.rest.parts()
    }
}

/// The column that an action of `ALTER TABLE` adds, and its definition.
pub(super) fn added_column<'t, 'a>(action: Reader<'t, 'a>) -> Option<(Name, Reader<'t, 'a>)> {
    let mut rest = action;
    if !rest.eat(&["add"]) {
        return None;
    }
    if !rest.eat(&["column"]) {
        let exclude = rest.is(&["exclude", "using"]) || rest.is(&["exclude", "("]);
        if exclude || rest.is_any(&["constraint", "foreign", "check", "not", "unique", "primary"]) {
            return None;
        }
    }
    rest.eat(&["if", "not", "exists"]);
    Some((rest.name()?, rest))
}

/// The constraint that an action of `ALTER TABLE` adds to the table, from the word for its kind on.
pub(super) fn added_constraint<'t, 'a>(action: Reader<'t, 'a>) -> Option<Reader<'t, 'a>> {
    let mut rest = action;
    if added_column(action).is_some() || !rest.eat(&["add"]) {
        return None;
    }
    if rest.eat(&["constraint"]) {
        rest.name();
    }
    Some(rest)
}

/// Whether a constraint is added without a check of the rows that are there.
pub(super) fn is_not_valid(constraint: Reader<'_, '_>) -> bool {
    constraint.has(&["not", "valid"])
}

/// The column of an `ALTER [COLUMN]`, and what is done to it.
pub(super) fn altered_column<'t, 'a>(action: Reader<'t, 'a>) -> Option<(Name, Reader<'t, 'a>)> {
    let mut rest = action;
    if !rest.eat(&["alter"]) || rest.is(&["constraint"]) {
        return None;
    }
    rest.eat(&["column"]);
    Some((rest.name()?, rest))
}

/// Names, separated by commas.
pub(super) fn name_list(names: &[Name]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether the definition of a column begins with a type that takes its default from a sequence.
pub(super) fn is_serial(definition: Reader<'_, '_>) -> bool {
    definition.is_any(SERIAL)
}
