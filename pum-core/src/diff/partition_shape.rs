//! The shape of a partition: what it has beyond being called so and holding these rows.

use crate::model::{
    Attributes, ColumnValue, ConstraintType, Identity, Inheritance, Kind, Model, Object, Sql,
    Table, TableKind, quoted_name,
};
use crate::sql::tokens;

use super::partition_manager::PartitionManager;

/// The objects of a table under names that all partitions of its parent share, and their real ones.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) model: Model,
    real: Vec<(Identity, Identity)>,
}

/// A table, and which objects are its own.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) identity: &'a Identity,
    pub(super) table: &'a Table,
    pub(super) objects: &'a [&'a Object],
}

impl Shape {
    /// What an object of the shape is called by itself.
    pub(super) fn real(&self, shared: &Identity) -> Option<&Identity> {
        self.real.iter().find(|(own, _)| own == shared).map(|(_, real)| real)
    }

    /// The shape that a parent gives its partitions.
    pub(super) fn of_parent(parent: Whole<'_>, manager: Option<PartitionManager>) -> Self {
        let is_partitioned = parent.table.relation == TableKind::PartitionedTable;
        // It makes copies of them for each chunk, which belong to none.
        let has_keys = is_partitioned || manager == Some(PartitionManager::TimescaleDb);
        let mut shape = Builder { parent, whole: parent, manager: None, found: Vec::new() };
        for object in parent.objects {
            let mut attributes = object.attributes.clone();
            match &mut attributes {
                Attributes::Table(table) => {
                    table.relation = TableKind::Table;
                    table.partition_key = None;
                    table.row_security = false;
                    table.force_row_security = false;
                    table.clustered_on = None;
                    table.comment = None;
                }
                Attributes::Column(column) => {
                    column.comment = None;
                    // Until PostgreSQL 16 only the parent has the identity.
                    if matches!(column.value, ColumnValue::Identity(_)) {
                        column.value = ColumnValue::Null;
                    }
                }
                Attributes::Constraint(constraint) => {
                    let is_check = constraint.constraint_type == ConstraintType::Check;
                    // Copies of foreign keys cannot be named, and are not read.
                    let is_copied = is_check || constraint.has_index() && has_keys;
                    if !is_copied {
                        continue;
                    }
                    constraint.comment = None;
                    constraint.index_comment = None;
                    constraint.partition_of = is_attached(is_partitioned && !is_check);
                }
                Attributes::Index(index) => {
                    if !has_keys {
                        continue;
                    }
                    index.comment = None;
                    index.partition_of = is_attached(is_partitioned);
                    index.valid = true;
                    index.extensions.clear();
                }
                _ => continue,
            }
            shape.add(object, attributes);
        }
        shape.finish()
    }

    /// The shape that a partition has.
    pub(super) fn of_child(
        child: Whole<'_>,
        parent: Whole<'_>,
        manager: Option<PartitionManager>,
    ) -> Self {
        let mut shape = Builder { parent, whole: child, manager, found: Vec::new() };
        for object in child.objects {
            let mut attributes = object.attributes.clone();
            match &mut attributes {
                // What the parent cannot have says nothing of it.
                Attributes::Table(table)
                    if parent.table.access_method.is_none() && table.foreign.is_none() =>
                {
                    table.access_method = None;
                }
                Attributes::Column(column) => {
                    if matches!(column.value, ColumnValue::Identity(_)) {
                        column.value = ColumnValue::Null;
                    }
                }
                Attributes::Constraint(constraint) => {
                    if shape.is_of_manager(&object.identity.name, &constraint.constraint_type) {
                        continue;
                    }
                    constraint.partition_of = is_attached(constraint.partition_of.is_some());
                }
                Attributes::Index(index) => {
                    index.partition_of = is_attached(index.partition_of.is_some());
                }
                Attributes::Trigger(_) if shape.is_as_in_parent(object) => continue,
                _ => {}
            }
            shape.add(object, attributes);
        }
        shape.finish()
    }
}

/// That an index belongs to the one of the parent.
fn is_attached(is_attached: bool) -> Option<String> {
    is_attached.then(|| "the index of the parent".to_owned())
}

struct Builder<'a> {
    parent: Whole<'a>,
    whole: Whole<'a>,
    manager: Option<PartitionManager>,
    found: Vec<(Object, Identity)>,
}

