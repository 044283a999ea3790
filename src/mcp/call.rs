//! One call on its way: who, by which way, in which era. Every call ends in one [`Observer::observe`].
//!
//! [`Observer::observe`]: crate::telemetry::Observer::observe

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt;
use serde_json::json;

use super::{
    context::{Protocol, RequestContext},
    inflight::InFlightGuard,
    server::{Reply, Server},
};
use crate::{
    log_context,
    mcp::{
        input::Binding,
        jsonrpc::{FaultKind, JsonRpcResponse, ProtocolFault, ResultBody},
        notify::StreamChannel,
    },
    model::{CallContext, CallRecord, Code, Era, InputResponses, Transport},
    telemetry::traces::Span,
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
    /// Its place in a trace, if that is recorded.
    pub(super) span: Option<Span>,
    /// Keeps the id taken while the call runs, where an id belongs to a session.
    pub(super) in_flight: Option<InFlightGuard>,
}

impl Call {
    /// The era it speaks.
    pub(super) const fn era(&self) -> Era {
        self.protocol.era()
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

    /// Ends the call at once.
    pub(super) fn ready(self, outcome: Result<ResultBody, ProtocolFault>) -> Reply {
        Reply::Ready(self.finish(outcome, None))
    }

    /// Goes on with the call in `run`. A client that cancelled it by its id wants no response.
    pub(super) fn pending<F>(self, run: impl FnOnce(Arc<Self>) -> F) -> Reply
    where
        F: Future<Output = JsonRpcResponse> + Send + 'static,
    {
        let call = Arc::new(self);
        // Who waits for a call that panicked would wait for ever. What it leaves is protected by locks, which go on after that.
        let place = call.span.as_ref().map(Span::place);
        let running = AssertUnwindSafe(run(Arc::clone(&call))).catch_unwind();
        let running = running.map(move |ended| {
            let response = ended.unwrap_or_else(|_| call.panicked());
            let cancelled = call.in_flight.is_some() && call.context.cancel.is_cancelled();
            (!cancelled).then_some(response)
        });
        Reply::Pending(match place {
            Some(place) => Box::pin(log_context::at(place, running)),
            None => Box::pin(running),
        })
    }

    /// The response of a call that panicked. What the panic said may hold anything, and goes to the log alone.
    fn panicked(&self) -> JsonRpcResponse {
        tracing::error!("a call panicked");
        let text = "this is a fault of the gateway: its log says more";
        let fault = ProtocolFault::new(FaultKind::Internal, text);
        self.finish(Err(fault.with(json!({"code": Code::Internal}))), None)
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
            era: self.era(),
            method: self.method,
            name: self.name,
            failure,
            duration: self.started.elapsed(),
        });
        if let Some(span) = &self.span {
            self.tell(span, failure);
        }
        self.server.encoder.answer(&self.id, outcome, self.era())
    }

    /// Ends its span, in the words that OpenTelemetry has for calls of MCP. Of the arguments, the ids and who calls it says nothing.
    fn tell(&self, span: &Span, failure: Option<Code>) {
        let target = match self.method {
            "tools/call" => Some("gen_ai.tool.name"),
            "prompts/get" => Some("gen_ai.prompt.name"),
            _ => None,
        };
        let target = target.filter(|_| !self.name.is_empty()).map(|key| (key, self.name.into()));
        let is_tool = self.method == "tools/call";
        let network = if self.context.transport == Transport::Stdio { "pipe" } else { "tcp" };
        let attributes = [
            Some(("mcp.method.name", self.method.into())),
            target,
            is_tool.then(|| ("gen_ai.operation.name", "execute_tool".into())),
            self.protocol.revision().map(|revision| ("mcp.protocol.version", revision.as_str().into())),
            Some(("network.transport", network.into())),
        ];
        let name = [self.method, if target.is_some() { self.name } else { "" }];
        span.end_as(name, attributes, failure.map(Code::as_str));
    }
}
