//! A schema with a text wherever users can write what they want.

use serde_json::{Value, json};

use super::unset::read;
use crate::model::{Model, quoted_name};
use crate::sql::quote_literal;

/// A schema with this text wherever it can stand: as names, and as `value` wherever it is none.
pub(super) fn model(text: &str, value: &str) -> Model {
    let it = Hostile::new(text, value);
    read(&[it.types(), it.tables(), it.parts(), it.functions(), it.others()].concat())
}

/// An object, its identity and its attributes.
type Written = (Value, Value);

/// A text in the forms in which it stands.
struct Hostile<'a> {
    text: &'a str,
    value: &'a str,
    name: String,
    full: String,
    column: String,
    plain: String,
    grants: Value,
    owner: Value,
    option: String,
    other: String,
    /// What the server prints.
    literal: String,
    expression: String,
}

impl<'a> Hostile<'a> {
    fn new(text: &'a str, value: &'a str) -> Self {
        let name = quoted_name([text]);
        let literal = format!("{}::text", quote_literal(value));
        Self {
            text,
            value,
            full: quoted_name([text, text]),
            column: quoted_name([text, text, text]),
            plain: quoted_name([text, &format!("{text}plain")]),
            grants: json!([format!("{name}: USAGE")]),
            owner: json!(value),
            option: format!("{text}={value}"),
            other: format!("a={value}"),
            expression: format!("({literal} > {name})"),
            name,
            literal,
        }
    }

    /// A name that is not the text, whatever that is.
    fn own(&self, end: &str) -> String {
        format!("{}{end}", self.text)
    }

    fn in_schema(&self, kind: &str, name: &str) -> Value {
        json!({"kind": kind, "schema": self.text, "name": name})
    }

    fn in_none(&self, kind: &str) -> Value {
        json!({"kind": kind, "name": self.text})
    }

    fn in_table(&self, kind: &str) -> Value {
        json!({"kind": kind, "schema": self.text, "parent": self.text, "name": self.text})
    }

    /// Schemas, types and what they come from.
    fn types(&self) -> Vec<Written> {
        let Self { text, value, full, grants, owner, literal, .. } = self;
        vec![
            (
                self.in_none("schema"),
                json!({"owner": owner, "comment": value, "privileges": grants}),
            ),
            (
                self.in_schema("enum_type", "e"),
                json!({"owner": owner, "labels": [value, "b"], "comment": value, "privileges": grants}),
            ),
            (
                self.in_schema("domain", "d"),
                json!({"owner": owner, "data_type": "integer", "comment": value, "default": literal}),
            ),
            (
                self.in_schema("base_type", "b"),
                json!({
                    "owner": owner, "defined": true, "input": format!("{full}(cstring)"),
                    "output": format!("{full}({full})"), "length": -1, "alignment": "int4",
                    "storage": "plain", "category": value, "default": value, "delimiter": value,
                    "comment": value,
                }),
            ),
            (
                self.in_schema("range_type", "r"),
                json!({"owner": owner, "subtype": full, "operator_class": full, "comment": value}),
            ),
            (self.in_schema("composite_type", "c"), json!({"owner": owner, "comment": value})),
            (self.in_none("language"), json!({"owner": owner, "trusted": true, "handler": full})),
            (
                self.in_none("extension"),
                json!({"schema": text, "version": value, "comment": value}),
            ),
            (
                self.in_schema("collation", text),
                json!({"owner": owner, "provider": "icu", "locale": value, "rules": value,
                   "deterministic": true, "comment": value}),
            ),
        ]
    }

