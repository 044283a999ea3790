//! The facts of one request: whence it came, under which id, who calls. Put into its extensions before a handler sees it;
//! what is learned on the way goes onto the answer and into every log line of the call.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use axum::http::request::Parts;

use crate::{
    limits::Allowance,
    log_context::LogContext,
    model::{RequestId, UnixMillis},
};

/// The facts of one request.
pub struct RequestInfo {
    pub id: RequestId,
    pub client_address: IpAddr,
    caller: OnceLock<CallerName>,
    allowance: Mutex<Option<Allowance>>,
    key_expires_at: OnceLock<UnixMillis>,
}

/// The caller as log lines name it.
#[derive(Clone)]
pub struct CallerName {
    pub user: Arc<str>,
    /// The first characters of the key.
    pub key: Arc<str>,
}

impl RequestInfo {
    /// The facts of a request nothing more is known of.
    pub fn new(id: RequestId, client_address: IpAddr) -> Self {
        Self {
            id,
            client_address,
            caller: OnceLock::new(),
            allowance: Mutex::default(),
            key_expires_at: OnceLock::new(),
        }
    }

    /// The facts of the request with these `parts`.
    pub fn of(parts: &Parts) -> &Arc<Self> {
        parts.extensions.get().expect("the pipeline puts the facts of a request into its extensions")
    }

    /// The caller, once it is known.
    pub fn caller(&self) -> Option<&CallerName> {
        self.caller.get()
    }

    pub fn set_caller(&self, name: CallerName) {
        let _ = self.caller.set(name);
    }

    /// What is left of the caller's rate, once its call was counted.
    pub fn allowance(&self) -> Option<Allowance> {
        *self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_allowance(&self, allowance: Option<Allowance>) {
        *self.allowance.lock().unwrap_or_else(PoisonError::into_inner) = allowance;
    }

    /// When the caller's key ends, if that is soon.
    pub fn key_expires_at(&self) -> Option<UnixMillis> {
        self.key_expires_at.get().copied()
    }

    pub fn set_key_expires_at(&self, at: UnixMillis) {
        let _ = self.key_expires_at.set(at);
    }
}

impl LogContext for RequestInfo {
    fn fields(&self, field: &mut dyn FnMut(&'static str, &str)) {
        field("request_id", self.id.as_str());
        if let Some(CallerName { user, key }) = self.caller.get() {
            field("user", user);
            field("key", key);
        }
    }
}
