//! What becomes of each object, and of what depends on it.

use std::collections::{BTreeMap, BTreeSet};

use super::Side;
use super::unfold::Unfolded;
use crate::ddl::{self, Alteration, NoStatement, Schemas};
use crate::model::{
    Attributes, ChangedPrivileges, Column, Dependencies, Identity, Kind, Model, Node, Object, Part,
    Table, View, ViewKind,
};

/// What becomes of the objects.
pub(super) struct Decided {
    /// What is dropped and is not there in the end.
    pub(super) dropped: BTreeSet<Identity>,
    /// What is new in the end.
    pub(super) created: BTreeSet<Identity>,
    /// What is dropped and created again, with what it must go for.
    pub(super) rebuilt: BTreeMap<Identity, Reason>,
    /// What stays, and the statements that change it.
    pub(super) altered: BTreeMap<Identity, Vec<String>>,
    /// What is replaced in its place.
    pub(super) replaced: BTreeSet<Identity>,
    /// Defaults of columns that go for a while.
    pub(super) defaults: BTreeSet<Identity>,
    /// Columns whose type is replaced by another one of its name.
    pub(super) converted: BTreeMap<Identity, Identity>,
    /// What has no statement.
    pub(super) refused: BTreeMap<Identity, String>,
    /// What is left as it is.
    pub(super) left_out: Vec<String>,
}

/// Why an object is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is different, and PostgreSQL has no statement that changes it.
    Itself,
    /// It depends on this.
    DependsOn(Identity),
}

impl Decided {
    /// Whether an object is not there for a while, or in the end.
    pub(super) fn goes(&self, identity: &Identity) -> bool {
        self.dropped.contains(identity) || self.rebuilt.contains_key(identity)
    }

    /// Whether an object is made.
    pub(super) fn comes(&self, identity: &Identity) -> bool {
        self.created.contains(identity) || self.rebuilt.contains_key(identity)
    }
}

pub(super) fn decide(
    unfolded: Unfolded,
    (left, right): (&Side, &Side),
    schemas: &Schemas<'_>,
) -> Decided {
    let Unfolded { dropped, created, changed } = unfolded;
    let mut decided = Decided {
        dropped,
        created,
        rebuilt: BTreeMap::new(),
        altered: BTreeMap::new(),
        replaced: BTreeSet::new(),
        defaults: BTreeSet::new(),
        converted: BTreeMap::new(),
        refused: BTreeMap::new(),
        left_out: Vec::new(),
    };
    let mut retyped = BTreeSet::new();
    for (identity, attributes) in changed {
        let attributes: Vec<&str> = attributes
            .into_iter()
            .filter(|name| {
                let is_order = identity.kind == Kind::Column && *name == "position";
                if is_order {
                    decided.left_out.push(format!("{identity}: its position"));
                }
                !is_order
            })
            .collect();
        let of_view = is_of_view(&identity, &left.model);
        if attributes.is_empty() || of_view && !attributes.iter().all(|name| is_own_of_view(name)) {
            // The columns of a view are those of its query.
            continue;
        }
        if identity.kind == Kind::Column
            && attributes.iter().any(|name| matches!(*name, "data_type" | "collation"))
        {
            retyped.insert(identity.clone());
        }
        decided.change(&identity, &attributes, schemas);
    }
    decided.leave_out(left, right);
    decided.rename_partitions(left, schemas);
    decided.close(retyped, (left, right));
    decided.label_again(right);
    decided.forget_what_goes_by_itself(left);
    decided
}

/// Whether a column is one of a view.
fn is_of_view(identity: &Identity, model: &Model) -> bool {
    identity.kind == Kind::Column && model.parent_of::<View>(identity).is_some()
}

/// What is a view's own of its columns.
fn is_own_of_view(attribute: &str) -> bool {
    matches!(attribute, "default" | "comment" | "privileges" | "statistics_target" | "storage")
}

