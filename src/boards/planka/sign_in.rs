//! As whom Planka is asked: a key of a user, or the token that a sign-in gives, which is kept in memory and asked for again when it
//! is no longer taken. Terms are accepted only by who says so.

use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::{
    error::PlankaError,
    exchange::{PlankaExchange, PlankaRequest, judge, parsed},
    wire::PlankaItem,
};
use crate::{config::PlankaCredential, net::HttpResponse};

/// The gateway's user.
pub(super) struct SignIn {
    credential: PlankaCredential,
    /// What the last sign-in gave, with a number of its own.
    token: Mutex<(u64, Option<SecretString>)>,
    /// Whether the terms are accepted where Planka asks for that.
    accepts_terms: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepJson {
    #[serde(default)]
    step: String,
    #[serde(default)]
    pending_token: Option<SecretString>,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct TermsJson {
    signature: String,
}

/// A header that says as whom, and the number of the sign-in it is from.
pub(super) type AsWhom = ((&'static str, HeaderValue), Option<u64>);

impl SignIn {
    pub(super) fn new(credential: PlankaCredential, accepts_terms: bool) -> Self {
        Self { credential, token: Mutex::default(), accepts_terms }
    }

    /// The header that says as whom; signs in if that is needed.
    pub(super) async fn header(&self, exchange: &PlankaExchange) -> Result<AsWhom, PlankaError> {
        let (email, password) = match &self.credential {
            PlankaCredential::ApiKey(key) => {
                return Ok((("x-api-key", secret_header(key.expose_secret())?), None));
            }
            PlankaCredential::Password { email, password } => (email, password),
        };
        let mut kept = self.token.lock().await;
        let (number, token) = &mut *kept;
        let token = match token {
            Some(token) => token,
            None => {
                *number += 1;
                token.insert(self.sign_in(exchange, email, password).await?)
            }
        };
        let bearer = SecretString::from(format!("Bearer {}", token.expose_secret()));
        Ok((("authorization", secret_header(bearer.expose_secret())?), Some(*number)))
    }

    /// Forgets what the sign-in of that number gave. Whether another one may help.
    pub(super) async fn forget(&self, used: Option<u64>) -> bool {
        let mut kept = self.token.lock().await;
        if used.is_some_and(|used| used == kept.0) {
            kept.1 = None;
        }
        used.is_some()
    }

    async fn sign_in(
        &self,
        exchange: &PlankaExchange,
        email: &str,
        password: &SecretString,
    ) -> Result<SecretString, PlankaError> {
        let body = json!({"emailOrUsername": email, "password": password.expose_secret()});
        let request = PlankaRequest::write(Method::POST, &["access-tokens"], Some(&body));
        let step = match exchange.send_step(&request).await? {
            SignInStep::Done(answer) => return token_of(&answer),
            SignInStep::More(step) => step,
        };
        match step.pending_token {
            Some(pending) if step.step == "accept-terms" && self.accepts_terms => {
                accept(exchange, &pending).await
            }
            _ if step.step == "accept-terms" => Err(PlankaError::Terms),
            _ => Err(PlankaError::Forbidden { message: format!("a way to sign in: {}", step.message) }),
        }
    }
}

/// Accepts the terms in the gateway's name.
async fn accept(exchange: &PlankaExchange, pending: &SecretString) -> Result<SecretString, PlankaError> {
    let ask = PlankaRequest { query: &[("language", "en-US")], ..PlankaRequest::get(&["terms"]) };
    let terms: PlankaItem<TermsJson> = parsed(&exchange.send(&ask, None).await?)?;
    let body = json!({"pendingToken": pending.expose_secret(), "signature": terms.item.signature});
    let request = PlankaRequest::write(Method::POST, &["access-tokens", "accept-terms"], Some(&body));
    match exchange.send_step(&request).await? {
        SignInStep::Done(answer) => token_of(&answer),
        SignInStep::More(step) => {
            Err(PlankaError::Forbidden { message: format!("a way to sign in: {}", step.message) })
        }
    }
}

/// What a sign-in comes to.
enum SignInStep {
    Done(HttpResponse),
    /// Something else comes first.
    More(StepJson),
}

impl PlankaExchange {
    /// A request of a sign-in, which a 403 may tell how to go on. It may be sent again however it went.
    async fn send_step(&self, request: &PlankaRequest<'_>) -> Result<SignInStep, PlankaError> {
        let answer = self.send_for_any(request, None).await?;
        if answer.status == 403
            && let Ok(step) = parsed::<StepJson>(&answer)
        {
            return Ok(SignInStep::More(step));
        }
        judge(answer, false).map(SignInStep::Done)
    }
}

fn token_of(answer: &HttpResponse) -> Result<SecretString, PlankaError> {
    Ok(parsed::<PlankaItem<SecretString>>(answer)?.item)
}

fn secret_header(text: &str) -> Result<HeaderValue, PlankaError> {
    // What no header can hold is no key.
    let mut value = HeaderValue::from_str(text).map_err(|_| PlankaError::Unauthorized)?;
    value.set_sensitive(true);
    Ok(value)
}
