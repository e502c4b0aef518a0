//! What a statement may do to the tables that it names, judged by its text alone: the table-level
//! lock modes are those of "Explicit Locking" in the documentation of PostgreSQL.

use std::collections::BTreeSet;

use super::LockMode;
use crate::delta::{Reader, tokens};

/// What a statement names, and what it does with that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Footprint {
    /// All words that can be names, each for itself, with those in the bodies of functions.
    pub(super) names: BTreeSet<String>,
    action: Action,
    /// The name of what it changes.
    target: Option<String>,
    on_target: LockMode,
    on_others: LockMode,
}

/// A table, as statements can name it or touch it.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject<'a> {
    /// Its name and those of its indexes, without schemas.
    pub(super) names: Vec<&'a str>,
    /// The tables at the other end of its foreign keys, with the columns of these keys there.
    pub(super) related: Vec<(&'a str, &'a [String])>,
}

/// What a statement does with its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Insert,
    Update,
    Delete,
    /// `MERGE`, and `INSERT` with `ON CONFLICT`.
    Merge,
    /// It may rewrite the table: `ALTER TABLE`, `TRUNCATE`, `CLUSTER` and the like.
    Rewrite,
    /// It reads the table whole: `CREATE INDEX`, `COPY … TO`.
    Scan,
    /// It drops things, or changes what foreign keys are made of.
    Drop,
    /// It changes nothing but the schema, or nothing.
    Schema,
    /// Anything, with any table: it calls functions, or is not known.
    Unknown,
}

use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

impl Footprint {
    /// Reads the beginning of a statement.
    pub(super) fn read(sql: &str) -> Self {
        let tokens = tokens(sql);
        let mut names: BTreeSet<String> =
            tokens.iter().filter_map(crate::sql::Token::name).collect();
        for body in tokens.iter().filter(|token| token.written.starts_with('$')) {
            let words = body.written.split(|c: char| !c.is_alphanumeric() && c != '_');
            names.extend(words.map(str::to_lowercase));
        }
        let reader = Reader::new(&tokens);
        let (action, target, on_target, on_others) = data(reader)
            .or_else(|| definition(reader))
            .or_else(|| maintenance(reader))
            .unwrap_or((Action::Unknown, None, AccessShare, AccessShare));
        Self { names, action, target, on_target, on_others }
    }

    /// The strongest lock that it takes on a table; `None` if that is not known.
    pub(super) fn strongest_lock(&self) -> Option<LockMode> {
        (!self.is_unknown()).then(|| self.on_target.max(self.on_others))
    }

    /// Whether it may do anything, with any table.
    pub(super) fn is_unknown(&self) -> bool {
        self.action == Action::Unknown
    }

    /// Whether it writes rows, and so may fire triggers and cascades.
    pub(super) fn writes(&self) -> bool {
        use Action::{Delete, Insert, Merge, Update};
        matches!(self.action, Insert | Update | Delete | Merge)
    }

    fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.names.contains(*name))
    }

    /// The likelihood of a lock that a statement takes by itself.
    pub(super) const CERTAIN: u8 = 5;

    /// How likely it took a lock in this mode on a table, from 0.
    pub(super) fn likelihood_of_lock(&self, subject: &Subject<'_>, mode: LockMode) -> u8 {
        let is_named = self.has_any(&subject.names);
        match self.lock_on(subject) {
            _ if self.is_unknown() => 2 + 2 * u8::from(is_named),
            Some(expected) if expected == mode => Self::CERTAIN,
            Some(expected) if expected > mode => 3,
            Some(_) => 1,
            None => 0,
        }
    }

    /// The strongest lock that it takes by itself on a table; `None` if it does not touch it.
    fn lock_on(&self, subject: &Subject<'_>) -> Option<LockMode> {
        let named = subject.names.iter().filter(|name| self.names.contains(**name));
        let named = named.map(|name| match &self.target {
            Some(target) if target == name => self.on_target,
            _ => self.on_others,
        });
        let reached = subject.related.iter().any(|(table, columns)| self.reaches(table, columns));
        named.chain(reached.then_some(AccessExclusive)).max()
    }

    /// Whether it drops the foreign keys from or to a table, or re-creates them.
    fn reaches(&self, table: &str, columns: &[String]) -> bool {
        let is_of_key = |action| match action {
            Action::Drop => true,
            Action::Rewrite if self.names.contains("type") => {
                columns.iter().any(|column| self.names.contains(column))
            }
            _ => false,
        };
        is_of_key(self.action) && self.names.contains(table)
    }

    /// How likely it did something to the rows of a table, from 0.
    pub(super) fn likelihood_of(&self, did: Did, subject: &Subject<'_>) -> u8 {
        use Action::{Delete, Insert, Merge, Rewrite, Scan, Unknown, Update};
        let is_named = self.has_any(&subject.names);
        let is_target = self.target.as_deref().is_none_or(|target| subject.names.contains(&target));
        let does = match (did, self.action) {
            (_, Unknown) => return 1 + u8::from(is_named),
            (Did::Rewrite, action) => action == Rewrite,
            (Did::Scan, Insert) => !is_target,
            (Did::Scan, action) => matches!(action, Update | Delete | Merge | Rewrite | Scan),
            (Did::Insert, action) => is_target && matches!(action, Insert | Merge),
            (Did::Update, action) => is_target && matches!(action, Update | Merge),
            (Did::Delete, action) => is_target && matches!(action, Delete | Merge | Rewrite),
        };
        if does && is_named { 3 } else { 0 }
    }
}

/// What was done to the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Rewrite,
    Scan,
    Insert,
    Update,
    Delete,
}

/// What it does, with what, and how it locks that and what else it names.
type Found = (Action, Option<String>, LockMode, LockMode);

/// The target's own name, without its schema.
fn target(rest: &mut Reader<'_, '_>) -> Option<String> {
    rest.eat(&["only"]);
    let mut found = None;
    while let Some(name) = rest.tokens().first().and_then(crate::sql::Token::name) {
        found = Some(name);
        rest.skip(1);
        if !rest.eat(&["."]) {
            break;
        }
    }
    found
}

/// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY`, `TRUNCATE`, `LOCK`.
fn data(mut rest: Reader<'_, '_>) -> Option<Found> {
    if rest.eat(&["insert", "into"]) {
        let name = target(&mut rest);
        let action = if rest.has(&["on", "conflict"]) { Action::Merge } else { Action::Insert };
        return Some((action, name, RowExclusive, AccessShare));
    }
    if rest.eat(&["update"]) {
        return Some((Action::Update, target(&mut rest), RowExclusive, AccessShare));
    }
    if rest.eat(&["delete", "from"]) {
        return Some((Action::Delete, target(&mut rest), RowExclusive, AccessShare));
    }
    if rest.eat(&["merge", "into"]) {
        return Some((Action::Merge, target(&mut rest), RowExclusive, AccessShare));
    }
    if rest.eat(&["copy"]) {
        let name = target(&mut rest);
        return Some(if rest.has(&["from"]) {
            (Action::Insert, name, RowExclusive, AccessShare)
        } else {
            (Action::Scan, name, AccessShare, AccessShare)
        });
    }
    if rest.eat(&["truncate"]) {
        return Some((Action::Rewrite, None, AccessExclusive, AccessExclusive));
    }
    if rest.eat(&["lock"]) {
        let mode = lock_mode(rest);
        return Some((Action::Schema, None, mode, mode));
    }
    None
}

/// The mode of a `LOCK`.
fn lock_mode(rest: Reader<'_, '_>) -> LockMode {
    // The longer ones first.
    let modes: [(&[&str], LockMode); 7] = [
        (&["share", "update", "exclusive", "mode"], ShareUpdateExclusive),
        (&["share", "row", "exclusive", "mode"], ShareRowExclusive),
        (&["access", "exclusive", "mode"], AccessExclusive),
        (&["access", "share", "mode"], AccessShare),
        (&["row", "share", "mode"], RowShare),
        (&["row", "exclusive", "mode"], RowExclusive),
        (&["share", "mode"], Share),
    ];
    let found = modes.into_iter().find(|(words, _)| rest.has(words)).map(|(_, mode)| mode);
    found.unwrap_or(if rest.has(&["in", "exclusive", "mode"]) {
        Exclusive
    } else {
        AccessExclusive
    })
}

