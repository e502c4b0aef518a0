//! The order of columns: where it has a meaning, where it is only layout, and how the server prints
//! it.
//!
//! Deltas add columns at the end of a table, while its definition lists them in any position. The
//! following differences caused by that are ignored:
//!
//! * `CREATE STATISTICS` names columns in the order of the table,
//! * a `NATURAL JOIN` becomes `JOIN ... USING (a, b)`, in the order of the left table,
//! * a table or function in `FROM` whose columns have other names there is printed with a list of
//!   them all, in the order of the table.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use super::words::written;
use crate::model::{Attributes, Identity, Kind, Model, Object, quoted_name};

/// The columns of tables, views and composite types in two models, in their order.
pub(super) struct ColumnOrder<'a> {
    models: [&'a Model; 2],
    orders: OnceCell<[Columns<'a>; 2]>,
    given: OnceCell<[GivenBy<'a>; 2]>,
    /// The tables, by exact name, whose common columns have a different order.
    reordered: OnceCell<Vec<String>>,
}

/// The names of columns by the exact name of what has them.
type Columns<'a> = HashMap<String, Vec<&'a str>>;

/// The exact name of the table whose rows functions give, by their schema and name.
type GivenBy<'a> = HashMap<(&'a str, &'a str), Option<String>>;

impl<'a> ColumnOrder<'a> {
    pub(super) fn new(left: &'a Model, right: &'a Model) -> Self {
        Self {
            models: [left, right],
            orders: OnceCell::new(),
            given: OnceCell::new(),
            reordered: OnceCell::new(),
        }
    }

    /// Whether a column belongs to a table, where its position is layout. That of a column of a
    /// view or an attribute of a type is meaning.
    pub(super) fn is_of_table(&self, column: &Identity) -> bool {
        let Some(parent) = &column.parent else { return false };
        let table = Identity {
            kind: Kind::Table,
            schema: column.schema.clone(),
            parent: None,
            name: parent.clone(),
            arguments: None,
        };
        self.models.iter().any(|model| model.get(&table).is_some())
    }

    /// Whether a column that both sides have stands elsewhere among the columns that both have.
    pub(super) fn is_moved(&self, column: &Identity) -> bool {
        let owner = owner_of(column);
        let [left, right] = self.orders();
        let (Some(left), Some(right)) = (left.get(&owner), right.get(&owner)) else { return true };
        let rank = |own: &[&str], other: &[&str]| {
            own.iter().filter(|name| other.contains(name)).position(|name| *name == column.name)
        };
        rank(left, right) != rank(right, left)
    }

    /// Whether two pieces of SQL that the server printed differ only in what follows from another
    /// order of a table's columns.
    pub(super) fn explains(&self, left: &str, right: &str) -> bool {
        let reordered = self.reordered();
        if reordered.is_empty() {
            return false;
        }
        let given = self.given.get_or_init(|| self.models.map(tables_given));
        let words = |side: usize, sql: &str| {
            let columns = &self.orders()[side];
            Printed { reordered, columns, given: &given[side] }.unordered(sql)
        };
        words(0, left) == words(1, right)
    }

    fn orders(&self) -> &[Columns<'a>; 2] {
        self.orders.get_or_init(|| self.models.map(columns_of))
    }

    fn reordered(&self) -> &[String] {
        self.reordered.get_or_init(|| {
            let [left, right] = self.orders();
            let differs = |(owner, own): (&String, &Vec<&str>)| {
                let other = right.get(owner)?;
                let of_own = own.iter().filter(|name| other.contains(name));
                let of_other = other.iter().filter(|name| own.contains(name));
                (!of_own.eq(of_other)).then(|| owner.clone())
            };
            left.iter().filter_map(differs).collect()
        })
    }
}

fn owner_of(column: &Identity) -> String {
    quoted_name([column.schema.as_str()].into_iter().chain(column.parent.as_deref()))
}

fn columns_of(model: &Model) -> Columns<'_> {
    let mut found: HashMap<String, Vec<(Option<i64>, &str)>> = HashMap::new();
    for object in model.objects() {
        if let Attributes::Column(column) = &object.attributes {
            let name = object.identity.name.as_str();
            found.entry(owner_of(&object.identity)).or_default().push((column.position, name));
        }
    }
    let in_order = |(owner, mut columns): (String, Vec<(Option<i64>, _)>)| {
        columns.sort_unstable();
        (owner, columns.into_iter().map(|(_, name)| name).collect())
    };
    found.into_iter().map(in_order).collect()
}

/// Of each name of functions the table, if all functions of that name give rows of one.
fn tables_given(model: &Model) -> GivenBy<'_> {
    let mut found = GivenBy::new();
    for Object { identity, attributes } in model.objects() {
        let Attributes::Function(function) = attributes else { continue };
        let table = function.returns.as_deref().and_then(table_in);
        found
            .entry((&*identity.schema, &*identity.name))
            .and_modify(|known| *known = known.take().filter(|known| table.as_ref() == Some(known)))
            .or_insert(table.clone());
    }
    found
}

