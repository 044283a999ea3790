//! JSON Schema (draft 2020-12) from the same struct serde parses.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The schema of `T`: definitions inlined, nothing in it that only repeats what JSON Schema or the type
/// name says (every byte of it is read by a model), and no boolean schema anywhere.
pub fn schema_for<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema, true);
    schema
}

fn tidy(value: &mut Value, is_schema: bool) {
    match value {
        Value::Bool(true) if is_schema => *value = Value::Object(serde_json::Map::new()),
        Value::Object(members) if is_schema => {
            members.remove("title");
            members.remove("format");
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "properties" | "$defs" => {
                        for schema in member.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut)
                        {
                            tidy(schema, true);
                        }
                    }
                    "items" | "anyOf" | "oneOf" | "allOf" | "prefixItems" => tidy(member, true),
                    _ => {}
                }
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| tidy(schema, true)),
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
