//! A schema as pum sees it: objects with an identity and named attributes, in a fixed order.
//!
//! The model is pure data: it knows no server, can be written and read with serde, and two equal
//! schemas make two equal models. One file per kind of object says what its attributes are; the
//! `catalog` room has a query of the same name that reads them; comparison, filters and reports
//! work on names and values alone and know no kind.
//!
//! To add an attribute: a field in the kind's file, and a column of the same name at the same
//! place in its query. To add a kind: a file here, a query there, a line in the list below.

mod access_method;
mod attribute;
mod base_type;
mod cast;
mod changed_privileges;
mod collation;
mod column;
mod composite_type;
mod constraint;
mod conversion;
mod database;
mod default_privileges;
mod dependencies;
mod domain;
mod enum_type;
mod event_trigger;
mod extension;
mod foreign_data_wrapper;
mod foreign_server;
mod function;
mod grantee;
mod identity;
mod index;
mod kind;
mod language;
mod letters;
mod macros;
mod name;
mod named_values;
mod object;
mod operator;
mod operator_class;
mod operator_family;
mod policy;
mod privileges;
mod publication;
mod publication_table;
mod range_type;
mod rule;
mod schema;
#[cfg(feature = "postgres")]
mod schema_renames;
mod security_label;
mod sequence;
mod statistics;
mod subscription;
mod table;
mod table_path;
#[cfg(test)]
pub(crate) mod tests;
mod text_search_configuration;
mod text_search_dictionary;
mod text_search_parser;
mod text_search_template;
mod transform;
mod trigger;
mod user_mapping;
mod value;
mod view;
mod word;

pub use access_method::{AccessMethod, AccessMethodType};
pub use attribute::{Attribute, AttributeReader};
pub use base_type::{Alignment, BaseType};
pub use cast::{Cast, CastContext, CastMethod};
pub use changed_privileges::ChangedPrivileges;
pub use collation::Collation;
pub use column::{
    Column, ColumnValue, Compression, GeneratedKind, IdentityGeneration, Nullability,
};
pub use composite_type::CompositeType;
pub use constraint::{Constraint, ConstraintType};
pub use conversion::Conversion;
pub use database::Database;
pub use default_privileges::DefaultPrivileges;
pub use dependencies::{Dependencies, DependencyKind, Node, NumberedNode, Part};
pub use domain::Domain;
pub use enum_type::EnumType;
pub use event_trigger::EventTrigger;
pub use extension::Extension;
pub use foreign_data_wrapper::ForeignDataWrapper;
pub use foreign_server::ForeignServer;
pub use function::{Function, ParallelSafety, RoutineKind, Volatility};
pub use grantee::Grantee;
pub use identity::Identity;
pub use index::Index;
pub(crate) use kind::OfKind;
pub use kind::{Attributes, Kind};
pub use language::Language;
pub use letters::{FiringMode, LocaleProvider, Persistence, Storage};
pub use name::{is_spoofing_char, quoted_name};
pub(crate) use name::{name_parts, split_quoted, unquoted_name};
pub use object::{Model, Object};
pub use operator::Operator;
pub use operator_class::OperatorClass;
pub use operator_family::OperatorFamily;
pub use policy::{Policy, PolicyCommand, PolicyRole};
pub use privileges::{Grant, NotAPrivilege, Privilege, PrivilegeChange, Privileges};
pub use publication::Publication;
pub use publication_table::PublicationTable;
pub use range_type::RangeType;
pub use rule::Rule;
pub use schema::Schema;
#[cfg(feature = "postgres")]
pub(crate) use schema_renames::SchemaRenames;
pub use security_label::SecurityLabel;
pub use sequence::{Sequence, SequenceOwner};
pub use statistics::Statistics;
pub use subscription::Subscription;
pub use table::{ForeignTable, Inheritance, ReplicaIdentity, Table, TableKind};
pub use table_path::{InvalidTableName, TablePath};
pub use text_search_configuration::TextSearchConfiguration;
pub use text_search_dictionary::TextSearchDictionary;
pub use text_search_parser::TextSearchParser;
pub use text_search_template::TextSearchTemplate;
pub use transform::Transform;
pub use trigger::Trigger;
pub use user_mapping::UserMapping;
pub use value::{Secrets, Sql, Value};
pub use view::{View, ViewKind};
pub use word::Word;
