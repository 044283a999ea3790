//! What an answer means. A 403 is a limit only if it says so: of every other the cause is told at once.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>

use std::time::Duration;

use serde::Deserialize;

use super::{
    GithubError,
    graphql::{QueryFailure, failure, is_about_pace},
};
use crate::net::HttpResponse;

/// Which API answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// JSON as REST has it.
    Rest,
    /// GraphQL, which fails with status 200 too.
    Graphql,
}

/// The meaning of an answer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// What was asked for.
    Answer,
    /// What was got before still holds.
    NotModified,
    /// It is elsewhere.
    Moved,
    /// Nothing more is taken for now.
    Limited(Limit),
    /// A failure.
    Failed(GithubError),
}

/// A limit that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// How long nothing is taken, if it was said.
    pub(super) wait: Option<Duration>,
    /// Whether it was the pace, not the hour's budget.
    pub(super) secondary: bool,
}

#[derive(Default, Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
}

/// What an answer means that came at `now`, in seconds of Unix time.
pub(super) fn judge(response: &HttpResponse, api: Api, now: i64) -> Verdict {
    match response.status {
        200..=299 if api == Api::Graphql => match failure(&response.body) {
            None => Verdict::Answer,
            Some(QueryFailure::Limited { secondary }) => Verdict::Limited(limit(response, secondary, now)),
            Some(QueryFailure::Other(error)) => Verdict::Failed(sharpened(error, response)),
        },
        200..=299 => Verdict::Answer,
        304 => Verdict::NotModified,
        301 | 302 | 307 | 308 => Verdict::Moved,
        401 => Verdict::Failed(GithubError::Unauthorized),
        403 | 429 => refused(response, now),
        404 => Verdict::Failed(GithubError::NotFound),
        410 => Verdict::Failed(GithubError::Gone),
        status if status >= 500 => Verdict::Failed(GithubError::Unavailable { status }),
        status => Verdict::Failed(GithubError::Rejected { status, message: message(response) }),
    }
}

fn refused(response: &HttpResponse, now: i64) -> Verdict {
    let message = message(response);
    let is_spent = response.header("x-ratelimit-remaining") == Some("0");
    let has_pause = response.header("retry-after").is_some();
    let is_pace = is_about_pace(&message) || (has_pause && !is_spent);
    if is_spent || is_pace || response.status == 429 {
        return Verdict::Limited(limit(response, is_pace || !is_spent, now));
    }
    Verdict::Failed(sharpened(GithubError::Forbidden { message, needs: None }, response))
}

/// A refusal with what the headers say is missing.
fn sharpened(error: GithubError, response: &HttpResponse) -> GithubError {
    match (error, response.header("x-github-sso")) {
        (GithubError::Forbidden { .. } | GithubError::SsoRequired { .. }, Some(sso)) => {
            let url = sso.split(';').find_map(|part| part.trim().strip_prefix("url="));
            GithubError::SsoRequired { url: url.map(str::to_owned) }
        }
        (GithubError::Forbidden { message, .. }, None) => {
            let needs = ["x-accepted-github-permissions", "x-accepted-oauth-scopes"];
            let mut needs = needs.into_iter().filter_map(|name| response.header(name));
            let needs = needs.find(|needs| !needs.is_empty()).map(str::to_owned);
            GithubError::Forbidden { message, needs }
        }
        (other, _) => other,
    }
}

fn limit(response: &HttpResponse, secondary: bool, now: i64) -> Limit {
    // Both are of GitHub's clock, whatever ours says.
    let now = github_now(response, now);
    let pause = response.header("retry-after").and_then(|text| {
        text.trim().parse().ok().or_else(|| unix_seconds(text).map(|at| at.saturating_sub(now)))
    });
    let is_spent = response.header("x-ratelimit-remaining") == Some("0");
    let reset = response.header("x-ratelimit-reset").filter(|_| is_spent);
    let reset = reset.and_then(|text| text.trim().parse::<i64>().ok()).map(|at| at.saturating_sub(now));
    let seconds = pause.or(reset).map(|seconds| u64::try_from(seconds).unwrap_or_default().max(1));
    Limit { wait: seconds.map(Duration::from_secs), secondary }
}

/// The time by GitHub's clock, else by ours, in seconds of Unix time.
pub(super) fn github_now(response: &HttpResponse, ours: i64) -> i64 {
    response.header("date").and_then(unix_seconds).unwrap_or(ours)
}

/// The seconds of Unix time of an HTTP date.
fn unix_seconds(date: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(date.trim()).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

fn message(response: &HttpResponse) -> String {
    serde_json::from_slice::<Complaint>(&response.body).unwrap_or_default().message
}
