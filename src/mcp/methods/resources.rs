//! `resources/read`, and what a session sets: `resources/subscribe`, `resources/unsubscribe`, `logging/setLevel`.

use std::sync::Arc;

use serde_json::json;

use super::params::Params;
use crate::{
    mcp::{
        call::Call,
        context::Protocol,
        jsonrpc::{FaultKind, JsonRpcResponse, ProtocolFault, ResultBody},
        server::Reply,
        session::{Session, SettingsError},
    },
    model::{Causes, Code, InputResponses, LogLevel},
    resources::ResourceError,
};

/// `resources/read`. What a board shows may change at any moment: nothing to keep.
pub(super) fn read(call: Call, params: &Params<'_>) -> Reply {
    let uri = match params.text("uri") {
        Ok(uri) => uri.into_owned(),
        Err(fault) => return call.ready(Err(fault)),
    };
    call.pending(async move |call: Arc<Call>| {
        let context = call.callee_context(&Arc::new(InputResponses::new()));
        let contents = call.server.features.resources.read(&context, &uri).await;
        let result = contents.map(|contents| ResultBody::cacheable(&json!({"contents": contents}), 0));
        call.finish(result.map_err(|error| fault(&error, &uri)), None)
    })
}

/// `resources/subscribe`.
pub(super) fn subscribe(call: Call, params: &Params<'_>) -> Reply {
    watch(call, params, true)
}

/// `resources/unsubscribe`.
pub(super) fn unsubscribe(call: Call, params: &Params<'_>) -> Reply {
    watch(call, params, false)
}

fn watch(call: Call, params: &Params<'_>, begins: bool) -> Reply {
    match session(&call).and_then(|session| Ok((session, params.text("uri")?.into_owned()))) {
        Ok((session, uri)) => call.pending(move |call| set_watch(call, session, uri, begins)),
        Err(fault) => call.ready(Err(fault)),
    }
}

async fn set_watch(call: Arc<Call>, session: Arc<Session>, uri: String, begins: bool) -> JsonRpcResponse {
    let (settings, now) = (&call.server.parts.settings, call.server.parts.clock.moment());
    let set = if begins {
        let principal = &call.context.principal;
        match call.server.features.resources.may_watch(principal, &uri).await {
            Ok(()) => {
                call.server.parts.subscriptions.is_right(principal, &uri);
                settings.subscribe(&session, &uri, now).await
            }
            Err(error) => return call.finish(Err(fault(&error, &uri)), None),
        }
    } else {
        settings.unsubscribe(&session, &uri, now).await
    };
    call.finish(set.map(|()| ResultBody::empty()).map_err(|error| refused(&error)), None)
}

/// `logging/setLevel`: the least level of log messages.
pub(super) fn set_log_level(call: Call, params: &Params<'_>) -> Reply {
    match session(&call).and_then(|session| Ok((session, log_level(params)?))) {
        Ok((session, level)) => call.pending(async move |call: Arc<Call>| {
            let parts = &call.server.parts;
            let set = parts.settings.set_log_level(&session, level, parts.clock.moment()).await;
            call.finish(set.map(|()| ResultBody::empty()).map_err(|error| refused(&error)), None)
        }),
        Err(fault) => call.ready(Err(fault)),
    }
}

/// The session the call was made in.
fn session(call: &Call) -> Result<Arc<Session>, ProtocolFault> {
    match &call.protocol {
        Protocol::Session(Some(session)) => Ok(Arc::clone(session)),
        Protocol::Session(None) | Protocol::Stateless(_) => Err(ProtocolFault::method_not_found(call.method)),
    }
}

fn log_level(params: &Params<'_>) -> Result<LogLevel, ProtocolFault> {
    let level = params.members.get("level").and_then(|raw| serde_json::from_str(raw).ok());
    let words = "debug, info, notice, warning, error, critical, alert, emergency";
    level.ok_or_else(|| ProtocolFault::params(format!("level: expected one of {words}")))
}

fn refused(error: &SettingsError) -> ProtocolFault {
    match error {
        SettingsError::TooMany => ProtocolFault::params(error.to_string()),
        SettingsError::Ended => ProtocolFault::new(
            FaultKind::InvalidRequest,
            "the session has ended: send initialize to start a new one",
        ),
        SettingsError::Store(cause) => {
            tracing::error!(error = %Causes(cause), "a session's settings were not stored");
            ProtocolFault::new(FaultKind::Internal, "the store is not available, try again in a second")
        }
    }
}

pub(super) fn fault(error: &ResourceError, uri: &str) -> ProtocolFault {
    match error {
        ResourceError::NotFound => {
            ProtocolFault::new(FaultKind::ResourceNotFound, "Resource not found").with(json!({"uri": uri}))
        }
        ResourceError::Scope(_) => {
            ProtocolFault::params(error.to_string()).with(json!({"code": Code::InsufficientScope}))
        }
        ResourceError::Refused { code, text } => ProtocolFault::params(text).with(json!({"code": code})),
        ResourceError::Delayed { code, text, retry_after_seconds } => {
            let data = json!({"code": code, "retry_after_seconds": retry_after_seconds});
            ProtocolFault::new(FaultKind::Internal, text.clone()).with(data)
        }
        ResourceError::Unavailable(cause) => {
            tracing::error!(error = %Causes(&**cause), "a resource could not be read");
            ProtocolFault::new(FaultKind::Internal, "the board is not available, try again in a second")
        }
    }
}
