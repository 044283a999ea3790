//! Who is let in to pages and acts. A handler that takes one of [`SignedIn`], [`Viewer`], [`Manager`] and [`Administrator`] answers
//! nobody else; each counts one page of its visitor. Who leaves is counted by nothing: that always works.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::{BrowserSession, OpenSession, Role, Visitor},
    http::{
        error::Refusal,
        state::{AppState, CallerName, RequestInfo},
    },
    model::{Actor, Code},
    telemetry::metrics::{LIMIT_HITS, Limit},
};

/// The session of a request, put into its extensions before a handler sees it; `None` where nobody is signed in.
#[derive(Clone)]
pub struct CurrentSession(pub Option<Arc<OpenSession>>);

/// Anybody who is signed in.
pub struct SignedIn {
    open: Arc<OpenSession>,
    request: Arc<RequestInfo>,
}

/// Anybody who is signed in and signs out.
pub struct Leaver(pub SignedIn);

/// Somebody who may see the board.
pub struct Viewer(pub SignedIn);

/// Somebody who may act on tasks.
pub struct Manager(pub SignedIn);

/// Somebody who may see and change everything.
pub struct Administrator(pub SignedIn);

impl SignedIn {
    /// Who it is.
    pub fn visitor(&self) -> &Visitor {
        &self.open.visitor
    }

    /// The session they are in.
    pub fn session(&self) -> &BrowserSession {
        &self.open.session
    }

    /// The session with who is in it.
    pub fn open(&self) -> &Arc<OpenSession> {
        &self.open
    }

    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor<'_> {
        Actor { name: &self.open.visitor.actor, request_id: self.request.id.as_str() }
    }

    /// Whether they may do what needs that role.
    pub fn may(&self, role: Role) -> bool {
        self.open.visitor.role >= role
    }

    /// The name under which what they use up is counted.
    pub fn counted_as(&self) -> Arc<str> {
        counted_as(&self.open)
    }

    /// The visitor of the request.
    fn of(parts: &Parts) -> Result<Self, Refusal> {
        let request = Arc::clone(RequestInfo::of(parts));
        let current = parts.extensions.get::<CurrentSession>().and_then(|current| current.0.clone());
        let open = current.ok_or_else(|| Refusal::without_credential("sign in to see this"))?;
        let Visitor { actor, principal, .. } = &open.visitor;
        let (user, key) = match principal {
            Some(principal) => (&principal.user_id, &principal.key_prefix),
            None => (actor, actor),
        };
        request.set_caller(CallerName { user: Arc::clone(user), key: Arc::clone(key) });
        Ok(Self { open, request })
    }

    /// The visitor of the request, if they have that role; the page is counted.
    async fn with_role(parts: &Parts, state: &AppState, role: Role) -> Result<Self, Refusal> {
        let visitor = Self::of(parts)?;
        state.page_rate.count(&visitor.counted_as()).await.map_err(|exceeded| {
            LIMIT_HITS.add(Limit::KeyRate);
            let seconds = exceeded.retry_after_seconds;
            let text = format!("these are more pages than one looks at: try again in {seconds} s");
            Refusal::later(Code::RateLimited, text, seconds)
        })?;
        if !visitor.may(role) {
            return Err(Refusal::new(Code::Forbidden, needs(role)));
        }
        Ok(visitor)
    }
}

/// Administrators without a key are many under one name: what each of their sessions uses up is counted by itself.
fn counted_as(open: &OpenSession) -> Arc<str> {
    let Visitor { actor, principal, .. } = &open.visitor;
    principal.as_ref().map_or_else(|| open.session.id.as_str().into(), |_| Arc::clone(actor))
}

/// What somebody lacks who has not that role.
const fn needs(role: Role) -> &'static str {
    match role {
        Role::Guest | Role::Viewer => "this needs a key with the scope board:read: sign in with another one",
        Role::Manager => {
            "this needs a key with the scope board:manage, which no key has unless it was given: an administrator gives it"
        }
        Role::Administrator => {
            "this is for administrators: sign in with the admin token, the code of `taskgate dashboard`, or a key with the \
             scope admin"
        }
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        Self::with_role(parts, state, Role::Guest).await
    }
}

impl FromRequestParts<AppState> for Leaver {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        SignedIn::of(parts).map(Self)
    }
}

macro_rules! with_role {
    ($($visitor:ident: $role:ident),+) => {$(
        impl FromRequestParts<AppState> for $visitor {
            type Rejection = Refusal;

            async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
                SignedIn::with_role(parts, state, Role::$role).await.map(Self)
            }
        }

        impl std::ops::Deref for $visitor {
            type Target = SignedIn;

            fn deref(&self) -> &SignedIn {
                &self.0
            }
        }
    )+};
}

with_role! { Viewer: Viewer, Manager: Manager, Administrator: Administrator }
