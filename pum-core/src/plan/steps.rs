//! The steps of a plan, each with its statements.

use std::collections::BTreeSet;

use super::decided::{Decided, Reason, parent_identity, partition_of};
use super::loss::{lost_by_conversion, lost_with};
use super::side::Side;
use super::step::{Action, Refusal, Step};
use super::whole::{comes_with_another, goes_with_another, needs_shell};
use crate::ddl::{self, NoStatement, Schemas, Statements};
use crate::model::{
    Attributes, Column, ColumnValue, Constraint, Identity, Kind, Model, Object, ReplicaIdentity,
    Sequence, SequenceOwner, Table,
};

/// All steps, and what has none.
pub(super) fn steps(
    decided: &Decided,
    (left, right): (&Side, &Side),
    schemas: &Schemas<'_>,
) -> (Vec<Step>, Vec<Refusal>) {
    let mut made = Made { decided, left, right, schemas, steps: Vec::new(), refused: Vec::new() };
    for (identity, reason) in &decided.refused {
        made.refused.push(Refusal {
            identity: identity.clone(),
            reason: reason.clone(),
            needs_conversion: false,
        });
    }
    for identity in decided.dropped.iter().chain(decided.rebuilt.keys()) {
        made.drop(identity);
    }
    for identity in decided.created.iter().chain(decided.rebuilt.keys()) {
        made.create(identity);
    }
    for identity in &decided.replaced {
        made.add(Action::Replace, identity, ddl::replace);
    }
    for column in decided.converted.keys() {
        // A column that is inherited is converted with that of the parent.
        if right.model.inherited_from(column).is_empty() {
            made.convert(column);
        }
    }
    for column in decided.parked.iter().filter(|it| right.model.inherited_from(it).is_empty()) {
        made.park(column);
    }
    for (identity, statements) in &decided.altered {
        if decided.is_converted(identity) && right.model.inherited_from(identity).is_empty() {
            continue;
        }
        let mut statements = without_marks(identity, statements, decided, &right.model);
        if made.comes_by_attaching(identity) {
            let attached = right.model.get(identity).map(|it| ddl::finish(it, schemas));
            let attached = attached.and_then(Result::ok).unwrap_or_default();
            statements.retain(|statement| !attached.contains(statement));
        }
        let (joins, statements) = made.apart_from_joins(identity, statements);
        if !joins.is_empty() {
            made.steps.push(Step { statements: joins, ..Step::new(Action::Attach, identity) });
        }
        if statements.is_empty() {
            continue;
        }
        let step = Step { statements, ..Step::new(Action::Alter, identity) };
        let before_transaction = adds_values(identity, &step.statements);
        let types = |model: &Model| model.of::<Column>(identity).map(|it| it.data_type.clone());
        let types = types(&left.model).zip(types(&right.model)).filter(|(from, to)| from != to);
        let loss = match &types {
            Some((from, to)) if !schemas.conversions.contains_key(identity) => {
                lost_by_conversion(from, to)
            }
            _ => None,
        };
        let types = types.map(|(from, to)| [from, to]);
        made.steps.push(Step { loss, before_transaction, types, ..step });
    }
    // Those of new identity columns.
    for (sequence, own) in right.model.all_of::<Sequence>() {
        let is_of_identity = matches!(own.owner_column, SequenceOwner::IdentityColumn(_));
        let is_new = left.model.get(sequence).is_none() || decided.rebuilt.contains_key(sequence);
        if is_of_identity && is_new {
            made.add(Action::Finish, sequence, ddl::finish);
        }
    }
    for sequence in &decided.owned_again {
        made.add(Action::Finish, sequence, ddl::finish);
    }
    for column in &decided.defaults {
        made.default(column);
    }
    for column in schemas.late_defaults {
        made.add(Action::SetDefault, column, set_default);
    }
    (made.steps, made.refused)
}

/// The statements that change an object, but for those that name an index which is made: they come
/// with that.
fn without_marks(
    identity: &Identity,
    statements: &[String],
    decided: &Decided,
    right: &Model,
) -> Vec<String> {
    let Some(table) = right.of::<Table>(identity) else { return statements.to_vec() };
    let replica = match &table.replica_identity {
        ReplicaIdentity::Index(index) => Some(index),
        _ => None,
    };
    let mut marks = Vec::new();
    for index in replica.into_iter().chain(&table.clustered_on) {
        let is_made = [Kind::Index, Kind::Constraint].iter().any(|kind| {
            let (schema, parent) = (identity.schema.clone(), Some(identity.name.clone()));
            let name = index.clone();
            decided.comes(&Identity { kind: *kind, schema, parent, name, arguments: None })
        });
        if is_made {
            marks.extend(ddl::marks_of_index(identity, index, right));
        }
    }
    statements.iter().filter(|statement| !marks.contains(statement)).cloned().collect()
}

