//! Requests and their answers: sent as somebody, within what GitHub takes of that credential, and tried again where that is safe.
//!
//! A read is tried three times at most, and again only if there was no answer, GitHub failed, or a limit ends before the caller's
//! deadline. A write is sent once.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};
use url::Url;

use super::{
    Ask, GithubError, GithubHost,
    app::{AppToken, GithubApp},
    credential::Source,
    quota::{TokenQuota, TokenQuotas},
    tagged_answers::TaggedAnswers,
    verdict::{Api, Verdict, github_now, judge},
};
use crate::{
    clock::Clock,
    model::UnixMillis,
    net::{HttpClient, HttpRequest, HttpResponse, NetError},
};

/// Bytes of an answer.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Tries of a read after the first.
const MOST_RETRIES: u32 = 2;
const MOST_REDIRECTS: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// A proof that is refused is made again by GitHub's clock, if ours differs by so much.
const SKEW_SECONDS: i64 = 30;
const JSON: HeaderValue = HeaderValue::from_static("application/vnd.github+json");
const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28"));

/// The way to every GitHub there is.
pub(super) struct GithubExchange {
    pub(super) client: HttpClient,
    pub(super) hosts: Vec<GithubHost>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) quotas: TokenQuotas,
    pub(super) kept: TaggedAnswers,
}

/// One request.
pub(super) struct GithubRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Vec<u8>>,
    pub(super) api: Api,
}

/// What became of one request.
enum Arrived {
    Answer(Arc<HttpResponse>),
    Moved(Url),
}

impl GithubExchange {
    /// The host of that name, whatever its case.
    pub(super) fn host(&self, name: &str) -> Result<&GithubHost, GithubError> {
        let found = self.hosts.iter().find(|host| host.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| GithubError::UnknownHost(name.to_owned()))
    }

    /// A read, tried again as the caller allows.
    pub(super) async fn read(
        &self,
        ask: &Ask<'_>,
        request: &GithubRequest,
    ) -> Result<Arc<HttpResponse>, GithubError> {
        let pauses = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE);
        let mut pauses = pauses.with_jitter().with_max_times(MOST_RETRIES as usize).build();
        let mut left = ask.retries.min(MOST_RETRIES);
        loop {
            let error = match self.attempt(ask, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = self.pause(ask, &error, &mut pauses).await;
            let Some(pause) = pause.filter(|_| left > 0) else { return Err(error) };
            if Instant::now() + pause >= ask.deadline {
                return Err(error);
            }
            sleep(pause).await;
            left -= 1;
        }
    }

    /// How long after that failure the same may be asked again, if it may.
    async fn pause(
        &self,
        ask: &Ask<'_>,
        error: &GithubError,
        pauses: &mut impl Iterator<Item = Duration>,
    ) -> Option<Duration> {
        match (error, &ask.credential.source) {
            (GithubError::RateLimited { retry_after_seconds, .. }, _) => {
                Some(Duration::from_secs(*retry_after_seconds))
            }
            (GithubError::Unauthorized, Source::App(app)) => {
                app.forget().await;
                pauses.next().map(|_| Duration::ZERO)
            }
            (
                GithubError::Unreachable(_)
                | GithubError::TooSlow
                | GithubError::Unavailable { status: 500 | 502..=504 },
                _,
            ) => pauses.next(),
            _ => None,
        }
    }

