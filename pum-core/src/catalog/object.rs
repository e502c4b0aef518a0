//! An object of a row.

use std::borrow::Cow;
use std::collections::HashMap;

#[cfg(fuzzing)]
use super::Scope;
use super::address::{Address, catalog_of};
use super::context::Context;
use super::dictionaries::Dictionaries;
use super::error::CatalogError;
use super::query::{FORBIDDEN, UNKNOWN};
use super::record::Fields;
use super::{constraint, index, privileges, record};
#[cfg(fuzzing)]
use crate::connect::ServerVersion;
use crate::model::{
    AttributeReader, Attributes, Identity, Kind, Object, PrivilegeChange, Privileges, Word,
};

/// The privileges that were read, by their text: most objects of a schema have the same.
pub(super) type KnownPrivileges = HashMap<String, Privileges>;

/// The object that a row of a kind's query and the dictionaries tell of, and how catalogs refer to it.
pub(super) fn object(
    context: &Context<'_>,
    dictionaries: &Dictionaries<'_>,
    known_privileges: &mut KnownPrivileges,
    kind: Kind,
    row: &str,
) -> Result<(Option<Address>, Object), CatalogError> {
    let broken = |column| CatalogError::broken(kind, column);
    let mut fields = Fields::of(row).ok_or_else(|| broken("row"))?;
    let known = known(kind, &mut fields, dictionaries);
    let (address, known) = known.ok_or_else(|| broken("oid"))?;
    let mut reader = ObjectReader {
        identity: Identity {
            kind,
            schema: String::new(),
            parent: None,
            name: String::new(),
            arguments: None,
        },
        fields,
        known,
        known_privileges,
        context,
    };
    let text = |field: Option<Cow<'_, str>>| field.map(Cow::into_owned);
    reader.identity.schema = text(reader.field("schema")?).unwrap_or_default();
    reader.identity.parent = text(reader.field("parent")?);
    reader.identity.name = text(reader.field("name")?).unwrap_or_default();
    reader.identity.name = reader.named()?;
    reader.identity.arguments = text(reader.field("arguments")?);
    let attributes = Attributes::read(kind, &mut reader)?;
    if reader.fields.is_empty() {
        Ok((address, Object { identity: reader.identity, attributes }))
    } else {
        Err(broken("a column too many"))
    }
}

/// No attribute.
const NONE: (&str, Option<Cow<'_, str>>) = ("", None);

/// Takes the columns before the identity. What they and the dictionaries tell of the attributes is not
/// in the row.
fn known<'a>(
    kind: Kind,
    fields: &mut Fields<'_>,
    dictionaries: &'a Dictionaries<'_>,
) -> Option<(Option<Address>, Known<'a>)> {
    let oid = fields.next()?.and_then(|oid| oid.parse().ok());
    let mut address = catalog_of(kind).zip(oid).map(|(catalog, oid)| (catalog, oid, 0));
    let comment = |address: Option<Address>| dictionaries.comment(address?).map(Cow::from);
    let definition = || dictionaries.definition(kind, oid?).map(Cow::from);
    let known = match kind {
        Kind::Column => {
            let number: i16 = fields.number()?;
            let (_type, _collation, is_generated) =
                (fields.next()?, fields.next()?, fields.boolean()?);
            if let Some((_, _, column)) = &mut address {
                *column = number.into();
            }
            let relation = dictionaries.relation(oid?);
            let position = relation.map(|relation| relation.position(number).to_string().into());
            let (with, without) =
                if is_generated { ("generated", "default") } else { ("default", "generated") };
            let expression = dictionaries.default_of(oid?, number).map(Cow::from);
            [
                ("position", position),
                (with, expression),
                (without, None),
                ("comment", comment(address)),
            ]
        }
        Kind::Index => {
            fields.leave_out(index::COLUMNS - 1)?;
            [("definition", definition()), ("comment", comment(address)), NONE, NONE]
        }
        Kind::Constraint => {
            let index = fields.next()?.and_then(|oid| oid.parse().ok());
            fields.leave_out(constraint::COLUMNS - 2)?;
            let index = catalog_of(Kind::Index).zip(index).map(|(catalog, oid)| (catalog, oid, 0));
            [
                ("definition", definition()),
                ("index_comment", comment(index)),
                ("comment", comment(address)),
                NONE,
            ]
        }
        _ => [("comment", comment(address)), NONE, NONE, NONE],
    };
    Some((address, known))
}

