//! What an answer means: GraphQL fails with status 200 too, and Linear tells of its limits with status 400. Data that comes with an
//! error is not taken: what is missing in it might be who a task is assigned to.
//! <https://linear.app/developers/graphql>, <https://linear.app/developers/rate-limiting>

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use super::error::LinearError;
use crate::{model::UnixMillis, net::HttpResponse};

/// No wait is shorter.
const LEAST_MILLIS: i64 = 1_000;
/// Linear's limits are those of an hour.
const MOST_MILLIS: i64 = 3_600_000;
/// Where it is not said which limit was met and when that ends; they refill all the time.
const UNSAID_MILLIS: i64 = 60_000;
/// Characters of a message that are told.
const MOST_SAID: usize = 300;

#[derive(Deserialize)]
struct LinearAnswer<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    errors: Option<Vec<AnswerError>>,
}

#[derive(Deserialize)]
struct AnswerError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Value,
}

impl AnswerError {
    /// Its code, such as `INPUT_ERROR`; its type where it has none.
    fn kind(&self) -> String {
        let text = |name: &str| self.extensions[name].as_str().filter(|text| !text.is_empty());
        text("code").or_else(|| text("type")).unwrap_or_default().to_uppercase().replace(' ', "_")
    }

    fn said(&self) -> String {
        let presentable = self.extensions["userPresentableMessage"].as_str().filter(|text| !text.is_empty());
        crate::model::shortened(presentable.unwrap_or(&self.message), MOST_SAID)
    }

    fn is_limit(&self) -> bool {
        self.kind().replace('_', "") == "RATELIMITED" || self.extensions["statusCode"] == 429
    }

    fn meaning(&self, status: u16) -> LinearError {
        let message = self.message.to_lowercase();
        match self.kind().as_str() {
            "AUTHENTICATION_ERROR" | "UNAUTHENTICATED" => LinearError::Unauthorized,
            "FORBIDDEN" | "FEATURE_NOT_ACCESSIBLE" => LinearError::Forbidden { message: self.said() },
            _ if message.starts_with("entity not found") => LinearError::NotFound,
            _ if is_about_id(&message) => LinearError::Taken,
            "INTERNAL_SERVER_ERROR" | "INTERNAL_ERROR" | "LOCK_TIMEOUT" | "NETWORK_ERROR" => {
                LinearError::Failed { message: self.said() }
            }
            "INPUT_ERROR"
            | "INVALID_INPUT"
            | "USER_ERROR"
            | "USAGE_LIMIT_EXCEEDED"
            | "GRAPHQL_ERROR"
            | "GRAPHQL_VALIDATION_FAILED"
            | "GRAPHQL_PARSE_FAILED"
            | "BAD_USER_INPUT" => LinearError::Rejected { message: self.said() },
            _ if self.extensions["userError"] == true || (400..500).contains(&status) => {
                LinearError::Rejected { message: self.said() }
            }
            _ => LinearError::Failed { message: self.said() },
        }
    }
}

/// Whether a message is the one about an id that is taken. Linear has the same about the texts of issues, which says nothing of an id.
fn is_about_id(message: &str) -> bool {
    let what = message.strip_prefix("conflict on insert of ");
    what.is_some_and(|what| matches!(what, "issue" | "comment" | "issuerelation" | "issuelabel"))
}

/// The failure that an answer is, at a moment of our clock; nothing if there is none.
pub(super) fn failure(answer: &HttpResponse, now: UnixMillis) -> Option<LinearError> {
    let read = serde_json::from_slice::<LinearAnswer<'_>>(&answer.body);
    let errors = read.as_ref().ok().and_then(|read| read.errors.as_deref()).unwrap_or_default();
    if answer.status == 429 || errors.iter().any(AnswerError::is_limit) {
        return Some(LinearError::RateLimited { until: now.plus(wait_millis(answer, now)) });
    }
    if answer.status == 401 {
        return Some(LinearError::Unauthorized);
    }
    if let Some(error) = errors.first() {
        return Some(error.meaning(answer.status));
    }
    match answer.status {
        200..=299 => read.err().map(LinearError::Malformed),
        403 => Some(LinearError::Forbidden { message: String::from("status 403, without a reason") }),
        status if status >= 500 => Some(LinearError::Unavailable { status }),
        status => Some(LinearError::NoApi { status }),
    }
}

/// The data of an answer without a failure.
pub(super) fn data<T: DeserializeOwned>(body: &[u8]) -> Result<T, LinearError> {
    let answer: LinearAnswer<'_> = serde_json::from_slice(body).map_err(LinearError::Malformed)?;
    serde_json::from_str(answer.data.map_or("null", RawValue::get)).map_err(LinearError::Malformed)
}