impl Decided {
    /// The columns of a typed table are those of its type; new columns come last.
    fn leave_out(&mut self, left: &Side, right: &Side) {
        let is_of_typed = |identity: &Identity, model: &Model| {
            model.parent_of::<Table>(identity).is_some_and(|table| table.of_type.is_some())
        };
        let has_table = |identity: &Identity| {
            let table = parent_identity(identity, &left.model);
            table.is_some_and(|table| right.model.get(&table).is_some())
        };
        let stays = |identity: &Identity| {
            identity.kind == Kind::Column
                && has_table(identity)
                && (is_of_typed(identity, &left.model) || is_of_typed(identity, &right.model))
        };
        self.dropped.retain(|identity| !stays(identity));
        self.created.retain(|identity| !stays(identity));
        let kept = |identity: &Identity| {
            left.model.get(identity).is_some() && right.model.get(identity).is_some()
        };
        for column in self.created.iter().filter(|identity| identity.kind == Kind::Column) {
            let Some(table) = parent_identity(column, &right.model).filter(|table| kept(table))
            else {
                continue;
            };
            if table.kind == Kind::View {
                continue;
            }
            let position = |identity: &Identity| {
                right.model.of::<Column>(identity).and_then(|column| column.position)
            };
            let own = position(column);
            let others = right.model.parts_of::<Column>(&table).map(|(identity, _)| identity);
            let is_before = others
                .filter(|other| left.model.get(other).is_some())
                .any(|other| position(other) > own);
            if is_before {
                self.left_out.push(format!("{column}: its position"));
            }
        }
    }

    /// The index of a partition cannot be dropped alone: it gets its new name.
    fn rename_partitions(&mut self, left: &Side, schemas: &Schemas<'_>) {
        let of = |identity: &Identity, model: &Model| match &model.get(identity)?.attributes {
            Attributes::Index(index) => index.partition_of.clone(),
            Attributes::Constraint(constraint) => constraint.partition_of.clone(),
            _ => None,
        };
        let mut renames = Vec::new();
        for from in &self.dropped {
            let Some(parent) = of(from, schemas.current) else { continue };
            let to = self.created.iter().find(|to| {
                (to.kind, &to.schema, &to.parent) == (from.kind, &from.schema, &from.parent)
                    && of(to, schemas.wanted).as_ref() == Some(&parent)
            });
            if let Some(to) = to {
                renames.push((from.clone(), to.clone()));
            }
        }
        for (from, to) in renames {
            let Some(object) = left.model.get(&from) else { continue };
            if let Ok(statements) = ddl::rename(object, &to, schemas) {
                self.dropped.remove(&from);
                self.created.remove(&to);
                self.altered.insert(to, statements);
            }
        }
    }

    /// What is created again has lost its security labels.
    fn label_again(&mut self, right: &Side) {
        let labels: Vec<&Identity> = right
            .model
            .objects()
            .iter()
            .map(|object| &object.identity)
            .filter(|identity| identity.kind == Kind::SecurityLabel)
            .collect();
        let names: Vec<String> = self.rebuilt.keys().map(described_name).collect();
        for label in labels {
            if names.iter().any(|name| is_of(label, name)) {
                self.created.insert(label.clone());
            }
        }
        // Those of what is dropped are gone with it.
        let gone: Vec<String> = self.dropped.iter().map(described_name).collect();
        self.dropped.retain(|identity| {
            identity.kind != Kind::SecurityLabel || !gone.iter().any(|name| is_of(identity, name))
        });
    }

    /// Default privileges in a schema go with it, privileges on the members of an extension too.
    fn forget_what_goes_by_itself(&mut self, left: &Side) {
        let goes = |identity: &Identity| match identity.kind {
            Kind::DefaultPrivileges => {
                let node = Node::object(identity.clone());
                left.dependencies.needs(&node).any(|(needed, _)| {
                    needed.identity.kind == Kind::Schema && self.dropped.contains(&needed.identity)
                })
            }
            Kind::ChangedPrivileges => {
                let changed = left.model.of::<ChangedPrivileges>(identity);
                changed.and_then(|it| it.extension.as_ref()).is_some_and(|extension| {
                    let extension = Identity {
                        kind: Kind::Extension,
                        schema: String::new(),
                        parent: None,
                        name: extension.clone(),
                        arguments: None,
                    };
                    self.goes(&extension)
                })
            }
            _ => false,
        };
        let gone: Vec<Identity> =
            self.dropped.iter().filter(|identity| goes(identity)).cloned().collect();
        self.dropped.retain(|identity| !gone.contains(identity));
    }

