//! Raw arguments read as a type, by one rule for every tool: `null` for an optional argument is none, a whole number may
//! be written `50.0`, all else is as the schema says. What is wrong is said in JSON's words and names the argument.

use std::fmt::{self, Write};

use serde::{
    Deserialize,
    de::{DeserializeOwned, Deserializer, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::{model::Text, tools::ToolError};

/// Characters of a wrong value that are repeated to whoever sent it.
const MOST_SHOWN: usize = 40;

/// The arguments of a tool that takes what `schema` admits. `raw` is JSON.
pub(in crate::tools) fn arguments<A: DeserializeOwned>(raw: &[u8], schema: &Value) -> Result<A, ToolError> {
    // serde would take an array as a struct's fields in order.
    if raw.trim_ascii_start().first() != Some(&b'{') {
        return Err(ToolError::argument("arguments", "expected an object"));
    }
    if let Ok(arguments) = serde_json::from_slice(raw) {
        return Ok(arguments);
    }
    match without_nulls(raw, schema)? {
        Some(given) => {
            serde_json::from_slice(given.as_bytes()).map_err(|_| explain::<A>(given.as_bytes(), schema))
        }
        None => Err(explain::<A>(raw, schema)),
    }
}

/// An optional text. An empty one is none: some clients send every argument there is.
pub(in crate::tools) fn given<const MAX: usize>(text: Option<Text<0, MAX>>) -> Option<String> {
    text.map(Text::into_string).filter(|text| !text.is_empty())
}

/// The members of an object as they were written, a name given twice included.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        reader.deserialize_map(Object)
    }
}

/// The same arguments without the known ones that are `null`; `None` when there are none. One given twice is refused.
fn without_nulls(raw: &[u8], schema: &Value) -> Result<Option<String>, ToolError> {
    let Ok(Entries(entries)) = serde_json::from_slice(raw) else { return Ok(None) };
    let is_known = |name: &String| schema["properties"].get(name).is_some();
    let mut known: Vec<_> = entries.iter().map(|(name, _)| name).filter(|name| is_known(name)).collect();
    known.sort_unstable();
    if let Some([name, ..]) = known.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(ToolError::argument("arguments", format!("`{name}` is given twice")));
    }
    let is_null = |(name, value): &(String, &RawValue)| value.get() == "null" && is_known(name);
    if !entries.iter().any(is_null) {
        return Ok(None);
    }
    let mut text = String::from("{");
    for (name, value) in entries.iter().filter(|entry| !is_null(entry)) {
        let comma = if text.len() > 1 { "," } else { "" };
        let _ = write!(text, "{comma}{}:{value}", Value::from(name.as_str()));
    }
    text.push('}');
    Ok(Some(text))
}

/// Says what is wrong with arguments that could not be read: of the member that was not read, which is not the first the
/// schema does not admit where a type takes more than its schema says.
fn explain<A: DeserializeOwned>(raw: &[u8], schema: &Value) -> ToolError {
    let mut reader = serde_json::Deserializer::from_slice(raw);
    let Err(error) = serde_path_to_error::deserialize::<_, A>(&mut reader) else {
        return ToolError::argument("arguments", "expected one JSON object");
    };
    let path = error.path().to_string();
    let member = path.split(['.', '[']).next().unwrap_or_default();
    let given: Option<Value> = serde_json::from_slice(raw).ok();
    let of_member =
        given.as_ref().and_then(|given| fault(schema["properties"].get(member)?, given.get(member)?, member));
    if let Some(fault) = of_member.or_else(|| given.and_then(|given| fault(schema, &given, ""))) {
        return fault;
    }
    // What no schema can say: a rule of the type's own.
    let problem = error.inner().to_string();
    let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(text, _)| text);
    match path.as_str() {
        "." => ToolError::argument("arguments", problem),
        path => ToolError::argument(path, problem),
    }
}

/// The first thing about `value`, which stands at `path`, that the schema does not admit.
fn fault(schema: &Value, value: &Value, path: &str) -> Option<ToolError> {
    let wrong = |problem: String| {
        Some(ToolError::argument(if path.is_empty() { "arguments" } else { path }, problem))
    };
    match (schema["type"].as_str()?, value) {
        ("object", Value::Object(members)) => {
            let properties = schema["properties"].as_object()?;
            let place = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            for (name, member) in members {
                let Some(schema) = properties.get(name) else {
                    let known: Vec<_> = properties.keys().map(|name| format!("`{name}`")).collect();
                    let problem = format!("unknown field `{}`, {}", cut(name), one_of(&known));
                    return Some(ToolError::argument(&cut(&place(name)), problem));
                };
                if let Some(fault) = fault(schema, member, &place(name)) {
                    return Some(fault);
                }
            }
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let missing = required.into_iter().find(|name| !members.contains_key(*name))?;
            wrong(format!("missing field `{missing}`"))
        }
        ("array", Value::Array(items)) => {
            let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
            if items.len() as u64 > most {
                return wrong(format!("expected at most {most} items, got {}", items.len()));
            }
            items
                .iter()
                .enumerate()
                .find_map(|(at, item)| fault(&schema["items"], item, &format!("{path}[{at}]")))
        }
        ("string", Value::String(text)) => match words(schema) {
            Some(words) if words.iter().all(|word| word != text) => {
                wrong(format!("{}, got {}", one_of(&words), shown(value)))
            }
            Some(_) => None,
            None => {
                let (least, most) =
                    (schema["minLength"].as_u64().unwrap_or(0), schema["maxLength"].as_u64()?);
                let length = text.chars().count() as u64;
                let fits = (least..=most).contains(&length);
                if fits {
                    None
                } else {
                    wrong(format!("expected {least} to {most} characters, got {length}"))
                }
            }
        },
        ("integer", Value::Number(number)) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            let (least, most) = (schema["minimum"].as_f64()?, schema["maximum"].as_f64()?);
            let fits = number.as_f64().is_some_and(|number| (least..=most).contains(&number));
            if fits { None } else { wrong(format!("expected {}, got {number}", range(schema))) }
        }
        ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => None,
        (kind, _) => wrong(format!("{}, got {}", expected(kind, schema), shown(value))),
    }
}

