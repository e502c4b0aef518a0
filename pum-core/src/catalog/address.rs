//! How catalogs refer to an object.

use crate::model::Kind;

/// Catalog, object, and 0 or a column's number, as in `pg_depend` and `pg_description`.
pub(super) type Address = (u32, u32, i32);

/// The object identifier of that system catalog, which is the same in every version (`pg_*.h`).
///
/// Of the catalog that has the objects of a kind; none where nothing refers to them.
pub(super) fn catalog_of(kind: Kind) -> Option<u32> {
    Some(match kind {
        Kind::Extension => 3079,
        Kind::Schema => 2615,
        Kind::Language => 2612,
        Kind::AccessMethod => 2601,
        Kind::BaseType | Kind::EnumType | Kind::CompositeType | Kind::Domain | Kind::RangeType => {
            1247
        }
        Kind::Table | Kind::View | Kind::Column | Kind::Index | Kind::Sequence => 1259,
        Kind::Constraint => 2606,
        Kind::Trigger => 2620,
        Kind::Rule => 2618,
        Kind::Policy => 3256,
        Kind::Statistics => 3381,
        Kind::Function => 1255,
        Kind::Operator => 2617,
        Kind::OperatorFamily => 2753,
        Kind::OperatorClass => 2616,
        Kind::Cast => 2605,
        Kind::Collation => 3456,
        Kind::Conversion => 2607,
        Kind::TextSearchParser => 3601,
        Kind::TextSearchTemplate => 3764,
        Kind::TextSearchDictionary => 3600,
        Kind::TextSearchConfiguration => 3602,
        Kind::Transform => 3576,
        Kind::ForeignDataWrapper => 2328,
        Kind::ForeignServer => 1417,
        Kind::EventTrigger => 3466,
        Kind::Publication => 6104,
        Kind::PublicationTable => 6106,
        Kind::Subscription => 6100,
        Kind::DefaultPrivileges => 826,
        Kind::Database => 1262,
        Kind::UserMapping | Kind::ChangedPrivileges | Kind::SecurityLabel => {
            return None;
        }
    })
}
