//! The list of all kinds.

use super::access_method::AccessMethod;
use super::attribute::AttributeReader;
use super::base_type::BaseType;
use super::cast::Cast;
use super::changed_privileges::ChangedPrivileges;
use super::collation::Collation;
use super::column::Column;
use super::composite_type::CompositeType;
use super::constraint::Constraint;
use super::conversion::Conversion;
use super::database::Database;
use super::default_privileges::DefaultPrivileges;
use super::domain::Domain;
use super::enum_type::EnumType;
use super::event_trigger::EventTrigger;
use super::extension::Extension;
use super::foreign_data_wrapper::ForeignDataWrapper;
use super::foreign_server::ForeignServer;
use super::function::Function;
use super::index::Index;
use super::language::Language;
use super::macros::kinds;
use super::operator::Operator;
use super::operator_class::OperatorClass;
use super::operator_family::OperatorFamily;
use super::policy::Policy;
use super::publication::Publication;
use super::publication_table::PublicationTable;
use super::range_type::RangeType;
use super::rule::Rule;
use super::schema::Schema;
use super::security_label::SecurityLabel;
use super::sequence::Sequence;
use super::statistics::Statistics;
use super::subscription::Subscription;
use super::table::Table;
use super::text_search_configuration::TextSearchConfiguration;
use super::text_search_dictionary::TextSearchDictionary;
use super::text_search_parser::TextSearchParser;
use super::text_search_template::TextSearchTemplate;
use super::transform::Transform;
use super::trigger::Trigger;
use super::user_mapping::UserMapping;
use super::value::Value;
use super::view::View;

kinds! {
    /// Database-level properties.
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
    /// Whether objects of this kind are schemas, or in one.
    pub fn is_in_schema(self) -> bool {
        use Kind::{
            AccessMethod, Cast, ChangedPrivileges, Database, DefaultPrivileges, EventTrigger,
            Extension, ForeignDataWrapper, ForeignServer, Language, Publication, PublicationTable,
            SecurityLabel, Subscription, Transform, UserMapping,
        };
        !matches!(
            self,
            AccessMethod
                | Cast
                | ChangedPrivileges
                | Database
                | DefaultPrivileges
                | EventTrigger
                | Extension
                | ForeignDataWrapper
                | ForeignServer
                | Language
                | Publication
                | PublicationTable
                | SecurityLabel
                | Subscription
                | Transform
                | UserMapping
        )
    }

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
