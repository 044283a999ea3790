//! One request to Planka and what its answer means. As whom is said by a header, which goes to the configured address alone.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use super::error::PlankaError;
use crate::{
    model::{shortened, visible},
    net::{HttpClient, HttpRequest, HttpResponse, NetError},
};

/// Bytes of an answer: Planka gives a whole board at once, and a comment may have a million characters.
pub(super) const MOST_BYTES: usize = 32 * 1024 * 1024;
/// For an answer about one thing to be there as a whole.
pub(super) const PATIENCE: Duration = Duration::from_secs(9);
/// For one about a whole board: Planka takes seconds over some thousand cards.
pub(super) const BOARD_PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing is asked after a 429 that does not say it, in seconds.
const PAUSE_SECONDS: i64 = 60;
/// Characters of what Planka says of a failure.
const MOST_MESSAGE_CHARS: usize = 400;

/// What is asked.
#[derive(Debug)]
pub(super) struct PlankaRequest<'a> {
    pub(super) method: Method,
    /// Segments behind `/api`.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<&'a Value>,
    /// Of the answer that is known.
    pub(super) etag: Option<&'a str>,
    pub(super) most_bytes: usize,
    pub(super) patience: Duration,
}

impl<'a> PlankaRequest<'a> {
    /// What is there.
    pub(super) fn get(path: &'a [&'a str]) -> Self {
        Self {
            method: Method::GET,
            path,
            query: &[],
            body: None,
            etag: None,
            most_bytes: MOST_BYTES,
            patience: PATIENCE,
        }
    }

    /// A change.
    pub(super) fn write(method: Method, path: &'a [&'a str], body: Option<&'a Value>) -> Self {
        Self { method, path, query: &[], body, etag: None, most_bytes: MOST_BYTES, patience: PATIENCE }
    }
}

#[derive(Default, Deserialize)]
struct PlankaComplaint {
    #[serde(default)]
    message: String,
    #[serde(default)]
    problems: Vec<String>,
}

/// The way to one Planka.
pub(super) struct PlankaExchange {
    pub(super) client: HttpClient,
    /// Where people open it.
    pub(super) base: Url,
}