/// Attributes that are not in the rows of their kind, but in the dictionaries.
#[cfg(any(test, fuzzing))]
pub(super) fn elsewhere(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Column => &["position", "default", "generated", "comment"],
        Kind::Index => &["definition", "comment"],
        Kind::Constraint => &["definition", "index_comment", "comment"],
        _ => &["comment"],
    }
}

/// How many columns a row has.
#[cfg(fuzzing)]
pub(super) fn columns(kind: Kind) -> usize {
    let before = match kind {
        Kind::Column => 5,
        Kind::Index => index::COLUMNS,
        Kind::Constraint => constraint::COLUMNS,
        _ => 1,
    };
    let in_row = |name: &&&str| !elsewhere(kind).contains(name);
    before + 4 + kind.attribute_names().iter().filter(in_row).count()
}

/// The object of a row, without a server.
#[cfg(fuzzing)]
pub(super) fn object_of_row(kind: Kind, row: &str, scope: &Scope) -> Result<Object, CatalogError> {
    let context = Context {
        scope,
        exclude_schemas: Vec::new(),
        label: "fuzzing".to_owned(),
        user: "fuzzing".to_owned(),
        version: ServerVersion(180_000),
        is_superuser: true,
        is_sql_ascii: false,
    };
    object(&context, &Dictionaries::default(), &mut KnownPrivileges::new(), kind, row)
        .map(|(_, object)| object)
}

/// Whether built-in privileges only looked changed: the same in another order.
pub(super) fn is_unchanged(object: &Object) -> bool {
    matches!(&object.attributes, Attributes::ChangedPrivileges(changed)
             if changed.privileges.is_default())
}

/// Attributes whose values are not in the row of the object.
type Known<'a> = [(&'static str, Option<Cow<'a, str>>); 4];

/// The attributes of an object from its row, from left to right, and from the dictionaries.
struct ObjectReader<'a> {
    identity: Identity,
    fields: Fields<'a>,
    known: Known<'a>,
    known_privileges: &'a mut KnownPrivileges,
    context: &'a Context<'a>,
}

