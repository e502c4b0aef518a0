//! What becomes of each object, and of what depends on it.

use std::collections::{BTreeMap, BTreeSet};

use super::closure::Closure;
use super::decided::{Decided, Reason, is_of_view, parent_identity};
use super::replacement::{after_replacement, can_be_replaced};
use super::side::Side;
use super::unfold::Unfolded;
use crate::ddl::{self, Alteration, NoStatement, Schemas};
use crate::model::{
    Attributes, ChangedPrivileges, Column, ColumnValue, CompositeType, Identity, Kind, Model, Node,
    Nullability, Privileges, Sequence, SequenceOwner, Table,
};

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
        parked: BTreeSet::new(),
        moved: BTreeSet::new(),
        refilled: BTreeMap::new(),
        dropped_before: BTreeSet::new(),
        stand_ins: BTreeSet::new(),
        emptied: BTreeSet::new(),
        owned_again: BTreeSet::new(),
        members: Vec::new(),
        refused: BTreeMap::new(),
        left_out: Vec::new(),
    };
    decided.change_members(left, right);
    decided.reorder_composites(&changed, left, right);
    decided.find_refilled(&changed, (left, right));
    let printed = printed_otherwise(&changed, left, right);
    let mut retyped = BTreeSet::new();
    for (identity, attributes) in changed {
        let whole = parent_identity(&identity, &left.model);
        if decided.goes(&identity) || whole.is_some_and(|whole| decided.goes(&whole)) {
            // It goes and comes with what it belongs to, which may be of another kind then.
            continue;
        }
        let attributes: Vec<&str> = attributes
            .into_iter()
            .filter(|name| {
                let is_order = identity.kind == Kind::Column && *name == "position";
                if is_order {
                    decided.left_out.push(format!("{identity}: its position"));
                }
                !(is_order || *name == "data_type" && printed.contains(&identity))
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
            if let Some(composite) = composite_in_use(&identity, left) {
                // Its attributes cannot get other types while columns have it.
                decided.rebuild(composite, Reason::Itself);
                continue;
            }
        }
        if attributes.contains(&"inherited") && decided.rebuild_inherited(&identity, left, right) {
            continue;
        }
        decided.change(&identity, &attributes, schemas);
    }
    decided.leave_out((left, right), schemas);
    decided.keep_foreign_keys_of_partitions(left, right);
    decided.rename_partitions(left, schemas);
    decided.rebuild_indexes_like_attached_ones(left, right);
    decided.rebuild_forgetful_operators(left, right);
    decided.rebuild_indexes_that_partitions_lack(left, right);
    Closure::new(&mut decided, left, right).close(&retyped);
    decided.drop_indexes_before_partitions_leave(left, right);
    decided.keep_sequences(left, right);
    decided.label_again(right);
    decided.forget_what_goes_by_itself(left);
    decided.tell_positions(right);
    decided
}

/// The columns whose type is only printed in another way, as the function that prints its modifier is
/// another one.
fn printed_otherwise(
    changed: &BTreeMap<Identity, Vec<&'static str>>,
    left: &Side,
    right: &Side,
) -> BTreeSet<Identity> {
    let is_printer = |names: &[&str]| {
        names.iter().any(|name| matches!(*name, "modifier_output" | "modifier_input"))
    };
    let types: BTreeSet<String> = changed
        .iter()
        .filter(|(identity, names)| identity.kind == Kind::BaseType && is_printer(names))
        .map(|(identity, _)| identity.quoted_name())
        .collect();
    if types.is_empty() {
        return BTreeSet::new();
    }
    let base = |side: &Side, column: &Identity| {
        let data_type = &side.model.of::<Column>(column)?.data_type;
        data_type.split('(').next().map(str::to_owned)
    };
    let columns = changed.keys().filter(|identity| identity.kind == Kind::Column);
    let is_same = |column: &&Identity| {
        let (from, to) = (base(left, column), base(right, column));
        from == to && from.is_some_and(|name| types.contains(&name))
    };
    columns.filter(is_same).cloned().collect()
}

/// The composite type of an attribute, if columns have it.
fn composite_in_use(attribute: &Identity, left: &Side) -> Option<Identity> {
    left.model.parent_of::<CompositeType>(attribute)?;
    let composite = parent_identity(attribute, &left.model)?;
    let node = Node::object(composite.clone());
    let mut users = left.dependencies.needed_by(&node);
    let is_column = |user: &Identity| {
        matches!(user.kind, Kind::Column | Kind::Domain) && user.parent != attribute.parent
    };
    users.any(|(user, _)| is_column(&user.identity)).then_some(composite)
}

/// What is a view's own of its columns.
fn is_own_of_view(attribute: &str) -> bool {
    matches!(attribute, "default" | "comment" | "privileges" | "statistics_target" | "storage")
}

