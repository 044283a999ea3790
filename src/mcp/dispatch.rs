//! From a message to what answers it: its era, who may say what in it, and which call it becomes.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use serde_json::json;

use super::{
    call::Call,
    context::{Protocol, RequestContext},
    server::{Handled, Server, ServerFeatures},
};
use crate::{
    mcp::{
        jsonrpc::{
            FaultKind, JsonRpcResponse, Members, Message, ProtocolFault, Request, ResultBody, fault_response,
            spelled_alike,
        },
        methods::{Routed, until_cancelled},
        revision::{
            self, Capabilities, Headers, RequestMeta, Revision, check_headers, check_version, progress_token,
        },
        session::Session,
    },
    model::Transport,
};

impl Server {
    /// Whether a message speaks 2026-07-28: its `_meta` says so, or its version header does and it is no `initialize`.
    pub fn is_modern(message: &Message<'_>, version_header: Option<&[u8]>) -> bool {
        let header = version_header.and_then(|value| std::str::from_utf8(value).ok());
        let says_so = header.and_then(Revision::parse).is_some_and(Revision::is_modern);
        match message {
            Message::Request(request) => {
                (says_so && request.method != "initialize") || revision::is_modern(&request.params)
            }
            Message::Notification { .. } | Message::Response { .. } => says_so,
        }
    }

    /// The answer to bytes that are no message; `None` to a notification.
    pub fn refuse(fault: &ProtocolFault, modern: bool) -> Option<JsonRpcResponse> {
        (!fault.unanswered).then(|| fault_response(None, fault, modern))
    }

    /// Handles a stateless message. `headers` are those that mirror the body, where the transport has any.
    pub fn modern(
        self: &Arc<Self>,
        context: RequestContext,
        headers: Option<&dyn Headers>,
        body: &Bytes,
        message: Message<'_>,
    ) -> Handled {
        let request = match message {
            Message::Request(request) => request,
            Message::Notification { method, params } => {
                if method == "notifications/cancelled" && context.transport == Transport::Stdio {
                    self.cancel(&stdio_session(), &params);
                }
                return Handled::Nothing;
            }
            Message::Response { id, .. } => {
                let fault = ProtocolFault::new(
                    FaultKind::InvalidRequest,
                    "2026-07-28 has no requests of the server to answer",
                );
                return Handled::Answer(fault_response(Some(id), &fault, true));
            }
        };
        let checked = RequestMeta::read(&request.params).and_then(|(meta, version)| {
            if let Some(headers) = headers {
                check_headers(headers, &request, &version, &self.features.tools)?;
            }
            check_version(&version)?;
            Ok(meta)
        });
        match checked {
            Err(fault) => Handled::Answer(fault_response(Some(request.id), &fault, true)),
            Ok(meta) => self.request(context, Protocol::Stateless(meta), body, &request),
        }
    }

    /// Handles a legacy message; `session` is `None` before `initialize`.
    pub fn legacy(
        self: &Arc<Self>,
        context: RequestContext,
        session: Option<Arc<Session>>,
        body: &Bytes,
        message: Message<'_>,
    ) -> Handled {
        match message {
            Message::Request(request) if request.method == "initialize" => {
                self.initialize(&context, &request)
            }
            Message::Request(request) => {
                if session.is_none() && request.method != "ping" && !is_modern_only(&request.method) {
                    let fault =
                        ProtocolFault::new(FaultKind::InvalidRequest, "no session: send initialize first");
                    return Handled::Answer(fault_response(Some(request.id), &fault, false));
                }
                self.request(context, Protocol::Session(session), body, &request)
            }
            Message::Notification { method, params } => {
                if let (Some(session), "notifications/cancelled") = (&session, &*method) {
                    self.cancel(&session.digest, &params);
                }
                Handled::Nothing
            }
            Message::Response { id, outcome } => {
                if let Some(session) = &session {
                    self.parts.pending_inputs.answer(session, id, outcome);
                }
                Handled::Nothing
            }
        }
    }