impl<'a> ObjectReader<'a> {
    fn next(&mut self, name: &'static str) -> Result<Option<Cow<'a, str>>, CatalogError> {
        if let Some((_, value)) = self.known.iter_mut().find(|(known, _)| *known == name) {
            return Ok(value.take());
        }
        self.field(name)
    }

    fn field(&mut self, name: &'static str) -> Result<Option<Cow<'a, str>>, CatalogError> {
        self.fields.next().ok_or_else(|| CatalogError::broken(self.identity.kind, name))
    }

    /// A letter that means nothing to pum, where that may go on. Only where the queries have a word
    /// for a letter is a mark looked for: anywhere else it would be the text of a user.
    fn allow_unknown(&self, letter: &str, name: &'static str) -> Result<(), CatalogError> {
        if self.context.scope.allow_unknown {
            return Ok(());
        }
        Err(CatalogError::UnknownLetter {
            object: self.identity.to_string(),
            attribute: name,
            letter: letter.to_owned(),
            version: self.context.version,
            label: self.context.label.clone(),
        })
    }

    /// Nothing, where the query left a mark instead of what the role may not see.
    fn permitted(&self, text: &str, name: &'static str) -> Result<(), CatalogError> {
        let guarded = matches!(
            (self.identity.kind, name),
            (Kind::Subscription, "connection") | (Kind::UserMapping, "options")
        );
        if !guarded || text != FORBIDDEN {
            return Ok(());
        }
        Err(CatalogError::Forbidden {
            object: self.identity.to_string(),
            attribute: name,
            element: self.identity.kind.element(),
            role: self.context.user.clone(),
            label: self.context.label.clone(),
        })
    }

    /// The kinds of objects to which default privileges are for are the end of their name.
    fn named(&self) -> Result<String, CatalogError> {
        let name = &self.identity.name;
        match (self.identity.kind, name.rsplit_once(" ON ")) {
            (Kind::DefaultPrivileges, Some((whose, kinds))) => {
                let Some(letter) = kinds.strip_prefix(UNKNOWN) else { return Ok(name.clone()) };
                self.allow_unknown(letter, "name")?;
                Ok(format!("{whose} ON unknown ({letter})"))
            }
            _ => Ok(name.clone()),
        }
    }
}

impl AttributeReader for ObjectReader<'_> {
    type Error = CatalogError;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, CatalogError> {
        let text = self.next(name)?;
        text.iter().try_for_each(|text| self.permitted(text, name))?;
        Ok(text.map(Cow::into_owned))
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<Option<W>, CatalogError> {
        let Some(text) = self.next(name)? else { return Ok(None) };
        if let Some(letter) = text.strip_prefix(UNKNOWN) {
            return self.allow_unknown(letter, name).map(|()| Some(W::unknown(letter.to_owned())));
        }
        let broken = || CatalogError::broken(self.identity.kind, name);
        W::parse(&text).ok_or_else(broken).map(Some)
    }

    fn invalid(&self, name: &'static str, _: &str) -> CatalogError {
        CatalogError::broken(self.identity.kind, name)
    }

    fn missing(&self, name: &'static str) -> Result<(), CatalogError> {
        Err(CatalogError::Missing {
            object: self.identity.to_string(),
            attribute: name,
            element: self.identity.kind.element(),
            label: self.context.label.clone(),
        })
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, CatalogError> {
        match self.next(name)?.as_deref() {
            Some("t") => Ok(true),
            Some("f") | None => Ok(false),
            Some(other) => match other.strip_prefix(UNKNOWN) {
                Some(letter) => self.allow_unknown(letter, name).map(|()| false),
                None => Err(CatalogError::broken(self.identity.kind, name)),
            },
        }
    }

    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, CatalogError> {
        let text = self.text(name)?;
        let number = text.map(|text| text.parse()).transpose();
        number.map_err(|_| CatalogError::broken(self.identity.kind, name))
    }

    fn privileges(&mut self, name: &'static str) -> Result<Privileges, CatalogError> {
        let Some(text) = self.next(name)? else { return Ok(Privileges::default()) };
        if let Some(known) = self.known_privileges.get(&*text) {
            return Ok(known.clone());
        }
        let broken = || CatalogError::broken(self.identity.kind, name);
        let parts = record::elements(&text).ok_or_else(broken)?;
        let [owner, all, default, list] = &*parts else {
            return if parts.is_empty() { Ok(Privileges::default()) } else { Err(broken()) };
        };
        let privileges = match privileges::changes(owner, all, default, list).ok_or_else(broken)? {
            Ok(changes) => Privileges::new(changes),
            Err(letter) => {
                self.allow_unknown(&format!("aclitem {letter}"), name)?;
                // Shown as it is.
                let items = record::elements(list).unwrap_or_default();
                Privileges::new(items.into_iter().map(PrivilegeChange::Unknown).collect())
            }
        };
        self.known_privileges.insert(text.into_owned(), privileges.clone());
        Ok(privileges)
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, CatalogError> {
        let Some(text) = self.next(name)? else { return Ok(Vec::new()) };
        let elements = record::elements(&text)
            .ok_or_else(|| CatalogError::broken(self.identity.kind, name))?;
        elements.iter().try_for_each(|element| self.permitted(element, name))?;
        Ok(elements)
    }
}