impl Decided {
    /// A composite type that no column has is re-created with its attributes in order.
    fn reorder_composites(
        &mut self,
        changed: &BTreeMap<Identity, Vec<&'static str>>,
        left: &Side,
        right: &Side,
    ) {
        let moved = changed.iter().filter(|(_, names)| names.contains(&"position"));
        let attributes = moved.map(|(identity, _)| identity).chain(&self.created);
        let attributes = attributes.filter(|identity| identity.kind == Kind::Column);
        let is_last = |attribute: &Identity, composite: &Identity| {
            let position = |other: &Column| other.position;
            let own = right.model.of::<Column>(attribute).and_then(position);
            let mut others = right.model.parts_of::<Column>(composite);
            !others.any(|(other, it)| position(it) > own && left.model.get(other).is_some())
        };
        let composites: BTreeSet<Identity> = attributes
            .filter(|attribute| composite_in_use(attribute, left).is_none())
            .filter_map(|attribute| {
                let composite = parent_identity(attribute, &left.model)?;
                (composite.kind == Kind::CompositeType && !is_last(attribute, &composite))
                    .then_some(composite)
            })
            .collect();
        for composite in composites.into_iter().filter(|it| right.model.get(it).is_some()) {
            self.rebuild(composite, Reason::Itself);
        }
    }

    /// The columns of a typed table are those of its type; new columns come last.
    fn leave_out(&mut self, (left, right): (&Side, &Side), schemas: &Schemas<'_>) {
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
        let of_types: Vec<Identity> = self.created.iter().filter(|it| stays(it)).cloned().collect();
        for column in of_types {
            self.created.remove(&column);
            self.set_options(&column, schemas);
        }
        let kept = |identity: &Identity| {
            left.model.get(identity).is_some() && right.model.get(identity).is_some()
        };
        for column in self.created.iter().filter(|identity| identity.kind == Kind::Column) {
            let Some(table) = parent_identity(column, &right.model).filter(|table| kept(table))
            else {
                continue;
            };
            if table.kind == Kind::View || self.goes(&table) {
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

    /// A new column of a typed table comes with its type, and gets what it has beside that.
    fn set_options(&mut self, column: &Identity, schemas: &Schemas<'_>) {
        let Some(wanted) = schemas.wanted.of::<Column>(column) else { return };
        let plain = Column {
            nullability: Nullability::Nullable,
            value: ColumnValue::Null,
            statistics_target: None,
            options: Vec::new(),
            comment: None,
            privileges: Privileges::default(),
            ..wanted.clone()
        };
        let [from, to] = [plain, wanted.clone()].map(|it| Attributes::Column(Box::new(it)));
        match ddl::alteration(&from, &to, column, schemas) {
            Ok(Alteration::InPlace(statements)) if !statements.is_empty() => {
                self.altered.insert(column.clone(), statements);
            }
            Ok(_) => {}
            Err(reason) => {
                self.refused.insert(column.clone(), reason.to_string());
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

    /// A column that is re-created is the last one.
    fn tell_positions(&mut self, right: &Side) {
        let columns = self.rebuilt.keys().filter(|identity| identity.kind == Kind::Column);
        let columns = columns.filter(|identity| {
            let table = parent_identity(identity, &right.model);
            table.is_some_and(|table| table.kind == Kind::Table && !self.comes(&table))
        });
        let positions: Vec<String> =
            columns.map(|identity| format!("{identity}: its position")).collect();
        self.left_out.extend(positions);
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

    /// A sequence stays when the column goes that owned it, and gets another owner once that is there.
    fn change_owner_column(&mut self, identity: &Identity, schemas: &Schemas<'_>) -> bool {
        let (Some(from), Some(to)) =
            (schemas.current.of::<Sequence>(identity), schemas.wanted.of::<Sequence>(identity))
        else {
            return false;
        };
        if let SequenceOwner::Column(_) = from.owner_column {
            self.altered.insert(identity.clone(), vec![ddl::own_by_none(identity)]);
        }
        if let SequenceOwner::Column(_) = to.owner_column {
            self.owned_again.insert(identity.clone());
        }
        true
    }

    fn change(&mut self, identity: &Identity, attributes: &[&str], schemas: &Schemas<'_>) {
        let objects = (schemas.current.get(identity), schemas.wanted.get(identity));
        let (Some(current), Some(wanted)) = objects else { return };
        if let (Attributes::Sequence(from), Attributes::Sequence(to)) =
            (&current.attributes, &wanted.attributes)
            && is_of_identity(from) != is_of_identity(to)
        {
            // It is changed with its column, or it is another sequence.
            if from.owner_column.column() != to.owner_column.column() {
                self.rebuild(identity.clone(), Reason::Itself);
            }
            return;
        }
        if attributes.contains(&"owned_by") && self.change_owner_column(identity, schemas) {
            let others: Vec<&str> =
                attributes.iter().copied().filter(|name| *name != "owned_by").collect();
            let before = self.altered.remove(identity);
            self.change(identity, &others, schemas);
            if let Some(mut statements) = before {
                statements.extend(self.altered.remove(identity).unwrap_or_default());
                self.altered.insert(identity.clone(), statements);
            }
            return;
        }
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
            // Before 13 an object could not stop depending on an extension.
            Err(NoStatement::NotInPostgres) if attributes.contains(&"extensions") => {
                self.rebuild(identity.clone(), Reason::Itself);
            }
            Err(reason) => {
                self.refused
                    .insert(identity.clone(), format!("{}: {reason}", attributes.join(", ")));
            }
        }
    }
}

/// Whether it belongs to an identity column.
fn is_of_identity(sequence: &Sequence) -> bool {
    matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_))
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
