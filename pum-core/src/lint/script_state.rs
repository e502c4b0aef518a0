use super::access_exclusive::{Locked, access_exclusive};
use super::rows::changed_rows;
use super::syntax::{AlterTable, added_column, added_constraint, is_not_valid};
use crate::delta::{Name, Reader};

/// What a script has done so far, as far as a later statement is to be judged by it.
#[derive(Debug, Default)]
pub(super) struct ScriptState {
    pub(super) tables: Vec<Name>,
    pub(super) indexes: Vec<Name>,
    types: Vec<Name>,
    /// Columns, each with its table.
    columns: Vec<(Name, Name)>,
    /// Tables of which a constraint was validated.
    pub(super) validated: Vec<Name>,
    pub(super) domains: Vec<Name>,
    /// Tables that were there before and that the script locked so that even reads block.
    pub(super) locked_tables: Vec<Name>,
    /// Tables that were there before and of which it changed rows.
    pub(super) changed_rows: Vec<Name>,
    /// Constraints that it added without a check, each behind its table.
    pub(super) not_valid: Vec<(Name, Name)>,
    /// Values that were added to enums, as they are written.
    pub(super) enum_values: Vec<String>,
    /// Whether the wait for locks is limited.
    pub(super) lock_timeout: bool,
    /// Whether a lock was waited for without a limit.
    pub(super) waited: bool,
    pub(super) no_transaction: bool,
}

/// What scripts created.
#[derive(Debug, Default)]
pub(super) struct Created {
    tables: Vec<Name>,
    indexes: Vec<Name>,
    types: Vec<Name>,
    domains: Vec<Name>,
    /// Tables of which a constraint was validated: that it holds is known to later scripts.
    validated: Vec<Name>,
}

impl Created {
    /// All but what was validated.
    pub(super) fn forget_objects(&mut self) {
        let validated = std::mem::take(&mut self.validated);
        *self = Self { validated, ..Self::default() };
    }
}

impl ScriptState {
    /// What earlier scripts created is new to this one as well.
    pub(super) fn begin_with(&mut self, created: &Created) {
        self.tables.clone_from(&created.tables);
        self.indexes.clone_from(&created.indexes);
        self.types.clone_from(&created.types);
        self.domains.clone_from(&created.domains);
        self.validated.clone_from(&created.validated);
    }

    pub(super) fn created(self) -> Created {
        let Self { tables, indexes, types, domains, validated, .. } = self;
        Created { tables, indexes, types, domains, validated }
    }

    pub(super) fn new(lock_timeout: bool, no_transaction: bool) -> Self {
        Self { lock_timeout, no_transaction, ..Self::default() }
    }

    /// Whether the script itself created or added the column.
    pub(super) fn has_column(&self, table: &Name, column: &Name) -> bool {
        self.columns.iter().any(|(of, name)| of.may_be(table) && name.may_be(column))
    }

    /// What was there before the script and is locked by a statement in mode ACCESS EXCLUSIVE.
    pub(super) fn locked(&self, reader: Reader<'_, '_>) -> Option<String> {
        match access_exclusive(reader)? {
            Locked::Table(name) => (!name.is_in(&self.tables)).then(|| format!("table {name}")),
            Locked::TableOfIndex(name) => {
                (!name.is_in(&self.indexes)).then(|| format!("the table of index {name}"))
            }
        }
    }

    /// The names that are not those of tables that the script created.
    pub(super) fn without_created(&self, mut names: Vec<Name>) -> Vec<Name> {
        names.retain(|name| !name.is_in(&self.tables));
        names
    }

    /// Remembers what a statement does.
    pub(super) fn note(&mut self, reader: Reader<'_, '_>) {
        self.waited |= !self.lock_timeout && self.locked(reader).is_some();
        if let Some(Locked::Table(name)) = access_exclusive(reader)
            && !name.is_in(&self.tables)
            && !name.is_in(&self.locked_tables)
        {
            self.locked_tables.push(name);
        }
        self.changed_rows.extend(changed_rows(reader).filter(|name| !name.is_in(&self.tables)));
        let mut rest = reader;
        if rest.eat(&["create"]) {
            self.note_created(rest);
        } else if rest.is_any(&["set", "reset", "select"]) {
            self.note_setting(rest);
        } else if rest.eat(&["alter", "type"]) {
            self.note_enum(rest);
        } else if let Some(alter) = AlterTable::read(reader) {
            self.note_altered(&alter);
        }
        if reader.is(&["select"])
            && let Some(mut into) = reader.find(&["into"])
        {
            into.skip(1);
            while into.eat_any(&["temporary", "temp", "unlogged", "table"]) {}
            self.tables.extend(into.name());
        }
    }

    fn note_created(&mut self, mut rest: Reader<'_, '_>) {
        while rest.eat_any(&["global", "local", "temporary", "temp", "unlogged", "unique"]) {}
        let list = if rest.eat(&["table"]) || rest.eat(&["materialized", "view"]) {
            &mut self.tables
        } else if rest.eat(&["index"]) {
            rest.eat(&["concurrently"]);
            &mut self.indexes
        } else if rest.eat(&["type"]) {
            &mut self.types
        } else if rest.eat(&["domain"]) {
            &mut self.domains
        } else {
            return;
        };
        rest.eat(&["if", "not", "exists"]);
        if !rest.is(&["on"]) {
            list.extend(rest.name());
        }
    }

    /// `SET lock_timeout = …`, or by `set_config`.
    fn note_setting(&mut self, mut rest: Reader<'_, '_>) {
        let value = if rest.eat(&["select"]) {
            if let [function, _, setting, _, value, ..] = rest.tokens()
                && function.key == "set_config"
                && setting.key == "'lock_timeout'"
            {
                &value.key
            } else {
                return;
            }
        } else {
            let is_reset = rest.is(&["reset"]);
            rest.skip(1);
            rest.eat_any(&["session", "local"]);
            match rest.tokens() {
                [setting] if is_reset && setting.key == "lock_timeout" => "0",
                [setting, _, value, ..] if setting.key == "lock_timeout" => &value.key,
                _ => return,
            }
        };
        self.lock_timeout = !value.trim_matches('\'').trim_start_matches('0').is_empty();
    }

    fn note_enum(&mut self, mut rest: Reader<'_, '_>) {
        let Some(name) = rest.name() else { return };
        if rest.eat(&["add", "value"]) && !name.is_in(&self.types) && !self.no_transaction {
            rest.eat(&["if", "not", "exists"]);
            self.enum_values.extend(rest.tokens().first().map(|token| token.key.clone()));
        }
    }

    fn note_altered(&mut self, alter: &AlterTable<'_, '_>) {
        let table = &alter.table;
        for mut action in alter.actions() {
            if action.is(&["validate"]) {
                self.validated.push(table.clone());
            } else if action.eat(&["rename", "to"]) && table.is_in(&self.tables) {
                self.tables.extend(action.name());
            } else if let Some((column, _)) = added_column(action) {
                self.columns.push((table.clone(), column));
            } else if added_constraint(action).is_some_and(is_not_valid) {
                action.eat(&["add", "constraint"]);
                self.not_valid.extend(action.name().map(|name| (table.clone(), name)));
            }
        }
    }
}