    fn cancel(&self, session: &Arc<str>, params: &Members<'_>) {
        if let Some(id) = params.get("requestId") {
            self.in_flight.cancel(session, &spelled_alike(id));
        }
    }

    fn initialize(self: &Arc<Self>, context: &RequestContext, request: &Request<'_>) -> Handled {
        let call = self.call(context.clone(), Protocol::Session(None), request, "initialize");
        let Some(version) = request.params.text("protocolVersion") else {
            let fault = ProtocolFault::params("protocolVersion: expected text such as 2025-11-25");
            return Handled::Answer(call.finish(Err(fault), None));
        };
        let declared = request.params.get("capabilities").unwrap_or("{}");
        let capabilities = match Members::parse(declared, "capabilities") {
            Ok(members) => Capabilities::declared(&members),
            Err(fault) => return Handled::Answer(call.finish(Err(fault), None)),
        };
        let revision = Revision::negotiate(&version);
        let lasting = context.transport == Transport::StreamableHttp;
        let session =
            Session::new(&context.principal, revision, capabilities, self.parts.clock.store_now(), lasting);
        let result = json!({
            "protocolVersion": revision.as_str(),
            "capabilities": ServerFeatures::capabilities(),
            "serverInfo": self.features.info(),
            "instructions": self.features.instructions,
        });
        Handled::Initialized(call.finish(Ok(ResultBody::plain(&result)), None), session)
    }

    fn call(
        self: &Arc<Self>,
        context: RequestContext,
        protocol: Protocol,
        request: &Request<'_>,
        method: &'static str,
    ) -> Call {
        Call {
            server: Arc::clone(self),
            context,
            protocol,
            id: request.id.into(),
            method,
            name: "",
            progress_token: progress_token(&request.params),
            started: Instant::now(),
        }
    }

    fn request(
        self: &Arc<Self>,
        context: RequestContext,
        protocol: Protocol,
        body: &Bytes,
        request: &Request<'_>,
    ) -> Handled {
        // What the request's id must be unique in while it runs.
        let scope = match &protocol {
            Protocol::Session(session) => session.as_ref().map(|session| Arc::clone(&session.digest)),
            Protocol::Stateless(_) => (context.transport == Transport::Stdio).then(stdio_session),
        };
        let modern = matches!(protocol, Protocol::Stateless(_));
        let Some(method) = known_method(&request.method, modern) else {
            let call = self.call(context, protocol, request, "unknown");
            return Handled::Answer(call.finish(Err(ProtocolFault::method_not_found(&request.method)), None));
        };
        let mut guard = None;
        if let Some(scope) = scope {
            guard = self.in_flight.begin(&scope, &spelled_alike(request.id), &context.cancel);
            if guard.is_none() {
                let call = self.call(context, protocol, request, method);
                let text = "a request with this id is still being answered";
                return Handled::Answer(
                    call.finish(Err(ProtocolFault::new(FaultKind::InvalidRequest, text)), None),
                );
            }
        }
        let call = self.call(context, protocol, request, method);
        match call.route(body, &request.params) {
            Routed::Done(answer) => Handled::Answer(answer),
            Routed::Running(running) => Handled::Running(Box::pin(until_cancelled(running, guard))),
        }
    }
}

/// All of one process's standard input is one client.
fn stdio_session() -> Arc<str> {
    "stdio".into()
}

fn is_modern_only(method: &str) -> bool {
    matches!(method, "server/discover" | "subscriptions/listen")
}

/// The method under its static name, if the era has it.
fn known_method(method: &str, modern: bool) -> Option<&'static str> {
    const BOTH: [&str; 8] = [
        "tools/call",
        "tools/list",
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "completion/complete",
    ];
    const LEGACY: [&str; 4] = ["ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];
    const MODERN: [&str; 2] = ["server/discover", "subscriptions/listen"];
    let of_era: &[&'static str] = if modern { &MODERN } else { &LEGACY };
    BOTH.iter().chain(of_era).copied().find(|known| *known == method)
}
