//! Objects as far as what needs them is printed the same: without owner, comment and privileges,
//! without what they do, and without what they belong to.

use super::closure::{Closure, is_typed_late};
use crate::model::{
    Attributes, Column, ColumnValue, FiringMode, Function, Identity, Inheritance, Kind, Model,
    Nullability, Object, ParallelSafety, Persistence, PolicyRole, Privileges, ReplicaIdentity,
    RoutineKind, SequenceOwner, Sql, Table, TableKind, ViewKind,
};

/// The objects that are built, and the columns of those that have some.
pub(super) fn bare_model(closure: &Closure, model: &Model, role: &str) -> Model {
    let mut objects = Vec::new();
    let keys = closure.needs.keys().map(|key| &key.identity);
    let mut identities: Vec<&Identity> = keys.chain(closure.own_functions.keys()).collect();
    identities.dedup();
    for identity in identities {
        let Some(object) = model.get(identity) else { continue };
        if identity.kind == Kind::Column {
            continue;
        }
        objects.push(Object {
            identity: identity.clone(),
            attributes: bare(object, closure.partitioned.contains(identity), role),
        });
        if matches!(identity.kind, Kind::Table | Kind::CompositeType) {
            let columns = model.parts_of::<Column>(identity);
            let are_typed =
                identity.kind == Kind::CompositeType || closure.partitioned.contains(identity);
            objects.extend(columns.map(|(own, column)| {
                let is_typed = are_typed || closure.typed.contains(own);
                let attributes = Attributes::Column(Box::new(bare_column(column, is_typed)));
                Object { identity: own.clone(), attributes }
            }));
        }
    }
    objects.sort_by(|a, b| a.identity.cmp(&b.identity));
    objects.dedup_by(|a, b| a.identity == b.identity);
    Model::new(objects)
}

/// The type of columns of which only the place counts: values of it are never large, so a table needs no
/// place for such.
const PLACEHOLDER: &str = "integer";

/// A column. If its type may not be there it gets that later, or never, where only its place counts.
fn bare_column(column: &Column, is_typed: bool) -> Column {
    let is_placeholder = !is_typed && is_typed_late(column);
    Column {
        position: column.position,
        data_type: if is_placeholder { PLACEHOLDER.to_owned() } else { column.data_type.clone() },
        collation: column.collation.clone().filter(|_| !is_placeholder),
        nullability: Nullability::Nullable,
        value: ColumnValue::Null,
        storage: None,
        compression: None,
        statistics_target: None,
        options: Vec::new(),
        inherited: false,
        comment: None,
        privileges: Privileges::default(),
    }
}

