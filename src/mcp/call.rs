//! One call on its way: who, by which way, in which era. Every call ends in one [`Observer::observe`].
//!
//! [`Observer::observe`]: crate::telemetry::Observer::observe

use std::{sync::Arc, time::Instant};

use super::{
    context::{Protocol, RequestContext},
    server::Server,
};
use crate::{
    mcp::{
        input::Binding,
        jsonrpc::{JsonRpcResponse, ProtocolFault, ResultBody},
        notify::StreamChannel,
    },
    model::{CallContext, CallRecord, Code, Era, InputResponses},
};

/// A request being answered.
pub(super) struct Call {
    pub(super) server: Arc<Server>,
    pub(super) context: RequestContext,
    pub(super) protocol: Protocol,
    /// The request's id, raw.
    pub(super) id: Box<str>,
    pub(super) method: &'static str,
    /// The tool, prompt or resource it names.
    pub(super) name: &'static str,
    pub(super) progress_token: Option<Box<str>>,
    pub(super) started: Instant,
}

impl Call {
    pub(super) const fn is_modern(&self) -> bool {
        matches!(self.protocol, Protocol::Stateless(_))
    }

    /// The context a callee sees.
    pub(super) fn callee_context(&self, given: &Arc<InputResponses>) -> CallContext {
        CallContext {
            principal: Arc::clone(&self.context.principal),
            request_id: self.context.request_id.clone(),
            cancel: self.context.cancel.clone(),
            client: Arc::new(StreamChannel::new(
                &self.context,
                &self.protocol,
                self.progress_token.as_deref(),
                &self.server.parts.settings,
            )),
            input_responses: Arc::clone(given),
        }
    }

    /// What a `requestState` of this call is bound to.
    pub(super) fn binding(&self, arguments: &[u8]) -> Binding {
        Binding::new(&self.context.principal, self.method, self.name, arguments)
    }

    /// Ends the call: observed once, answered once. `failed`: a tool failure inside a good result.
    pub(super) fn finish(
        &self,
        outcome: Result<ResultBody, ProtocolFault>,
        failed: Option<Code>,
    ) -> JsonRpcResponse {
        let failure = outcome.as_ref().err().map(|fault| fault.kind.code()).or(failed);
        self.server.parts.observer.observe(&CallRecord {
            request_id: &self.context.request_id,
            principal: &self.context.principal,
            transport: self.context.transport,
            era: if self.is_modern() { Era::Stateless } else { Era::Sessions },
            method: self.method,
            name: self.name,
            failure,
            duration: self.started.elapsed(),
        });
        self.server.encoder.answer(&self.id, outcome, self.is_modern())
    }
}
