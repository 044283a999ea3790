//! As whom Linear is asked: a key, or an application that gets itself tokens by client credentials and renews them before they end.
//! <https://linear.app/developers/oauth-2-0-authentication#client-credentials-tokens>

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use url::Url;
use zeroize::Zeroizing;

use super::error::LinearError;
use crate::config::LinearCredentialSettings;

/// A token is asked for anew so long before it ends.
const EARLY: Duration = Duration::from_secs(300);
/// After a failure, and after a token was got, nobody asks again so soon.
const PAUSE: Duration = Duration::from_secs(5);
/// How the tokens of a user begin, which are sent otherwise than keys.
const USER_TOKEN: &str = "lin_oauth_";
/// What the gateway does there. Another list would end the tokens that other processes have.
pub(super) const TOKEN_REQUEST: &str = "grant_type=client_credentials&scope=read%2Cwrite";

/// Whom a request is sent as.
pub(super) enum LinearCredential {
    /// A key, or a token that somebody else renews.
    Key(SecretString),
    /// An application.
    App(LinearApp),
}

/// An application and the token it has now.
pub(super) struct LinearApp {
    id: String,
    secret: SecretString,
    /// Where its tokens are.
    pub(super) token_url: Url,
    state: Mutex<AppTokenState>,
}

enum AppTokenState {
    Nothing,
    Token { token: SecretString, since: Instant, ends: Instant },
    Failed { error: Arc<LinearError>, until: Instant },
}

/// A token as Linear gives it.
#[derive(Deserialize)]
pub(super) struct GivenToken {
    access_token: SecretString,
    /// Seconds; one that does not say it is used as long as it works.
    #[serde(default)]
    expires_in: Option<u64>,
}

impl LinearCredential {
    /// The credential of the settings, for the API at that address.
    pub(super) fn new(settings: LinearCredentialSettings, api: &Url) -> Self {
        match settings {
            LinearCredentialSettings::Key(key) => Self::Key(key),
            LinearCredentialSettings::App { id, secret } => {
                let mut token_url = api.clone();
                token_url.set_path("/oauth/token");
                token_url.set_query(None);
                Self::App(LinearApp { id, secret, token_url, state: Mutex::new(AppTokenState::Nothing) })
            }
        }
    }
}

impl LinearApp {
    /// What proves that we are the application.
    pub(super) fn proof(&self) -> Result<HeaderValue, LinearError> {
        let pair = Zeroizing::new(format!("{}:{}", self.id, self.secret.expose_secret()));
        header("Basic ", &SecretString::from(STANDARD.encode(pair.as_bytes())))
    }

    /// The token is not taken any more, before its end. One that was just got is not meant: of many who find that out, the first
    /// has asked for it. Whether another one may be got now.
    pub(super) async fn forget(&self, now: Instant) -> bool {
        let mut state = self.state.lock().await;
        match &*state {
            AppTokenState::Token { since, .. } if now.duration_since(*since) > PAUSE => {
                *state = AppTokenState::Nothing;
                true
            }
            AppTokenState::Token { .. } | AppTokenState::Nothing => true,
            AppTokenState::Failed { .. } => false,
        }
    }

    /// Its token. Whoever finds none, or one that ends soon, asks for another with `ask`, and everybody else waits for that.
    pub(super) async fn bearer(
        &self,
        now: Instant,
        ask: impl AsyncFnOnce() -> Result<GivenToken, LinearError>,
    ) -> Result<SecretString, LinearError> {
        let mut state = self.state.lock().await;
        match &*state {
            AppTokenState::Token { token, ends, .. } if *ends > now + EARLY => return Ok(token.clone()),
            AppTokenState::Failed { error, until } if *until > now => {
                return Err(LinearError::NoToken(Arc::clone(error)));
            }
            _ => {}
        }
        match ask().await {
            Ok(GivenToken { access_token: token, expires_in }) => {
                let life = Duration::from_secs(expires_in.unwrap_or(86_400));
                let ends = now.checked_add(life).unwrap_or(now + Duration::from_secs(86_400));
                *state = AppTokenState::Token { token: token.clone(), since: now, ends };
                Ok(token)
            }
            Err(error) => {
                // One that still works for some minutes is better than none.
                if let AppTokenState::Token { token, ends, .. } = &*state
                    && *ends > now
                {
                    return Ok(token.clone());
                }
                let error = Arc::new(error);
                *state = AppTokenState::Failed { error: Arc::clone(&error), until: now + PAUSE };
                Err(LinearError::NoToken(error))
            }
        }
    }
}