/// What a schema asks for, in words.
fn expected(kind: &str, schema: &Value) -> String {
    match (kind, words(schema)) {
        ("integer", _) => format!("expected a whole number, {}", range(schema)),
        ("string", Some(words)) => one_of(&words),
        ("string", None) => String::from("expected a string"),
        ("array", _) => String::from("expected a list"),
        ("object", _) => String::from("expected an object"),
        ("boolean", _) => String::from("expected true or false"),
        _ => String::from("expected a number"),
    }
}

fn words(schema: &Value) -> Option<Vec<String>> {
    let words = schema["enum"].as_array()?;
    Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn one_of(words: &[String]) -> String {
    match words {
        [] => String::from("there are none here"),
        [one] => format!("expected {one}"),
        several => format!("expected one of {}", several.join(", ")),
    }
}

fn range(schema: &Value) -> String {
    format!("{} to {}", schema["minimum"], schema["maximum"])
}

/// A value as whoever sent it will know it again.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => String::from("a list"),
        Value::Object(_) => String::from("an object"),
        scalar => cut(&scalar.to_string()),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::{super::schema_for, *};
    use crate::model::{List, Severity, Whole};

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        count: Whole<0, 255>,
        note: Option<Text<1, 5>>,
        #[serde(default)]
        names: List<Text<0, 9>, 2>,
        #[serde(default)]
        severity: Severity,
    }

    fn read(raw: &str) -> Result<Sample, String> {
        arguments(raw.as_bytes(), &schema_for::<Sample>()).map_err(|error| error.error)
    }

    fn refusal(raw: &str) -> String {
        read(raw).err().unwrap_or_default()
    }

    #[test]
    fn null_is_none_for_every_optional_argument() {
        let read = read(r#"{"count":3.0,"note":null,"names":null,"severity":null}"#).unwrap();
        assert_eq!((read.count.get(), read.note, read.severity), (3, None, Severity::Medium));
        assert!(read.names.into_vec().is_empty());
        assert_eq!(refusal(r#"{"count":null}"#), "arguments: missing field `count`");
        assert_eq!(refusal(r#"{"count":null,"count":1}"#), "arguments: `count` is given twice");
        assert_eq!(refusal(r#"{"count":1,"names":[null]}"#), "names[0]: expected a string, got null");
        assert!(refusal(r#"{"count":1,"other":null}"#).starts_with("other: unknown field `other`"));
    }

    #[test]
    fn a_wrong_argument_is_named_with_what_it_expects_in_words_of_json() {
        for (raw, text) in [
            ("[1]", "arguments: expected an object"),
            ("{}", "arguments: missing field `count`"),
            (r#"{"count":"x"}"#, "count: expected a whole number, 0 to 255, got \"x\""),
            (r#"{"count":1.5}"#, "count: expected a whole number, 0 to 255, got 1.5"),
            (r#"{"count":256}"#, "count: expected 0 to 255, got 256"),
            (r#"{"count":-1.0}"#, "count: expected 0 to 255, got -1.0"),
            (r#"{"count":[]}"#, "count: expected a whole number, 0 to 255, got a list"),
            (r#"{"count":1,"note":5}"#, "note: expected a string, got 5"),
            (r#"{"count":1,"note":""}"#, "note: expected 1 to 5 characters, got 0"),
            (r#"{"count":1,"note":"\u0000"}"#, "note: expected text without the character NUL"),
            (r#"{"count":1,"names":"x"}"#, "names: expected a list, got \"x\""),
            (r#"{"count":1,"names":{}}"#, "names: expected a list, got an object"),
            (r#"{"count":1,"names":["","",""]}"#, "names: expected at most 2 items, got 3"),
            (r#"{"count":1,"names":["",7]}"#, "names[1]: expected a string, got 7"),
            (r#"{"count":1,"severity":"dire"}"#, "severity: expected one of low, medium, high, got \"dire\""),
            (r#"{"count":1,"severity":{}}"#, "severity: expected one of low, medium, high, got an object"),
            (r#"{"count":1,"count":2}"#, "arguments: `count` is given twice"),
            (
                r#"{"count":1,"size":2}"#,
                "size: unknown field `size`, expected one of `count`, `names`, `note`, `severity`",
            ),
        ] {
            assert_eq!(refusal(raw), text, "{raw}");
        }
    }

    #[test]
    fn a_long_value_is_not_repeated_whole() {
        let long = refusal(&format!(r#"{{"count":"{}"}}"#, "ä".repeat(5_000)));
        assert!(long.chars().count() < 120, "{long}");
        let name = refusal(&format!(r#"{{"count":1,"{}":1}}"#, "ä".repeat(5_000)));
        assert!(name.chars().count() < 200, "{name}");
    }
}
