//! The locations in scripts where objects were last created or changed.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::Serialize;

use crate::delta::{PreparedScript, Statement, Token, tokens};
use crate::model::{Identity, Kind};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceLocation {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// For each object the last statement of the scripts that makes or changes it, as far as its first
/// words tell; if there is none, the last that does so to the table it belongs to. Statements that
/// only read or write rows do not count.
pub(crate) fn last_named<'s, 'o>(
    objects: &[&'o Identity],
    scripts: impl DoubleEndedIterator<Item = &'s PreparedScript>,
) -> Vec<Option<SourceLocation>> {
    let names =
        |object: &&'o Identity| [Some(&*object.name), Some(object.group().1), column_in(object)];
    let wanted = objects.iter().flat_map(names).flatten().collect();
    let mut found: Vec<LastMention> = vec![LastMention::default(); objects.len()];
    let statements = scripts.rev().flat_map(|script| {
        script.statements().iter().rev().map(move |statement| (script, statement))
    });
    for (script, statement) in statements {
        if found.iter().all(|found| found.itself.is_some()) {
            break;
        }
        let names = Names::find(script, statement, &wanted);
        if names.mentions.is_empty() {
            continue;
        }
        for (object, found) in objects.iter().zip(&mut found) {
            if found.itself.is_some() {
                continue;
            }
            if names.have(object) {
                found.itself = Some(place(script, statement));
            } else if found.table.is_none() && names.may_have_changed(object) {
                found.table = Some(place(script, statement));
            }
        }
    }
    found.into_iter().map(|found| found.itself.or(found.table)).collect()
}

/// The differences of one object.
#[derive(Clone, Default)]
struct LastMention {
    itself: Option<SourceLocation>,
    table: Option<SourceLocation>,
}

fn place(script: &PreparedScript, statement: &Statement) -> SourceLocation {
    SourceLocation { path: script.file_of(statement).to_owned(), line: statement.line }
}

/// The names in a statement that are of interest.
struct Names {
    mentions: HashMap<String, Vec<Mention>>,
    /// What it is about: `table`, `function` …
    subject: Option<String>,
    /// Whether it may make or drop a constraint without a name of its own.
    may_constrain: bool,
}

/// How a name stands in a statement.
struct Mention {
    /// What stands before it and a dot.
    qualifier: Option<String>,
    /// Whether a dot follows it, and more of the name.
    has_more: bool,
    /// Whether it stands before the first parenthesis, `AS` and the like: there is what a statement
    /// is about, behind them what else it needs.
    in_head: bool,
}

impl Names {
    fn find(script: &PreparedScript, statement: &Statement, wanted: &HashSet<&str>) -> Self {
        let sql = script.text().get(statement.span.clone()).unwrap_or_default();
        let tokens = tokens(sql);
        let head = tokens.iter().position(ends_head(tokens.first())).unwrap_or(tokens.len());
        let is_subject = |token: &&Token<'_>| SUBJECTS.contains(&&*token.key);
        let subject = tokens.iter().take(head).find(is_subject).map(|token| token.key.clone());
        let may_constrain = tokens.iter().any(|token| CONSTRAINS.contains(&&*token.key));
        let mut names = Self { mentions: HashMap::new(), subject, may_constrain };
        if tokens.first().is_none_or(|first| ABOUT_ROWS.contains(&&*first.key)) {
            return names;
        }
        for (at, token) in tokens.iter().enumerate() {
            let Some(name) = token.name().filter(|name| wanted.contains(&**name)) else {
                continue;
            };
            let qualifier = match tokens.get(..at) {
                Some([.., qualifier, dot]) if dot.written == "." => qualifier.name(),
                _ => None,
            };
            let has_more = tokens.get(at + 1).is_some_and(|next| next.written == ".");
            let mention = Mention { qualifier, has_more, in_head: at < head };
            names.mentions.entry(name).or_default().push(mention);
        }
        names
    }

    fn have(&self, object: &Identity) -> bool {
        if object.kind == Kind::Schema {
            // Not where it only says which table is meant.
            let mentions = self.mentions.get(&object.name);
            return mentions.is_some_and(|all| all.iter().any(|mention| !mention.has_more));
        }
        if object.parent.is_none() {
            return self.may_have_changed(object);
        }
        // An index has a name of its own: DROP INDEX does not tell the table.
        let alone = object.kind == Kind::Index && self.has(&object.name, &object.schema);
        let unnamed = column_in(object)
            .is_some_and(|column| self.may_constrain && self.mentions.contains_key(column));
        let named = self.mentions.contains_key(&object.name) || unnamed;
        alone || (named && self.may_have_changed(object))
    }

    /// Whether the statement is about the object's table, and may be about the object.
    fn may_have_changed(&self, object: &Identity) -> bool {
        let is_no_part =
            matches!(object.kind, Kind::Table | Kind::View | Kind::Column | Kind::Constraint);
        let is_about_part = self.subject.as_deref().is_some_and(|word| PARTS.contains(&word));
        !(is_no_part && is_about_part) && self.have_owner(object)
    }

    /// Whether the statement is about the object's table, or the object if it belongs to none.
    fn have_owner(&self, object: &Identity) -> bool {
        if object.kind == Kind::Schema || !self.is_about(object.kind) {
            return false;
        }
        let (schema, name) = object.group();
        self.has(name, schema)
    }

    /// Whether the statement can be about an object of this kind. A trigger names its function, and
    /// a column its type.
    fn is_about(&self, kind: Kind) -> bool {
        let words: &[&str] = match kind {
            Kind::Function => &["aggregate", "function", "procedure", "routine"],
            Kind::BaseType
            | Kind::EnumType
            | Kind::CompositeType
            | Kind::Domain
            | Kind::RangeType => &["domain", "type"],
            _ => return true,
        };
        self.subject.as_deref().is_some_and(|subject| words.contains(&subject))
    }

    /// Whether the statement is about this name, and not in another schema.
    fn has(&self, name: &str, schema: &str) -> bool {
        let fits = |mention: &Mention| {
            mention.in_head && mention.qualifier.as_deref().is_none_or(|other| other == schema)
        };
        self.mentions.get(name).is_some_and(|mentions| mentions.iter().any(fits))
    }
}

/// Where what a statement is about ends, and what else it needs begins.
fn ends_head<'t>(first: Option<&Token<'_>>) -> impl Fn(&Token<'t>) -> bool + use<'t> {
    // Among privileges these words say nothing of this kind.
    let defines = first.is_some_and(|first| matches!(&*first.key, "create" | "alter"));
    move |token| match &*token.key {
        "(" | "as" => true,
        "references" | "execute" => defines,
        _ => false,
    }
}

/// The column in the name that the server gives to a constraint without one, such as
/// `TABLE_COLUMN_fkey`; of a primary key the word that makes it.
fn column_in(object: &Identity) -> Option<&str> {
    let table = object.parent.as_deref().filter(|_| object.kind == Kind::Constraint)?;
    let rest = object.name.strip_prefix(table)?.strip_prefix('_')?;
    match rest.rsplit_once('_') {
        Some((column, "fkey" | "key" | "check" | "excl")) => Some(column),
        None if rest == "pkey" => Some("primary"),
        _ => None,
    }
}

/// Words that make or drop a constraint.
const CONSTRAINS: [&str; 7] =
    ["check", "drop", "exclude", "foreign", "primary", "references", "unique"];

/// Words that say what a statement is about: the first of them does.
const SUBJECTS: [&str; 16] = [
    "aggregate",
    "domain",
    "function",
    "index",
    "policy",
    "procedure",
    "routine",
    "rule",
    "schema",
    "sequence",
    "statistics",
    "table",
    "trigger",
    "type",
    "view",
    "extension",
];

/// The first words of statements that change no definition.
const ABOUT_ROWS: [&str; 15] = [
    "analyze", "copy", "delete", "explain", "insert", "lock", "merge", "refresh", "select", "set",
    "truncate", "update", "vacuum", "values", "with",
];

/// What a table has beside its columns and constraints: a statement about one of them changes none.
const PARTS: [&str; 5] = ["index", "policy", "rule", "statistics", "trigger"];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::delta::{Script, Variables};

    const SQL: &str = "create table app.pipes (id int, depth int);
create table app.valves (id int);
create index by_depth on app.pipes (depth);
create table other.pipes (id int, depth int);
alter table app.valves
  add column \"Size\" int;
comment on column app.pipes.depth is 'x';
insert into app.pipes values (1, 2);
create function app.f() returns int language sql as 'select 1';
alter table app.pipes add constraint positive check (id > 0);
drop index app.by_depth;
create view app.shown as select id, depth from app.pipes;
alter table app.valves add foreign key (id) references app.pipes (id);
create index on app.pipes (id, depth);
comment on schema app is 'x';
create table app.last ();
create type app.f as enum ('a');
alter table app.last add column kind app.f;
create trigger f after insert on app.last for each row execute function app.f();
alter table app.last add column pipe int references app.pipes;
alter table app.last add column note text;
create index on app.last (pipe);
insert into app.pipes (id, depth) values (3, 4);
";

    fn object(kind: Kind, schema: &str, parent: Option<&str>, name: &str) -> Identity {
        Identity {
            kind,
            schema: schema.to_owned(),
            parent: parent.map(str::to_owned),
            name: name.to_owned(),
            arguments: None,
        }
    }

    #[test]
    fn the_last_statement_that_names_an_object_is_found() {
        let script = Script::of_text(Path::new("a.sql"), SQL).unwrap();
        let script = script.split(&Variables::default()).unwrap();
        let cases = [
            (object(Kind::Table, "app", None, "pipes"), Some(10)),
            (object(Kind::Table, "app", None, "valves"), Some(13)),
            (object(Kind::Column, "app", Some("pipes"), "id"), Some(10)),
            (object(Kind::Table, "other", None, "pipes"), Some(4)),
            (object(Kind::Column, "app", Some("pipes"), "depth"), Some(7)),
            (object(Kind::Column, "app", Some("valves"), "Size"), Some(5)),
            // The statement that touched the table's columns last.
            (object(Kind::Column, "app", Some("pipes"), "gone"), Some(10)),
            (object(Kind::Index, "app", Some("pipes"), "by_depth"), Some(11)),
            (object(Kind::Constraint, "app", Some("pipes"), "positive"), Some(10)),
            // What a trigger runs, and the type of a column, were made elsewhere.
            (object(Kind::Function, "app", None, "f"), Some(9)),
            (object(Kind::EnumType, "app", None, "f"), Some(17)),
            (object(Kind::Trigger, "app", Some("last"), "f"), Some(19)),
            // The server named it.
            (object(Kind::Constraint, "app", Some("last"), "last_pipe_fkey"), Some(20)),
            (object(Kind::Constraint, "app", Some("last"), "given"), Some(21)),
            (object(Kind::Schema, "", None, "app"), Some(15)),
            (object(Kind::Table, "app", None, "nowhere"), None),
        ];
        let objects: Vec<&Identity> = cases.iter().map(|(object, _)| object).collect();
        let found = last_named(&objects, [&script].into_iter());
        for ((object, line), found) in cases.iter().zip(found) {
            let expected =
                line.map(|line| SourceLocation { path: Path::new("a.sql").to_owned(), line });
            assert_eq!(found, expected, "{object}");
        }
    }
}
