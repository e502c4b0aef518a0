//! A model in which some schemas have other names, as after `ALTER SCHEMA … RENAME`.
//!
//! What the catalogs hold as a reference to an object (in definitions, types, defaults, foreign keys)
//! has the new name; what is text (bodies of functions, strings, comments) stays as it is. Beyond that, a
//! function's own `search_path` has the new name. Where it cannot be told whether a name is that of a
//! schema, it stays: then two definitions differ that may be the same, and never the other way round.

use std::collections::{BTreeMap, HashSet};

use super::identity::Identity;
use super::kind::{Attributes, Kind};
use super::name::quoted_name;
use super::named_values::NamedValues;
use super::object::{Model, Object};
use super::value::Value;
use crate::sql::{Token, tokens};

/// New names of schemas, for the objects of one model.
#[derive(Debug, Clone)]
pub(crate) struct SchemaRenames<'m> {
    targets: BTreeMap<String, Target>,
    /// The columns of all tables and views.
    columns: HashSet<&'m str>,
}

#[derive(Debug, Clone)]
struct Target {
    name: String,
    /// The names of its own objects, without those of extensions; `None`: whatever is in it.
    own: Option<HashSet<String>>,
}

impl<'m> SchemaRenames<'m> {
    /// Renames of schemas of a model. A schema that already has one of the new names is set aside under
    /// a name of its own, so what refers to it is not taken for the renamed one.
    pub(crate) fn new(model: &'m Model, renames: &[(String, String)]) -> Self {
        let mut targets = BTreeMap::new();
        let changes = renames.iter().filter(|(from, to)| from != to);
        for (from, to) in changes.clone() {
            let own = Some(own_names(model, from));
            targets.insert(from.clone(), Target { name: to.clone(), own });
        }
        for (_, to) in changes {
            let aside = || Target { name: format!("{to} (not mapped)"), own: None };
            targets.entry(to.clone()).or_insert_with(aside);
        }
        let columns = model.objects().iter().filter(|object| object.identity.kind == Kind::Column);
        let columns = columns.map(|object| &*object.identity.name).collect();
        Self { targets, columns }
    }

    /// An object as it is then.
    pub(crate) fn object(&self, object: &Object) -> Object {
        let identity = self.identity(&object.identity);
        Object { attributes: self.attributes(object), identity }
    }

    /// What an object is called then.
    pub(crate) fn identity(&self, identity: &Identity) -> Identity {
        let mut renamed = identity.clone();
        if let Some(target) = self.targets.get(&identity.schema) {
            renamed.schema.clone_from(&target.name);
        }
        renamed.arguments = identity.arguments.as_deref().map(|text| self.text(text));
        match identity.kind {
            Kind::Schema => {
                if let Some(target) = self.targets.get(&identity.name) {
                    renamed.name.clone_from(&target.name);
                }
            }
            Kind::DefaultPrivileges | Kind::SecurityLabel => {
                renamed.name = self.described(&identity.name);
            }
            Kind::PublicationTable | Kind::Cast | Kind::Transform => {
                renamed.name = self.text(&identity.name);
            }
            _ => (),
        }
        renamed
    }

    fn attributes(&self, object: &Object) -> Attributes {
        let kind = object.identity.kind;
        let mut values = object.attributes.values();
        if values.iter().any(|value| matches!(value, Value::Secrets(_))) {
            return object.attributes.clone();
        }
        let mut is_changed = false;
        for (name, value) in kind.attribute_names().iter().zip(&mut values) {
            let renamed = self.value(kind, name, value);
            is_changed |= renamed != *value;
            *value = renamed;
        }
        if !is_changed {
            return object.attributes.clone();
        }
        let mut reader = NamedValues::of(kind.attribute_names(), values);
        // What can be told as values can be read from them.
        Attributes::read(kind, &mut reader).unwrap_or_else(|_| object.attributes.clone())
    }

    fn value(&self, kind: Kind, attribute: &str, value: &Value) -> Value {
        match (value, content(kind, attribute)) {
            (Value::Sql(text), _) => Value::Sql(self.text(text)),
            (Value::Text(text), Content::Names) => Value::Text(self.text(text)),
            (Value::List(items), Content::Names) => {
                Value::List(items.iter().map(|item| self.text(item)).collect())
            }
            (Value::List(items), Content::SortedNames) => {
                let mut items: Vec<String> = items.iter().map(|item| self.text(item)).collect();
                items.sort();
                Value::List(items)
            }
            (Value::List(items), Content::Aggregate) => {
                let is_text =
                    |item: &str| item.starts_with("initcond") || item.starts_with("minitcond");
                let item = |item: &String| {
                    if is_text(item) { item.clone() } else { self.text(item) }
                };
                Value::List(items.iter().map(item).collect())
            }
            (Value::List(items), Content::Settings) => {
                Value::List(items.iter().map(|item| self.setting(item)).collect())
            }
            _ => value.clone(),
        }
    }