impl PlankaExchange {
    /// Sends a request once, for an answer that is of use. `as_whom`: the header that says it.
    pub(super) async fn send(
        &self,
        request: &PlankaRequest<'_>,
        as_whom: Option<(&'static str, HeaderValue)>,
    ) -> Result<HttpResponse, PlankaError> {
        let answer = self.send_for_any(request, as_whom).await;
        let answer = answer.and_then(|answer| judge(answer, request.etag.is_some()));
        if request.method == Method::GET { answer } else { answer.map_err(PlankaError::of_write) }
    }

    /// The same for whatever is answered.
    pub(super) async fn send_for_any(
        &self,
        request: &PlankaRequest<'_>,
        as_whom: Option<(&'static str, HeaderValue)>,
    ) -> Result<HttpResponse, PlankaError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(as_whom.map(|(name, value)| (http::HeaderName::from_static(name), value)));
        if let Some(etag) = request.etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            headers.insert(header::IF_NONE_MATCH, etag);
        }
        let sent = self.client.send(HttpRequest {
            method: request.method.clone(),
            url: self.url(request.path, request.query),
            headers,
            body: request.body.map(|body| body.to_string().into_bytes()),
            timeout: request.patience,
            most_bytes: request.most_bytes,
        });
        sent.await.map_err(|error| match error {
            NetError::TooLong => PlankaError::TooLong { most_bytes: request.most_bytes },
            other => PlankaError::Unreachable(other),
        })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("api").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// The JSON of an answer.
pub(super) fn parsed<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, PlankaError> {
    serde_json::from_slice(&answer.body).map_err(PlankaError::Malformed)
}

/// An answer that is of use, else what it means. Whatever Planka has no address for it answers with its page.
pub(super) fn judge(answer: HttpResponse, has_etag: bool) -> Result<HttpResponse, PlankaError> {
    let is_page = answer.header("content-type").is_some_and(|kind| !kind.contains("json"));
    let status = answer.status;
    match status {
        200..=299 | 404 if is_page => Err(PlankaError::Page { status }),
        status if (200..300).contains(&status) || (status == 304 && has_etag) => Ok(answer),
        300..=399 => Err(PlankaError::Elsewhere { status }),
        401 => Err(PlankaError::Unauthorized),
        403 => Err(PlankaError::Forbidden { message: complaint(&answer) }),
        404 => Err(PlankaError::NotFound),
        429 => Err(PlankaError::RateLimited { seconds: pause(&answer) }),
        408 | 500.. => Err(PlankaError::Unavailable { status }),
        _ => Err(PlankaError::Rejected { status, message: complaint(&answer) }),
    }
}

fn pause(answer: &HttpResponse) -> i64 {
    let said = answer.header("retry-after").and_then(|text| text.trim().parse::<i64>().ok());
    said.map_or(PAUSE_SECONDS, |seconds| seconds.clamp(1, 3600))
}

/// What Planka says of a failure.
fn complaint(answer: &HttpResponse) -> String {
    let said = serde_json::from_slice::<PlankaComplaint>(&answer.body).unwrap_or_default();
    let message = if said.message.is_empty() { format!("status {}", answer.status) } else { said.message };
    let whole = [&[message], &said.problems[..]].concat().join(": ");
    shortened(&visible(&whole.replace('\n', " ")), MOST_MESSAGE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &'static str, body: &str) -> HttpResponse {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        HttpResponse { status, headers, body: body.as_bytes().to_vec() }
    }

    fn meaning(status: u16, kind: &'static str, body: &str) -> String {
        judge(answer(status, kind, body), false)
            .map_or_else(|error| format!("{error:?}"), |_| "answer".to_owned())
    }

    #[test]
    fn an_answer_means_what_its_status_and_its_kind_say() {
        const JSON: &str = "application/json; charset=utf-8";
        const HTML: &str = "text/html; charset=utf-8";
        for (status, kind, body, expected) in [
            (200, JSON, "{}", "answer"),
            (200, HTML, "<html>", "Page { status: 200 }"),
            (404, HTML, "<html>", "Page { status: 404 }"),
            (404, JSON, r#"{"code":"E_NOT_FOUND","message":"Card not found"}"#, "NotFound"),
            (302, HTML, "", "Elsewhere { status: 302 }"),
            (304, JSON, "", "Elsewhere { status: 304 }"),
            (401, JSON, "{}", "Unauthorized"),
            (429, HTML, "", "RateLimited { seconds: 60 }"),
            (502, HTML, "", "Unavailable { status: 502 }"),
            (500, "text/plain", "Internal Server Error", "Unavailable { status: 500 }"),
        ] {
            assert_eq!(meaning(status, kind, body), expected);
        }
        let rejected = meaning(400, JSON, r#"{"message":"no","problems":["\"type\" is\nrequired"]}"#);
        assert!(rejected.contains(r#"no: \"type\" is required"#), "{rejected}");
    }

    #[test]
    fn addresses_stand_below_that_of_planka_and_names_are_encoded() {
        let exchange = |base: &str| PlankaExchange {
            client: HttpClient::new(crate::config::NetworkSettings::default()),
            base: base.parse().unwrap(),
        };
        let url = exchange("http://planka:1337").url(&["cards", "7", "card-labels", "labelId:9"], &[]);
        assert_eq!(url.as_str(), "http://planka:1337/api/cards/7/card-labels/labelId:9");
        let url = exchange("https://x.example/team").url(&["boards", "a/../b"], &[("beforeId", "7")]);
        assert_eq!(url.as_str(), "https://x.example/team/api/boards/a%2F..%2Fb?beforeId=7");
    }
}