    fn change(&mut self, identity: &Identity, attributes: &[&str], schemas: &Schemas<'_>) {
        let objects = (schemas.current.get(identity), schemas.wanted.get(identity));
        let (Some(current), Some(wanted)) = objects else { return };
        let from = attributes
            .iter()
            .try_fold(wanted.attributes.clone(), |from, name| from.with(&current.attributes, name));
        let alteration = match from {
            Some(from) => ddl::alteration(&from, &wanted.attributes, identity, schemas),
            None => Err(NoStatement::NotInModel),
        };
        match alteration {
            Ok(Alteration::InPlace(statements)) => {
                if !statements.is_empty() {
                    self.altered.insert(identity.clone(), statements);
                }
            }
            Ok(Alteration::Replace) if can_be_replaced(current, wanted, schemas) => {
                self.replaced.insert(identity.clone());
                let after = after_replacement(current, wanted, schemas);
                self.altered.extend(after.map(|statements| (identity.clone(), statements)));
            }
            Ok(Alteration::Replace | Alteration::Recreate) => {
                self.rebuild(identity.clone(), Reason::Itself);
            }
            Err(reason) => {
                self.refused
                    .insert(identity.clone(), format!("{}: {reason}", attributes.join(", ")));
            }
        }
    }

    fn rebuild(&mut self, identity: Identity, reason: Reason) {
        self.altered.remove(&identity);
        self.replaced.remove(&identity);
        self.rebuilt.entry(identity).or_insert(reason);
    }

    /// Rebuilds what depends on what goes.
    fn close(&mut self, retyped: BTreeSet<Identity>, (left, right): (&Side, &Side)) {
        let mut open: Vec<Identity> = self.dropped.iter().cloned().collect();
        open.extend(self.rebuilt.keys().cloned());
        let mut seen: BTreeSet<Identity> = open.iter().cloned().collect();
        for column in &retyped {
            self.retype(column, (left, right), &mut open, &mut seen);
        }
        while let Some(gone) = open.pop() {
            // The index of a partition goes with that of the partitioned table only.
            if self.rebuilt.contains_key(&gone)
                && let Some(whole) = partitioned_index(&gone, &left.model)
                && right.model.get(&whole).is_some()
                && !self.goes(&whole)
            {
                self.rebuild(whole.clone(), Reason::DependsOn(gone.clone()));
                if seen.insert(whole.clone()) {
                    open.push(whole);
                }
            }
            // What belongs to it goes and comes with it.
            if self.rebuilt.contains_key(&gone) {
                for part in parts_of(&gone, &left.model) {
                    let reason = Reason::DependsOn(gone.clone());
                    if !self.goes(&part) {
                        if right.model.get(&part).is_some() {
                            self.rebuild(part.clone(), reason);
                        } else {
                            self.dropped.insert(part.clone());
                        }
                    }
                    if seen.insert(part.clone()) {
                        open.push(part);
                    }
                }
                for part in parts_of(&gone, &right.model) {
                    if !self.rebuilt.contains_key(&part) && left.model.get(&part).is_none() {
                        self.created.insert(part);
                    }
                }
            }
            let dependants: Vec<Node> = left
                .dependencies
                .needed_by(&Node::object(gone.clone()))
                .map(|(node, _)| node.clone())
                .collect();
            for node in dependants {
                if gone.kind == Kind::EnumType
                    && self.rebuilt.contains_key(&gone)
                    && is_column_of_type(&node, &gone, (left, right))
                {
                    self.converted.insert(node.identity.clone(), gone.clone());
                    self.retype(&node.identity, (left, right), &mut open, &mut seen);
                    continue;
                }
                self.depends_on(&node, &gone, right, &mut open, &mut seen);
            }
        }
    }