    /// `search_path=app, public`
    fn setting(&self, setting: &str) -> String {
        let Some(path) = setting.strip_prefix("search_path=") else { return setting.to_owned() };
        let named = |token: &Token<'_>| {
            let target = self.targets.get(&token.name()?)?;
            Some((token.at, token.written.len(), quoted_name([&*target.name])))
        };
        format!("search_path={}", replaced(path, tokens(path).iter().filter_map(named)))
    }

    /// `owner IN SCHEMA app ON TABLES`, `schema app`, `table app.t`.
    fn described(&self, text: &str) -> String {
        let tokens = tokens(text);
        let follows_schema = |at: usize| at > 0 && tokens[at - 1].key == "schema";
        let named = tokens.iter().enumerate().filter_map(|(at, token)| {
            let target = self.targets.get(&token.name()?)?;
            let is_qualifier = tokens.get(at + 1).is_some_and(|next| next.written == ".");
            (follows_schema(at) || is_qualifier)
                .then(|| (token.at, token.written.len(), quoted_name([&*target.name])))
        });
        replaced(text, named)
    }

    /// A text of SQL, or a name.
    fn text(&self, text: &str) -> String {
        let is_mentioned = |name: &String| text.contains(&**name) || name.contains(['"', '\'']);
        if !self.targets.keys().any(is_mentioned) {
            return text.to_owned();
        }
        let tokens = tokens(text);
        let changes = tokens.iter().enumerate().filter_map(|(at, token)| {
            let written = self.name(text, &tokens, at).or_else(|| self.literal(text, token))?;
            Some((token.at, token.written.len(), written))
        });
        replaced(text, changes)
    }

    /// The new name, if a token is the name of a schema before that of an object in it.
    fn name(&self, text: &str, tokens: &[Token<'_>], at: usize) -> Option<String> {
        let is_dot = |at: usize| tokens.get(at).is_some_and(|token| token.written == ".");
        let target = self.targets.get(&tokens[at].name()?)?;
        if !is_dot(at + 1) || at > 0 && is_dot(at - 1) {
            return None;
        }
        let behind = tokens.get(at + 2)?;
        let object = behind.name().unwrap_or_else(|| operator_at(text, behind.at).to_owned());
        // It may be the name of a table, or an alias, before that of a column.
        let name = tokens[at].name();
        let is_alone = |number: usize| tokens[number].name() == name && !is_dot(number + 1);
        let may_be_alias = || (0..tokens.len()).any(is_alone);
        let is_meant = match &target.own {
            Some(own) => {
                own.contains(&object) && !(self.columns.contains(&*object) && may_be_alias())
            }
            None => !may_be_alias(),
        };
        is_meant.then(|| quoted_name([&*target.name]))
    }

    /// `'app.orders_id_seq'::regclass` is a reference that is written as a string.
    fn literal(&self, text: &str, token: &Token<'_>) -> Option<String> {
        let inside = token.written.strip_prefix('\'')?.strip_suffix('\'')?;
        let behind = text.get(token.at + token.written.len()..)?.strip_prefix("::reg")?;
        let inside = inside.replace("''", "'");
        let renamed = if behind.starts_with("namespace") {
            let tokens = tokens(&inside);
            let [only] = &*tokens else { return None };
            quoted_name([&*self.targets.get(&only.name()?)?.name])
        } else {
            self.text(&inside)
        };
        (renamed != inside).then(|| format!("'{}'", renamed.replace('\'', "''")))
    }
}

impl Model {
    /// The same with other names of schemas.
    pub(crate) fn with_renamed_schemas(&self, renames: &SchemaRenames<'_>) -> Self {
        Self::new(self.objects().iter().map(|object| renames.object(object)).collect())
    }
}

