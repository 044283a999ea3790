//! JSON Schema (draft 2020-12) from the same struct serde parses.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The schema of what is read as `T`: definitions inlined, nothing in it that only repeats what JSON Schema or the type
/// name says (every byte of it is read by a model), and no boolean schema anywhere.
pub fn schema_for<T: JsonSchema>() -> Value {
    let mut schema = generated::<T>(SchemaSettings::draft2020_12());
    tidy(&mut schema, &["title", "format"]);
    schema
}

/// The schema of what is written as `T`, the same way. Without descriptions: the answer is at hand when it is read.
pub fn output_schema_for<T: JsonSchema>() -> Value {
    let mut schema = generated::<T>(SchemaSettings::draft2020_12().for_serialize());
    tidy(&mut schema, &["title", "format", "description", "minimum", "default"]);
    schema
}

fn generated<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Takes members out of a schema and of every schema in it.
fn tidy(schema: &mut Value, unwanted: &[&str]) {
    match schema {
        Value::Bool(true) => *schema = Value::Object(serde_json::Map::new()),
        Value::Object(members) => {
            members.retain(|name, _| !unwanted.contains(&name.as_str()));
            for (name, member) in members.iter_mut() {
                match (name.as_str(), member) {
                    ("properties" | "$defs", Value::Object(schemas)) => {
                        for schema in schemas.values_mut() {
                            tidy(schema, unwanted);
                        }
                    }
                    ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                        for schema in schemas {
                            tidy(schema, unwanted);
                        }
                    }
                    ("items", member) => tidy(member, unwanted),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Sample {
        free: Value,
        list: Vec<Value>,
        title: String,
    }

    #[test]
    fn a_free_value_is_an_object_schema_and_a_property_called_title_stays() {
        let schema = schema_for::<Sample>();
        assert_eq!(schema["properties"]["free"], serde_json::json!({}));
        assert_eq!(schema["properties"]["list"]["items"], serde_json::json!({}));
        assert_eq!(schema["properties"]["title"], serde_json::json!({"type": "string"}));
    }
}
