//! Requests and their answers. A read is tried three times at most; a write is sent once, in its turn. A token that is not taken is
//! replaced, and the same sent once more: what was refused so was not done.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep};
use url::Url;

use super::{
    answer::{data, failure},
    credential::{GivenToken, LinearApp, LinearCredential, TOKEN_REQUEST, of_key, of_token},
    error::LinearError,
    quota::LinearQuota,
};
use crate::{
    clock::Clock,
    config::{LinearBoardSettings, is_loopback_name},
    github::Urgency,
    net::{HttpClient, HttpRequest, HttpResponse, NetError},
};

/// For one request, with what is tried again.
const ONE_REQUEST: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Tries of a read after the first.
const MOST_RETRIES: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Between two writes; none on this machine, where no Linear is.
const WRITE_PAUSE: Duration = Duration::from_millis(200);
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Linear, asked as the workspace.
pub(in crate::boards::linear) struct LinearClient {
    client: HttpClient,
    url: Url,
    credential: LinearCredential,
    clock: Arc<dyn Clock>,
    quota: LinearQuota,
    write_pause: Duration,
}

#[derive(Serialize)]
struct LinearRequest<'a, V> {
    query: &'a str,
    variables: &'a V,
}

impl LinearClient {
    /// The API that the settings name.
    pub(in crate::boards::linear) fn new(
        client: HttpClient,
        settings: &LinearBoardSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let url = settings.api.clone();
        let credential = LinearCredential::new(settings.credential.clone(), &url);
        let is_here = url.host_str().is_some_and(is_loopback_name);
        let write_pause = if is_here { Duration::ZERO } else { WRITE_PAUSE };
        Self { client, url, credential, clock, quota: LinearQuota::new(), write_pause }
    }

    /// A query; `document` is the text of a `.graphql` file.
    pub(in crate::boards::linear) async fn query<T: DeserializeOwned>(
        &self,
        urgency: Urgency,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<T, LinearError> {
        let deadline = Instant::now() + ONE_REQUEST;
        let body = body(document, variables)?;
        let pauses = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_jitter();
        let mut pauses = pauses.with_max_times(MOST_RETRIES).build();
        loop {
            let error = match self.read(urgency, deadline, &body).await {
                Ok(answer) => return data(&answer.body),
                Err(error) => error,
            };
            let pause = if error.may_pass() { pauses.next() } else { None };
            match pause.filter(|pause| Instant::now() + *pause < deadline) {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    async fn read(
        &self,
        urgency: Urgency,
        deadline: Instant,
        body: &[u8],
    ) -> Result<HttpResponse, LinearError> {
        let _slot = self.quota.enter(urgency, deadline, self.clock.now()).await?;
        self.ask(deadline, body).await
    }

    /// A mutation: sent once, at a pace; [`LinearError::Unsure`] when it may or may not have happened.
    pub(in crate::boards::linear) async fn mutate<T: DeserializeOwned>(
        &self,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<T, LinearError> {
        let deadline = Instant::now() + ONE_REQUEST;
        let body = body(document, variables)?;
        let mut turn = self.quota.write_turn(deadline, self.write_pause).await?;
        let _slot = self.quota.enter(Urgency::Person, deadline, self.clock.now()).await?;
        if Instant::now() >= deadline {
            return Err(LinearError::TooSlow);
        }
        let sent = self.ask(deadline, &body).await;
        *turn = Some(Instant::now());
        data(&sent.map_err(LinearError::of_write)?.body).map_err(LinearError::of_write)
    }

    /// Sends it, and once more with another token where the first is not taken.
    async fn ask(&self, deadline: Instant, body: &[u8]) -> Result<HttpResponse, LinearError> {
        let first = self.once(deadline, body).await;
        match (&first, &self.credential) {
            (Err(LinearError::Unauthorized), LinearCredential::App(app))
                if app.forget(Instant::now()).await =>
            {
                self.once(deadline, body).await
            }
            _ => first,
        }
    }

    async fn once(&self, deadline: Instant, body: &[u8]) -> Result<HttpResponse, LinearError> {
        let authorization = match &self.credential {
            LinearCredential::Key(key) => of_key(key)?,
            LinearCredential::App(app) => {
                of_token(&app.bearer(Instant::now(), async || self.new_token(app, deadline).await).await?)?
            }
        };
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, authorization)]);
        let answer = self.send(&self.url, headers, body, deadline).await?;
        let now = self.clock.now();
        self.quota.note(&answer, now);
        match failure(&answer, now) {
            None => Ok(answer),
            Some(LinearError::RateLimited { until }) => {
                self.quota.stop(until, now);
                Err(LinearError::RateLimited { until })
            }
            Some(error) => Err(error),
        }
    }

    async fn new_token(&self, app: &LinearApp, deadline: Instant) -> Result<GivenToken, LinearError> {
        let headers =
            HeaderMap::from_iter([(header::AUTHORIZATION, app.proof()?), (header::CONTENT_TYPE, FORM)]);
        let answer = self.send(&app.token_url, headers, TOKEN_REQUEST.as_bytes(), deadline).await?;
        // It says `{error, error_description}` in place of errors.
        let said = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
        let said = ["error_description", "error"].into_iter().find_map(|name| said[name].as_str());
        match (answer.status, said) {
            (200..=299, None) => serde_json::from_slice(&answer.body).map_err(LinearError::Malformed),
            (401, _) | (_, Some("invalid_client")) => Err(LinearError::Unauthorized),
            (status, Some(said)) if status < 500 => {
                Err(LinearError::Rejected { message: crate::model::shortened(said, 300) })
            }
            _ => Err(failure(&answer, self.clock.now())
                .unwrap_or(LinearError::Unavailable { status: answer.status })),
        }
    }

    async fn send(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: &[u8],
        deadline: Instant,
    ) -> Result<HttpResponse, LinearError> {
        let request = HttpRequest {
            method: Method::POST,
            url: url.clone(),
            headers,
            body: Some(body.to_vec()),
            timeout: deadline.saturating_duration_since(Instant::now()),
            most_bytes: MOST_BYTES,
        };
        self.client.send(request).await.map_err(|error| match error {
            NetError::TimedOut => LinearError::TooSlow,
            NetError::TooLong => LinearError::TooLong,
            error => LinearError::Unreachable(error),
        })
    }
}

fn body(document: &'static str, variables: &impl Serialize) -> Result<Vec<u8>, LinearError> {
    serde_json::to_vec(&LinearRequest { query: document, variables }).map_err(LinearError::Malformed)
}
