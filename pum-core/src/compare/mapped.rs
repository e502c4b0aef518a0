//! Schemas of one side compared with schemas of other names.

use std::collections::BTreeSet;

use super::comparison::{CompareError, ComparedSchema, Comparison};
use super::read_side::ReadSide;
use super::schema_map::Group;
use super::side::Side;
use super::sides_read::compare_read;
use super::work::Work;
use crate::catalog::Addressed;
use crate::humanize::natural_order;
use crate::model::{Identity, Kind, Model, Object, SchemaRenames};

/// What `initdb` makes: its owner and privileges are no tenant's.
const PUBLIC: &str = "public";

/// Compares each group of schemas that the map means. The right side takes the names of the left one, so
/// differences have the names that are there.
pub(super) fn compare_schemas(
    (left, left_read): (&mut Side<'_, '_>, &Addressed),
    (right, right_read): (&mut Side<'_, '_>, &Addressed),
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_model, right_model) = (left_read.model(), right_read.model());
    let is_same_database = left.is_same_database(right);
    let map = &work.options.schema_map;
    let [left_schemas, right_schemas] = [left_model, right_model].map(|model| schemas(model, work));
    let groups = map.groups(&left_schemas, &right_schemas, is_same_database)?;
    let mut all: Option<Comparison> = None;
    let mut compared_right = BTreeSet::new();
    for group in groups {
        work.interrupt.check()?;
        let back: Vec<(String, String)> =
            group.iter().map(|(left, right)| (right.clone(), left.clone())).collect();
        let renames = SchemaRenames::new(right_model, &back);
        let left_part = part(left_model, &group, work, |(left, _)| left);
        let right_part = part(right_model, &group, work, |(_, right)| right);
        let objects = right_part.objects().iter().map(|object| renames.object(object)).collect();
        let right_part = Model::new(objects);
        let mut found = compare_read(
            ReadSide { side: left, read: left_read, compared: &left_part, renames: None },
            ReadSide {
                side: right,
                read: right_read,
                compared: &right_part,
                renames: Some(&renames),
            },
            work,
        )?;
        // The model counts once, however many are compared with it.
        for (_, right) in &group {
            if !compared_right.insert(right.clone()) {
                found.right_objects = 0;
            }
        }
        let schemas = group.into_iter().map(|(left, right)| ComparedSchema { left, right });
        found.schemas = schemas.collect();
        match &mut all {
            Some(all) => all.add(found),
            None => all = Some(found),
        }
    }
    Ok(all.unwrap_or_default())
}

/// The schemas of a side, by name.
fn schemas(model: &Model, work: &Work<'_>) -> Vec<String> {
    let names = model.objects().iter().map(|Object { identity, .. }| match identity.kind {
        Kind::Schema => &identity.name,
        _ => &identity.schema,
    });
    let filters = &work.options.filters;
    let is_meant = |name: &&String| !name.is_empty() && !filters.excludes_schema(name);
    let names: BTreeSet<&String> = names.filter(is_meant).collect();
    let mut names: Vec<String> = names.into_iter().cloned().collect();
    names.sort_by(|a, b| natural_order(a, b));
    names
}

/// What of a side is compared.
fn part(
    model: &Model,
    group: &Group,
    work: &Work<'_>,
    own: impl Fn(&(String, String)) -> &String,
) -> Model {
    let is_meant = |object: &Object| {
        let identity = &object.identity;
        // The ones of kinds that are left out were read for their names.
        !work.options.filters.leaves_unread(identity)
            && group.iter().any(|pair| {
                identity.is_of_schema(own(pair))
                    && !is_incomparable(identity, pair)
                    && !is_left_out(object, pair, work, own(pair))
            })
    };
    let objects = model.objects().iter().filter(|object| is_meant(object));
    Model::new(objects.cloned().collect())
}

/// The schema itself, if only one of both is the one that every database has.
fn is_incomparable(identity: &Identity, (left, right): &(String, String)) -> bool {
    identity.kind == Kind::Schema && left != right && (left == PUBLIC || right == PUBLIC)
}

/// What is left out of one schema is so of its counterpart.
fn is_left_out(
    object: &Object,
    (left, right): &(String, String),
    work: &Work<'_>,
    own: &str,
) -> bool {
    let tables =
        work.left_out.iter().filter(|table| table.schema == *left || table.schema == *right);
    tables.into_iter().any(|table| object.is_of_table(own, &table.name))
}