/// `CREATE`, `ALTER`, `DROP`, `COMMENT`, `GRANT` and `REVOKE`.
fn definition(mut rest: Reader<'_, '_>) -> Option<Found> {
    if rest.eat_any(&["grant", "revoke", "set", "reset", "security"]) {
        return Some((Action::Schema, None, AccessShare, AccessShare));
    }
    if rest.eat(&["comment", "on"]) {
        return Some((Action::Schema, None, ShareUpdateExclusive, ShareUpdateExclusive));
    }
    if rest.eat(&["alter"]) {
        return Some(alter(rest));
    }
    if rest.eat(&["drop"]) {
        let is_on_table = rest.is_any(&["policy", "rule", "trigger"]);
        let action = match cascades(rest) {
            _ if is_on_table => Action::Schema,
            true => Action::Unknown,
            false => Action::Drop,
        };
        return Some((action, None, AccessExclusive, AccessExclusive));
    }
    rest.eat(&["create"]).then(|| create(rest))
}

/// Whether a `DROP` may drop what it does not name.
fn cascades(rest: Reader<'_, '_>) -> bool {
    rest.ends_with("cascade") || rest.is_any(&["schema", "owned", "extension"])
}

fn alter(mut rest: Reader<'_, '_>) -> Found {
    if !rest.eat(&["table"]) {
        let action = if rest.is_any(&["type", "domain", "extension"]) {
            Action::Unknown
        } else {
            Action::Schema
        };
        return (action, None, AccessExclusive, AccessExclusive);
    }
    rest.eat(&["if", "exists"]);
    let table = target(&mut rest);
    let on_others = if rest.has(&["attach"]) || rest.has(&["detach"]) {
        AccessExclusive
    } else if rest.has(&["references"]) {
        ShareRowExclusive
    } else {
        AccessShare
    };
    let lock = rest.parts().map(action_lock).max().unwrap_or(AccessExclusive);
    let has = |words: &[&str]| rest.tokens().iter().any(|token| words.contains(&&*token.key));
    let action = if rest.parts().any(|action| action.is(&["drop", "constraint"])) {
        Action::Drop
    } else if has(REWRITING) {
        Action::Rewrite
    } else if has(SCANNING) {
        Action::Scan
    } else {
        Action::Schema
    };
    (action, table, lock, on_others)
}

/// Words in an `ALTER TABLE` that may rewrite all rows.
const REWRITING: &[&str] = &[
    "type",
    "default",
    "generated",
    "identity",
    "serial",
    "bigserial",
    "smallserial",
    "logged",
    "unlogged",
    "tablespace",
    "method",
];

/// Whether a statement may rewrite all rows of a table.
pub(super) fn may_rewrite(sql: &str) -> bool {
    let tokens = tokens(sql);
    let mut rest = Reader::new(&tokens);
    if rest.is(&["refresh", "materialized", "view"]) || rest.is(&["cluster"]) {
        return true;
    }
    if !(rest.eat(&["alter", "table"]) || rest.eat(&["alter", "materialized", "view"])) {
        return false;
    }
    rest.eat(&["if", "exists"]);
    target(&mut rest);
    rest.parts().any(|mut action| {
        if action.eat(&["add"]) {
            // A constant default is in the catalog only.
            let calls = action.find(&["default"]).is_some_and(|value| {
                value.tokens().iter().any(|token| matches!(token.written, "("))
            });
            return calls || action.has(&["stored"]) || action.has(&["identity"]);
        }
        let is_column = action.eat(&["alter"]);
        if is_column {
            return action.has(&["type"]);
        }
        action.is_any(&["set"])
            && ["logged", "unlogged", "tablespace", "access"]
                .iter()
                .any(|word| action.is(&["set", word]))
    })
}

/// Words in one that may read all rows.
const SCANNING: &[&str] = &["constraint", "check", "key", "unique", "exclude", "null", "attach"];

