//! What can go wrong with the next requests, and with which of them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Heard, tally::kind};

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Another answer.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The connection ends before the answer.
    Drop,
    /// What was asked is done, and the connection ends before the answer.
    DropAfter,
    /// The connection ends within the true answer.
    Cut,
    /// The true answer's first half, as if it were all.
    Truncated,
    /// No answer.
    Hang,
    /// The true answer, late.
    Late(Duration),
}

impl Fault {
    pub fn status(status: u16) -> Self {
        Self::answer(status, &[], &json!({"message": "as the test wants it"}))
    }

    pub fn answer(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self::Answer { status, headers, body: body.to_string() }
    }

    /// Errors of GraphQL, which come with 200.
    pub fn graphql(errors: &Value) -> Self {
        Self::answer(200, &[], &json!({"data": null, "errors": errors}))
    }

    /// 403 of a token that may not.
    pub fn permission() -> Self {
        let headers = [("x-ratelimit-remaining", "4990"), ("x-ratelimit-reset", "4102444800")];
        let body = json!({
            "message": "Resource not accessible by personal access token",
            "documentation_url": "https://docs.github.com/rest",
            "status": "403",
        });
        Self::answer(403, &headers, &body)
    }

    /// A page for people, as proxies and outages have it.
    pub fn html(status: u16) -> Self {
        let headers = vec![("content-type", String::from("text/html; charset=utf-8"))];
        let body = String::from(
            "<!DOCTYPE html><html><head><title>Unicorn!</title></head><body>This page is taking too long to load.</body></html>",
        );
        Self::Answer { status, headers, body }
    }

    /// A token's hour is used up, until that time in seconds.
    pub fn primary_limit(status: u16, reset: u64) -> Self {
        let (zero, reset) = (String::from("0"), reset.to_string());
        let headers = [("x-ratelimit-remaining", zero.as_str()), ("x-ratelimit-reset", &reset)];
        let body = json!({"message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"});
        Self::answer(status, &headers, &body)
    }

    /// Too much at once; `retry_after` as in the header.
    pub fn secondary_limit(status: u16, retry_after: Option<&str>) -> Self {
        let headers: Vec<_> = retry_after.iter().map(|value| ("retry-after", *value)).collect();
        let body = json!({"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", "documentation_url": "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"});
        Self::answer(status, &headers, &body)
    }
}

/// Which requests a fault is for.
pub enum Meant {
    All,
    Operation(String),
    Kind(String),
}

impl Meant {
    pub fn is(&self, heard: &Heard) -> bool {
        match self {
            Self::All => true,
            Self::Operation(operation) => *operation == heard.operation,
            Self::Kind(of) => *of == kind(heard),
        }
    }
}

/// Faults that come by chance, the same in every run.
pub struct Chance {
    per_mille: u64,
    faults: Vec<Fault>,
    /// What the next number follows from.
    seed: u64,
}

impl Chance {
    pub fn of(per_mille: u64, faults: &[Fault]) -> Self {
        Self { per_mille, faults: faults.to_vec(), seed: 0x9e37_79b9_7f4a_7c15 }
    }

    pub fn next(&mut self) -> Option<Fault> {
        let mut random = || {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            self.seed
        };
        let (is_now, which) = (random() % 1000 < self.per_mille, random() as usize);
        is_now.then(|| self.faults[which % self.faults.len()].clone())
    }
}
