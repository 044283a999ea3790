//! Whole numbers and lists within bounds, and the bound of a page. The type that refuses what is outside is the one that
//! states the bounds in the schema.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error, Visitor},
};

/// The largest whole number that every JSON reader keeps exactly: 2^53 - 1.
pub const MOST_EXACT: i64 = (1 << 53) - 1;

/// Bytes of a page of whatever is read in pages. With what else an answer says it stays under 64 KiB, which any client takes.
pub const PAGE_BYTES: usize = 63 * 1024;

/// A whole number from `MIN` to `MAX`, both at most [`MOST_EXACT`] from zero. `50.0` is one, `50.5` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// The number `VALUE`, checked when the program is built.
    pub const fn of<const VALUE: i64>() -> Self {
        const { assert!(MIN <= VALUE && VALUE <= MAX, "a default is within its bounds") };
        Self(VALUE)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MAX: i64> Default for Whole<0, MAX> {
    fn default() -> Self {
        Self(0)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Number<const MIN: i64, const MAX: i64>;
        impl<const MIN: i64, const MAX: i64> Visitor<'_> for Number<MIN, MAX> {
            type Value = Whole<MIN, MAX>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "a whole number, {MIN} to {MAX}")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                if !(MIN..=MAX).contains(&number) {
                    return Err(E::custom(format_args!("expected {MIN} to {MAX}, got {number}")));
                }
                Ok(Whole(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                if number.fract() != 0.0 {
                    return Err(E::custom(format_args!(
                        "expected a whole number, {MIN} to {MAX}, got {number}"
                    )));
                }
                // What does not fit becomes the nearest that does, which is out of bounds.
                self.visit_i64(number as i64)
            }
        }
        reader.deserialize_any(Number)
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// A list of at most `MAX` items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The items, by value.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let items = Vec::deserialize(reader)?;
        if items.len() > MAX {
            return Err(D::Error::custom(format_args!("expected at most {MAX} items, got {}", items.len())));
        }
        Ok(Self(items))
    }
}

impl<T: JsonSchema, const MAX: usize> JsonSchema for List<T, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "List".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({"type": "array", "items": items, "maxItems": MAX})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<i64> {
        serde_json::from_str::<Whole<-3, 100>>(text).ok().map(Whole::get)
    }

    #[test]
    fn a_number_is_whole_whatever_way_it_is_written() {
        for (text, number) in [("7", 7), ("7.0", 7), ("1e2", 100), ("-3.00", -3), ("-0.0", 0), ("100", 100)] {
            assert_eq!(read(text), Some(number), "{text}");
        }
    }

    #[test]
    fn fractions_texts_and_what_is_outside_are_refused() {
        for text in
            ["7.5", "-3.0001", "101", "100.1", "-4", "1e300", "-1e300", "\"7\"", "true", "null", "[7]"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        let most = format!("{}", i64::MAX);
        assert!(serde_json::from_str::<Whole<0, MOST_EXACT>>(&most).is_err());
        assert!(serde_json::from_str::<Whole<0, MOST_EXACT>>("9007199254740992.0").is_err());
    }
}