/// How an action of `ALTER TABLE` locks the table.
fn action_lock(mut action: Reader<'_, '_>) -> LockMode {
    let is_light = action.is_any(&["validate", "attach", "reset"])
        || action.is(&["cluster", "on"])
        || action.is(&["set", "("])
        || action.has(&["set", "statistics"]);
    if is_light {
        return ShareUpdateExclusive;
    }
    if action.is_any(&["enable", "disable"]) && action.has(&["trigger"]) {
        return ShareRowExclusive;
    }
    action.eat(&["add"]);
    if action.eat(&["constraint"]) {
        action.name();
    }
    if action.is(&["foreign", "key"]) { ShareRowExclusive } else { AccessExclusive }
}

fn create(mut rest: Reader<'_, '_>) -> Found {
    rest.eat(&["or", "replace"]);
    if rest.is_any(&["rule", "policy"]) {
        return (Action::Schema, None, AccessExclusive, AccessExclusive);
    }
    if rest.is_any(&["trigger", "constraint"]) {
        return (Action::Schema, None, ShareRowExclusive, ShareRowExclusive);
    }
    if rest.is_any(&["statistics"]) {
        return (Action::Schema, None, ShareUpdateExclusive, ShareUpdateExclusive);
    }
    rest.eat(&["unique"]);
    if rest.eat(&["index"]) {
        let lock = if rest.is(&["concurrently"]) { ShareUpdateExclusive } else { Share };
        return (Action::Scan, None, lock, lock);
    }
    rest.eat_any(&["global", "local"]);
    rest.eat_any(&["temporary", "temp", "unlogged", "foreign"]);
    if rest.is(&["materialized"]) {
        return (Action::Unknown, None, AccessShare, AccessShare);
    }
    if !rest.eat(&["table"]) {
        return (Action::Schema, None, AccessShare, AccessShare);
    }
    if rest.has(&["as"]) {
        // A query, which may call functions.
        return (Action::Unknown, None, AccessShare, AccessShare);
    }
    let has_reference = rest.tokens().iter().any(|token| token.key == "references");
    let lock = if rest.has(&["partition", "of"]) {
        AccessExclusive
    } else if has_reference {
        ShareRowExclusive
    } else if rest.has(&["inherits"]) {
        ShareUpdateExclusive
    } else {
        AccessShare
    };
    (Action::Schema, None, lock, lock)
}

