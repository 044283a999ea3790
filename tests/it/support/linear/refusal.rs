//! Why something is not done, in Linear's words.

use serde_json::{Value, json};

/// Why something is not done, as Linear says it.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    pub error: Value,
}

impl Refusal {
    fn of(status: u16, (kind, code): (&str, &str), message: &str, presentable: &str) -> Self {
        let extensions = json!({
            "type": kind, "code": code, "statusCode": if code == "FORBIDDEN" { 403 } else { 400 }, "userError": true,
            "userPresentableMessage": presentable,
        });
        Self { status, error: json!({"message": message, "extensions": extensions}) }
    }

    pub fn input(message: &str) -> Self {
        Self::of(200, ("invalid input", "INPUT_ERROR"), message, message)
    }

    pub fn missing(what: &str) -> Self {
        let presentable = format!("Could not find referenced {what}.");
        Self::of(200, ("invalid input", "INPUT_ERROR"), &format!("Entity not found: {what}"), &presentable)
    }

    pub fn taken(what: &str, id: &str) -> Self {
        let presentable = format!("Entity {what} with id {id} already exists.");
        Self::of(
            200,
            ("invalid input", "INPUT_ERROR"),
            &format!("conflict on insert of {what}"),
            &presentable,
        )
    }

    pub fn scope() -> Self {
        let message = "Invalid scope: `write` required";
        Self::of(200, ("forbidden", "FORBIDDEN"), message, message)
    }

    pub fn validation(message: &str) -> Self {
        Self::of(400, ("graphql error", "GRAPHQL_VALIDATION_FAILED"), message, message)
    }
}
