//! Arguments of the server before this one, read as that server read them: a number may stand in quotes, and what is wrong
//! is said in its sentences.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Number, Value};

use crate::{model::Code, tools::ToolError};

/// A whole number from `MIN` to `MAX`, or anything else until it is looked at.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct LooseNumber<const MIN: u32, const MAX: u32>(Value);

impl<const MIN: u32, const MAX: u32> LooseNumber<MIN, MAX> {
    /// The number, for the argument of that name.
    pub(super) fn within(&self, name: &str) -> Result<u32, ToolError> {
        let number = match &self.0 {
            Value::Number(number) => whole(number),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| wrong(format!("Invalid type for {name}: expected integer")))?;
        let fits = u32::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
        fits.ok_or_else(|| wrong(format!("Invalid value for {name}: must be between {MIN} and {MAX}")))
    }
}

/// The number, if it is whole: some clients write every number as a float.
fn whole(number: &Number) -> Option<i128> {
    let float = || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15);
    let integer = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    integer.or_else(|| float().map(|float| float as i128))
}

impl<const MIN: u32, const MAX: u32> JsonSchema for LooseNumber<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LooseNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// A word of `W`, or anything else until it is looked at.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct LooseWord<W>(Value, #[serde(skip)] PhantomData<fn() -> W>);

impl<W: DeserializeOwned> LooseWord<W> {
    /// The word, or the sentence that says which there are.
    pub(super) fn word(self, sentence: &str) -> Result<W, ToolError> {
        serde_json::from_value(self.0).map_err(|_| wrong(sentence))
    }
}

impl<W: JsonSchema> JsonSchema for LooseWord<W> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LooseWord".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        W::json_schema(generator)
    }
}

fn wrong(sentence: impl Into<String>) -> ToolError {
    ToolError::new(Code::InvalidArguments, sentence)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_taken_in_quotes_and_refused_as_they_were_before() {
        let read =
            |value: Value| LooseNumber::<1, 100>(value).within("per_page").map_err(|error| error.error);
        let taken =
            [(json!(1), 1), (json!(100), 100), (json!("50"), 50), (json!(" 7 "), 7), (json!(50.0), 50)];
        for (value, number) in taken {
            assert_eq!(read(value.clone()), Ok(number), "{value}");
        }
        for value in [json!(true), json!(50.5), json!("x"), json!("5.0"), json!(""), json!([1]), json!(1e30)]
        {
            let said = "Invalid type for per_page: expected integer";
            assert_eq!(read(value.clone()), Err(String::from(said)), "{value}");
        }
        for value in
            [json!(0), json!(-1), json!(101), json!("101"), json!(u64::MAX), json!("99999999999999999999")]
        {
            let said = "Invalid value for per_page: must be between 1 and 100";
            assert_eq!(read(value.clone()), Err(String::from(said)), "{value}");
        }
    }
}
