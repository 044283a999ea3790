//! From a message whose era is known to its reply: who may say what in that era, and which method it is.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;

use super::{
    call::Call,
    context::{Protocol, RequestContext},
    server::{Reply, Server},
};
use crate::{
    mcp::{
        jsonrpc::{FaultKind, Message, ProtocolFault, Request, fault_response, spelled_alike},
        methods::{Method, Params},
        revision::{Headers, RequestMeta, check_headers, check_version, progress_token, trace_parent},
        session::Session,
    },
    model::{Era, Transport},
    telemetry::traces,
};

impl Server {
    /// Begins a message of 2026-07-28.
    pub(super) fn stateless(
        self: &Arc<Self>,
        context: RequestContext,
        headers: Option<&dyn Headers>,
        body: &Bytes,
        message: Message<'_>,
    ) -> Reply {
        let request = match message {
            Message::Request(request) => request,
            Message::Notification { method, params } => {
                if let (Transport::Stdio, "notifications/cancelled", Some(id)) =
                    (context.transport, &*method, params.get("requestId"))
                {
                    self.in_flight.cancel(&stdio_session(), &spelled_alike(id));
                }
                return Reply::None;
            }
            Message::Response { id, .. } => {
                let text = "2026-07-28 has no requests of the server to answer";
                let fault = ProtocolFault::new(FaultKind::InvalidRequest, text);
                return Reply::Ready(fault_response(Some(id), &fault, Era::Stateless));
            }
        };
        let method = Method::find(&request.method);
        let checked = RequestMeta::read(&request.params).and_then(|(meta, version)| {
            if let Some(headers) = headers {
                check_headers(headers, &request, &version, method.and_then(|method| method.named_by))?;
            }
            check_version(&version)?;
            Ok(meta)
        });
        match checked {
            Err(fault) => Reply::Ready(fault_response(Some(request.id), &fault, Era::Stateless)),
            Ok(meta) => {
                let params = Params { members: &request.params, body, headers };
                let call = self.call(context, Protocol::Stateless(meta), &request, method);
                self.start(call, &request, method, &params)
            }
        }
    }

    /// Begins a message of the revisions with sessions; `session` is `None` before `initialize`.
    pub(super) fn in_session(
        self: &Arc<Self>,
        context: RequestContext,
        session: Option<Arc<Session>>,
        body: &Bytes,
        message: Message<'_>,
    ) -> Reply {
        match message {
            Message::Request(request) => {
                let method = Method::find(&request.method);
                if session.is_none() && !method.is_some_and(Method::needs_no_session) {
                    let text = "no session: send initialize first";
                    let fault = ProtocolFault::new(FaultKind::InvalidRequest, text);
                    return Reply::Ready(fault_response(Some(request.id), &fault, Era::Sessions));
                }
                // On a stream that has a session, `initialize` opens the next.
                let session = session.filter(|_| request.method != "initialize");
                let params = Params { members: &request.params, body, headers: None };
                let call = self.call(context, Protocol::Session(session), &request, method);
                self.start(call, &request, method, &params)
            }
            Message::Notification { method, params } => match (&session, &*method, params.get("requestId")) {
                (Some(session), "notifications/cancelled", Some(id)) => self.cancel(session, id),
                _ => Reply::None,
            },
            Message::Response { id, outcome } => {
                session.map_or(Reply::None, |session| self.take_input(&session, id, outcome))
            }
        }
    }

    fn call(
        self: &Arc<Self>,
        context: RequestContext,
        protocol: Protocol,
        request: &Request<'_>,
        method: Option<&'static Method>,
    ) -> Call {
        let era = protocol.era();
        let is_alone = context.transport == Transport::Stdio;
        let method = method.filter(|method| method.is_in(era)).map_or("unknown", |method| method.name);
        let span = traces::of_call(method, is_alone, || trace_parent(&request.params));
        Call {
            server: Arc::clone(self),
            context,
            protocol,
            id: request.id.into(),
            method,
            name: "",
            progress_token: progress_token(&request.params),
            started: Instant::now(),
            span,
            in_flight: None,
        }
    }

    fn start(
        &self,
        mut call: Call,
        request: &Request<'_>,
        method: Option<&'static Method>,
        params: &Params<'_>,
    ) -> Reply {
        let Some(method) = method.filter(|method| method.is_in(call.era())) else {
            return call.ready(Err(ProtocolFault::method_not_found(&request.method)));
        };
        // What the request's id must be unique in while it runs.
        let scope = match &call.protocol {
            Protocol::Session(session) => session.as_ref().map(|session| Arc::clone(&session.digest)),
            Protocol::Stateless(_) => (call.context.transport == Transport::Stdio).then(stdio_session),
        };
        if let Some(scope) = scope {
            call.in_flight = self.in_flight.begin(&scope, &spelled_alike(request.id), &call.context.cancel);
            if call.in_flight.is_none() {
                let text = "a request with this id is still being answered";
                return call.ready(Err(ProtocolFault::new(FaultKind::InvalidRequest, text)));
            }
        }
        (method.start)(call, params)
    }
}

/// All of one process's standard input is one client.
fn stdio_session() -> Arc<str> {
    "stdio".into()
}