/// The header of a key as it is, and of a token as a bearer's.
pub(super) fn of_key(key: &SecretString) -> Result<HeaderValue, LinearError> {
    let is_token = key.expose_secret().starts_with(USER_TOKEN);
    header(if is_token { "Bearer " } else { "" }, key)
}

/// The header of a token.
pub(super) fn of_token(token: &SecretString) -> Result<HeaderValue, LinearError> {
    header("Bearer ", token)
}

fn header(scheme: &str, secret: &SecretString) -> Result<HeaderValue, LinearError> {
    let text = Zeroizing::new(format!("{scheme}{}", secret.expose_secret()));
    let mut value = HeaderValue::from_str(&text).map_err(|_| LinearError::Unauthorized)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn app() -> LinearApp {
        let settings = LinearCredentialSettings::App { id: String::from("id"), secret: "hush".into() };
        let api = Url::parse("https://api.linear.app/graphql?x").unwrap();
        match LinearCredential::new(settings, &api) {
            LinearCredential::App(app) => app,
            LinearCredential::Key(_) => panic!("it is an application"),
        }
    }

    #[tokio::test]
    async fn a_token_is_got_once_and_again_before_it_ends() {
        let (app, asked, start) = (app(), AtomicU64::new(0), Instant::now());
        assert_eq!(app.token_url.as_str(), "https://api.linear.app/oauth/token");
        let bearer = async |seconds| {
            let ask = async || {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                Ok(GivenToken { access_token: format!("t{number}").into(), expires_in: Some(86_399) })
            };
            let now = start + Duration::from_secs(seconds);
            app.bearer(now, ask).await.unwrap().expose_secret().to_owned()
        };
        assert_eq!((bearer(0).await, bearer(86_000).await), (String::from("t0"), String::from("t0")));
        assert_eq!(bearer(86_200).await, "t1", "five minutes before its end");
        app.forget(start + Duration::from_secs(86_204)).await;
        assert_eq!(bearer(86_204).await, "t1", "somebody else's refusal is older than it");
        app.forget(start + Duration::from_secs(86_206)).await;
        assert_eq!(bearer(86_206).await, "t2");
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_for_a_while_and_a_token_that_still_works_is_used() {
        let (app, start) = (app(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let refuse = async || Err(LinearError::Unauthorized);
        assert!(matches!(app.bearer(at(0), refuse).await, Err(LinearError::NoToken(_))));
        let given = async || Ok(GivenToken { access_token: "t".into(), expires_in: Some(400) });
        assert!(app.bearer(at(4), given).await.is_err(), "nobody asks again at once");
        app.bearer(at(6), given).await.unwrap();
        assert_eq!(app.bearer(at(206), refuse).await.unwrap().expose_secret(), "t");
    }

    #[test]
    fn keys_are_sent_as_they_are_and_tokens_as_bearers() {
        let sent = |key: &str| of_key(&key.into()).unwrap();
        assert_eq!(sent("lin_api_1"), "lin_api_1");
        assert_eq!(sent("lin_oauth_1"), "Bearer lin_oauth_1");
        assert!(sent("lin_api_1").is_sensitive() && of_key(&"a\nb".into()).is_err());
        assert_eq!(app().proof().unwrap(), "Basic aWQ6aHVzaA==");
    }
}