    /// A read, with the redirects that stay at the same origin.
    async fn attempt(
        &self,
        ask: &Ask<'_>,
        request: &GithubRequest,
    ) -> Result<Arc<HttpResponse>, GithubError> {
        let quota = self.quotas.of(ask.credential.digest());
        let _slot = quota.enter(ask, request.api).await?;
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            match self.once(ask, &quota, request, &url).await? {
                Arrived::Answer(answer) => return Ok(answer),
                Arrived::Moved(target) => url = target,
            }
        }
        Err(GithubError::Elsewhere { status: 301 })
    }

    /// A write: sent once, in its turn.
    pub(super) async fn write(
        &self,
        ask: &Ask<'_>,
        request: &GithubRequest,
    ) -> Result<Arc<HttpResponse>, GithubError> {
        let quota = self.quotas.of(ask.credential.digest());
        let pause = self.host(ask.credential.host())?.write_pause();
        let mut turn = quota.write_turn(ask.deadline, pause).await?;
        let _slot = quota.enter(ask, request.api).await?;
        if Instant::now() >= ask.deadline {
            return Err(GithubError::TooSlow);
        }
        turn.note(Instant::now());
        let sent = self.once(ask, &quota, request, &request.url).await;
        turn.note_end(Instant::now());
        match sent.map_err(GithubError::of_write)? {
            Arrived::Answer(answer) => Ok(answer),
            Arrived::Moved(_) => Err(GithubError::Elsewhere { status: 307 }),
        }
    }

    async fn once(
        &self,
        ask: &Ask<'_>,
        quota: &TokenQuota,
        request: &GithubRequest,
        url: &Url,
    ) -> Result<Arrived, GithubError> {
        let mut headers = headers(&self.bearer(ask).await?)?;
        let digest = ask.credential.digest();
        let kept = Some(url).filter(|_| request.method == Method::GET);
        let kept = kept.and_then(|url| self.kept.get(digest, url));
        if let Some(tag) = kept.as_ref().and_then(|kept| kept.headers.get(header::ETAG)) {
            headers.insert(header::IF_NONE_MATCH, tag.clone());
        }
        let answer = self.send(headers, ask.deadline, request, url).await?;
        let now = self.clock.now().0.div_euclid(1000);
        quota.note(&answer, request.api, now);
        match (judge(&answer, request.api, now), kept) {
            (Verdict::NotModified, Some(kept)) => Ok(Arrived::Answer(kept)),
            (Verdict::Answer | Verdict::NotModified, _) => {
                let answer = Arc::new(answer);
                if request.method == Method::GET {
                    self.kept.keep(digest, url, &answer);
                }
                Ok(Arrived::Answer(answer))
            }
            (Verdict::Moved, _) => moved(&answer, request, url),
            (Verdict::Failed(error), _) => Err(error),
            (Verdict::Limited(limit), _) => Err(quota.stop(limit, request.api)),
        }
    }

    async fn send(
        &self,
        headers: HeaderMap,
        deadline: Instant,
        request: &GithubRequest,
        url: &Url,
    ) -> Result<HttpResponse, GithubError> {
        let sent = HttpRequest {
            method: request.method.clone(),
            url: url.clone(),
            headers,
            body: request.body.clone(),
            timeout: deadline.saturating_duration_since(Instant::now()),
            most_bytes: MOST_BYTES,
        };
        self.client.send(sent).await.map_err(|error| match error {
            NetError::TimedOut => GithubError::TooSlow,
            NetError::TooLong => GithubError::TooLong,
            error => GithubError::Unreachable(error),
        })
    }

    async fn bearer(&self, ask: &Ask<'_>) -> Result<SecretString, GithubError> {
        match &ask.credential.source {
            Source::Token(token) => Ok(token.clone()),
            Source::App(app) => app.bearer(|| self.installation_token(app, ask.deadline)).await,
        }
    }

    /// A new token of an App's installation. A proof that GitHub's clock refuses is made once more, by that clock.
    async fn installation_token(&self, app: &GithubApp, deadline: Instant) -> Result<AppToken, GithubError> {
        let number = app.installation_id().to_string();
        let url = self.host(app.host())?.rest_url(&["app", "installations", &number, "access_tokens"], &[]);
        let request = GithubRequest { method: Method::POST, url, body: None, api: Api::Rest };
        let ours = self.clock.now();
        let answer = self.send(headers(&app.jwt(ours)?)?, deadline, &request, &request.url).await?;
        let theirs = UnixMillis(github_now(&answer, ours.0.div_euclid(1000)).saturating_mul(1000));
        if answer.status == 401 && (theirs.0 - ours.0).abs() > SKEW_SECONDS * 1000 {
            let answer = self.send(headers(&app.jwt(theirs)?)?, deadline, &request, &request.url).await?;
            return AppToken::read(&answer, theirs);
        }
        AppToken::read(&answer, theirs)
    }
}

/// Where an answer points to, if that is at the same origin and the request may be sent there.
fn moved(answer: &HttpResponse, request: &GithubRequest, url: &Url) -> Result<Arrived, GithubError> {
    let target = answer.header("location").and_then(|target| url.join(target).ok());
    let target = target.filter(|target| request.method == Method::GET && target.origin() == url.origin());
    target.map(Arrived::Moved).ok_or(GithubError::Elsewhere { status: answer.status })
}

fn headers(bearer: &SecretString) -> Result<HeaderMap, GithubError> {
    let authorization = HeaderValue::try_from(format!("Bearer {}", bearer.expose_secret()));
    let mut authorization = authorization.map_err(|_| GithubError::Unauthorized)?;
    authorization.set_sensitive(true);
    Ok(HeaderMap::from_iter([(header::AUTHORIZATION, authorization), (header::ACCEPT, JSON), VERSION]))
}
