//! New columns beside old ones: kept in step by triggers, filled in batches, and put in the places of the old
//! ones in one short transaction.

use super::super::super::placement::Placement;
use super::super::fill::{fill, in_dollars};
use super::super::names::{TemporaryNames, table_of, whole_of};
use super::super::way::Part;
use super::beside::{self, Beside, Columns};
use super::retyped::Retyped;
use super::world::World;
use crate::ddl;
use crate::model::{
    Attributes, Column, ColumnValue, Identity, Inheritance, Kind, Nullability, Object,
    SequenceOwner, Table, TableKind,
};
use crate::sql::quote_ident;

/// What is done for columns.
#[derive(Debug, Default)]
pub(super) struct Shadow {
    /// While others read and write the tables.
    pub(super) before: Vec<Part>,
    /// In the transaction in which the new columns take the places of the old ones.
    pub(super) swap: Vec<String>,
}

/// The parts for columns and what needs them, or why there are none.
pub(super) fn shadow(
    columns: &[Retyped<'_>],
    needing: &[Identity],
    world: World<'_>,
    names: &mut TemporaryNames<'_>,
) -> Result<Shadow, String> {
    let mut built = Vec::new();
    for identity in needing {
        let beside = beside_of(identity, Columns(columns), world, names);
        built.push(beside.ok_or_else(|| format!("{identity} depends on it"))?);
    }
    // A foreign key needs the index of the columns that it refers to.
    built.sort_by_key(|beside: &Beside| {
        beside.build.first().is_none_or(|part| part.placement != Placement::Alone)
    });
    let mut shadow = Shadow::default();
    let (mut drops, mut after) = (Vec::new(), Vec::new());
    for column in columns {
        let table = table_of(column.identity);
        let [own, new] = [&column.identity.name, &column.new].map(|name| quote_ident(name));
        shadow.fill(column, world, names);
        drops.push(format!("ALTER TABLE {table} DROP COLUMN {own};"));
        after.push(format!("ALTER TABLE {table} RENAME COLUMN {new} TO {own};"));
        let default = ddl::set_default(column.to, column.identity, &world.right.model);
        after.extend(default.unwrap_or_default());
    }
    for Beside { build, before_drop, after_rename } in built {
        shadow.before.extend(build);
        shadow.swap.extend(before_drop);
        after.extend(after_rename);
    }
    shadow.swap.extend(drops);
    shadow.swap.extend(after);
    Ok(shadow)
}

fn beside_of(
    needing: &Identity,
    columns: Columns<'_>,
    World { right, schemas, .. }: World<'_>,
    names: &mut TemporaryNames<'_>,
) -> Option<Beside> {
    let object = right.model.get(needing)?;
    let mut beside = match &object.attributes {
        Attributes::Index(index) => beside::index(object, index, columns, (schemas, names)),
        Attributes::Constraint(constraint) => {
            let table = right.model.parent_of::<Table>(needing)?;
            let is_plain = table.relation == TableKind::Table
                && !matches!(table.inheritance, Inheritance::Partition { .. });
            is_plain
                .then(|| beside::constraint(object, constraint, columns, (schemas, names)))
                .flatten()
        }
        Attributes::Sequence(sequence) => {
            let SequenceOwner::Column(owner) = &sequence.owner_column else { return None };
            beside::sequence(needing, owner, columns)
        }
        _ => None,
    }?;
    let table = whole_of(needing, Kind::Table);
    beside.after_rename.extend(ddl::marks_of_index(&table, &needing.name, &right.model));
    Some(beside)
}

impl Shadow {
    /// Makes the new column, and fills it.
    fn fill(&mut self, column: &Retyped<'_>, world: World<'_>, names: &mut TemporaryNames<'_>) {
        let Retyped { identity, to, conversion, new } = column;
        let alone = Object {
            identity: Identity { name: new.clone(), ..(*identity).clone() },
            attributes: Attributes::Column(
                Column {
                    nullability: Nullability::Nullable,
                    value: ColumnValue::Null,
                    ..(*to).clone()
                }
                .into(),
            ),
        };
        let (table, new) = (table_of(identity), quote_ident(new));
        let mut first = ddl::create(&alone, world.schemas).unwrap_or_default();
        let function =
            format!("{}.{}", quote_ident(&identity.schema), names.next("pum_sync_", identity));
        // It must come after all others, which may change the old column.
        let trigger = names.next("~pum_sync_", identity);
        let alias = quote_ident(identity.parent.as_deref().unwrap_or_default());
        let body = in_dollars(&format!(
            "#variable_conflict use_column
BEGIN
  NEW.{new} := (SELECT {conversion} FROM (SELECT NEW.*) AS {alias});
  RETURN NEW;
END"
        ));
        first.extend([
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS {body};"
        ),
        format!(
            "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();"
        ),
        format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger};"),
    ]);
        // A row of which all fields are NULL is no NULL.
        let condition = format!(
            "pg_catalog.num_nulls({new}) = 1 AND pg_catalog.num_nonnulls({conversion}) = 1"
        );
        self.before.extend([
            Part::transaction(first),
            Part::alone(fill(&table, &format!("{new} = {conversion}"), &condition)),
        ]);
        self.swap.extend([
            format!("DROP TRIGGER {trigger} ON {table};"),
            format!("DROP FUNCTION {function}();"),
        ]);
        if to.nullability != Nullability::Nullable {
            let check = names.next("pum_not_null_", identity);
            let add = format!("ADD CONSTRAINT {check} CHECK ({new} IS NOT NULL) NOT VALID");
            self.before.extend([
                Part::transaction(vec![format!("ALTER TABLE {table} {add};")]),
                Part::transaction(vec![format!(
                    "ALTER TABLE {table} VALIDATE CONSTRAINT {check};"
                )]),
            ]);
            self.swap.extend([
                format!("ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL;"),
                format!("ALTER TABLE {table} DROP CONSTRAINT {check};"),
            ]);
        }
    }
}