    /// Tables, their columns and sequences, views.
    fn tables(&self) -> Vec<Written> {
        let Self {
            text,
            value,
            name,
            full,
            column,
            owner,
            option,
            other,
            literal,
            expression,
            plain,
            ..
        } = self;
        vec![
            (
                self.in_schema("table", text),
                json!({
                    "relation": "table", "owner": owner, "comment": value, "persistence": "permanent",
                    "replica_identity": format!("index {text}"), "access_method": text,
                    "privileges": [format!("{name}: SELECT")], "storage_parameters": [other],
                    "clustered_on": text, "tablespace": text, "row_security": true,
                }),
            ),
            // It becomes partitioned, with its rows.
            (
                self.in_schema("table", &self.own("plain")),
                json!({
                    "relation": if text == value { "table" } else { "partitioned table" },
                    "owner": owner, "persistence": "permanent", "replica_identity": "default",
                    "partition_key": if text == value { Value::Null } else { format!("LIST ({name})").into() },
                }),
            ),
            (
                json!({"kind": "column", "schema": text, "parent": self.own("plain"), "name": text}),
                json!({"position": 1, "data_type": "bigint", "identity": "always"}),
            ),
            (
                self.in_schema("sequence", "of identity"),
                json!({"owner": owner, "data_type": "bigint", "persistence": "permanent",
                   "start": 1, "increment": 1, "minimum": 1, "maximum": 9, "cache": 1,
                   "owned_by": format!("{plain}.{name}"), "identity": true}),
            ),
            (
                json!({"kind": "table", "schema": text, "name": self.own("far")}),
                json!({
                    "relation": "foreign table", "owner": owner, "persistence": "permanent",
                    "replica_identity": "default", "foreign_server": text, "foreign_options": [option],
                }),
            ),
            (
                self.in_table("column"),
                json!({"position": 1, "data_type": full, "comment": value, "options": [other],
                   "default": literal, "collation": full, "privileges": [format!("{name}: SELECT")]}),
            ),
            (
                json!({"kind": "column", "schema": text, "parent": text, "name": self.own("g")}),
                json!({"position": 2, "generated": expression, "data_type": "text"}),
            ),
            // It gets another type.
            (
                json!({"kind": "column", "schema": text, "parent": text, "name": self.own("w")}),
                json!({"position": 3, "data_type": if text == value { "text" } else { "bytea" }}),
            ),
            (
                self.in_schema("view", "v"),
                json!({
                    "relation": "view", "owner": owner, "comment": value, "options": [other],
                    "definition": format!(" SELECT {literal} AS {name};"),
                }),
            ),
            (
                self.in_schema("sequence", "q"),
                json!({"owner": owner, "data_type": "bigint", "persistence": "permanent",
                   "start": 1, "increment": 1, "minimum": 1, "maximum": 9, "cache": 1,
                   "owned_by": column, "comment": value}),
            ),
        ]
    }

    /// What belongs to tables.
    fn parts(&self) -> Vec<Written> {
        let Self { text, value, name, full, owner, other, literal, expression, .. } = self;
        vec![
            (
                self.in_table("constraint"),
                json!({"constraint_type": "check", "definition": format!("CHECK ({expression})"),
                   "validated": true, "comment": value}),
            ),
            (
                json!({"kind": "constraint", "schema": text, "parent": text, "name": self.own("key")}),
                json!({
                    "constraint_type": "unique", "definition": format!("UNIQUE ({name}) INCLUDE ({name})"),
                    "validated": true, "storage_parameters": [other], "tablespace": text,
                    "index_comment": value, "comment": value,
                }),
            ),
            (
                self.in_table("index"),
                json!({
                    "definition": format!("CREATE INDEX {name} ON {full} USING btree ({name}) WHERE {expression}"),
                    "valid": true, "tablespace": text, "extensions": [text], "comment": value,
                }),
            ),
            (
                self.in_table("trigger"),
                json!({
                    "definition": format!("CREATE TRIGGER {name} BEFORE INSERT ON {full} FOR EACH ROW \
                        EXECUTE FUNCTION {full}({})", quote_literal(value)),
                    "enabled": "always", "extensions": [text], "comment": value,
                }),
            ),
            (
                self.in_table("rule"),
                json!({
                    "definition": format!("CREATE RULE {name} AS\n    ON INSERT TO {full} DO  ( SELECT {literal}; SELECT {literal};\n);"),
                    "enabled": "replica", "comment": value,
                }),
            ),
            (
                self.in_table("policy"),
                json!({"command": "all", "permissive": true, "roles": [name], "comment": value,
                   "using": expression, "with_check": expression}),
            ),
            (
                self.in_schema("statistics", "s"),
                json!({
                    "owner": owner, "table": full, "statistics_target": 5, "comment": value,
                    "definition": format!("CREATE STATISTICS {full} ON {name}, {expression} FROM {full}"),
                }),
            ),
        ]
    }

