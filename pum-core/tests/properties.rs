//! What holds for all models, tried on many that were made by chance.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use pum_core::diff::{Change, Difference, Filters, Preset, diff};
use pum_core::model::{
    AttributeReader, Attributes, Identity, Keyword, Kind, Model, Object, Privileges,
};

/// Numbers by chance, the same in every run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    /// From few words, so that objects meet and speak of each other.
    fn word(&mut self) -> String {
        const WORDS: [&str; 8] = ["a", "b", "s.a", "s.a.b", "\"x.y\"", "é\n", "", "s"];
        WORDS[self.below(WORDS.len())].to_owned()
    }

    fn model(&mut self) -> Model {
        let mut objects = BTreeMap::new();
        for _ in 0..self.below(60) {
            let kind = Kind::ALL[self.below(Kind::ALL.len())];
            let identity = Identity {
                kind,
                schema: self.word(),
                parent: (self.below(2) == 0).then(|| self.word()),
                name: self.word(),
                arguments: (self.below(4) == 0).then(|| self.word()),
            };
            let Ok(attributes) = Attributes::read(kind, self);
            objects.insert(identity.clone(), Object { identity, attributes });
        }
        Model::new(objects.into_values().collect())
    }

    /// The same objects, but for some that are gone or have other attributes.
    fn changed(&mut self, model: &Model) -> Model {
        let mut objects = Vec::new();
        for object in model.objects() {
            let identity = object.identity.clone();
            match self.below(4) {
                0 => (),
                1 => {
                    let Ok(attributes) = Attributes::read(identity.kind, self);
                    objects.push(Object { identity, attributes });
                }
                _ => objects.push(object.clone()),
            }
        }
        Model::new(objects)
    }
}

impl AttributeReader for Chance {
    type Error = Infallible;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, Infallible> {
        if self.below(2) == 0 { Ok(None) } else { self.required(name).map(Some) }
    }

    fn required(&mut self, _: &'static str) -> Result<String, Infallible> {
        Ok(self.word())
    }

    fn keyword(&mut self, name: &'static str) -> Result<Option<Keyword>, Infallible> {
        Ok(self.text(name)?.map(Keyword))
    }

    fn missing(&self, _: &'static str) -> Result<String, Infallible> {
        Ok(String::new())
    }

    fn boolean(&mut self, _: &'static str) -> Result<bool, Infallible> {
        Ok(self.below(2) == 0)
    }

    fn integer(&mut self, _: &'static str) -> Result<Option<i64>, Infallible> {
        Ok((self.below(2) == 0).then_some(1))
    }

    fn privileges(&mut self, name: &'static str) -> Result<Privileges, Infallible> {
        self.list(name).map(Privileges)
    }

    fn list(&mut self, _: &'static str) -> Result<Vec<String>, Infallible> {
        Ok((0..self.below(3)).map(|_| self.word()).collect())
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
    let mut chance = Chance(0x7075_6d00);
    let mut differences = 0;
    for _ in 0..400 {
        let original = chance.model();
        let (left, right) = (chance.changed(&original), chance.changed(&original));
        for preset in [Preset::Classic, Preset::Default, Preset::Strict] {
            let filters = Filters::new(preset);
            assert_eq!(diff(&left, &left, &filters), []);
            let there = diff(&left, &right, &filters);
            let back: Vec<_> = diff(&right, &left, &filters).into_iter().map(mirrored).collect();
            assert_eq!(there, back);
            differences += there.len();
        }
    }
    assert!(differences > 10_000, "only {differences}: this proves nothing");
}

#[test]
fn a_model_survives_being_written_down() {
    let mut chance = Chance(0x6d75_7000);
    for _ in 0..200 {
        let model = chance.model();
        let text = serde_json::to_string(&model).unwrap();
        let again: Model = serde_json::from_str(&text).unwrap();
        // Passwords are not written, and then not compared.
        assert_eq!(diff(&model, &again, &Filters::new(Preset::Strict)), []);
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
}