/// `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`, `REFRESH`.
fn maintenance(mut rest: Reader<'_, '_>) -> Option<Found> {
    let all = |action, lock| Some((action, None, lock, lock));
    if rest.eat(&["cluster"]) {
        return all(Action::Rewrite, AccessExclusive);
    }
    if rest.eat(&["reindex"]) {
        return all(Action::Scan, if rest.has(&["index"]) { AccessExclusive } else { Share });
    }
    if rest.eat(&["refresh", "materialized", "view"]) {
        let concurrently = rest.eat(&["concurrently"]);
        let view = target(&mut rest);
        let lock = if concurrently { Exclusive } else { AccessExclusive };
        return Some((Action::Rewrite, view, lock, AccessShare));
    }
    if rest.eat_any(&["analyze", "analyse"]) {
        return all(Action::Schema, ShareUpdateExclusive);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject<'static> {
        Subject { names: vec!["t", "t_index"], related: Vec::new() }
    }

    #[test]
    fn locks_are_those_of_the_documentation() {
        for (sql, expected) in [
            ("INSERT INTO s.t VALUES (1)", RowExclusive),
            ("INSERT INTO o SELECT * FROM t", AccessShare),
            ("update only t set a = 1", RowExclusive),
            ("DELETE FROM \"t\" USING o", RowExclusive),
            ("COPY t (a) FROM stdin", RowExclusive),
            ("TRUNCATE o, t", AccessExclusive),
            ("LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", ShareRowExclusive),
            ("LOCK t IN SHARE MODE", Share),
            ("LOCK t IN EXCLUSIVE MODE NOWAIT", Exclusive),
            ("LOCK t", AccessExclusive),
            ("ALTER TABLE IF EXISTS ONLY s.t ADD COLUMN a int", AccessExclusive),
            ("ALTER TABLE t VALIDATE CONSTRAINT c", ShareUpdateExclusive),
            ("ALTER TABLE t VALIDATE CONSTRAINT c, DROP COLUMN a", AccessExclusive),
            ("ALTER TABLE t DISABLE TRIGGER x", ShareRowExclusive),
            ("ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES o", ShareRowExclusive),
            ("ALTER TABLE o ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES t", ShareRowExclusive),
            ("ALTER TABLE o ATTACH PARTITION t FOR VALUES IN (1)", AccessExclusive),
            ("ALTER INDEX t_index RENAME TO x", AccessExclusive),
            ("CREATE TABLE n (a int REFERENCES t)", ShareRowExclusive),
            ("CREATE TABLE n PARTITION OF t DEFAULT", AccessExclusive),
            ("CREATE TABLE n (LIKE t)", AccessShare),
            ("CREATE UNIQUE INDEX ON t (a)", Share),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", ShareUpdateExclusive),
            ("CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()", ShareRowExclusive),
            ("CREATE POLICY x ON t", AccessExclusive),
            ("DROP INDEX t_index", AccessExclusive),
            ("COMMENT ON COLUMN t.a IS ''", ShareUpdateExclusive),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY t", Exclusive),
        ] {
            assert_eq!(Footprint::read(sql).lock_on(&subject()), Some(expected), "{sql}");
        }
        let other = Footprint::read("INSERT INTO o VALUES ('t')");
        assert_eq!(other.lock_on(&subject()), None, "a string is no name");
    }

    #[test]
    fn what_may_rewrite_all_rows_is_known() {
        for (sql, expected) in [
            ("ALTER TABLE s.t ALTER COLUMN a TYPE bigint", true),
            ("ALTER TABLE \"s\".\"t\" ALTER COLUMN \"type\" SET DEFAULT f()", false),
            ("ALTER TABLE t ADD COLUMN a int DEFAULT 5", false),
            ("ALTER TABLE t ADD COLUMN a timestamptz DEFAULT clock_timestamp()", true),
            ("ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b) STORED", true),
            ("ALTER TABLE t ADD COLUMN a int GENERATED BY DEFAULT AS IDENTITY", true),
            ("ALTER TABLE t SET UNLOGGED", true),
            ("ALTER TABLE t SET (fillfactor=70), ALTER a SET NOT NULL", false),
            ("ALTER TABLE t SET TABLESPACE fast", true),
            ("CREATE INDEX ON t (a)", false),
            ("REFRESH MATERIALIZED VIEW t", true),
        ] {
            assert_eq!(may_rewrite(sql), expected, "{sql}");
        }
    }

    #[test]
    fn what_calls_functions_may_do_anything() {
        for sql in ["SELECT f()", "DO $$ $$", "CALL p()", "WITH x AS (SELECT 1) SELECT 1"] {
            let footprint = Footprint::read(sql);
            assert!(footprint.is_unknown(), "{sql}");
            assert_eq!(footprint.likelihood_of_lock(&subject(), Share), 2, "{sql}");
        }
        let names = Footprint::read("DO $$ BEGIN UPDATE t SET a = 1; END $$");
        assert_eq!(names.likelihood_of_lock(&subject(), Share), 4);
    }

    #[test]
    fn foreign_keys_are_recreated_with_their_columns() {
        let id = ["id".to_owned()];
        let subject = Subject { names: vec!["t"], related: vec![("o", &id)] };
        let lock = |sql| Footprint::read(sql).lock_on(&subject);
        assert_eq!(lock("ALTER TABLE o ALTER id TYPE bigint"), Some(AccessExclusive));
        assert_eq!(lock("ALTER TABLE o DROP CONSTRAINT o_pkey"), Some(AccessExclusive));
        assert_eq!(lock("DROP TABLE o"), Some(AccessExclusive));
        assert_eq!(lock("ALTER TABLE o ALTER name TYPE text"), None);
        assert_eq!(lock("ALTER TABLE o ADD COLUMN a int"), None);
    }
}