    /// A column gets another type.
    fn retype(
        &mut self,
        column: &Identity,
        (left, right): (&Side, &Side),
        open: &mut Vec<Identity>,
        seen: &mut BTreeSet<Identity>,
    ) {
        let node = Node::object(column.clone());
        let dependants = left.dependencies.needed_by(&node);
        let in_the_way: Vec<Node> = dependants
            .map(|(node, _)| node.clone())
            .filter(keeps_columns_from_being_retyped)
            .collect();
        for node in &in_the_way {
            self.depends_on(node, column, right, open, seen);
        }
    }

    /// Something depends on what goes.
    fn depends_on(
        &mut self,
        node: &Node,
        gone: &Identity,
        right: &Side,
        open: &mut Vec<Identity>,
        seen: &mut BTreeSet<Identity>,
    ) {
        let identity = &node.identity;
        if self.goes(identity) || right.model.get(identity).is_none() {
            return;
        }
        // What is changed so that it no longer depends on it is changed before.
        if self.is_let_go(node, gone, &right.dependencies) {
            return;
        }
        if node.part == Part::Default {
            self.defaults.insert(identity.clone());
            return;
        }
        match identity.kind {
            // They hold rows.
            Kind::Table | Kind::Column | Kind::Sequence | Kind::Schema | Kind::Extension
                if !is_of_view(identity, &right.model) =>
            {
                self.refused.entry(identity.clone()).or_insert_with(|| {
                    format!("it depends on {gone}, which must be dropped and created again")
                });
            }
            Kind::Column => {
                let view = parent_identity(identity, &right.model);
                if let Some(view) = view.filter(|view| seen.insert(view.clone())) {
                    self.rebuild(view.clone(), Reason::DependsOn(gone.clone()));
                    open.push(view);
                }
            }
            _ => {
                self.rebuild(identity.clone(), Reason::DependsOn(gone.clone()));
                if seen.insert(identity.clone()) {
                    open.push(identity.clone());
                }
            }
        }
    }

    /// Whether it is changed, and depends on that no longer.
    fn is_let_go(&self, node: &Node, gone: &Identity, right: &Dependencies) -> bool {
        let identity = &node.identity;
        let is_changed = self.altered.contains_key(identity) || self.replaced.contains(identity);
        is_changed && !needs(right, node, gone)
    }
}

/// Whether a security label is that of the object with this name.
fn is_of(label: &Identity, name: &str) -> bool {
    label.name.strip_suffix(name).is_some_and(|rest| rest.ends_with(' '))
}

/// The name of an object as `pg_identify_object` prints it.
fn described_name(identity: &Identity) -> String {
    match &identity.arguments {
        Some(arguments) => format!("{}({})", identity.quoted_name(), arguments.replace(", ", ",")),
        None => identity.quoted_name(),
    }
}

fn needs(dependencies: &Dependencies, node: &Node, other: &Identity) -> bool {
    dependencies.needs(node).any(|(needed, _)| needed.identity == *other)
}

/// Whether it is a column of a table that has this type, or an array of it, before and after.
fn is_column_of_type(node: &Node, data_type: &Identity, (left, right): (&Side, &Side)) -> bool {
    let column = &node.identity;
    let name = data_type.quoted_name();
    [left, right].iter().all(|side| {
        side.model.parent_of::<Table>(column).is_some()
            && side.model.of::<Column>(column).is_some_and(|column| {
                column.data_type == name || column.data_type == format!("{name}[]")
            })
    }) && node.part == Part::Object
}

/// What the server does not rebuild itself when a column gets another type.
fn keeps_columns_from_being_retyped(node: &Node) -> bool {
    use Kind::{Column, Function, Policy, PublicationTable, Rule, Trigger, View};
    let kind = node.identity.kind;
    matches!(kind, View | Rule | Policy | Trigger | Function | PublicationTable)
        && node.part == Part::Object
        || kind == Column && node.part == Part::Object
}