/// Milliseconds until requests are taken again.
fn wait_millis(answer: &HttpResponse, now: UnixMillis) -> i64 {
    let number = |name: &str| answer.header(name)?.trim().parse::<f64>().ok();
    let spent = ["requests", "complexity", "endpoint-requests"].into_iter().filter_map(|of| {
        let left = number(&format!("x-ratelimit-{of}-remaining"))?;
        let reset = number(&format!("x-ratelimit-{of}-reset"))? as i64;
        (left < 1.0).then(|| reset.saturating_sub(linear_now(answer, now).0))
    });
    let asked = || number("retry-after").map(|seconds| (seconds * 1000.0) as i64);
    let wait = spent.max().filter(|wait| *wait > 0).or_else(asked).unwrap_or(UNSAID_MILLIS);
    wait.clamp(LEAST_MILLIS, MOST_MILLIS)
}

/// The time by Linear's clock, else by ours.
pub(super) fn linear_now(answer: &HttpResponse, ours: UnixMillis) -> UnixMillis {
    let date = answer.header("date").and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    let since = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(ours, |since| UnixMillis(i64::try_from(since.as_millis()).unwrap_or(ours.0)))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Option<LinearError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        failure(&HttpResponse { status, headers: map, body: body.as_bytes().to_vec() }, NOW)
    }

    fn errors(code: &str, message: &str) -> String {
        json!({"data": null, "errors": [{"message": message, "extensions": {"code": code}}]}).to_string()
    }

    #[test]
    fn a_limit_is_one_whatever_its_status_and_ends_when_the_spent_budget_does() {
        let limited = errors("RATELIMITED", "Rate limit exceeded");
        let until = |headers: &[(&'static str, &str)], status| match answer(status, headers, &limited) {
            Some(LinearError::RateLimited { until }) => until.0 - NOW.0,
            other => panic!("{other:?}"),
        };
        let reset = (NOW.0 + 90_000).to_string();
        let spent = [
            ("x-ratelimit-requests-remaining", "0"),
            ("x-ratelimit-requests-reset", reset.as_str()),
            ("x-ratelimit-complexity-remaining", "2999000"),
            ("x-ratelimit-complexity-reset", "9999999999999"),
        ];
        assert_eq!((until(&spent, 400), until(&spent, 200), until(&[], 400)), (90_000, 90_000, 60_000));
        assert_eq!(until(&[("retry-after", "7")], 429), 7_000);
        // By Linear's clock, which is an hour ahead, it ends in half a minute.
        let ahead = (NOW.0 + 3_630_000).to_string();
        let skewed = [
            ("date", "Fri, 15 Jan 2027 09:00:00 GMT"),
            ("x-ratelimit-requests-remaining", "0"),
            ("x-ratelimit-requests-reset", ahead.as_str()),
        ];
        assert_eq!(until(&skewed, 400), 30_000);
    }

    #[test]
    fn an_error_means_what_its_code_and_its_words_say_and_data_beside_it_is_not_taken() {
        let of =
            |status, code, message| answer(status, &[], &errors(code, message)).map(|e| format!("{e:?}"));
        let is = |found: Option<String>, begins: &str| {
            assert!(found.as_ref().is_some_and(|found| found.starts_with(begins)), "{found:?}");
        };
        is(of(200, "INPUT_ERROR", "Entity not found: Issue"), "NotFound");
        is(of(200, "INPUT_ERROR", "conflict on insert of Comment"), "Taken");
        is(of(200, "INPUT_ERROR", "Conflict on insert of DocumentContent"), "Rejected");
        is(of(400, "AUTHENTICATION_ERROR", "Authentication required"), "Unauthorized");
        is(of(200, "FORBIDDEN", "Invalid scope"), "Forbidden");
        is(of(400, "INVALID_INPUT", "Argument Validation Error"), "Rejected");
        is(of(200, "INTERNAL_SERVER_ERROR", "oops"), "Failed");
        is(of(200, "", "oops"), "Failed");
        let partial = r#"{"data": {"issue": {"id": "1", "assignee": null}}, "errors": [{"message": "no", "path": ["issue"]}]}"#;
        is(answer(200, &[], partial).map(|e| format!("{e:?}")), "Failed");
        is(answer(200, &[], "<html>").map(|e| format!("{e:?}")), "Malformed");
        is(answer(404, &[], "<html>").map(|e| format!("{e:?}")), "NoApi");
        is(answer(502, &[], "<html>").map(|e| format!("{e:?}")), "Unavailable");
        is(answer(401, &[], "").map(|e| format!("{e:?}")), "Unauthorized");
        assert!(answer(200, &[], r#"{"data": {}}"#).is_none());
    }
}
