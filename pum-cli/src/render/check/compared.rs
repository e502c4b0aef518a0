//! A comparison, as reports need it.

use std::collections::HashMap;

use pum_core::compare::{Comparison, ExtensionVersions, OneSided};
use pum_core::diff::{Change, Difference};
use pum_core::humanize::{count, grouped};
use pum_core::model::{Identity, Kind, Value};

use super::alike;
use super::locations::Locations;
use super::mapped::{self, SchemaVerdict};
use super::suggested::Suggested;
use crate::accepted::AcceptedSummary;
use crate::args::{FailOn, fail_on_words, fails};
use crate::limits::{self, Limit};
use crate::render::undecided::undecided;
use crate::text::printable;

/// A comparison, as reports need it. How the two sides were read is no matter of theirs.
pub(crate) struct Compared<'a> {
    pub(crate) comparison: &'a Comparison,
    /// When they were compared.
    pub(crate) at: jiff::Zoned,
    /// The name of the left side.
    pub(crate) left: String,
    /// The name of the right side.
    pub(crate) right: String,
    /// The differences hidden because they were accepted.
    pub(crate) accepted: Option<&'a AcceptedSummary>,
    /// What was not compared, and why.
    pub(crate) limits: Vec<Limit>,
    /// Kinds that were not compared.
    pub(crate) left_out: Vec<Kind>,
    /// Where in files the differences come from, as far as that is known.
    pub(crate) places: Locations,
    /// What fails the check.
    pub(crate) fail_on: Vec<FailOn>,
    /// Globs for tables with managed partitions that match none.
    unused_globs: Vec<String>,
    /// What would make the left side like the right one, in the order in which it can be run.
    pub(crate) suggested: Vec<Suggested>,
    /// Why nothing is suggested, if that was tried.
    pub(crate) not_suggested: Option<String>,
    /// The possible names on the other side of objects that exist on one side only.
    renames: HashMap<&'a Identity, &'a Identity>,
    /// How the name of an object that only one side has differs from one on the other that looks
    /// like it.
    alike: HashMap<&'a Identity, String>,
}

/// The differences of one table with all that belongs to it, or of another object.
pub(crate) struct Group<'a> {
    /// The common object.
    pub(crate) name: String,
    pub(crate) differences: &'a [Difference],
}

impl Group<'_> {
    /// The schema that it is in; empty of what is in none.
    pub(crate) fn schema(&self) -> &str {
        self.differences.first().map_or("", |first| &first.identity.schema)
    }

    /// Its anchor on a page.
    pub(crate) fn link(&self) -> Option<String> {
        self.differences.first().map(|first| format!("g-{}", first.fingerprint()))
    }
}