/// An object alone.
fn bare(object: &Object, is_partitioned: bool, role: &str) -> Attributes {
    let mut attributes = object.attributes.clone();
    let owner = role.to_owned();
    match &mut attributes {
        Attributes::Table(it) => **it = bare_table(it, is_partitioned, owner),
        Attributes::Function(it) => **it = bare_function(it, &object.identity, owner),
        Attributes::View(it) => {
            it.owner = owner;
            it.options.clear();
            it.access_method = None;
            it.tablespace = None;
            it.clustered_on = None;
            it.extensions.clear();
            it.comment = None;
            it.privileges = Privileges::default();
            if it.relation == ViewKind::MaterializedView {
                // To be filled it would have to be run.
                let query = it.definition.0.trim_end().trim_end_matches(';');
                it.definition = Sql(format!("{query}\n WITH NO DATA"));
            }
        }
        Attributes::Constraint(it) => {
            it.validated = it.has_index();
            it.inherited = false;
            it.partition_of = None;
            it.storage_parameters.clear();
            it.tablespace = None;
            it.index_comment = None;
            it.comment = None;
        }
        Attributes::Index(it) => {
            it.valid = true;
            it.partition_of = None;
            it.statistics_targets.clear();
            it.tablespace = None;
            it.extensions.clear();
            it.comment = None;
        }
        Attributes::Trigger(it) => {
            it.enabled = FiringMode::Origin;
            it.extensions.clear();
            it.comment = None;
        }
        Attributes::Rule(it) => {
            it.enabled = FiringMode::Origin;
            it.comment = None;
        }
        Attributes::Policy(it) => {
            it.roles = vec![PolicyRole::Public];
            it.comment = None;
        }
        Attributes::Statistics(it) => {
            it.owner = owner;
            it.statistics_target = None;
            it.comment = None;
        }
        Attributes::PublicationTable(it) => it.columns.clear(),
        Attributes::Sequence(it) => {
            it.owner = owner;
            it.persistence = Persistence::Permanent;
            it.owner_column = SequenceOwner::None;
            it.comment = None;
            it.privileges = Privileges::default();
        }
        Attributes::BaseType(it) => {
            it.owner = owner;
            it.comment = None;
            it.privileges = Privileges::default();
        }
        Attributes::EnumType(it) => {
            it.owner = owner;
            it.comment = None;
            it.privileges = Privileges::default();
        }
        Attributes::CompositeType(it) => {
            it.owner = owner;
            it.comment = None;
            it.privileges = Privileges::default();
        }
        Attributes::Domain(it) => {
            it.owner = owner;
            it.not_null = false;
            it.default = None;
            it.comment = None;
            it.privileges = Privileges::default();
        }
        Attributes::RangeType(it) => {
            it.owner = owner;
            it.canonical = None;
            it.subtype_diff = None;
            it.comment = None;
            it.privileges = Privileges::default();
        }
        Attributes::Operator(it) => {
            it.owner = owner;
            (it.commutator, it.negator, it.restrict, it.join) = (None, None, None, None);
            (it.hashes, it.merges) = (false, false);
            it.comment = None;
        }
        Attributes::OperatorFamily(it) => {
            it.owner = owner;
            it.comment = None;
        }
        Attributes::OperatorClass(it) => {
            it.owner = owner;
            it.comment = None;
        }
        Attributes::Cast(it) => it.comment = None,
        Attributes::AccessMethod(it) => it.comment = None,
        _ => {}
    }
    attributes
}

/// A table without rows, and without what it inherits.
fn bare_table(table: &Table, is_partitioned: bool, owner: String) -> Table {
    Table {
        relation: if is_partitioned { TableKind::PartitionedTable } else { TableKind::Table },
        owner,
        comment: None,
        privileges: Privileges::default(),
        persistence: Persistence::Permanent,
        access_method: None,
        tablespace: None,
        storage_parameters: Vec::new(),
        replica_identity: ReplicaIdentity::Default,
        row_security: false,
        force_row_security: false,
        inheritance: Inheritance::None,
        partition_key: table.partition_key.clone().filter(|_| is_partitioned),
        of_type: None,
        clustered_on: None,
        foreign: None,
    }
}

/// A function that does nothing, unless its arguments or its result are of a kind that only a
/// function of the server's own languages can have.
fn bare_function(function: &Function, identity: &Identity, owner: String) -> Function {
    let mut bare = function.clone();
    bare.owner = owner;
    bare.leakproof = false;
    bare.security_definer = false;
    bare.support = None;
    bare.settings.clear();
    bare.extensions.clear();
    bare.comment = None;
    bare.privileges = Privileges::default();
    let is_routine = matches!(function.routine, RoutineKind::Function | RoutineKind::Procedure);
    if !is_routine || is_of_server(identity, function) {
        return bare;
    }
    let body = match function.routine {
        RoutineKind::Procedure => "BEGIN END",
        // It may be called for a constant.
        _ => "BEGIN RETURN NULL; END",
    };
    body.clone_into(&mut bare.body);
    "plpgsql".clone_into(&mut bare.language);
    bare.sql_body = None;
    bare.library = None;
    bare.strict = false;
    bare.parallel = ParallelSafety::Unsafe;
    bare.transforms.clear();
    // What PL/pgSQL has by default.
    "100".clone_into(&mut bare.cost);
    bare
}

/// Whether only functions in the languages of the server can have such arguments or such a result.
fn is_of_server(identity: &Identity, function: &Function) -> bool {
    let types = identity.arguments.iter().chain(&function.returns);
    types.flat_map(|types| types.split([',', ' '])).any(|name| {
        matches!(name, "internal" | "cstring" | "\"any\"" | "cstring[]" | "pg_ddl_command")
            || name.ends_with("_handler")
    })
}
