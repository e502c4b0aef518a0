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
mod language;
mod macros;
mod operator;
mod operator_class;
mod operator_family;
mod policy;
mod publication;
mod publication_table;
mod range_type;
mod rule;
mod schema;
mod security_label;
mod sequence;
mod statistics;
mod subscription;
mod table;
mod text_search_configuration;
mod text_search_dictionary;
mod text_search_parser;
mod text_search_template;
mod transform;
mod trigger;
mod user_mapping;
mod value;
mod view;

pub use access_method::AccessMethod;
pub use base_type::BaseType;
pub use cast::Cast;
pub use changed_privileges::ChangedPrivileges;
pub use collation::Collation;
pub use column::Column;
pub use composite_type::CompositeType;
pub use constraint::Constraint;
pub use conversion::Conversion;
pub use database::Database;
pub use default_privileges::DefaultPrivileges;
pub use domain::Domain;
pub use enum_type::EnumType;
pub use event_trigger::EventTrigger;
pub use extension::Extension;
pub use foreign_data_wrapper::ForeignDataWrapper;
pub use foreign_server::ForeignServer;
pub use function::Function;
pub use grantee::Grantee;
pub use identity::{Identity, is_spoofing_char, quoted_name};
pub use index::Index;
pub use language::Language;
pub use operator::Operator;
pub use operator_class::OperatorClass;
pub use operator_family::OperatorFamily;
pub use policy::Policy;
pub use publication::Publication;
pub use publication_table::PublicationTable;
pub use range_type::RangeType;
pub use rule::Rule;
pub use schema::Schema;
pub use security_label::SecurityLabel;
pub use sequence::Sequence;
pub use statistics::Statistics;
pub use subscription::Subscription;
pub use table::Table;
pub use text_search_configuration::TextSearchConfiguration;
pub use text_search_dictionary::TextSearchDictionary;
pub use text_search_parser::TextSearchParser;
pub use text_search_template::TextSearchTemplate;
pub use transform::Transform;
pub use trigger::Trigger;
pub use user_mapping::UserMapping;
pub use value::{Attribute, AttributeReader, Keyword, Privileges, Secrets, Sql, Value};
pub use view::View;

macros::kinds! {
    /// What belongs to the database as a whole.
    Database "database" in "databases",
    /// Extensions.
    Extension "extension" in "extensions",
    /// Schemas.
    Schema "schema" in "schemas",
    /// Procedural languages.
    Language "language" in "languages",
    /// Access methods of tables and indexes.
    AccessMethod "access method" in "access_methods",
    /// Base types, shell types too.
    BaseType "base type" in "base_types",
    /// Enumeration types.
    EnumType "enum type" in "enum_types",
    /// Composite types.
    CompositeType "composite type" in "composite_types",
    /// Domains.
    Domain "domain" in "domains",
    /// Range types.
    RangeType "range type" in "range_types",
    /// Tables, partitioned tables and foreign tables.
    Table "table" in "tables",
    /// Views and materialized views.
    View "view" in "views",
    /// Columns of tables and views, attributes of composite types.
    Column "column" in "columns",
    /// Primary keys, unique, foreign key, check and exclusion constraints of tables and domains.
    Constraint "constraint" in "constraints",
    /// Indexes that do not belong to a constraint.
    Index "index" in "indexes",
    /// Triggers, constraint triggers too.
    Trigger "trigger" in "triggers",
    /// Rules, but for the one that makes a view.
    Rule "rule" in "rules",
    /// Row security policies.
    Policy "policy" in "policies",
    /// Sequences, those of serial and identity columns too.
    Sequence "sequence" in "sequences",
    /// Extended statistics.
    Statistics "statistics" in "statistics",
    /// Functions, procedures, aggregates and window functions.
    Function "function" in "functions",
    /// Operators.
    Operator "operator" in "operators",
    /// Operator families.
    OperatorFamily "operator family" in "operator_families",
    /// Operator classes.
    OperatorClass "operator class" in "operator_classes",
    /// Casts.
    Cast "cast" in "casts",
    /// Collations.
    Collation "collation" in "collations",
    /// Conversions between encodings.
    Conversion "conversion" in "conversions",
    /// Text search parsers.
    TextSearchParser "text search parser" in "text_search_parsers",
    /// Text search templates.
    TextSearchTemplate "text search template" in "text_search_templates",
    /// Text search dictionaries.
    TextSearchDictionary "text search dictionary" in "text_search_dictionaries",
    /// Text search configurations.
    TextSearchConfiguration "text search configuration" in "text_search_configurations",
    /// Transforms of types for languages.
    Transform "transform" in "transforms",
    /// Foreign-data wrappers.
    ForeignDataWrapper "foreign-data wrapper" in "foreign_data_wrappers",
    /// Foreign servers.
    ForeignServer "server" in "foreign_servers",
    /// User mappings of foreign servers.
    UserMapping "user mapping" in "user_mappings",
    /// Event triggers.
    EventTrigger "event trigger" in "event_triggers",
    /// Publications.
    Publication "publication" in "publications",
    /// Tables of publications.
    PublicationTable "publication table" in "publication_tables",
    /// Subscriptions.
    Subscription "subscription" in "subscriptions",
    /// Default privileges.
    DefaultPrivileges "default privileges" in "default_privileges",
    /// Changed privileges on what is built in or belongs to an extension.
    ChangedPrivileges "changed privileges" in "changed_privileges",
    /// Security labels.
    SecurityLabel "security label" in "security_labels",
}

