//! Attributes of any type, at the edge: read one after the other, and told as values.

use super::privileges::Privileges;
use super::value::{Secrets, Sql, Value};
use super::word::Word;

/// Where attributes are read from, one after the other in the order in which a kind declares
/// them: a row of a catalog query, an object in a snapshot.
pub trait AttributeReader {
    /// Why an attribute cannot be read.
    type Error;
    /// The next attribute as text.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn text(&mut self, name: &'static str) -> Result<Option<String>, Self::Error>;
    /// The next attribute as text that cannot be null.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn required(&mut self, name: &'static str) -> Result<String, Self::Error> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None => self.missing(name).map(|()| String::new()),
        }
    }
    /// The next attribute as a word for a letter in a catalog.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn word<W: Word>(&mut self, name: &'static str) -> Result<Option<W>, Self::Error>;
    /// `Ok` if something may stand for an attribute that cannot be null and is.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn missing(&self, name: &'static str) -> Result<(), Self::Error>;
    /// What is wrong with the last attribute read: it is nothing that it can be, or not together
    /// with those before it.
    fn invalid(&self, name: &'static str, problem: &str) -> Self::Error;
    /// The next attribute as a boolean; SQL's null is false.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn boolean(&mut self, name: &'static str) -> Result<bool, Self::Error>;
    /// The next attribute as a number.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, Self::Error>;
    /// The next attribute as privileges; SQL's null is the default ones.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn privileges(&mut self, name: &'static str) -> Result<Privileges, Self::Error>;
    /// The next attribute as a list; SQL's null is an empty one.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn list(&mut self, name: &'static str) -> Result<Vec<String>, Self::Error>;
}

/// A type that an attribute can have; or `N` attributes, of which not all values go together.
pub trait Attribute<const N: usize>: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// If the value is missing or of another type.
    fn read<R: AttributeReader>(reader: &mut R, names: [&'static str; N])
    -> Result<Self, R::Error>;
    /// The values for reports.
    fn values(&self) -> [Value; N];
}

impl Attribute<1> for String {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.required(name)
    }
    fn values(&self) -> [Value; 1] {
        [Value::Text(self.clone())]
    }
}

impl Attribute<1> for Option<String> {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.text(name)
    }
    fn values(&self) -> [Value; 1] {
        [self.clone().map_or(Value::None, Value::Text)]
    }
}

impl Attribute<1> for Sql {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.required(name).map(Self)
    }
    fn values(&self) -> [Value; 1] {
        [Value::Sql(self.0.clone())]
    }
}

impl Attribute<1> for Option<Sql> {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        Ok(reader.text(name)?.map(Sql))
    }
    fn values(&self) -> [Value; 1] {
        [Value::sql(self.as_ref())]
    }
}

impl Attribute<1> for bool {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.boolean(name)
    }
    fn values(&self) -> [Value; 1] {
        [Value::Boolean(*self)]
    }
}

impl Attribute<1> for Option<i64> {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.integer(name)
    }
    fn values(&self) -> [Value; 1] {
        [self.map_or(Value::None, Value::Integer)]
    }
}

impl Attribute<1> for Vec<String> {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.list(name)
    }
    fn values(&self) -> [Value; 1] {
        [Value::List(self.clone())]
    }
}

impl Attribute<1> for Privileges {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.privileges(name)
    }
    fn values(&self) -> [Value; 1] {
        [Value::List(self.changes().iter().map(ToString::to_string).collect())]
    }
}

impl Attribute<1> for Secrets {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        reader.list(name).map(Self::new)
    }
    fn values(&self) -> [Value; 1] {
        [Value::Secrets(self.clone())]
    }
}

/// The names of several attributes in a row, in a list of names of all.
pub(super) const fn flatten<const N: usize>(groups: &[&[&'static str]]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut at, mut group) = (0, 0);
    while group < groups.len() {
        let mut member = 0;
        while member < groups[group].len() {
            names[at] = groups[group][member];
            at += 1;
            member += 1;
        }
        group += 1;
    }
    names
}

/// How many names there are in several groups.
pub(super) const fn count(groups: &[&[&'static str]]) -> usize {
    let (mut count, mut group) = (0, 0);
    while group < groups.len() {
        count += groups[group].len();
        group += 1;
    }
    count
}
