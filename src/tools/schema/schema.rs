//! JSON Schema (draft 2020-12) from the same struct serde parses.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The schema of what is read as `T`, for the narrowest reader there is: definitions inlined, one word for each type,
/// `properties` even when there are none, no boolean schema, and nothing that only repeats what JSON Schema or the type's
/// name says (every byte of it is read by a model). `null` is not said: it is the same as leaving the member out.
pub(in crate::tools) fn schema_for<T: JsonSchema>() -> Value {
    let mut schema = generated::<T>(SchemaSettings::draft2020_12());
    tidy(&mut schema, &["title", "format"]);
    schema
}

/// The schema of what is written as `T`, the same way. Without descriptions: the answer is at hand when it is read. A
/// member that is always there and may be `null` says no type.
pub(in crate::tools) fn output_schema_for<T: JsonSchema>() -> Value {
    let mut schema = generated::<T>(SchemaSettings::draft2020_12().for_serialize());
    tidy(&mut schema, &["title", "format", "description", "minimum", "maximum", "default"]);
    schema
}

fn generated<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Takes members out of a schema and of every schema in it, and what narrow readers cannot read.
fn tidy(schema: &mut Value, unwanted: &[&str]) {
    if schema == &Value::Bool(true) {
        *schema = Value::Object(Map::new());
    }
    let Some(members) = schema.as_object_mut() else { return };
    members.retain(|name, _| !unwanted.contains(&name.as_str()));
    if members.get("type").is_some_and(|kind| kind == "object") {
        members.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    }
    let required = members.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, member) in members.iter_mut() {
        match (name.as_str(), member) {
            ("properties" | "$defs", Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    say_no_null(schema, required.iter().any(|required| required == name));
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

/// A schema that admits `null` and something else, without the word. What may be left out instead keeps its type; what
/// cannot is left without one, which admits `null` too.
fn say_no_null(schema: &mut Value, is_required: bool) {
    let is_null = |value: &Value| *value == "null" || *value == json!({"type": "null"});
    let others = |list: &Value| {
        let list = list.as_array()?;
        let others: Vec<_> = list.iter().filter(|value| !is_null(value)).cloned().collect();
        (others.len() < list.len()).then_some(others)
    };
    let Some(members) = schema.as_object_mut() else { return };
    if let Some([one]) = members.get("anyOf").and_then(others).as_deref() {
        members.remove("anyOf");
        members.extend(one.as_object().cloned().unwrap_or_default());
    } else if let Some([one]) = members.get("type").and_then(others).as_deref() {
        members.insert(String::from("type"), one.clone());
    } else {
        return;
    }
    if let Some(Value::Array(words)) = members.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
    if is_required {
        members.retain(|name, _| matches!(name.as_str(), "properties" | "required" | "items"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;

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
        assert_eq!(schema["properties"]["free"], json!({}));
        assert_eq!(schema["properties"]["list"]["items"], json!({}));
        assert_eq!(schema["properties"]["title"], json!({"type": "string"}));
    }

    #[derive(JsonSchema, serde::Serialize)]
    struct Optional {
        word: Option<Severity>,
        text: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<String>,
        inner: Option<Inner>,
    }

    #[derive(JsonSchema, serde::Serialize)]
    struct Inner {
        list: Vec<u8>,
    }

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn null_is_never_said_and_properties_always() {
        let read = schema_for::<Optional>();
        assert_eq!(read.get("required"), None);
        let text = read.to_string();
        assert!(!text.contains("null") && !text.contains("anyOf"), "{text}");
        assert_eq!(read["properties"]["word"], json!({"type": "string", "enum": ["low", "medium", "high"]}));
        assert_eq!(read["properties"]["inner"]["type"], "object");
        assert_eq!(
            schema_for::<Nothing>(),
            json!({"type": "object", "properties": {}, "additionalProperties": false})
        );
        let written = output_schema_for::<Optional>();
        assert_eq!(written["properties"]["word"], json!({}), "it may be null");
        assert_eq!(written["properties"]["absent"], json!({"type": "string"}), "it is left out instead");
        assert_eq!(written["properties"]["inner"]["required"], json!(["list"]));
        assert_eq!(written["properties"]["inner"].get("type"), None);
    }
}