impl Builder<'_> {
    /// Adds an object under the name that it shares with those of other partitions.
    fn add(&mut self, object: &Object, mut attributes: Attributes) {
        let parent = self.parent.identity;
        let mut identity = object.identity.clone();
        if !identity.schema.is_empty() {
            identity.schema.clone_from(&parent.schema);
        }
        match &mut attributes {
            Attributes::Table(table) => {
                identity.name.clone_from(&parent.name);
                table.inheritance = Inheritance::None;
            }
            Attributes::Column(column) => {
                column.position = None;
                column.inherited = false;
                if let ColumnValue::Default(sql) | ColumnValue::Generated { expression: sql, .. } =
                    &mut column.value
                {
                    sql.0 = self.text(&sql.0);
                }
            }
            Attributes::Constraint(constraint) => {
                constraint.inherited = false;
                constraint.definition = Sql(self.text(&constraint.definition.0));
                let is_named = constraint.constraint_type == ConstraintType::Check
                    && self.parent_has(Kind::Constraint, &identity.name);
                if !is_named {
                    identity.name.clone_from(&constraint.definition.0);
                }
            }
            Attributes::Index(index) => {
                index.definition = Sql(without_name(&self.text(&index.definition.0)));
                identity.name.clone_from(&index.definition.0);
            }
            Attributes::Trigger(trigger) => {
                trigger.definition = Sql(self.text(&trigger.definition.0));
            }
            Attributes::Rule(rule) => rule.definition = Sql(self.text(&rule.definition.0)),
            Attributes::Statistics(statistics) => {
                statistics.table = self.text(&statistics.table);
                statistics.definition = Sql(without_name(&self.text(&statistics.definition.0)));
                identity.name.clone_from(&statistics.definition.0);
            }
            Attributes::Sequence(sequence) => {
                let column = sequence.owner_column.column().unwrap_or_default();
                identity.name = self.text(column);
            }
            Attributes::PublicationTable(_) => identity.name = self.text(&identity.name),
            _ => {}
        }
        if identity.parent.is_some() && identity.kind != Kind::PublicationTable {
            identity.parent = Some(parent.name.clone());
        }
        // Two of one definition.
        let base = identity.name.clone();
        let mut number = 2;
        while self.found.iter().any(|(other, _)| other.identity == identity) {
            identity.name = format!("{base} ({number})");
            number += 1;
        }
        self.found.push((Object { identity, attributes }, object.identity.clone()));
    }

    fn finish(self) -> Shape {
        let real = self.found.iter();
        let real = real.map(|(object, real)| (object.identity.clone(), real.clone())).collect();
        let objects = self.found.into_iter().map(|(object, _)| object).collect();
        Shape { model: Model::new(objects), real }
    }

    fn parent_has(&self, kind: Kind, name: &str) -> bool {
        let mut own = self.parent.objects.iter();
        own.any(|object| object.identity.kind == kind && object.identity.name == name)
    }

    /// A trigger that the parent has, word for word.
    fn is_as_in_parent(&self, object: &Object) -> bool {
        let Attributes::Trigger(own) = &object.attributes else { return false };
        self.parent.objects.iter().any(|other| {
            other.identity.name == object.identity.name
                && matches!(&other.attributes, Attributes::Trigger(other)
                    if other.enabled == own.enabled
                        && other.definition.0 == self.text(&own.definition.0))
        })
    }

    /// Whether a constraint says which rows a partition holds.
    fn is_of_manager(&self, name: &str, of: &ConstraintType) -> bool {
        let is_numbered = |prefix: &str| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
        };
        *of == ConstraintType::Check
            && match self.manager {
                Some(PartitionManager::PgPartman) => name.starts_with("partmanconstr_"),
                Some(PartitionManager::TimescaleDb) => is_numbered("constraint_"),
                None => false,
            }
    }

    /// A text in which the table has the name of the parent.
    fn text(&self, text: &str) -> String {
        let (own, parent) = (self.whole.identity, self.parent.identity);
        if own == parent || !text.contains(&*own.name) {
            return text.to_owned();
        }
        let tokens = tokens(text);
        let named = |at: usize, name: &str| {
            tokens.get(at).is_some_and(|token| token.name().as_deref() == Some(name))
        };
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for at in 0..tokens.len() {
            let is_dot = tokens.get(at + 1).is_some_and(|token| token.written == ".");
            if is_dot && named(at, &own.schema) && named(at + 2, &own.name) {
                out.push_str(&text[done..tokens[at].at]);
                out.push_str(&quoted_name([&*parent.schema, &*parent.name]));
                done = tokens[at + 2].at + tokens[at + 2].written.len();
            }
        }
        out.push_str(&text[done..]);
        out
    }
}

/// The definition of an index or of statistics without its name, and without `ONLY`, which stands in that of a
/// partitioned table.
fn without_name(definition: &str) -> String {
    let tokens = tokens(definition);
    let place = |word: &str| tokens.iter().find(|token| token.key == word);
    let Some(on) = place("on") else {
        // CREATE STATISTICS name (kinds) …
        let name = place("statistics").map(|token| token.at + token.written.len());
        let rest = name.and_then(|end| {
            let from = definition[end..].find('(').or_else(|| definition[end..].find(" ON "))?;
            definition.get(end + from..)
        });
        return rest
            .map_or_else(|| definition.to_owned(), |rest| format!("CREATE STATISTICS {rest}"));
    };
    let before = place("index").or_else(|| place("statistics"));
    let Some(before) = before else { return definition.to_owned() };
    let head = &definition[..before.at + before.written.len()];
    let mut behind = &definition[on.at..];
    if let Some(rest) = behind.strip_prefix("ON ONLY ") {
        behind = rest;
        return format!("{head} ON {behind}");
    }
    format!("{head} {behind}")
}