impl Identity {
    /// Whether it is this schema, is in it, or says something of it or of what is in it.
    pub(crate) fn is_of_schema(&self, schema: &str) -> bool {
        match self.kind {
            Kind::Schema => self.name == schema,
            Kind::DefaultPrivileges | Kind::SecurityLabel => {
                let tokens = tokens(&self.name);
                let is_named = |at: usize| {
                    tokens[at].name().as_deref() == Some(schema)
                        && (at > 0 && tokens[at - 1].key == "schema"
                            || tokens.get(at + 1).is_some_and(|next| next.written == "."))
                };
                (0..tokens.len()).any(is_named)
            }
            _ => self.schema == schema,
        }
    }
}

/// What an attribute that is no SQL holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Text, numbers, words, roles: what a schema's name means nothing in.
    Other,
    /// Names of objects, and types.
    Names,
    /// The same, sorted.
    SortedNames,
    /// `sfunc = app.add(integer, integer)`, and texts.
    Aggregate,
    /// `search_path=app`
    Settings,
}

fn content(kind: Kind, attribute: &str) -> Content {
    use Kind::{
        BaseType, Cast, Column, Constraint, Conversion, Domain, Function, Index, Operator,
        OperatorClass, OperatorFamily, RangeType, Sequence, Statistics, Table,
        TextSearchConfiguration, TextSearchDictionary, TextSearchParser, TextSearchTemplate,
        Transform,
    };
    match (kind, attribute) {
        (Function, "aggregate") => Content::Aggregate,
        (Function, "settings") => Content::Settings,
        (Function, "transforms") | (OperatorClass | OperatorFamily, "members") => {
            Content::SortedNames
        }
        (
            BaseType,
            "input" | "output" | "receive" | "send" | "modifier_input" | "modifier_output"
            | "analyze" | "subscript" | "element",
        )
        | (Cast, "method")
        | (Column | Domain, "data_type" | "collation")
        | (Constraint | Index, "partition_of")
        | (Conversion, "function")
        | (Function, "returns" | "support")
        | (Operator, "function" | "commutator" | "negator" | "restrict" | "join")
        | (OperatorClass, "data_type" | "family" | "key_type")
        | (
            RangeType,
            "subtype" | "operator_class" | "collation" | "canonical" | "subtype_diff"
            | "multirange",
        )
        | (Sequence, "owned_by")
        | (Statistics, "table")
        | (Table, "inherits" | "partition_of" | "of_type")
        | (TextSearchConfiguration, "parser" | "mappings")
        | (TextSearchDictionary, "template")
        | (TextSearchParser, "start" | "get_token" | "end" | "headline" | "token_types")
        | (TextSearchTemplate, "init" | "lexize")
        | (Transform, "from_sql" | "to_sql") => Content::Names,
        _ => Content::Other,
    }
}

/// The names of what is in a schema, those of indexes too.
fn own_names(model: &Model, schema: &str) -> HashSet<String> {
    let prefix = quoted_name([schema]) + ".";
    let mut names = HashSet::new();
    for object in model.objects().iter().filter(|object| object.identity.schema == schema) {
        let Identity { kind, parent, name, .. } = &object.identity;
        let is_key = matches!(&object.attributes, Attributes::Constraint(it) if it.has_index());
        if parent.is_none() || *kind == Kind::Index || is_key {
            names.insert(name.clone());
        }
        if let Attributes::Operator(operator) = &object.attributes {
            // They may be there by name only.
            let others = operator.commutator.iter().chain(&operator.negator);
            let others = others.filter_map(|other| other.strip_prefix(&*prefix));
            names.extend(others.map(|other| operator_at(other, 0).to_owned()));
        }
        if *kind == Kind::RangeType {
            // Its multirange type has a name that follows from its own, or another one.
            names.insert(format!("{name}_multirange"));
            names.insert(name.replacen("range", "multirange", 1));
            if let Attributes::RangeType(range) = &object.attributes
                && let Some(own) = range.multirange.as_deref().and_then(super::name::name_parts)
            {
                names.extend(own.last().cloned());
            }
        }
    }
    names
}

/// The operator that stands here.
fn operator_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| !"+-*/<>=~!@#%^&|`?".contains(c));
    &rest[..end.unwrap_or(rest.len())]
}

/// A text with other texts at some places, which come in order.
fn replaced(text: &str, changes: impl Iterator<Item = (usize, usize, String)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, length, new) in changes {
        out.push_str(&text[done..at]);
        out.push_str(&new);
        done = at + length;
    }
    out.push_str(&text[done..]);
    out
}