/// What differs, ready to be shown.
pub(crate) enum Told<'a> {
    /// Only this side has the object. Perhaps it is this one on the other, or one there looks like
    /// it.
    OnlyIn { side: &'a str, perhaps: Option<String>, alike: Option<String> },
    /// Another value of an attribute. If they look alike, in what they differ.
    Values { attribute: &'static str, left: String, right: String, alike: Option<String> },
}

impl<'a> Compared<'a> {
    pub(crate) fn new(comparison: &'a Comparison, left: &str, right: &str) -> Self {
        let pairs = comparison.renames.iter();
        let renames = pairs.flat_map(|pair| [(&pair.left, &pair.right), (&pair.right, &pair.left)]);
        let (left, right) = (printable(left), printable(right));
        Self {
            comparison,
            at: jiff::Zoned::now(),
            alike: alike_names(comparison, [&left, &right]),
            left,
            right,
            accepted: None,
            limits: Vec::new(),
            left_out: Vec::new(),
            places: Locations::default(),
            suggested: Vec::new(),
            not_suggested: None,
            renames: renames.collect(),
            unused_globs: Vec::new(),
            fail_on: Vec::new(),
        }
    }

    pub(crate) fn with_accepted(self, accepted: Option<&'a AcceptedSummary>) -> Self {
        Self { accepted, ..self }
    }

    pub(crate) fn with_places(self, places: Locations) -> Self {
        Self { places, ..self }
    }

    pub(crate) fn with_limits(self, mut limits: Vec<Limit>) -> Self {
        limits.extend(limits::of_partitions(self.comparison, [&self.left, &self.right]));
        Self { limits, ..self }
    }

    pub(crate) fn failing_on(self, what: &[FailOn]) -> Self {
        Self { fail_on: what.to_vec(), ..self }
    }

    /// Whether a difference fails the check.
    pub(crate) fn fails(&self, difference: &Difference) -> bool {
        fails(&self.fail_on, difference)
    }

    /// How many differences fail the check.
    pub(crate) fn failing(&self) -> usize {
        self.differences().iter().filter(|difference| self.fails(difference)).count()
    }

    pub(crate) fn with_unused_globs(self, globs: Vec<&str>) -> Self {
        Self { unused_globs: globs.into_iter().map(printable).collect(), ..self }
    }

    pub(crate) fn with_suggestions(self, found: Result<Vec<Suggested>, String>) -> Self {
        let (suggested, not_suggested) = match found {
            Ok(suggested) => (suggested, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { suggested, not_suggested, ..self }
    }

    /// What would remove the differences of an object.
    pub(crate) fn suggested_for(&self, identity: &Identity) -> impl Iterator<Item = &Suggested> {
        self.suggested.iter().filter(move |one| one.identity == *identity)
    }

    /// What is known of an object that only one side has.
    pub(crate) fn one_sided(&self, identity: &Identity) -> Option<&'a OneSided> {
        self.comparison.overview.as_ref()?.one_sided.get(identity)
    }

    pub(crate) fn leaving_out(self, kinds: impl Iterator<Item = Kind>) -> Self {
        Self { left_out: kinds.collect(), ..self }
    }

    pub(crate) fn differences(&self) -> &'a [Difference] {
        &self.comparison.differences
    }

    pub(crate) fn same(&self) -> bool {
        self.differences().is_empty()
    }

    /// `3 differences between a and b`
    pub(crate) fn verdict(&self) -> String {
        let Self { left, right, .. } = self;
        let schemas = self.schemas();
        let verdict = match self.differences().len() {
            0 => {
                let objects = self.comparison.left_objects;
                let mut objects = count(objects, "object");
                if schemas.len() > 1 {
                    objects += &format!(", {} schemas", schemas.len());
                }
                format!("no differences between {left} and {right} ({objects})")
            }
            number => {
                let number = count(number, "difference");
                format!("{number} between {left} and {right}{}", in_schemas(&schemas))
            }
        };
        match self.hidden().iter().map(|(_, number)| number).sum() {
            0 => verdict,
            hidden => format!("{verdict}, {hidden} hidden by rules"),
        }
    }

    /// The schemas that were compared with schemas of other names, and what came of each.
    pub(crate) fn schemas(&self) -> Vec<SchemaVerdict<'a>> {
        mapped::verdicts(self.comparison)
    }

    /// `1 only in a, 2 with other values`; nothing where nothing differs.
    pub(crate) fn summary(&self) -> String {
        let of = |change: &Change| {
            self.differences().iter().filter(|found| found.change == *change).count()
        };
        let (left, right) = (of(&Change::OnlyLeft), of(&Change::OnlyRight));
        let values = self.differences().len() - left - right;
        let parts = [
            (left, format!("only in {}", self.left)),
            (right, format!("only in {}", self.right)),
            (values, if values == 1 { "with another value" } else { "with other values" }.into()),
        ];
        let some = parts.iter().filter(|(number, _)| *number > 0);
        some.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = Group<'a>> + use<'a> {
        let parts = self.differences().chunk_by(|a, b| a.identity.group() == b.identity.group());
        parts.filter_map(|differences| {
            let identity = &differences.first()?.identity;
            let name = identity.owner_name().unwrap_or_else(|| identity.qualified_name());
            // Functions of one name are together, whatever their arguments.
            let name = match &identity.arguments {
                Some(arguments) if identity.parent.is_none() => {
                    let suffix = format!("({})", printable(arguments));
                    name.strip_suffix(&suffix).map_or(name.clone(), str::to_owned)
                }
                _ => name,
            };
            Some(Group { name, differences })
        })
    }

    pub(crate) fn told(&self, difference: &Difference) -> Told<'_> {
        let perhaps = || self.renames.get(&difference.identity).map(|other| other.qualified_name());
        let alike = || self.alike.get(&difference.identity).cloned();
        match &difference.change {
            Change::OnlyLeft => {
                Told::OnlyIn { side: &self.left, perhaps: perhaps(), alike: alike() }
            }
            Change::OnlyRight => {
                Told::OnlyIn { side: &self.right, perhaps: perhaps(), alike: alike() }
            }
            Change::Attribute { name, left, right } => Told::Values {
                attribute: name,
                left: left.to_string(),
                right: right.to_string(),
                alike: alike::difference_of_values([left, right], [&self.left, &self.right]),
            },
        }
    }

    /// A difference in a few words, without the object: `data_type: integer in a, bigint in b`.
    pub(crate) fn sentence(&self, difference: &Difference) -> String {
        match self.told(difference) {
            Told::OnlyIn { side, perhaps, alike } => match perhaps {
                Some(other) => {
                    format!("only in {side} (perhaps the same as {other}{})", and(alike))
                }
                None => format!("only in {side}{}", and(alike)),
            },
            Told::Values { attribute, left, right, alike } if are_short(&left, &right) => {
                let (left, right) = match &difference.change {
                    Change::Attribute { left, right, .. } => (apart(left), apart(right)),
                    Change::OnlyLeft | Change::OnlyRight => (left, right),
                };
                let (left, right) = (printable(&left), printable(&right));
                let sides = (&self.left, &self.right);
                format!("{attribute}: {left} in {}, {right} in {}{}", sides.0, sides.1, and(alike))
            }
            Told::Values { attribute, alike, .. } => format!("{attribute} differs{}", and(alike)),
        }
    }

    /// The limits of the answer: `not compared: columns (ignore_elements in pum.toml)`. Nothing
    /// where there are none.
    pub(crate) fn not_compared(&self) -> Option<String> {
        let limits: Vec<String> =
            self.limits.iter().map(|limit| printable(&limit.to_string())).collect();
        (!limits.is_empty()).then(|| format!("not compared: {}", limits.join("; ")))
    }

    /// Notes besides the differences, starting with what was not compared.
    pub(crate) fn notes_with_limits(&self) -> Vec<String> {
        self.not_compared().into_iter().chain(self.notes()).collect()
    }

    /// Notes besides the differences.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let versions = self.comparison.default_versions.iter().map(|extension| {
            let ExtensionVersions { name, left, right, .. } = extension;
            format!("{name} {left} in {}, {right} in {}", self.left, self.right)
        });
        let versions: Vec<String> = versions.map(|text| printable(&text)).collect();
        if !versions.is_empty() {
            notes.push(format!(
                "extensions have the versions that their servers install by default: {}",
                versions.join("; ")
            ));
        }
        notes.extend(undecided(self.comparison));
        notes.extend(self.comparison.unread_managers.iter().map(|reason| {
            format!(
                "which partitions come and go could not be read ({}): they are compared one by one",
                printable(reason)
            )
        }));
        notes.extend(self.unused_globs.iter().map(|glob| {
            format!("no table with partitions matches \"{glob}\" of managed_partitions")
        }));
        notes.extend(self.comparison.upgrades_tables.iter().map(|table| {
            let table = printable(&table.to_string());
            format!("{table} looks like an upgrades table: -t {table} leaves it out")
        }));
        if !self.fail_on.is_empty() && !self.same() {
            let number = match self.failing() {
                0 => "no difference fails".to_owned(),
                1 => "1 difference fails".to_owned(),
                several => format!("{} differences fail", grouped(several)),
            };
            notes.push(format!("{number} the check (--fail-on {})", fail_on_words(&self.fail_on)));
        }
        if let Some(summary) = self.accepted {
            notes.extend(summary.notes());
        }
        notes
    }

    /// Why what is not shown is not shown, and how many differences that were.
    pub(crate) fn hidden(&self) -> Vec<(String, usize)> {
        let rules = self.comparison.hidden.iter();
        let by_rules = rules.map(|rule| {
            let unused = if rule.differences == 0 { " (nothing matches this rule)" } else { "" };
            (format!("{}{unused}", printable(&rule.reason)), rule.differences)
        });
        let accepted = self.accepted.into_iter().flat_map(AcceptedSummary::hidden);
        by_rules.chain(accepted).collect()
    }
}

