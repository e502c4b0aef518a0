//! Names that are there for a while.

use std::collections::HashSet;

use crate::model::{Identity, Kind, Model};
use crate::sql::quote_ident;

/// The most bytes of a name.
const MOST: usize = 63;

/// Names that clash with none of either schema, nor with each other.
#[derive(Debug)]
pub(super) struct TemporaryNames<'a> {
    pub(super) left: &'a Model,
    pub(super) right: &'a Model,
    given: HashSet<(String, String)>,
}

impl<'a> TemporaryNames<'a> {
    pub(super) fn new(left: &'a Model, right: &'a Model) -> Self {
        Self { left, right, given: HashSet::new() }
    }

    /// A name for something beside an object, quoted; it begins with `start`.
    pub(super) fn next(&mut self, start: &str, identity: &Identity) -> String {
        quote_ident(&self.next_plain(start, identity))
    }

    /// The same as it is in the catalogs.
    pub(super) fn next_plain(&mut self, start: &str, identity: &Identity) -> String {
        let schema = &identity.schema;
        let is_taken = |name: &str| {
            [self.left, self.right].iter().any(|model| {
                let all = model.objects().iter().map(|object| &object.identity);
                all.clone().any(|other| other.name == name && other.schema == *schema)
            })
        };
        for number in 1_u32.. {
            let end = if number == 1 { String::new() } else { format!("_{number}") };
            let own = cut(&identity.name, MOST - start.len() - end.len());
            let name = format!("{start}{own}{end}");
            let key = (schema.clone(), name.clone());
            if !is_taken(&name) && self.given.insert(key) {
                return name;
            }
        }
        String::new()
    }
}

/// The start of a text of at most so many bytes.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=text.len().min(most)).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

/// Schema and name.
pub(super) fn full(identity: &Identity) -> String {
    format!("{}.{}", quote_ident(&identity.schema), quote_ident(&identity.name))
}

/// The table that a part belongs to, as statements name it.
pub(super) fn table_of(part: &Identity) -> String {
    let parent = part.parent.as_deref().unwrap_or_default();
    format!("{}.{}", quote_ident(&part.schema), quote_ident(parent))
}

/// The table or view of this name that a part belongs to.
pub(in crate::plan) fn whole_of(part: &Identity, kind: Kind) -> Identity {
    Identity {
        kind,
        schema: part.schema.clone(),
        parent: None,
        name: part.parent.clone().unwrap_or_default(),
        arguments: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_enough_and_each_is_another_one() {
        let identity = Identity {
            kind: Kind::Column,
            schema: "s".to_owned(),
            parent: Some("t".to_owned()),
            name: "\u{e4}".repeat(31),
            arguments: None,
        };
        let model = Model::default();
        let mut names = TemporaryNames::new(&model, &model);
        let [one, two] = [(); 2].map(|()| names.next("pum_x_", &identity));
        assert!(one.len() <= MOST + 2 && two.len() <= MOST + 2 && one != two, "{one} {two}");
        assert!(two.starts_with("\"pum_x_\u{e4}") && two.ends_with("_2\""), "{two}");
    }
}
