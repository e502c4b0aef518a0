//! What holds for all models and for all lists of privileges, tried on many that are made by chance
//! and made smaller where it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use crate::diff::{Change, Difference, Filters, Preset, diff};
use crate::model::{
    AttributeReader, Attributes, Grant, Grantee, Identity, Kind, Model, Object, Privilege,
    PrivilegeChange, Privileges, Word,
};

/// The same in every run: what nobody has thought of is for the fuzz targets.
pub(crate) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x7075_6d00),
        ..Config::default()
    })
}

/// From few words, so that objects meet and refer to each other.
const WORDS: [&str; 8] = ["a", "", "b", "s.a", "s.a.b", "\"x.y\"", "\u{e9}\n", "s"];

fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(&WORDS[..]).prop_map(str::to_owned)
}

fn identity() -> impl Strategy<Value = Identity> {
    let kind = proptest::sample::select(Kind::ALL);
    (kind, word(), proptest::option::of(word()), word(), proptest::option::weighted(0.25, word()))
        .prop_map(|(kind, schema, parent, name, arguments)| Identity {
            kind,
            schema,
            parent,
            name,
            arguments,
        })
}

/// Bytes to make attributes of; where they end all is zero and nothing is set.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn attributes(kind: Kind, choices: &[u8]) -> Attributes {
    let mut choices = Choices { rest: choices.iter(), read: BTreeSet::new() };
    let Ok(attributes) = Attributes::read(kind, &mut choices);
    attributes
}

pub(crate) fn model() -> impl Strategy<Value = Model> {
    vec((identity(), choices()), 0..60).prop_map(|objects| {
        let objects: BTreeMap<Identity, Vec<u8>> = objects.into_iter().collect();
        let object = |(identity, choices): (Identity, Vec<u8>)| Object {
            attributes: attributes(identity.kind, &choices),
            identity,
        };
        Model::new(objects.into_iter().map(object).collect())
    })
}

/// Two models with common objects: some are gone from a side or have other attributes there.
fn two_models() -> impl Strategy<Value = [Model; 2]> {
    let sides = || [(0_u8..4, choices()), (0_u8..4, choices())];
    vec((identity(), choices(), sides()), 0..60).prop_map(|objects| {
        let mut seen = BTreeSet::new();
        let mut models = [Vec::new(), Vec::new()];
        for (identity, original, sides) in objects {
            if !seen.insert(identity.clone()) {
                continue;
            }
            for (model, (fate, choices)) in models.iter_mut().zip(&sides) {
                let choices = match fate {
                    3 => continue,
                    2 => choices,
                    _ => &original,
                };
                let attributes = attributes(identity.kind, choices);
                model.push(Object { identity: identity.clone(), attributes });
            }
        }
        models.map(Model::new)
    })
}

/// Attributes by chance, of which all go together.
struct Choices<'a> {
    rest: std::slice::Iter<'a, u8>,
    /// The attributes that are set.
    read: BTreeSet<&'static str>,
}

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.rest.next().copied().unwrap_or_default()) % limit
    }

    fn word(&mut self) -> String {
        WORDS[self.below(WORDS.len())].to_owned()
    }

    /// Whether an attribute is set that may be or not.
    fn is_set(&mut self, name: &'static str) -> bool {
        let chosen = self.below(2) == 1;
        let any = |names: &[&str]| names.iter().any(|name| self.read.contains(name));
        let is_set = match name {
            "not_null_form" => chosen && any(&["not_null"]),
            "identity" => chosen && !any(&["default"]),
            "generated" => chosen && !any(&["default", "identity"]),
            "generated_virtual" => chosen && any(&["generated"]),
            "partition_of" => chosen && !any(&["inherits"]),
            "partition_bound" => any(&["partition_of"]),
            "foreign_options" => chosen && any(&["foreign_server"]),
            _ => chosen,
        };
        if is_set {
            self.read.insert(name);
        }
        is_set
    }

    fn grant(&mut self) -> Grant {
        let mut grantee = || match self.below(3) {
            0 => Grantee::Public,
            1 => Grantee::Owner,
            _ => Grantee::Role(self.word()),
        };
        let (grantee, grantor) = (grantee(), grantee());
        let privilege = Privilege::ALL[self.below(Privilege::ALL.len())];
        Grant { grantee, privilege, grantable: self.below(2) == 1, grantor }
    }
}