/// What belongs to an object: it is dropped with it.
pub(super) fn parts_of(identity: &Identity, model: &Model) -> Vec<Identity> {
    if identity.parent.is_some() {
        return Vec::new();
    }
    let is_part = |part: &&Identity| {
        part.parent.as_deref() == Some(&*identity.name)
            && part.schema == identity.schema
            && is_whole_of(identity.kind, part.kind)
    };
    model.objects().iter().map(|object| &object.identity).filter(is_part).cloned().collect()
}

/// The kinds of objects that others belong to.
fn is_whole_of(whole: Kind, part: Kind) -> bool {
    use Kind::{
        Column, CompositeType, Constraint, Domain, ForeignServer, Index, Policy, Publication,
        PublicationTable, Rule, Table, Trigger, UserMapping, View,
    };
    match part {
        Column => matches!(whole, Table | View | CompositeType),
        Constraint => matches!(whole, Table | Domain),
        Index | Trigger | Rule | Policy => matches!(whole, Table | View),
        UserMapping => whole == ForeignServer,
        PublicationTable => whole == Publication,
        _ => false,
    }
}

/// What an object belongs to.
pub(super) fn parent_identity(identity: &Identity, model: &Model) -> Option<Identity> {
    let parent = identity.parent.as_ref()?;
    let wholes = Kind::ALL.iter().filter(|whole| is_whole_of(**whole, identity.kind));
    wholes
        .map(|kind| Identity {
            kind: *kind,
            schema: identity.schema.clone(),
            parent: None,
            name: parent.clone(),
            arguments: None,
        })
        .find(|whole| model.get(whole).is_some())
}

/// The index or constraint of the partitioned table that one of a partition belongs to.
pub(super) fn partitioned_index(identity: &Identity, model: &Model) -> Option<Identity> {
    let name = match &model.get(identity)?.attributes {
        Attributes::Index(index) => index.partition_of.as_ref(),
        Attributes::Constraint(constraint) => constraint.partition_of.as_ref(),
        _ => None,
    }?;
    let mut all = model.objects().iter().map(|object| &object.identity);
    all.find(|other| other.kind == identity.kind && other.quoted_name() == *name).cloned()
}

/// Whether `CREATE OR REPLACE` can make an object what is wanted.
fn can_be_replaced(current: &Object, wanted: &Object, schemas: &Schemas<'_>) -> bool {
    match (&current.attributes, &wanted.attributes) {
        (Attributes::View(from), Attributes::View(to)) => {
            // Columns can only be added at the end.
            let columns = |model: &Model| {
                let mut columns: Vec<(Option<i64>, String, String, Option<String>)> = model
                    .parts_of::<Column>(&current.identity)
                    .map(|(identity, column)| {
                        let Column { position, data_type, collation, .. } = column;
                        (*position, identity.name.clone(), data_type.clone(), collation.clone())
                    })
                    .collect();
                columns.sort();
                columns
            };
            let is_view = [from, to].iter().all(|view| view.relation == ViewKind::View);
            is_view && columns(schemas.wanted).starts_with(&columns(schemas.current))
        }
        (Attributes::Function(from), Attributes::Function(to)) => {
            from.routine == to.routine
                && from.signature == to.signature
                && from.returns == to.returns
        }
        _ => true,
    }
}

/// What else is to be changed of what is replaced: owner, comment, privileges.
fn after_replacement(
    current: &Object,
    wanted: &Object,
    schemas: &Schemas<'_>,
) -> Option<Vec<String>> {
    let mut from = wanted.attributes.clone();
    for name in ["owner", "comment", "privileges", "extensions"] {
        if let Some(with) = from.with(&current.attributes, name) {
            from = with;
        }
    }
    match ddl::alteration(&from, &wanted.attributes, &wanted.identity, schemas) {
        Ok(Alteration::InPlace(statements)) if !statements.is_empty() => Some(statements),
        _ => None,
    }
}
