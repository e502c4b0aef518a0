//! Where in scripts an object was made or changed last.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::Serialize;

use crate::delta::{PreparedScript, Statement, Token, tokens};
use crate::model::{Identity, Kind};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// For each object the last statement of the scripts that makes or changes it, as far as its first
/// words tell; if there is none, the last that does so to the table it belongs to. Statements that
/// only read or write rows do not count.
pub(crate) fn last_named<'s>(
    objects: &[&Identity],
    scripts: impl DoubleEndedIterator<Item = &'s PreparedScript>,
) -> Vec<Option<Place>> {
    let wanted = objects.iter().flat_map(|object| [&*object.name, object.group().1]).collect();
    let mut found: Vec<Found> = vec![Found::default(); objects.len()];
    let statements = scripts.rev().flat_map(|script| {
        script.statements().iter().rev().map(move |statement| (script, statement))
    });
    for (script, statement) in statements {
        if found.iter().all(|found| found.itself.is_some()) {
            break;
        }
        let names = Names::of(script, statement, &wanted);
        if names.mentions.is_empty() {
            continue;
        }
        for (object, found) in objects.iter().zip(&mut found) {
            if found.itself.is_some() {
                continue;
            }
            if names.have(object) {
                found.itself = Some(place(script, statement));
            } else if found.table.is_none() && names.have_owner(object) {
                found.table = Some(place(script, statement));
            }
        }
    }
    found.into_iter().map(|found| found.itself.or(found.table)).collect()
}

/// What was found of one object.
#[derive(Clone, Default)]
struct Found {
    itself: Option<Place>,
    table: Option<Place>,
}

fn place(script: &PreparedScript, statement: &Statement) -> Place {
    Place { path: script.file_of(statement).to_owned(), line: statement.line }
}

/// The names in a statement that are of interest.
struct Names {
    mentions: HashMap<String, Vec<Mention>>,
    /// Whether it is about an index, a trigger or what else a table has beside its columns.
    is_about_part: bool,
}

/// How a name stands in a statement.
struct Mention {
    /// What stands before it and a dot.
    qualifier: Option<String>,
    /// Whether a dot follows it, and more of the name.
    has_more: bool,
    /// Whether it stands before the first parenthesis and `AS`: there is what a statement is about,
    /// behind them what else it needs.
    in_head: bool,
}

impl Names {
    fn of(script: &PreparedScript, statement: &Statement, wanted: &HashSet<&str>) -> Self {
        let sql = script.text().get(statement.span.clone()).unwrap_or_default();
        let tokens = tokens(sql);
        let head = tokens.iter().position(|token| matches!(&*token.key, "(" | "as"));
        let head = head.unwrap_or(tokens.len());
        let is_part = |token: &Token<'_>| PARTS.contains(&&*token.key);
        let is_about_part = tokens.iter().take(head).any(is_part);
        let mut names = Self { mentions: HashMap::new(), is_about_part };
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
            return self.have_owner(object);
        }
        // An index has a name of its own: DROP INDEX does not tell the table.
        let alone = object.kind == Kind::Index && self.has(&object.name, &object.schema);
        let other = object.kind == Kind::Column && self.is_about_part;
        let named = self.mentions.contains_key(&object.name);
        alone || (named && !other && self.have_owner(object))
    }

    /// Whether the statement is about the object's table, or the object if it belongs to none.
    fn have_owner(&self, object: &Identity) -> bool {
        if object.kind == Kind::Schema {
            return false;
        }
        let (schema, name) = object.group();
        self.has(name, schema)
    }

    /// Whether the statement is about this name, and not in another schema.
    fn has(&self, name: &str, schema: &str) -> bool {
        let fits = |mention: &Mention| {
            mention.in_head && mention.qualifier.as_deref().is_none_or(|other| other == schema)
        };
        self.mentions.get(name).is_some_and(|mentions| mentions.iter().any(fits))
    }
}

/// The first words of statements that change no definition.
const ABOUT_ROWS: [&str; 15] = [
    "analyze", "copy", "delete", "explain", "insert", "lock", "merge", "refresh", "select", "set",
    "truncate", "update", "vacuum", "values", "with",
];

/// What a table has beside its columns; a statement about one of them may name columns.
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
            (object(Kind::Table, "app", None, "pipes"), Some(14)),
            (object(Kind::Table, "app", None, "valves"), Some(13)),
            (object(Kind::Column, "app", Some("pipes"), "id"), Some(10)),
            (object(Kind::Table, "other", None, "pipes"), Some(4)),
            (object(Kind::Column, "app", Some("pipes"), "depth"), Some(7)),
            (object(Kind::Column, "app", Some("valves"), "Size"), Some(5)),
            // The statement that touched the table last.
            (object(Kind::Column, "app", Some("pipes"), "gone"), Some(14)),
            (object(Kind::Index, "app", Some("pipes"), "by_depth"), Some(11)),
            (object(Kind::Constraint, "app", Some("pipes"), "positive"), Some(10)),
            (object(Kind::Function, "app", None, "f"), Some(9)),
            (object(Kind::Schema, "", None, "app"), Some(15)),
            (object(Kind::Table, "app", None, "nowhere"), None),
        ];
        let objects: Vec<&Identity> = cases.iter().map(|(object, _)| object).collect();
        let found = last_named(&objects, [&script].into_iter());
        for ((object, line), found) in cases.iter().zip(found) {
            let expected = line.map(|line| Place { path: Path::new("a.sql").to_owned(), line });
            assert_eq!(found, expected, "{object}");
        }
    }
}