pub(super) fn is_retyped(column: &Identity, left: &Model, right: &Model) -> bool {
    let of_type = |model: &Model| model.of::<Column>(column).map(|it| it.data_type.clone());
    of_type(left) != of_type(right)
}

fn set_default(object: &Object, schemas: &Schemas<'_>) -> Statements {
    let Attributes::Column(column) = &object.attributes else { return Ok(Vec::new()) };
    ddl::set_default(column, &object.identity, schemas.wanted)
}

/// A new value of an enumeration cannot be used in the transaction that adds it.
fn adds_values(identity: &Identity, statements: &[String]) -> bool {
    identity.kind == Kind::EnumType && statements.iter().any(|sql| sql.contains(" ADD VALUE "))
}

fn drop_cascading(object: &Object, schemas: &Schemas<'_>) -> Statements {
    let statements = ddl::drop(object, schemas)?;
    let cascade = |sql: &String| format!("{} CASCADE;", sql.trim_end_matches(';'));
    Ok(statements.iter().map(cascade).collect())
}

struct Made<'a> {
    decided: &'a Decided,
    left: &'a Side,
    right: &'a Side,
    schemas: &'a Schemas<'a>,
    steps: Vec<Step>,
    refused: Vec<Refusal>,
}

impl Made<'_> {
    fn add(
        &mut self,
        action: Action,
        identity: &Identity,
        statements: impl Fn(&Object, &Schemas<'_>) -> Statements,
    ) {
        let model = if action == Action::Drop { &self.left.model } else { &self.right.model };
        let Some(object) = model.get(identity) else { return };
        match statements(object, self.schemas) {
            Ok(statements) if statements.is_empty() => {}
            Ok(statements) => {
                let because = match self.decided.rebuilt.get(identity) {
                    Some(Reason::DependsOn(other)) => Some(other.clone()),
                    Some(Reason::Itself) | None => None,
                };
                self.steps.push(Step { statements, because, ..Step::new(action, identity) });
            }
            Err(NoStatement::ComesWithParent) => {}
            Err(reason) => {
                self.refused.push(Refusal {
                    identity: identity.clone(),
                    reason: reason.to_string(),
                    needs_conversion: reason == NoStatement::NoConversion,
                });
            }
        }
    }

    /// A column whose type is replaced, with what else is changed of it.
    fn convert(&mut self, column: &Identity) {
        let also = self.decided.altered.get(column).cloned().unwrap_or_default();
        // A default that goes may have no form in the other type.
        let (first, also): (Vec<String>, Vec<String>) =
            also.into_iter().partition(|sql| sql.ends_with(" DROP DEFAULT;"));
        self.add(Action::Alter, column, |object, schemas| {
            let Attributes::Column(own) = &object.attributes else { return Ok(Vec::new()) };
            let mut statements = first.clone();
            statements.extend(ddl::convert(own, &object.identity, schemas)?);
            statements.extend(also.iter().cloned());
            Ok(statements)
        });
        let (left, right) = (&self.left.model, &self.right.model);
        let data_type = right.of::<Column>(column).map(|it| &*it.data_type).unwrap_or_default();
        let bases = (ddl::base_of(data_type, left), ddl::base_of(data_type, right));
        let composite = self.decided.converted.get(column);
        let loses_attributes = composite.is_some_and(|composite| {
            let mut attributes = left.parts_of::<Column>(composite);
            attributes.any(|(attribute, _)| right.get(attribute).is_none())
        });
        if let Some(step) = self.steps.last_mut().filter(|step| step.identity == *column) {
            let names = [bases.0.unwrap_or(data_type), bases.1.unwrap_or(data_type)];
            step.types = Some(names.map(str::to_owned));
            step.loss = match bases {
                // What the expression leaves out is what was asked for.
                _ if self.schemas.conversions.contains_key(column) => None,
                (Some(from), Some(to)) => lost_by_conversion(from, to),
                _ if loses_attributes => Some("the values of attributes that the type loses"),
                _ => None,
            };
        }
    }

    /// A column whose values are texts for a while, with what else is changed of it.
    fn park(&mut self, column: &Identity) {
        self.add(Action::Park, column, |object, _| ddl::park(&object.identity, &self.left.model));
        let also = self.decided.altered.get(column).cloned().unwrap_or_default();
        self.add(Action::Alter, column, |object, schemas| {
            let Attributes::Column(own) = &object.attributes else { return Ok(Vec::new()) };
            let mut statements = also.clone();
            if !is_retyped(column, &self.left.model, &self.right.model) {
                statements.splice(0..0, ddl::unpark(own, &object.identity, schemas)?);
            }
            Ok(statements)
        });
    }

    fn drop(&mut self, identity: &Identity) {
        let Some(object) = self.left.model.get(identity) else { return };
        if self.decided.emptied.contains(identity) {
            let statements = vec![ddl::empty(identity, &self.left.model)];
            self.steps.push(Step { statements, ..Step::new(Action::Park, identity) });
        }
        if self.decided.dropped_before.contains(identity) {
            if let Attributes::Column(_) = object.attributes {
                let statements = ddl::drop_default(identity, &self.left.model);
                let statements = statements.into_iter().flatten().collect();
                self.steps.push(Step { statements, ..Step::new(Action::DropDefault, identity) });
            } else if self.has_keys(object) {
                self.add(Action::Drop, identity, drop_cascading);
            } else {
                self.add(Action::Drop, identity, ddl::drop);
            }
            return;
        }
        if self.decided.refilled.contains_key(identity) {
            self.add(Action::Drop, identity, |object, schemas| {
                Ok(ddl::set_aside(&object.identity, schemas))
            });
            return;
        }
        if self.decided.moved.contains(identity) {
            self.add(Action::Drop, identity, |object, _| {
                Ok(vec![ddl::make_place(&object.identity)])
            });
            return;
        }
        let is_of_view = identity.kind == Kind::Column
            && parent_identity(identity, &self.left.model)
                .is_some_and(|whole| whole.kind == Kind::View);
        // That of an identity column goes when it is none any more.
        let is_of_identity = matches!(
            &object.attributes,
            Attributes::Sequence(sequence)
                if matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_))
        );
        if is_of_view || is_of_identity || goes_with_another(object, self.decided, self.left) {
            return;
        }
        if needs_shell(identity, self.left) {
            // Its functions go with it: they need it too.
            self.add(Action::Drop, identity, drop_cascading);
            // What the filters hide may depend on it too.
            if let Some(step) = self.steps.last_mut().filter(|step| step.identity == *identity) {
                step.loss = Some("all that depends on the type");
            }
        } else if self.has_keys(object) {
            // The keys of partitions go with it, and cannot go before.
            self.add(Action::Drop, identity, drop_cascading);
        } else {
            self.add(Action::Drop, identity, ddl::drop);
        }
        // A table whose rows are elsewhere afterwards.
        let is_rebuilt = self.decided.rebuilt.contains_key(identity)
            && !matches!(identity.kind, Kind::Column | Kind::Table | Kind::Extension);
        if let Some(step) = self.steps.last_mut()
            && step.action == Action::Drop
            && step.identity == *identity
            && !is_rebuilt
            && step.loss.is_none()
            && !matches!(&object.attributes, Attributes::Sequence(own) if ddl::is_carried(own, self.schemas))
        {
            let stays = |partition: &Identity| {
                !self.decided.goes(partition) && self.right.model.of::<Table>(partition).is_some()
            };
            step.loss = lost_with(object, &self.left.model, stays);
        }
    }

    /// The statements that make a table inherit, and the others.
    fn apart_from_joins(
        &self,
        identity: &Identity,
        statements: Vec<String>,
    ) -> (Vec<String>, Vec<String>) {
        let [from, to] = [self.left, self.right]
            .map(|side| side.model.of::<Table>(identity).map(|table| &table.inheritance));
        let joins = to.map(|to| ddl::join_parents(from, to, identity)).unwrap_or_default();
        statements.into_iter().partition(|statement| joins.contains(statement))
    }

    /// Whether the server attaches an index or key when its table becomes a partition.
    fn comes_by_attaching(&self, identity: &Identity) -> bool {
        let inheritance = |side: &Side| {
            let table = side.model.parent_of::<Table>(identity);
            table.map(|table| table.inheritance.clone())
        };
        let whole = partition_of(identity, &self.right.model).and_then(|whole| {
            let kinds = [Kind::Constraint, Kind::Index];
            kinds.into_iter().find_map(|kind| self.right.model.named(kind, whole))
        });
        inheritance(self.left) != inheritance(self.right)
            && whole.is_some_and(|whole| !self.decided.comes(&whole.identity))
    }

    /// Whether keys of partitions belong to a plain index of their table.
    fn has_keys(&self, object: &Object) -> bool {
        let Attributes::Index(index) = &object.attributes else { return false };
        let name = object.identity.quoted_name();
        let mut constraints = self.left.model.all_of::<Constraint>();
        index.definition.0.contains(" ON ONLY ")
            && constraints.any(|(_, it)| it.partition_of.as_ref() == Some(&name))
    }

    fn create(&mut self, identity: &Identity) {
        let Some(object) = self.right.model.get(identity) else { return };
        // The columns of a view come with its query, what is said of them does not.
        if let Attributes::Column(column) = &object.attributes
            && let Some(view) = parent_identity(identity, &self.right.model)
            && view.kind == Kind::View
            && self.decided.replaced.contains(&view)
        {
            self.add(Action::Create, identity, |object, schemas| {
                ddl::column_properties(column, &object.identity, schemas)
            });
            return;
        }
        if comes_with_another(object, self.decided, [&self.left.model, &self.right.model]) {
            return;
        }
        if needs_shell(identity, self.right) {
            self.add(Action::Shell, identity, |object, _| Ok(vec![ddl::shell(&object.identity)]));
        }
        if self.decided.stand_ins.contains(identity) {
            let model = &self.right.model;
            self.add(Action::Shell, identity, |it, _| Ok(vec![ddl::stand_in(&it.identity, model)]));
            self.add(Action::Create, identity, ddl::create_in_place);
        } else {
            self.add(Action::Create, identity, ddl::create);
        }
        if let Attributes::Table(table) = &object.attributes {
            self.add(Action::Attach, identity, |object, _| {
                Ok(ddl::join_parents(None, &table.inheritance, &object.identity))
            });
        }
        if self.decided.refilled_with(identity) == Some(identity) {
            self.copy_rows(identity);
        }
        if self.decided.moved.contains(identity) {
            self.add(Action::Finish, identity, |object, _| {
                Ok(vec![ddl::drop_replaced(&object.identity)])
            });
        } else {
            self.add(Action::Finish, identity, ddl::finish);
        }
        self.mark_again(object);
    }

    /// The rows of a table that is re-created.
    fn copy_rows(&mut self, table: &Identity) {
        let moved: BTreeSet<String> =
            self.decided.moved.iter().map(Identity::quoted_name).collect();
        let is_replaced =
            |data_type: &str| moved.contains(data_type.strip_suffix("[]").unwrap_or(data_type));
        self.add(Action::CopyRows, table, |object, schemas| {
            ddl::copy_rows(&object.identity, schemas, is_replaced)
        });
        let kept = ddl::kept_columns(table, self.schemas);
        let mut converted =
            kept.iter().filter(|(it, ..)| !self.schemas.conversions.contains_key(*it));
        let rounded =
            converted.find_map(|(_, from, to)| lost_by_conversion(&from.data_type, &to.data_type));
        let is_kept = |column: &Identity| kept.iter().any(|(kept, ..)| *kept == column);
        let gone = self.left.model.parts_of::<Column>(table).any(|(identity, column)| {
            !matches!(column.value, ColumnValue::Generated { .. }) && !is_kept(identity)
        });
        if let Some(step) = self.steps.last_mut().filter(|it| it.action == Action::CopyRows) {
            step.loss = gone.then_some("the values of columns that the table loses").or(rounded);
            step.may_rewrite = true;
        }
    }

    /// A table knows no more that it was clustered on an index that was rebuilt, or that its columns
    /// are its replica identity.
    fn mark_again(&mut self, object: &Object) {
        let identity = &object.identity;
        let has_index = match &object.attributes {
            Attributes::Index(_) => true,
            Attributes::Constraint(constraint) => constraint.has_index(),
            _ => false,
        };
        let whole = parent_identity(identity, &self.right.model);
        let Some(whole) = whole.filter(|whole| has_index && !self.decided.comes(whole)) else {
            return;
        };
        let statements = ddl::marks_of_index(&whole, &identity.name, &self.right.model);
        if statements.is_empty() {
            return;
        }
        match self
            .steps
            .iter_mut()
            .find(|step| step.action == Action::Finish && step.identity == *identity)
        {
            Some(step) => step.statements.extend(statements),
            None => self.steps.push(Step { statements, ..Step::new(Action::Finish, identity) }),
        }
    }

    /// A default that goes for a while, as what it calls does.
    fn default(&mut self, column: &Identity) {
        let Some(object) = self.right.model.get(column) else { return };
        let Ok(set) = set_default(object, self.schemas) else { return };
        let drop = set.iter().filter_map(|sql| {
            sql.split_once(" SET DEFAULT ").map(|(alter, _)| format!("{alter} DROP DEFAULT;"))
        });
        self.steps
            .push(Step { statements: drop.collect(), ..Step::new(Action::DropDefault, column) });
        self.steps.push(Step { statements: set, ..Step::new(Action::SetDefault, column) });
    }
}
