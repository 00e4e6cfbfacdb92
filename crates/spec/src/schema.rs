use serde_json::{Value, json};

use crate::{
    field::{Field, Limits, Need, Shape},
    project,
};

/// The JSON Schema (draft 2020-12) of the project file, for editors.
///
/// It is made from the same description of the fields that the reader works from. What only
/// the reader can tell, such as whether a reference is declared, is not in it.
pub fn schema() -> Value {
    let mut schema = shape(&project::SHAPE);
    let head = [
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
        ("title", "kaizen.toml"),
        (
            "description",
            "The project file of Kaizen: the data, the steps, the models and the services of a project.",
        ),
    ];
    for (key, value) in head {
        schema[key] = value.into();
    }
    schema
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Column => json!({ "type": "string" }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Whole => json!({ "type": "integer", "minimum": 0 }),
        Shape::Count(least, u64::MAX) => json!({ "type": "integer", "minimum": least }),
        Shape::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Signed => json!({ "type": "integer" }),
        Shape::Number(limits) => number(*limits),
        Shape::Share(limits) => json!({ "anyOf": [number(*limits), written(r"^\s*[0-9.]+\s*%\s*$")] }),
        Shape::Duration => written("^[0-9]+(us|ms|s|m|h|d)$"),
        Shape::Size => written("^[0-9]+ ?(B|kB|KiB|MB|MiB|GB|GiB|TB|TiB)$"),
        Shape::Cron => json!({ "type": "string", "examples": ["0 3 * * 1"] }),
        Shape::Time => json!({ "type": "string", "examples": ["2013-04-01", "2013-04-01T06:00:00Z"] }),
        Shape::Choice(words) => json!({ "anyOf": [{ "enum": words().now }, variable()] }),
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::List(item) => json!({ "type": "array", "items": shape(item), "uniqueItems": true }),
        Shape::Ends => json!({
            "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2,
        }),
        Shape::Table(fields) => table(fields),
        Shape::Named(inner) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,63}$" },
            "additionalProperties": shape(inner),
        }),
        Shape::Columns(inner) => json!({ "type": "object", "additionalProperties": shape(inner) }),
        Shape::Variables(inner) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
            "additionalProperties": shape(inner),
        }),
        Shape::Either(short, long) => json!({ "anyOf": [shape(short), shape(long)] }),
    }
}

fn number(limits: Limits) -> Value {
    match limits {
        Limits::Any => json!({ "type": "number" }),
        Limits::NotNegative => json!({ "type": "number", "minimum": 0 }),
        Limits::Positive => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Limits::Closed => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Limits::Open => json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 }),
    }
}

/// Text of a pattern, or text that the environment completes.
fn written(pattern: &str) -> Value {
    json!({ "anyOf": [{ "type": "string", "pattern": pattern }, variable()] })
}

fn variable() -> Value {
    json!({ "type": "string", "pattern": r"\$\{env\.[A-Za-z0-9_]+\}" })
}

fn table(fields: &[Field]) -> Value {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for field in fields.iter().filter(|field| field.exists()) {
        let mut property = shape(&field.shape);
        property["description"] = field.about.into();
        properties.insert(field.name.to_owned(), property);
        if field.need == Need::Required {
            required.push(field.name);
        }
    }
    let mut table = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}
