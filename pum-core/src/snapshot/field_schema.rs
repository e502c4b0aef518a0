//! The JSON Schema of what is not written as its type would be.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::model::Identity;

/// A text; one of several lines line by line.
pub(super) fn text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "A text; one of several lines line by line.",
        "oneOf": [
            { "type": "string" },
            {
                "type": "object",
                "properties": {
                    "lines": { "type": "array", "items": { "type": "string" }, "minItems": 2 }
                },
                "required": ["lines"],
                "additionalProperties": false
            }
        ]
    })
}

/// The attributes that are set, by name.
pub(super) fn attributes(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": {
            "oneOf": [
                text(generator),
                { "const": true },
                { "type": "integer" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 }
            ]
        }
    })
}

/// An identity, and nothing else.
pub(super) fn identity(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = Identity::json_schema(generator);
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}