/// `SETOF schema.table`
fn table_in(returns: &str) -> Option<String> {
    let words: Vec<&str> = written(returns).filter(|word| *word != "SETOF").collect();
    match *words {
        [schema, ".", name] => Some(quoted_name([&*unquoted(schema), &*unquoted(name)])),
        _ => None,
    }
}

/// What a side has, for reading its SQL.
struct Printed<'a> {
    reordered: &'a [String],
    columns: &'a Columns<'a>,
    given: &'a GivenBy<'a>,
}

impl Printed<'_> {
    /// The words of the SQL, with what follows the order of columns in an order of its own.
    fn unordered(&self, sql: &str) -> Vec<String> {
        let words: Vec<&str> = written(sql).collect();
        self.unordered_words(&words, words.starts_with(&["CREATE", "STATISTICS"]))
    }

    fn unordered_words(&self, words: &[&str], are_of_statistics: bool) -> Vec<String> {
        let mut out = Vec::with_capacity(words.len());
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let rest = &words[at..];
            let found = match *word {
                "USING" => self.joined(rest),
                "ON" if are_of_statistics => Some(statistics(rest)),
                "(" => self.join(rest),
                _ => self.relation(rest).or_else(|| self.function(rest)),
            };
            let (length, replacement) = found.unwrap_or_else(|| (1, vec![(*word).to_owned()]));
            out.extend(replacement);
            at += length;
        }
        out
    }

    /// `USING (a, b)`, where one table whose columns are in another order has all of them.
    fn joined(&self, words: &[&str]) -> Option<(usize, Vec<String>)> {
        let (length, mut names) = list(words.get(1..)?)?;
        let has_all = |table: &&String| {
            let columns = self.columns.get(*table);
            names.iter().all(|name| columns.is_some_and(|c| c.contains(&unquoted(name).as_str())))
        };
        self.reordered.iter().find(has_all)?;
        names.sort_unstable();
        let names = names.into_iter().map(str::to_owned);
        Some((1 + length, ["USING".to_owned()].into_iter().chain(names).collect()))
    }

    /// `schema.table alias(x, y)`.
    fn relation(&self, words: &[&str]) -> Option<(usize, Vec<String>)> {
        let [schema, ".", name, ..] = words else { return None };
        let table = quoted_name([&*unquoted(schema), &*unquoted(name)]);
        let (length, aliases) = self.aliases(&table, &words[3..])?;
        let before = words[..3].iter().map(|word| (*word).to_owned());
        Some((3 + length, before.chain(aliases).collect()))
    }

    /// `schema.function(...) alias(x, y)`, if it gives rows of a table.
    fn function(&self, words: &[&str]) -> Option<(usize, Vec<String>)> {
        let [schema, ".", name, "(", ..] = words else { return None };
        let end = 3 + length_of_group(&words[3..])?;
        let (schema, name) = (unquoted(schema), unquoted(name));
        let table = self.given.get(&(&*schema, &*name))?.as_ref()?;
        let (length, aliases) = self.aliases(table, words.get(end..)?)?;
        // The arguments may hold more of the kind.
        let arguments = self.unordered_words(&words[3..end], false);
        let before = words[..3].iter().map(|word| (*word).to_owned()).chain(arguments);
        Some((end + length, before.chain(aliases).collect()))
    }

    /// `(... JOIN ...) alias(x, y)`, each name with that of its column.
    fn join(&self, words: &[&str]) -> Option<(usize, Vec<String>)> {
        let end = length_of_group(words)?;
        let (alias, rest) = words.get(end..)?.split_first().filter(|(alias, _)| is_name(alias))?;
        let (length, names) = list(rest)?;
        let (_, columns) = self.columns_of_from(words)?;
        let inside = self.unordered_words(&words[1..end - 1], false);
        let mut pairs: Vec<String> = columns
            .iter()
            .take(names.len())
            .map(|column| format!("{:?} = {}", column.of, column.name))
            .collect();
        pairs.sort_unstable();
        let out = ["(".to_owned()].into_iter().chain(inside);
        let out = out.chain([")".to_owned(), (*alias).to_owned()]).chain(pairs);
        Some((end + 1 + length, out.collect()))
    }

    /// The columns of `[ONLY] schema.table [alias [(x, y)]]` or `(... JOIN ...) [alias (x, y)]`,
    /// and how many words that has. `None` for anything else that may stand in `FROM`.
    fn columns_of_from(&self, words: &[&str]) -> Option<(usize, Vec<JoinedColumn>)> {
        let (mut at, mut columns) = match words {
            ["(", inside @ ..] => {
                let (length, columns) = self.columns_of_join(inside)?;
                (inside.get(length) == Some(&")")).then_some((length + 2, columns))?
            }
            ["ONLY", rest @ ..] => {
                let (length, columns) = self.columns_of_from(rest)?;
                return Some((length + 1, columns));
            }
            [schema, ".", name, rest @ ..] if rest.first() != Some(&"(") => {
                let table = quoted_name([&*unquoted(schema), &*unquoted(name)]);
                let called = rest.first().filter(|alias| is_name(alias)).unwrap_or(name);
                let columns = self.columns.get(&table)?.iter().map(|column| JoinedColumn {
                    of: format!("{}.{column}", unquoted(called)),
                    name: (*column).to_owned(),
                });
                (3, columns.collect())
            }
            _ => return None,
        };
        if words.get(at).is_some_and(|alias| is_name(alias)) {
            at += 1;
            if let Some((length, names)) = words.get(at..).and_then(list) {
                for (column, name) in columns.iter_mut().zip(names) {
                    column.name = unquoted(name);
                }
                at += length;
            }
        }
        Some((at, columns))
    }

    /// The same of what is joined, up to the parenthesis that closes it: first the columns that
    /// `USING` makes one of two, then the others.
    fn columns_of_join(&self, words: &[&str]) -> Option<(usize, Vec<JoinedColumn>)> {
        let (mut at, mut left) = self.columns_of_from(words)?;
        loop {
            let join = words[at..].iter().position(|word| *word == "JOIN");
            let kinds = ["INNER", "LEFT", "RIGHT", "FULL", "CROSS"];
            match join.filter(|to| words[at..at + to].iter().all(|word| kinds.contains(word))) {
                Some(to) => at += to + 1,
                None => return Some((at, left)),
            }
            let (length, mut right) = self.columns_of_from(&words[at..])?;
            at += length;
            let mut both = Vec::new();
            match words.get(at..)? {
                ["USING", rest @ ..] => {
                    let (length, names) = list(rest)?;
                    at += 1 + length;
                    for name in names {
                        let name = unquoted(name);
                        let take = |side: &mut Vec<JoinedColumn>| {
                            let found = side.iter().position(|column| column.name == name)?;
                            Some(side.remove(found).of)
                        };
                        let of = format!("{} and {}", take(&mut left)?, take(&mut right)?);
                        both.push(JoinedColumn { of, name });
                    }
                }
                ["ON", rest @ ..] => at += 1 + length_of_group(rest)?,
                _ => (),
            }
            both.append(&mut left);
            both.append(&mut right);
            left = both;
        }
    }

    /// `alias(x, y)` of a table whose columns are in another order, each name with that of its
    /// column.
    fn aliases(&self, table: &String, words: &[&str]) -> Option<(usize, Vec<String>)> {
        let columns = self.columns.get(table).filter(|_| self.reordered.contains(table))?;
        let (alias, rest) = words.split_first().filter(|(alias, _)| is_name(alias))?;
        let (length, names) = list(rest)?;
        if names.len() > columns.len() {
            return None;
        }
        let by_column: BTreeMap<&str, &str> = columns.iter().copied().zip(names).collect();
        let pairs = by_column.into_iter().map(|(column, name)| format!("{column:?} = {name}"));
        Some((1 + length, [(*alias).to_owned()].into_iter().chain(pairs).collect()))
    }
}