impl Kind {
    /// Whether objects of this kind have no name of their own, so that a description stands for
    /// it: `integer AS text` for a cast.
    pub fn is_named_by_description(self) -> bool {
        use Kind::{
            Cast, ChangedPrivileges, DefaultPrivileges, PublicationTable, SecurityLabel, Transform,
        };
        matches!(
            self,
            Cast | Transform
                | PublicationTable
                | DefaultPrivileges
                | ChangedPrivileges
                | SecurityLabel
        )
    }
}

/// One object of a schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Object {
    /// Which object it is.
    pub identity: Identity,
    /// What it is like.
    pub attributes: Attributes,
}

/// A schema: its objects, sorted by identity, each identity once.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Model {
    objects: Vec<Object>,
}

impl Model {
    /// A model of these objects, in whatever order they come.
    pub fn new(mut objects: Vec<Object>) -> Self {
        objects.sort_by(|a, b| a.identity.cmp(&b.identity));
        Self { objects }
    }

    /// The objects, sorted by identity.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object with this identity.
    pub fn get(&self, identity: &Identity) -> Option<&Object> {
        let found = self.objects.binary_search_by(|object| object.identity.cmp(identity));
        found.ok().and_then(|at| self.objects.get(at))
    }

    /// Those of the objects that `keep` says.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Identity) -> bool) -> Self {
        let kept = self.objects.iter().filter(|object| keep(&object.identity));
        Self { objects: kept.cloned().collect() }
    }

    /// Takes out a table and all that belongs to it: columns, constraints, indexes, triggers,
    /// rules, and the sequences its columns own.
    pub fn remove_table(&mut self, schema: &str, table: &str) {
        let column_prefix = quoted_name([schema, table]) + ".";
        self.objects.retain(|object| {
            let identity = &object.identity;
            let is_table = identity.kind == Kind::Table && identity.name == table;
            let belongs = identity.parent.as_deref() == Some(table);
            let owned = match &object.attributes {
                Attributes::Sequence(sequence) => sequence
                    .owned_by
                    .as_deref()
                    .is_some_and(|column| column.starts_with(&column_prefix)),
                _ => false,
            };
            !(identity.schema == schema && (is_table || belongs || owned))
        });
    }
}
