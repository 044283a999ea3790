//! A GitHub App's installation, which stands for the workspace. It proves itself by a JWT of its RSA key and gets tokens of an hour.
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use std::{fmt, sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::Mutex, time::Instant};

use super::{
    GithubError,
    verdict::{Api, Verdict, judge},
};
use crate::{config::GithubAppSettings, model::UnixMillis, net::HttpResponse};

/// GitHub's clock may be behind ours by so much.
const BACK_SECONDS: i64 = 60;
/// GitHub takes ten minutes at most, by its own clock.
const LIFE_SECONDS: i64 = 540;
/// A token is asked for anew so long before it ends.
const EARLY: Duration = Duration::from_secs(300);
/// After a failure, nobody asks again so soon.
const PAUSE: Duration = Duration::from_secs(5);

/// One installation of an App, and the token it has now.
pub struct GithubApp {
    settings: GithubAppSettings,
    host: Arc<str>,
    state: Mutex<TokenState>,
}

enum TokenState {
    Nothing,
    Token { token: SecretString, since: Instant, ends: Instant },
    Failed { error: Arc<GithubError>, until: Instant },
}

/// A token that was just got, and how long it works.
pub(super) struct AppToken {
    pub(super) token: SecretString,
    pub(super) life: Duration,
}

#[derive(Deserialize)]
struct Given {
    token: SecretString,
    expires_at: String,
}

impl AppToken {
    /// The token in an answer that came at `now`.
    pub(super) fn read(answer: &HttpResponse, now: UnixMillis) -> Result<Self, GithubError> {
        match judge(answer, Api::Rest, now.0.div_euclid(1000)) {
            Verdict::Answer => {}
            Verdict::Failed(error) => return Err(error),
            Verdict::Limited(limit) => {
                let retry_after_seconds = limit.wait.map_or(60, |wait| wait.as_secs());
                return Err(GithubError::RateLimited { retry_after_seconds, secondary: limit.secondary });
            }
            Verdict::NotModified | Verdict::Moved => {
                return Err(GithubError::Elsewhere { status: answer.status });
            }
        }
        let given: Given = serde_json::from_slice(&answer.body).map_err(GithubError::Malformed)?;
        // A moment that is none leaves no life, so that the token is used once.
        let ends =
            OffsetDateTime::parse(&given.expires_at, &Rfc3339).map_or(0, OffsetDateTime::unix_timestamp);
        let life = u64::try_from(ends.saturating_sub(now.0.div_euclid(1000))).unwrap_or_default();
        Ok(Self { token: given.token, life: Duration::from_secs(life) })
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iat: i64,
    exp: i64,
    iss: &'a str,
}

impl GithubApp {
    /// The installation of an App at that host.
    pub fn new(settings: GithubAppSettings, host: Arc<str>) -> Self {
        Self { settings, host, state: Mutex::new(TokenState::Nothing) }
    }

    pub(super) fn host(&self) -> &Arc<str> {
        &self.host
    }

    pub(super) fn id(&self) -> &str {
        &self.settings.id
    }

    pub(super) const fn installation_id(&self) -> u64 {
        self.settings.installation_id
    }

    /// What proves at `now` that we are the App.
    pub(super) fn jwt(&self, now: UnixMillis) -> Result<SecretString, GithubError> {
        let now = now.0.div_euclid(1000);
        let claims = Claims { iat: now - BACK_SECONDS, exp: now + LIFE_SECONDS, iss: self.id() };
        let pem = self.settings.private_key.expose_secret();
        EncodingKey::from_rsa_pem(pem.as_bytes())
            .and_then(|key| jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key))
            .map(SecretString::from)
            .map_err(GithubError::AppKey)
    }

    /// The token is not taken any more, before its end. One that was just got is not meant: of many who find that out, the first
    /// has asked for it.
    pub(super) async fn forget(&self) {
        let mut state = self.state.lock().await;
        if matches!(&*state, TokenState::Token { since, .. } if since.elapsed() > PAUSE) {
            *state = TokenState::Nothing;
        }
    }

    /// The installation's token. Whoever finds none, or one that ends soon, asks for another with `ask`, and everybody else waits
    /// for that.
    pub(super) async fn bearer<F>(&self, ask: impl FnOnce() -> F) -> Result<SecretString, GithubError>
    where
        F: Future<Output = Result<AppToken, GithubError>>,
    {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        match &*state {
            TokenState::Token { token, ends, .. } if *ends > now + EARLY => return Ok(token.clone()),
            TokenState::Failed { error, until } if *until > now => {
                return Err(GithubError::App(Arc::clone(error)));
            }
            _ => {}
        }
        match ask().await {
            Ok(AppToken { token, life }) => {
                *state = TokenState::Token { token: token.clone(), since: now, ends: now + life };
                Ok(token)
            }
            Err(error) => {
                // One that still works for some minutes is better than none.
                if let TokenState::Token { token, ends, .. } = &*state
                    && *ends > now
                {
                    return Ok(token.clone());
                }
                let error = Arc::new(error);
                *state = TokenState::Failed { error: Arc::clone(&error), until: now + PAUSE };
                Err(GithubError::App(error))
            }
        }
    }
}

impl fmt::Debug for GithubApp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "GithubApp({} at {})", self.id(), self.host)
    }
}
