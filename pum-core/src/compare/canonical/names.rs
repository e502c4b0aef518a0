//! What depends on what by the names in definitions, where nothing else is known.
//!
//! It is only tried to build what is named: a definition that mentions too much is built all the
//! same, and one that needs what it does not mention is not, which is said.

use std::collections::{BTreeSet, HashMap};

use super::key::parent;
use crate::model::{
    Attributes, Cast, Column, Constraint, ConstraintType, Extension, Identity, Kind, Model, Node,
    Object, OperatorClass, Part, Value,
};
use crate::sql::tokens;

/// The objects of a schema by their names.
#[derive(Debug)]
pub(in crate::compare) struct Names<'a> {
    model: &'a Model,
    by_name: HashMap<(&'a str, &'a str), Vec<&'a Identity>>,
    /// By the schema that they are in.
    extensions: HashMap<&'a str, Vec<&'a Identity>>,
}

impl<'a> Names<'a> {
    pub(in crate::compare) fn new(model: &'a Model) -> Self {
        let mut by_name: HashMap<_, Vec<&Identity>> = HashMap::new();
        for Object { identity, .. } in model.objects() {
            if identity.parent.is_none() && !identity.schema.is_empty() {
                by_name.entry((&*identity.schema, &*identity.name)).or_default().push(identity);
            }
        }
        let mut extensions: HashMap<_, Vec<&Identity>> = HashMap::new();
        for (identity, extension) in model.all_of::<Extension>() {
            extensions.entry(&*extension.schema).or_default().push(identity);
        }
        Self { model, by_name, extensions }
    }

    pub(super) fn needs(&self, node: &Node) -> Vec<Identity> {
        let Some(object) = self.model.get(&node.identity) else { return Vec::new() };
        let words = Words::in_texts(&texts(object, node.part));
        let mut needs: BTreeSet<Identity> =
            words.pairs.iter().flat_map(|(schema, name)| self.named(schema, name)).collect();
        needs.extend(parent(&node.identity, self.model));
        let mut relations: Vec<Identity> =
            needs.iter().filter(|it| is_relation(it)).cloned().collect();
        relations.sort();
        for relation in relations {
            let columns = self.model.parts_of::<Column>(&relation);
            needs.extend(
                columns.map(|(it, _)| it).filter(|it| words.names.contains(&it.name)).cloned(),
            );
            let constraints = self.model.parts_of::<Constraint>(&relation);
            needs.extend(
                constraints
                    .filter(|(identity, constraint)| {
                        words.names.contains("group")
                            && constraint.constraint_type == ConstraintType::PrimaryKey
                            || words.names.contains("conflict")
                                && words.names.contains(&identity.name)
                    })
                    .map(|(identity, _)| identity.clone()),
            );
        }
        needs.remove(&node.identity);
        needs.into_iter().collect()
    }

    pub(super) fn attached(&self, data_type: &Identity) -> Vec<Identity> {
        let name = data_type.quoted_name();
        let casts = self.model.all_of::<Cast>().map(|(identity, _)| identity);
        let casts = casts.filter(|cast| {
            cast.name.split(" AS ").any(|side| side.strip_suffix("[]").unwrap_or(side) == name)
        });
        let classes = self.model.all_of::<OperatorClass>();
        let classes = classes.filter(|(_, class)| class.data_type == name).map(|(it, _)| it);
        casts.chain(classes).cloned().collect()
    }

    fn named(&self, schema: &str, name: &str) -> Vec<Identity> {
        let found = self.by_name.get(&(schema, name));
        // What is not in the model is a member of an extension, if there is one in the schema.
        let found = found.or_else(|| self.extensions.get(schema));
        found.into_iter().flatten().map(|identity| (*identity).clone()).collect()
    }
}

fn is_relation(identity: &Identity) -> bool {
    matches!(identity.kind, Kind::Table | Kind::View | Kind::CompositeType)
}

/// The texts of an object that may name others.
fn texts(object: &Object, part: Part) -> Vec<String> {
    const OTHERS: [&str; 6] =
        ["owner", "comment", "privileges", "body", "settings", "storage_parameters"];
    let Identity { kind, name, arguments, .. } = &object.identity;
    let mut texts: Vec<String> = arguments.iter().cloned().collect();
    // The name of a cast is that of its types, that of a table of a publication the table's.
    if matches!(kind, Kind::Cast | Kind::PublicationTable) {
        texts.push(name.clone());
    }
    let is_default = |name: &str| matches!(name, "default" | "generated");
    let is_column = matches!(object.attributes, Attributes::Column(_));
    let names = kind.attribute_names().iter().zip(object.attributes.values());
    for (name, value) in names.filter(|(name, _)| !OTHERS.contains(name)) {
        if is_column && is_default(name) != (part == Part::Default) {
            continue;
        }
        match value {
            Value::Text(text) | Value::Sql(text) => texts.push(text),
            Value::List(list) => texts.extend(list),
            _ => {}
        }
    }
    texts
}

/// Names in SQL.
#[derive(Debug, Default)]
struct Words {
    /// Each by itself, words of SQL too.
    names: BTreeSet<String>,
    /// `schema.name`
    pairs: BTreeSet<(String, String)>,
}

impl Words {
    fn in_texts(texts: &[String]) -> Self {
        let mut words = Self::default();
        for text in texts {
            words.add(text, true);
        }
        words
    }

    fn add(&mut self, text: &str, inside_strings: bool) {
        let tokens = tokens(text);
        for (at, token) in tokens.iter().enumerate() {
            if inside_strings
                && token.written.starts_with(['\'', 'E', 'e'])
                && let Some(inside) = inside_of_string(token.written)
            {
                self.add(inside, false);
                continue;
            }
            let Some(name) = token.name() else { continue };
            let is_qualified = tokens.get(at + 1).is_some_and(|next| next.written == ".");
            if is_qualified {
                let next = tokens.get(at + 2);
                let second = next.and_then(crate::sql::Token::name).unwrap_or_else(|| {
                    let rest = tokens.iter().skip(at + 2);
                    let symbols =
                        rest.take_while(|token| token.written != ")" && token.written != "(");
                    symbols.map(|token| token.written).collect()
                });
                self.pairs.insert((name.clone(), second));
            }
            self.names.insert(name);
        }
    }
}

/// `app.seq` of `'app.seq'`.
fn inside_of_string(written: &str) -> Option<&str> {
    written.trim_start_matches(['E', 'e']).strip_prefix('\'')?.strip_suffix('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_quotes_strings_and_operators() {
        let texts = ["SELECT \"A b\".\"c\".x, nextval('app.\"S\"'::regclass) FROM app.t \
                      WHERE (t.id OPERATOR(app.<~) 1)"
            .to_owned()];
        let words = Words::in_texts(&texts);
        let pair = |schema: &str, name: &str| (schema.to_owned(), name.to_owned());
        for found in [pair("A b", "c"), pair("app", "S"), pair("app", "t"), pair("app", "<~")] {
            assert!(words.pairs.contains(&found), "{found:?} in {words:?}");
        }
        assert!(words.names.contains("x") && words.names.contains("id"));
    }
}
