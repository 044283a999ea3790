//! The extractors that carry authority. A handler that takes a [`Caller`] answers authenticated callers within their rate
//! alone, one that takes an [`Admin`] the administrator. Only `Authorization: Bearer` counts; never the query, never a cookie.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

use crate::{
    auth::{Actor, AuthError, Credential},
    http::{
        error::Refusal,
        state::{Gate, Opener},
    },
    limits::Allowance,
    log_context::LogContext,
    model::{RequestId, UnixMillis},
};

/// From when on a key's end is announced.
const ANNOUNCED_MILLIS: i64 = 7 * 86_400_000;
/// What the administrator's calls are counted and audited under.
const ADMIN: &str = "admin";

/// An authenticated caller within its rate.
pub struct Caller {
    pub credential: Arc<Credential>,
    pub request_id: RequestId,
    /// What the client calls itself.
    client: Option<HeaderValue>,
    seen: Arc<Seen>,
}

/// The holder of the admin token, within the rate of a key.
pub struct Admin {
    pub request_id: RequestId,
}

/// Either.
pub enum Insider {
    Admin,
    Caller(Caller),
}

/// A caller with a right credential, or one without any. A wrong one is refused.
pub struct Visitor(pub bool);

/// What is learned of a call on its way in; the front puts it on the answer and into the log.
pub struct Seen {
    pub request_id: RequestId,
    pub who: OnceLock<(Arc<str>, Arc<str>)>,
    pub allowance: Mutex<Option<Allowance>>,
    pub key_ends_at: OnceLock<UnixMillis>,
}

/// Where a request came from, its id, and what is learned of it; put into its extensions by the front.
#[derive(Clone)]
pub struct Arrival {
    pub address: IpAddr,
    pub request_id: RequestId,
    pub seen: Arc<Seen>,
}

impl Arrival {
    fn of(parts: &Parts) -> &Self {
        parts.extensions.get().expect("the front puts an arrival into every request")
    }
}

impl LogContext for Seen {
    fn fields(&self, field: &mut dyn FnMut(&'static str, &str)) {
        field("request_id", self.request_id.as_str());
        if let Some((user, key)) = self.who.get() {
            field("user", user);
            field("key", key);
        }
    }
}

impl Seen {
    /// Of a request of that id nothing but it is known.
    pub fn of(request_id: RequestId) -> Self {
        Self { request_id, who: OnceLock::new(), allowance: Mutex::default(), key_ends_at: OnceLock::new() }
    }

    /// Counts a call of that key, and keeps what is left.
    fn limit(&self, gate: &Gate, key_id: &Arc<str>, own: Option<u32>) -> Result<(), Refusal> {
        let (allowance, outcome) = match gate.parts.limiter.check(key_id, own) {
            Ok(allowance) => (allowance, Ok(())),
            Err((exceeded, allowance)) => (Some(allowance), Err(exceeded.into())),
        };
        *self.allowance.lock().unwrap_or_else(PoisonError::into_inner) = allowance;
        outcome
    }
}

impl Caller {
    /// Who opens what this call leaves open.
    pub fn opener(&self) -> Opener {
        let name = self.client.as_ref().and_then(|name| name.to_str().ok());
        let client = name.map(|name| name.chars().take(100).collect());
        Opener { credential: Arc::clone(&self.credential), client }
    }

    /// Counts this many calls more, of a request that is several. If they are too many, none of it is done.
    pub fn count_more(&self, gate: &Gate, calls: usize) -> Result<(), Refusal> {
        let Credential { principal, rate_limit, .. } = &*self.credential;
        let mut counted = (0..calls).map(|_| self.seen.limit(gate, &principal.key_id, *rate_limit));
        counted.find(Result::is_err).unwrap_or(Ok(())).inspect_err(|_| gate.parts.usage.limited(principal))
    }

    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor<'_> {
        Actor { name: &self.credential.principal.key_id, request_id: self.request_id.as_str() }
    }
}

impl Admin {
    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor<'_> {
        Actor { name: ADMIN, request_id: self.request_id.as_str() }
    }
}

impl FromRequestParts<Arc<Gate>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Refusal> {
        Self::admit(gate, Arrival::of(parts), &parts.headers).await
    }
}

impl Caller {
    /// The caller behind the credential in `headers`, if it is within its rate.
    pub async fn admit(gate: &Arc<Gate>, arrival: &Arrival, headers: &HeaderMap) -> Result<Self, Refusal> {
        let bearer = bearer(headers)?;
        let credential = gate.parts.authenticator.authenticate(bearer, arrival.address).await?;
        let principal = &credential.principal;
        let _ = arrival.seen.who.set((Arc::clone(&principal.user_id), Arc::clone(&principal.key_prefix)));
        if let Some((end, first)) = credential.ends_within(ANNOUNCED_MILLIS, gate.parts.clock.now()) {
            let _ = arrival.seen.key_ends_at.set(end);
            if first {
                let (key, user) = (&*principal.key_id, &*principal.user_id);
                tracing::warn!(key, user, ends_at = end.rfc3339(), "a key in use ends soon: rotate it");
            }
        }
        let limited = arrival.seen.limit(gate, &principal.key_id, credential.rate_limit);
        limited.inspect_err(|_| gate.parts.usage.limited(principal))?;
        let (request_id, client) = (arrival.request_id.clone(), headers.get(header::USER_AGENT).cloned());
        Ok(Self { credential, request_id, client, seen: Arc::clone(&arrival.seen) })
    }
}

impl FromRequestParts<Arc<Gate>> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Refusal> {
        let arrival = Arrival::of(parts);
        gate.parts.authenticator.authenticate_admin(bearer(&parts.headers)?, arrival.address)?;
        let name: Arc<str> = ADMIN.into();
        let _ = arrival.seen.who.set((Arc::clone(&name), Arc::clone(&name)));
        arrival.seen.limit(gate, &name, None)?;
        Ok(Self { request_id: arrival.request_id.clone() })
    }
}

impl FromRequestParts<Arc<Gate>> for Insider {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Refusal> {
        let offered = bearer(&parts.headers)?;
        if offered.is_some_and(|offered| gate.parts.authenticator.is_admin(offered)) {
            return Admin::from_request_parts(parts, gate).await.map(|_| Self::Admin);
        }
        Caller::from_request_parts(parts, gate).await.map(Self::Caller)
    }
}

impl FromRequestParts<Arc<Gate>> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Refusal> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(false));
        }
        Insider::from_request_parts(parts, gate).await.map(|_| Self(true))
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, AuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthError::Missing);
    }
    let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Ok(None);
    };
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()))
}