/// `, in 2 of 50 schemas`, where there are several.
pub(crate) fn in_schemas(schemas: &[SchemaVerdict<'_>]) -> String {
    if schemas.len() < 2 {
        return String::new();
    }
    let different = schemas.iter().filter(|schema| schema.differences > 0).count();
    format!(", in {different} of {} schemas", schemas.len())
}

fn and(alike: Option<String>) -> String {
    alike.map_or_else(String::new, |alike| format!("; {alike}"))
}

/// For the objects that only one side has, in what their names differ from those of the other side
/// that look the same.
fn alike_names<'a>(comparison: &'a Comparison, sides: [&str; 2]) -> HashMap<&'a Identity, String> {
    let mut names: HashMap<(Kind, String), [Vec<&Identity>; 2]> = HashMap::new();
    for Difference { identity, change } in &comparison.differences {
        let side = match change {
            Change::OnlyLeft => 0,
            Change::OnlyRight => 1,
            Change::Attribute { .. } => continue,
        };
        let look = alike::visible_form(&identity.qualified_name());
        names.entry((identity.kind, look)).or_default()[side].push(identity);
    }
    let mut found = HashMap::new();
    for [left, right] in names.values() {
        if let ([left], [right]) = (&**left, &**right) {
            let names = if left.name == right.name {
                [left.qualified_name(), right.qualified_name()]
            } else {
                [left.name.clone(), right.name.clone()]
            };
            if let Some(told) = alike::difference([&names[0], &names[1]], sides) {
                found.insert(*left, told.clone());
                found.insert(*right, told);
            }
        }
    }
    found
}

