//! The order in which suggested SQL can be run: what another statement needs comes before it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::suggested_sql::Sides;
use crate::delta::tokens;
use crate::diff::{Change, Difference};
use crate::model::{Identity, Kind};

/// What statements do, in the order in which that is done; among drops what stands on the other
/// comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Drops what keeps other things from being changed.
    DropBefore(u8),
    Make,
    /// Other foreign keys than those of new tables: they need what is unique on another table.
    Refer,
    /// Drops what other things may still have used.
    DropAfter(u8),
}

impl Stage {
    fn of(difference: &Difference, sides: &Sides<'_>, sql: &str) -> Self {
        let identity = &difference.identity;
        if difference.change != Change::OnlyLeft || sides.is_renamed(identity) {
            let refers = identity.kind == Kind::Constraint && sql.contains("FOREIGN KEY");
            return if refers { Self::Refer } else { Self::Make };
        }
        match identity.kind {
            Kind::Policy | Kind::Rule | Kind::Trigger => Self::DropBefore(0),
            Kind::View => Self::DropBefore(1),
            Kind::Constraint | Kind::Index | Kind::Statistics => Self::DropBefore(2),
            Kind::Column => Self::DropAfter(0),
            Kind::Table => Self::DropAfter(1),
            Kind::Sequence | Kind::Function => Self::DropAfter(2),
            Kind::Schema | Kind::Extension => Self::DropAfter(4),
            _ => Self::DropAfter(3),
        }
    }
}

/// A difference, with what the place of its statements depends on.
struct Step<'a> {
    difference: &'a Difference,
    stage: Stage,
    /// What it makes.
    made: Option<&'a Identity>,
    /// The words of its statements that can be names.
    words: HashSet<String>,
}

impl<'a> Step<'a> {
    fn new(difference: &'a Difference, sql: &str, sides: &'a Sides<'_>) -> Self {
        let mut renamed = sides.comparison.renames.iter();
        let renamed = renamed.find(|rename| rename.left == difference.identity);
        let made = match (&difference.change, renamed) {
            (Change::OnlyRight, _) => Some(&difference.identity),
            (_, Some(rename)) => Some(&rename.right),
            _ => None,
        };
        let stage = Stage::of(difference, sides, sql);
        Self { difference, stage, made, words: words(sql) }
    }

    /// Whether it names what another one makes. The parts of one table are in order as they are.
    fn needs(&self, other: &Self) -> bool {
        let Some(made) = other.made else { return false };
        made.group() != self.difference.identity.group()
            && other.stage == self.stage
            && self.words.contains(&made.name)
            && self.words.contains(made.group().1)
    }
}

/// The order in which statements can be run, each for its difference; as it is where any order will
/// do. What needs one another stays in its order.
pub(super) fn in_order(suggested: &[(&Difference, &str)], sides: &Sides<'_>) -> Vec<usize> {
    let steps = suggested.iter().map(|(difference, sql)| Step::new(difference, sql, sides));
    let mut steps: Vec<(usize, Step<'_>)> = steps.enumerate().collect();
    steps.sort_by_key(|(_, step)| step.stage);
    let (places, steps): (Vec<usize>, Vec<Step<'_>>) = steps.into_iter().unzip();
    order(&steps).into_iter().filter_map(|at| places.get(at).copied()).collect()
}

/// The steps, each behind those that it needs.
fn order(steps: &[Step<'_>]) -> Vec<usize> {
    let mut makers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        if let Some(made) = step.made {
            makers.entry(&made.name).or_default().push(at);
        }
    }
    let needed = |step: &Step<'_>| -> BTreeSet<usize> {
        let named = step.words.iter().filter_map(|word| makers.get(word.as_str())).flatten();
        named.copied().filter(|at| steps.get(*at).is_some_and(|other| step.needs(other))).collect()
    };
    let needs: Vec<BTreeSet<usize>> = steps.iter().map(needed).collect();
    let mut order = Vec::new();
    let mut state = vec![State::New; steps.len()];
    for at in 0..steps.len() {
        put(at, &needs, &mut state, &mut order);
    }
    order
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Begun,
    Put,
}

/// Puts a step behind what it needs. The stack holds what has been begun.
fn put(first: usize, needs: &[BTreeSet<usize>], state: &mut [State], order: &mut Vec<usize>) {
    let mut stack = vec![first];
    while let Some(&at) = stack.last() {
        let next = needs[at].iter().find(|need| state[**need] == State::New && **need != at);
        match (state[at], next) {
            (State::Put, _) => drop(stack.pop()),
            (_, Some(&need)) => {
                state[at] = State::Begun;
                stack.push(need);
            }
            (_, None) => {
                state[at] = State::Put;
                order.push(at);
                stack.pop();
            }
        }
    }
}

/// The words that can be names, also in a literal such as that of `nextval`. What is in the body of
/// a function counts where the server looks at it before it runs.
fn words(sql: &str) -> HashSet<String> {
    let tokens = tokens(sql);
    let is_sql = tokens.windows(2).any(|pair| pair[0].key == "language" && pair[1].key == "sql");
    let mut words = HashSet::new();
    for token in &tokens {
        if let Some(name) = token.name() {
            words.insert(name);
        } else if token.written.starts_with('\'') || (is_sql && token.written.starts_with('$')) {
            let parts = token.written.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.extend(parts.map(str::to_owned));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_the_server_looks_up() {
        let found = words("CREATE TABLE \"A b\" (id int DEFAULT nextval('app.seq'::regclass))");
        assert!(["A b", "id", "app", "seq"].iter().all(|word| found.contains(*word)));
        let body = |language: &str| {
            words(&format!("CREATE FUNCTION f() RETURNS int LANGUAGE {language} AS $$ inner $$"))
        };
        assert!(body("sql").contains("inner") && !body("plpgsql").contains("inner"));
    }

    #[test]
    fn what_is_needed_comes_first_also_in_a_circle() {
        let order = |needs: &[&[usize]]| {
            let needs: Vec<BTreeSet<usize>> =
                needs.iter().map(|needs| needs.iter().copied().collect()).collect();
            let (mut state, mut order) = (vec![State::New; needs.len()], Vec::new());
            (0..needs.len()).for_each(|at| put(at, &needs, &mut state, &mut order));
            order
        };
        assert_eq!(order(&[&[], &[], &[]]), [0, 1, 2]);
        assert_eq!(order(&[&[2], &[], &[3], &[]]), [3, 2, 0, 1]);
        assert_eq!(order(&[&[1], &[0], &[1]]), [1, 0, 2]);
    }
}