    /// Functions, and what is made of them.
    fn functions(&self) -> Vec<Written> {
        let Self { text, value, name, full, owner, other, literal, .. } = self;
        vec![
            (
                json!({"kind": "function", "schema": text, "name": text, "arguments": ""}),
                json!({
                    "routine": "function", "owner": owner, "signature": "", "returns": full,
                    "language": text, "body": value, "volatility": "volatile", "parallel": "unsafe",
                    "cost": "100", "rows": "0", "settings": [format!("search_path={value}"), other],
                    "comment": value, "support": full, "transforms": [full], "extensions": [text],
                }),
            ),
            (
                json!({"kind": "function", "schema": text, "name": text, "arguments": "text"}),
                json!({
                    "routine": "function", "owner": owner, "signature": format!("{name} text DEFAULT {literal}"),
                    "returns": "text", "language": "sql", "volatility": "volatile", "parallel": "unsafe",
                    "cost": "100", "rows": "0", "body": "",
                    "sql_body": format!("BEGIN ATOMIC\n SELECT {literal} AS {name};\n END"),
                }),
            ),
            (
                json!({"kind": "function", "schema": text, "name": self.own("c"), "arguments": ""}),
                json!({
                    "routine": "function", "owner": owner, "signature": "", "returns": "text",
                    "language": "c", "volatility": "volatile", "parallel": "unsafe", "cost": "1",
                    "rows": "0", "body": value, "library": value,
                }),
            ),
            (
                self.in_schema("conversion", "k"),
                json!({"owner": owner, "source_encoding": value, "target_encoding": value,
                   "function": full, "comment": value}),
            ),
            (
                json!({"kind": "operator_family", "schema": text, "name": text, "arguments": text}),
                json!({"owner": owner, "comment": value}),
            ),
            (
                self.in_schema("text_search_configuration", "t"),
                json!({"owner": owner, "parser": full, "mappings": [format!("word: {full}")],
                   "comment": value}),
            ),
            (
                self.in_schema("text_search_dictionary", "t"),
                json!({"owner": owner, "template": full, "comment": value,
                   "options": format!("x = {}", quote_literal(value))}),
            ),
            (
                self.in_none("access_method"),
                json!({"method_type": "index", "handler": full, "comment": value}),
            ),
            (
                self.in_none("event_trigger"),
                json!({"owner": owner, "event": "ddl_command_end", "tags": [value], "function": full,
                   "enabled": "origin", "comment": value}),
            ),
        ]
    }

    /// What is elsewhere, and who may see what.
    fn others(&self) -> Vec<Written> {
        let Self { text, value, name, full, grants, owner, option, expression, .. } = self;
        vec![
            (
                self.in_none("foreign_data_wrapper"),
                json!({"owner": owner, "options": [option], "comment": value, "privileges": grants}),
            ),
            (
                self.in_none("foreign_server"),
                json!({
                    "owner": owner, "foreign_data_wrapper": text, "server_type": text,
                    "version": value, "options": [option], "comment": value, "privileges": grants,
                }),
            ),
            (
                json!({"kind": "user_mapping", "parent": text, "name": text}),
                json!({"options": [option], "secrets": ["password=(hidden)"]}),
            ),
            (
                self.in_none("publication"),
                json!({"owner": owner, "operations": ["insert"], "schemas": [name], "comment": value}),
            ),
            (
                json!({"kind": "publication_table", "parent": text, "name": full}),
                json!({"columns": [text], "condition": expression}),
            ),
            (
                self.in_none("subscription"),
                json!({
                    "owner": owner, "connection": value, "slot_name": value, "publications": [value],
                    "synchronous_commit": value, "streaming": "off", "origin": value, "comment": value,
                }),
            ),
            (
                json!({"kind": "security_label", "name": format!("table {full}"), "arguments": value}),
                json!({"label": value}),
            ),
            (
                json!({"kind": "default_privileges", "name": format!("{name} IN SCHEMA {name} ON TABLES")}),
                json!({"privileges": [format!("{name}: SELECT")]}),
            ),
        ]
    }
}