/// A value that cannot be taken for two: a list in brackets, a text with a comma in quotes.
fn apart(value: &Value) -> String {
    match value {
        Value::List(items) if items.len() > 1 || items.iter().any(|item| item.contains(", ")) => {
            format!("[{}]", items.join(", "))
        }
        Value::Text(text) if text.contains(", ") => format!("\"{text}\""),
        other => other.to_string(),
    }
}

/// `column id`, `function f(integer)`: an object within its group.
pub(crate) fn own_name(identity: &Identity) -> String {
    printable(&match &identity.arguments {
        Some(arguments) => format!("{} {}({arguments})", identity.kind.name(), identity.name),
        None => format!("{} {}", identity.kind.name(), identity.name),
    })
}

/// Whether two values may stand in one line.
pub(crate) fn are_short(left: &str, right: &str) -> bool {
    let single_line = !left.contains('\n') && !right.contains('\n');
    single_line && left.len() + right.len() <= 50
}

/// The rule that a difference breaks, in the words of the filters: `columns.data_type`, or
/// `columns` of an object that only one side has.
pub(crate) fn element(difference: &Difference) -> String {
    let element = difference.identity.kind.element();
    match &difference.change {
        Change::OnlyLeft | Change::OnlyRight => element.to_owned(),
        Change::Attribute { name, .. } => format!("{element}.{name}"),
    }
}
