//! Objects of the model as statements: what makes, changes, renames and drops them. Pure: no order,
//! no database, and no SQL is read.
//!
//! One file a kind says what its attributes are in SQL; it names each of them, so that a new
//! attribute does not compile until it is said what becomes of it. Where statements cannot say all
//! there are none, with the reason ([`NoStatement`]): half a statement would be worse.

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
mod dispatch;
mod domain;
mod enum_type;
mod event_trigger;
mod extension;
mod firing;
mod foreign_data_wrapper;
mod foreign_server;
mod function;
mod grants;
mod index;
mod inheritance;
mod key_by_index;
mod language;
mod name;
mod not_written;
mod operator;
mod operator_class;
mod operator_family;
mod options;
mod parts;
mod policy;
mod properties;
mod publication;
mod publication_table;
mod range_type;
mod refill;
mod rename;
mod retype;
mod rule;
mod schema;
mod secret;
mod security_label;
mod sequence;
mod sequence_move;
mod statements;
mod statistics;
mod subscription;
mod table;
mod text_search_configuration;
mod text_search_dictionary;
mod text_search_parser;
mod text_search_template;
mod transform;
mod trigger;
mod types;
mod user_mapping;
mod view;

pub(crate) use base_type::shell;
pub(crate) use column::{column_properties, drop_default, set_default};
pub(crate) use dispatch::{alteration, change_member, create, drop, finish, replace};
pub(crate) use inheritance::{becomes_local, is_needed_to_join};
pub(crate) use key_by_index::key_of_index;
pub(crate) use refill::{copy_rows, kept_columns, set_aside};
pub(crate) use rename::{rename, rename_value};
pub(crate) use retype::{convert, park, unpark};
pub(crate) use secret::variables;
pub(crate) use sequence::own_by_none;
pub(crate) use sequence_move::is_carried;
pub(crate) use statements::{
    Alteration, NO_COLUMNS, NO_CONVERSIONS, NoStatement, Schemas, Statements,
};
pub(crate) use table::{join_parents, marks_of_index};
pub(crate) use types::{base_of, drop_replaced, make_place};
pub(crate) use view::{create_in_place, empty, stand_in};
