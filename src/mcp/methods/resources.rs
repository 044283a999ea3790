//! `resources/read`, `resources/subscribe` and `resources/unsubscribe`.

use serde_json::json;

use crate::{
    mcp::{
        call::Call,
        jsonrpc::{FaultKind, JsonRpcResponse, ProtocolFault, ResultBody},
        session::{Session, SettingsError},
    },
    model::{Causes, Code, InputResponses},
    resources::ResourceError,
};

impl Call {
    /// Reads a resource. What a board shows may change at any moment: nothing to keep.
    pub(super) async fn read_resource(self, uri: String) -> JsonRpcResponse {
        let context = self.callee_context(&std::sync::Arc::new(InputResponses::new()));
        let outcome = match self.server.features.resources.read(&context, &uri).await {
            Ok(contents) => Ok(ResultBody::cacheable(&json!({"contents": contents}), 0)),
            Err(error) => Err(fault(&error, &uri)),
        };
        self.finish(outcome, None)
    }

    /// Watches a resource, or stops watching it (legacy).
    pub(super) async fn watch(
        self,
        session: std::sync::Arc<Session>,
        uri: String,
        watch: bool,
    ) -> JsonRpcResponse {
        let (settings, now) = (&self.server.parts.settings, self.server.parts.clock.moment());
        let outcome = match (watch, self.server.features.resources.may_watch(&self.context.principal, &uri)) {
            (true, Err(error)) => Err(fault(&error, &uri)),
            (true, Ok(())) => settings.subscribe(&session, &uri, now).await.map_err(|error| refused(&error)),
            (false, _) => settings.unsubscribe(&session, &uri, now).await.map_err(|error| refused(&error)),
        };
        self.finish(outcome.map(|()| ResultBody::empty()), None)
    }

    /// Sets the least level of log messages (legacy).
    pub(super) async fn set_log_level(
        self,
        session: std::sync::Arc<Session>,
        level: crate::model::LogLevel,
    ) -> JsonRpcResponse {
        let now = self.server.parts.clock.moment();
        let outcome = self.server.parts.settings.set_log_level(&session, level, now).await;
        self.finish(outcome.map(|()| ResultBody::empty()).map_err(|error| refused(&error)), None)
    }
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
        ResourceError::Unavailable(cause) => {
            tracing::error!(error = %Causes(&**cause), "a resource could not be read");
            ProtocolFault::new(FaultKind::Internal, "the board is not available, try again in a second")
        }
    }
}