/// A column of something in `FROM`.
struct JoinedColumn {
    /// The object itself, under any name.
    of: String,
    name: String,
}

/// How many words there are from an opening parenthesis to the one that closes it.
fn length_of_group(words: &[&str]) -> Option<usize> {
    let mut depth = 0_usize;
    let closes = |word: &&str| {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => (),
        }
        depth == 0
    };
    words.first().filter(|word| **word == "(")?;
    Some(words.iter().position(closes)? + 1)
}

/// `ON a, b, (expression) FROM`: names come first, in the order of the table.
fn statistics(words: &[&str]) -> (usize, Vec<String>) {
    let mut names = Vec::new();
    let mut at = 1;
    while let [name, "," | "FROM", ..] = words[at..]
        && is_name(name)
    {
        names.push(name.to_owned());
        at += if words[at + 1] == "," { 2 } else { 1 };
    }
    names.sort_unstable();
    (at, ["ON".to_owned()].into_iter().chain(names).collect())
}

/// `(a, b)`: how many words it has, and the names.
fn list<'w>(words: &[&'w str]) -> Option<(usize, Vec<&'w str>)> {
    let end = words.iter().position(|word| *word == ")")?;
    let inside = words.get(..end)?.strip_prefix(&["("])?;
    let mut names = Vec::new();
    for part in inside.split(|word| *word == ",") {
        let [name] = part else { return None };
        names.push(*name);
    }
    names.iter().all(|name| is_name(name)).then_some((end + 1, names))
}

/// Whether a word is a name, as the server prints one: key words are in capital letters.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c == '"' || c == '_' || c.is_lowercase() || !c.is_ascii())
}

fn unquoted(name: &str) -> String {
    let inside = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.map_or_else(|| name.to_owned(), |inside| inside.replace("\"\"", "\""))
}
