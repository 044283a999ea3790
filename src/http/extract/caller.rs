//! The extractors that carry authority. A handler that takes a [`Caller`] answers authenticated callers within their rate
//! alone, one that takes an [`Admin`] the administrator. Only `Authorization: Bearer` counts; never the query, never a cookie.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

use crate::{
    auth::{AuthError, AuthenticatedKey},
    http::{
        error::Refusal,
        state::{AppState, CallerName, Holder, Opener, RequestInfo},
    },
    limits::RatedKey,
    model::{Actor, Code, Scope, Workspace},
    telemetry::metrics::{LIMIT_HITS, Limit},
};

/// From when on a key's end is announced.
const ANNOUNCED_MILLIS: i64 = 7 * 86_400_000;
/// What the administrator's calls are counted and audited under.
const ADMIN: &str = "admin";

/// An authenticated caller within its rate.
pub struct Caller {
    pub credential: Arc<AuthenticatedKey>,
    pub request: Arc<RequestInfo>,
    /// What the client calls itself.
    client: Option<HeaderValue>,
}

/// The holder of the admin token, within the rate of a key.
pub struct Admin {
    request: Arc<RequestInfo>,
}

/// A caller, or the holder of the admin token.
pub enum CallerOrAdmin {
    Admin(Admin),
    Caller(Caller),
}

/// A caller with a right credential, or one without any. A wrong one is refused.
pub struct OptionalCaller(pub bool);

/// Counts a call of that key, and keeps what is left of its rate.
async fn count(state: &AppState, request: &RequestInfo, key: RatedKey<'_>) -> Result<(), Refusal> {
    let (allowance, outcome) = match state.limiter.count(key).await {
        Ok(allowance) => (allowance, Ok(())),
        Err((exceeded, allowance)) => {
            LIMIT_HITS.add(Limit::KeyRate);
            (Some(allowance), Err(exceeded.into()))
        }
    };
    request.set_allowance(allowance);
    outcome
}

fn rated(credential: &AuthenticatedKey) -> RatedKey<'_> {
    let AuthenticatedKey { principal, rate_limit, .. } = credential;
    RatedKey { workspace: &principal.workspace, id: &principal.key_id, own: *rate_limit }
}

impl Caller {
    /// The caller whom another gateway let in and counted.
    pub fn shown_elsewhere(
        credential: Arc<AuthenticatedKey>,
        request: &Arc<RequestInfo>,
        client: Option<HeaderValue>,
    ) -> Self {
        let principal = &credential.principal;
        let (user, key) = (Arc::clone(&principal.user_id), Arc::clone(&principal.key_prefix));
        request.set_caller(CallerName { user, key });
        Self { credential, request: Arc::clone(request), client }
    }

    /// What the client calls itself.
    pub fn client(&self) -> Option<String> {
        let name = self.client.as_ref().and_then(|name| name.to_str().ok());
        name.map(|name| name.chars().take(100).collect())
    }

    /// Who opens what this call leaves open.
    pub fn opener(&self) -> Opener {
        Opener { holder: Holder::Key(Arc::clone(&self.credential)), client: self.client() }
    }

    /// Counts this many calls more, of a request that is several. If they are too many, none of it is done.
    pub async fn count_more(&self, state: &AppState, calls: usize) -> Result<(), Refusal> {
        for _ in 0..calls {
            let counted = count(state, &self.request, rated(&self.credential)).await;
            counted.inspect_err(|_| state.usage.limited(&self.credential.principal))?;
        }
        Ok(())
    }

    /// Refuses a key without that scope.
    pub fn needs(&self, scope: Scope) -> Result<(), Refusal> {
        if self.credential.principal.scopes.allows(scope) {
            return Ok(());
        }
        let text = format!("this key lacks the scope `{}`: ask for a key that has it", scope.as_str());
        Err(Refusal::new(Code::InsufficientScope, text))
    }

    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor<'_> {
        Actor { name: &self.credential.principal.key_id, request_id: self.request.id.as_str() }
    }
}

impl Admin {
    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor<'_> {
        Actor { name: ADMIN, request_id: self.request.id.as_str() }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        Self::admit(state, RequestInfo::of(parts), &parts.headers).await
    }
}

impl Caller {
    /// The caller behind the credential in `headers`, if it is within its rate.
    pub async fn admit(
        state: &AppState,
        request: &Arc<RequestInfo>,
        headers: &HeaderMap,
    ) -> Result<Self, Refusal> {
        let bearer = bearer(headers)?;
        let credential = state.authenticator.authenticate(bearer, request.client_address).await?;
        let principal = &credential.principal;
        let (user, key) = (Arc::clone(&principal.user_id), Arc::clone(&principal.key_prefix));
        request.set_caller(CallerName { user, key });
        if let Some((end, first)) = credential.ends_within(ANNOUNCED_MILLIS, state.clock.now()) {
            request.set_key_expires_at(end);
            if first {
                let key_id = &*principal.key_id;
                tracing::warn!(key_id, ends_at = end.rfc3339(), "a key in use ends soon: rotate it");
            }
        }
        let limited = count(state, request, rated(&credential)).await;
        limited.inspect_err(|_| state.usage.limited(principal))?;
        let client = headers.get(header::USER_AGENT).cloned();
        Ok(Self { credential, request: Arc::clone(request), client })
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let request = RequestInfo::of(parts);
        state.authenticator.authenticate_admin(bearer(&parts.headers)?, request.client_address)?;
        let name: Arc<str> = ADMIN.into();
        request.set_caller(CallerName { user: Arc::clone(&name), key: Arc::clone(&name) });
        count(state, request, RatedKey { workspace: &Workspace::default(), id: &name, own: None }).await?;
        Ok(Self { request: Arc::clone(request) })
    }
}

impl FromRequestParts<AppState> for CallerOrAdmin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let offered = bearer(&parts.headers)?;
        if offered.is_some_and(|offered| state.authenticator.is_admin(offered)) {
            return Admin::from_request_parts(parts, state).await.map(Self::Admin);
        }
        Caller::from_request_parts(parts, state).await.map(Self::Caller)
    }
}

impl FromRequestParts<AppState> for OptionalCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(false));
        }
        CallerOrAdmin::from_request_parts(parts, state).await.map(|_| Self(true))
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, AuthError> {
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
