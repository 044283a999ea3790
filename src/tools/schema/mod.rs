//! JSON Schemas made from types, and what is read by them: arguments, and the headers that mirror some.

mod arguments;
mod mirrored;
mod schema;

pub(super) use arguments::{arguments, given};
pub use mirrored::MirroredArgument;
pub(super) use schema::{output_schema_for, schema_for};