impl AttributeReader for Choices<'_> {
    type Error = Infallible;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, Infallible> {
        if !self.is_set(name) {
            return Ok(None);
        }
        Ok(Some(match name {
            "not_null_form" => ["not valid", "no inherit"][self.below(2)].to_owned(),
            _ => self.word(),
        }))
    }

    fn required(&mut self, _: &'static str) -> Result<String, Infallible> {
        Ok(self.word())
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<Option<W>, Infallible> {
        if !self.is_set(name) {
            return Ok(None);
        }
        let word = W::WORDS.get(self.below(W::WORDS.len() + 1));
        let word = word.and_then(|word| W::parse(word));
        Ok(Some(word.unwrap_or_else(|| W::unknown("letter z".to_owned()))))
    }

    fn missing(&self, _: &'static str) -> Result<(), Infallible> {
        Ok(())
    }

    fn invalid(&self, name: &'static str, problem: &str) -> Infallible {
        unreachable!("{name}: {problem}")
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, Infallible> {
        // Of a sequence, and not of a column, where it is a word.
        let needs_owner = name == "identity" && !self.read.contains("owned_by");
        Ok(!needs_owner && self.is_set(name))
    }

    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, Infallible> {
        Ok(self.is_set(name).then_some(1))
    }

    fn privileges(&mut self, _: &'static str) -> Result<Privileges, Infallible> {
        let count = self.below(3);
        let change = |_| match self.below(5) {
            4 => PrivilegeChange::Unknown("a=z/b".to_owned()),
            3 => PrivilegeChange::Revoked(self.grant()),
            _ => PrivilegeChange::Granted(self.grant()),
        };
        Ok(Privileges::new((0..count).map(change).collect()))
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, Infallible> {
        if !self.is_set(name) {
            return Ok(Vec::new());
        }
        // Those of a policy are names, and quoted as such.
        let word = |this: &mut Self| if name == "roles" { "a".to_owned() } else { this.word() };
        Ok((0..=self.below(2)).map(|_| word(self)).collect())
    }
}

fn mirrored(difference: Difference) -> Difference {
    let change = match difference.change {
        Change::OnlyLeft => Change::OnlyRight,
        Change::OnlyRight => Change::OnlyLeft,
        Change::Attribute { name, left, right } => {
            Change::Attribute { name, left: right, right: left }
        }
    };
    Difference { change, ..difference }
}

#[test]
fn a_difference_is_the_same_from_both_sides_and_none_from_one() {
    let differences = std::cell::Cell::new(0);
    let check = |[left, right]: [Model; 2]| {
        for preset in [Preset::Classic, Preset::Default, Preset::Strict] {
            let filters = Filters::new(preset);
            prop_assert_eq!(diff(&left, &left, &filters), []);
            let there = diff(&left, &right, &filters);
            let back: Vec<_> = diff(&right, &left, &filters).into_iter().map(mirrored).collect();
            prop_assert_eq!(&there, &back);
            differences.set(differences.get() + there.len());
        }
        Ok(())
    };
    runner(400).run(&two_models(), check).unwrap();
    assert!(differences.get() > 10_000, "only {}: this proves nothing", differences.get());
}

#[test]
fn a_model_survives_being_written_down() {
    let check = |model: Model| {
        let text = serde_json::to_string(&model).unwrap();
        let again: Model = serde_json::from_str(&text).unwrap();
        // Passwords are not written, and then not compared.
        prop_assert_eq!(diff(&model, &again, &Filters::new(Preset::Strict)), []);
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), text);
        Ok(())
    };
    runner(200).run(&model(), check).unwrap();
}

/// The planner and hints change one attribute after the other.
#[test]
fn taking_each_attribute_that_differs_makes_an_object_the_other() {
    let kind = proptest::sample::select(Kind::ALL);
    let check = |(kind, left, right): (Kind, Vec<u8>, Vec<u8>)| {
        let (left, right) = (attributes(kind, &left), attributes(kind, &right));
        let mut changed = left.clone();
        let values = left.values().into_iter().zip(right.values());
        for (name, _) in kind.attribute_names().iter().zip(values).filter(|(_, (l, r))| l != r) {
            let next = changed.with(&right, name);
            changed = next.ok_or_else(|| TestCaseError::fail("of one kind"))?;
        }
        prop_assert_eq!(changed, right);
        Ok(())
    };
    runner(2_000).run(&(kind, choices(), choices()), check).unwrap();
}

#[test]
fn a_displayed_privilege_is_read_back() {
    let name = "[a-c\"=/:* .A]{0,8}|owner|PUBLIC|a by b|not SELECT|.{0,4}";
    let grantee =
        || prop_oneof![Just(Grantee::Public), Just(Grantee::Owner), name.prop_map(Grantee::Role),];
    let change =
        (grantee(), grantee(), proptest::sample::select(Privilege::ALL), any::<[bool; 2]>());
    let check = |(grantee, grantor, privilege, [grantable, revoked]): (_, _, _, [bool; 2])| {
        let grant = Grant { grantee, privilege, grantable, grantor };
        let change =
            if revoked { PrivilegeChange::Revoked(grant) } else { PrivilegeChange::Granted(grant) };
        prop_assert_eq!(change.to_string().parse::<PrivilegeChange>(), Ok(change));
        Ok(())
    };
    runner(2_000).run(&change, check).unwrap();
}
