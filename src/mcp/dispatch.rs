//! From a message to what answers it: era, envelope, one match over methods.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use bytes::Bytes;
use serde_json::json;

use super::{
    Answer, Fault, FaultKind, Handled, Headers, Inbound, Message, Offer, Request, Revision, Server, Session,
    call::{Call, Speaker},
    capabilities::Capabilities,
    complete::Completion,
    encode::{ResultBody, fault_answer},
    envelope::Members,
    headers,
    inflight::InFlightGuard,
    listen::Filter,
    lists::TTL_MILLIS,
    meta::{self, ModernMeta},
    request_state::Binding,
};
use crate::model::{Answers, LogLevel, Transport};

impl Server {
    /// Whether a message speaks 2026-07-28: its `_meta` says so, or its version header does and it is no `initialize`.
    pub fn is_modern(message: &Message<'_>, version_header: Option<&[u8]>) -> bool {
        let header = version_header.and_then(|value| std::str::from_utf8(value).ok());
        let says_so = header.and_then(Revision::parse).is_some_and(Revision::is_modern);
        match message {
            Message::Request(request) => {
                meta::is_modern(&request.params) || (says_so && request.method != "initialize")
            }
            Message::Notification { .. } | Message::Response { .. } => says_so,
        }
    }

    /// The answer to bytes that are no message.
    pub fn refuse(fault: &Fault, modern: bool) -> Answer {
        fault_answer(None, fault, modern)
    }

    /// Handles a stateless message. `headers` are those that mirror the body, where the transport has any.
    pub fn modern(
        self: &Arc<Self>,
        inbound: Inbound,
        headers: Option<&dyn Headers>,
        body: &Bytes,
        message: Message<'_>,
    ) -> Handled {
        let request = match message {
            Message::Request(request) => request,
            Message::Notification { method, params } => {
                if method == "notifications/cancelled" && inbound.transport == Transport::Stdio {
                    self.cancel(&stdio_session(), &params);
                }
                return Handled::Nothing;
            }
            Message::Response { id, .. } => {
                let fault = Fault::new(
                    FaultKind::InvalidRequest,
                    "2026-07-28 has no requests of the server to answer",
                );
                return Handled::Answer(fault_answer(Some(id), &fault, true));
            }
        };
        let checked = ModernMeta::read(&request.params).and_then(|(meta, version)| {
            if let Some(headers) = headers {
                headers::check(headers, &request, &version, &self.offer.tools)?;
            }
            meta::check_version(&version)?;
            Ok(meta)
        });
        match checked {
            Err(fault) => Handled::Answer(fault_answer(Some(request.id), &fault, true)),
            Ok(meta) => {
                let session = (inbound.transport == Transport::Stdio).then(stdio_session);
                self.request(inbound, Speaker::Modern(meta), session, body, &request)
            }
        }
    }

    /// Handles a legacy message; `session` is `None` before `initialize`.
    pub fn legacy(
        self: &Arc<Self>,
        inbound: Inbound,
        session: Option<Arc<Session>>,
        body: &Bytes,
        message: Message<'_>,
    ) -> Handled {
        match message {
            Message::Request(request) if request.method == "initialize" => {
                self.initialize(&inbound, &request)
            }
            Message::Request(request) => {
                let digest = session.as_ref().map(|session| Arc::clone(&session.digest));
                if session.is_none() && request.method != "ping" && !is_modern_only(&request.method) {
                    let fault = Fault::new(FaultKind::InvalidRequest, "no session: send initialize first");
                    return Handled::Answer(fault_answer(Some(request.id), &fault, false));
                }
                self.request(inbound, Speaker::Legacy(session), digest, body, &request)
            }
            Message::Notification { method, params } => {
                if let (Some(session), "notifications/cancelled") = (&session, &*method) {
                    self.cancel(&session.digest, &params);
                }
                Handled::Nothing
            }
            Message::Response { id, outcome } => {
                if let Some(session) = &session {
                    self.parts.asks.answer(session, id, outcome);
                }
                Handled::Nothing
            }
        }
    }

    fn cancel(&self, session: &Arc<str>, params: &Members<'_>) {
        if let Some(id) = params.get("requestId") {
            self.in_flight.cancel(session, id);
        }
    }

    fn initialize(self: &Arc<Self>, inbound: &Inbound, request: &Request<'_>) -> Handled {
        let call = self.call(inbound.clone(), Speaker::Legacy(None), request, "initialize");
        let Some(version) = request.params.text("protocolVersion") else {
            let fault = Fault::params("protocolVersion: expected text such as 2025-11-25");
            return Handled::Answer(call.finish(Err(fault), None));
        };
        let declared = request.params.get("capabilities").unwrap_or("{}");
        let capabilities = match Members::parse(declared, "capabilities") {
            Ok(members) => Capabilities::declared(&members),
            Err(fault) => return Handled::Answer(call.finish(Err(fault), None)),
        };
        let revision = Revision::negotiate(&version);
        let lasting = inbound.transport == Transport::StreamableHttp;
        let session =
            Session::new(&inbound.principal, revision, capabilities, self.parts.clock.now(), lasting);
        let result = json!({
            "protocolVersion": revision.as_str(),
            "capabilities": Offer::capabilities(),
            "serverInfo": self.offer.info(),
            "instructions": self.offer.instructions,
        });
        Handled::Initialized(call.finish(Ok(ResultBody::plain(&result)), None), session)
    }

    fn call(
        self: &Arc<Self>,
        inbound: Inbound,
        speaker: Speaker,
        request: &Request<'_>,
        method: &'static str,
    ) -> Call {
        Call {
            server: Arc::clone(self),
            inbound,
            speaker,
            id: request.id.into(),
            method,
            name: "",
            progress_token: meta::progress_token(&request.params),
            started: Instant::now(),
        }
    }

    /// `scope` names what the request's id must be unique in while it runs.
    fn request(
        self: &Arc<Self>,
        inbound: Inbound,
        speaker: Speaker,
        scope: Option<Arc<str>>,
        body: &Bytes,
        request: &Request<'_>,
    ) -> Handled {
        let modern = matches!(speaker, Speaker::Modern(_));
        let Some(method) = known_method(&request.method, modern) else {
            let call = self.call(inbound, speaker, request, "unknown");
            return Handled::Answer(call.finish(Err(Fault::method_not_found(&request.method)), None));
        };
        let mut guard = None;
        if let Some(scope) = scope {
            guard = self.in_flight.begin(&scope, request.id, &inbound.cancel);
            if guard.is_none() {
                let call = self.call(inbound, speaker, request, method);
                let text = "a request with this id is still being answered";
                return Handled::Answer(call.finish(Err(Fault::new(FaultKind::InvalidRequest, text)), None));
            }
        }
        let call = self.call(inbound, speaker, request, method);
        match call.route(body, &request.params) {
            Routed::Done(answer) => Handled::Answer(answer),
            Routed::Running(running) => Handled::Running(Box::pin(until_cancelled(running, guard))),
        }
    }
}

type Running = futures_util::future::BoxFuture<'static, (Answer, bool)>;

enum Routed {
    Done(Answer),
    Running(Running),
}

/// A legacy client that cancelled wants no answer.
async fn until_cancelled(running: Running, guard: Option<InFlightGuard>) -> Option<Answer> {
    let (answer, cancelled) = running.await;
    let wanted = !(cancelled && guard.is_some());
    wanted.then_some(answer)
}

impl Call {
    fn route(mut self, body: &Bytes, params: &Members<'_>) -> Routed {
        let server = Arc::clone(&self.server);
        let listed = match self.method {
            "ping" => Ok(ResultBody::empty()),
            "server/discover" => Ok(server.discover()),
            "tools/list" => server.tools.page(params),
            "prompts/list" => server.prompts.page(params),
            "resources/list" => server.resources.page(params),
            "resources/templates/list" => server.templates.page(params),
            "tools/call" => return self.route_tool(body, params),
            _ => match self.route_other(params) {
                Ok(routed) => return routed,
                Err((call, fault)) => {
                    self = *call;
                    Err(fault)
                }
            },
        };
        Routed::Done(self.finish(listed, None))
    }

    fn route_tool(mut self, body: &Bytes, params: &Members<'_>) -> Routed {
        let Some(name) = params.text("name") else {
            return Routed::Done(self.finish(Err(Fault::params("name: expected the tool's name")), None));
        };
        let Some(tool) = self.server.offer.tools.find(&name) else {
            return Routed::Done(self.finish(Err(Fault::params(format!("Unknown tool: {name}"))), None));
        };
        self.name = tool.name();
        let raw = params.get("arguments").filter(|raw| *raw != "null");
        let arguments = raw.map_or(Bytes::from_static(b"{}"), |raw| body.slice_ref(raw.as_bytes()));
        match self.given_answers(params, &arguments) {
            Ok(answers) => self.running(|call| call.run_tool(tool, arguments, answers)),
            Err(fault) => Routed::Done(self.finish(Err(fault), None)),
        }
    }

    fn route_other(self, params: &Members<'_>) -> Result<Routed, (Box<Self>, Fault)> {
        let uri = || params.text("uri").map(std::borrow::Cow::into_owned);
        let session = match &self.speaker {
            Speaker::Legacy(session) => session.clone(),
            Speaker::Modern(_) => None,
        };
        match (self.method, session) {
            ("prompts/get", _) => self.route_prompt(params),
            ("resources/read", _) => match uri() {
                Some(uri) => Ok(self.running(|call| call.read_resource(uri))),
                None => Err((Box::new(self), Fault::params("uri: expected text"))),
            },
            ("resources/subscribe" | "resources/unsubscribe", Some(session)) => match uri() {
                Some(uri) => {
                    let watch = self.method == "resources/subscribe";
                    Ok(self.running(|call| call.watch(session, uri, watch)))
                }
                None => Err((Box::new(self), Fault::params("uri: expected text"))),
            },
            ("logging/setLevel", Some(session)) => {
                let level: Option<LogLevel> =
                    params.get("level").and_then(|raw| serde_json::from_str(raw).ok());
                match level {
                    Some(level) => Ok(self.running(|call| call.set_log_level(session, level))),
                    None => Err((
                        Box::new(self),
                        Fault::params(
                            "level: expected one of debug, info, notice, warning, error, critical, alert, emergency",
                        ),
                    )),
                }
            }
            ("completion/complete", _) => match Completion::read(params) {
                Ok(wanted) => Ok(self.running(|call| call.complete(wanted))),
                Err(fault) => Err((Box::new(self), fault)),
            },
            ("subscriptions/listen", _) => match Filter::read(params) {
                Ok(filter) => Ok(self.running(|call| async move {
                    let body = call.listen(filter).await;
                    call.finish(Ok(body), None)
                })),
                Err(fault) => Err((Box::new(self), fault)),
            },
            (method, _) => Err((Box::new(self), Fault::method_not_found(method))),
        }
    }

    fn route_prompt(mut self, params: &Members<'_>) -> Result<Routed, (Box<Self>, Fault)> {
        let name = params.text("name").unwrap_or_default();
        let Some(prompt) = self.server.offer.prompts.find(&name) else {
            return Err((Box::new(self), Fault::params(format!("Unknown prompt: {name}"))));
        };
        self.name = prompt.name();
        let given: Result<BTreeMap<String, String>, _> =
            params.get("arguments").map_or_else(|| Ok(BTreeMap::new()), serde_json::from_str);
        let Ok(arguments) = given else {
            return Err((Box::new(self), Fault::params("arguments: expected an object of texts")));
        };
        match self.given_answers(params, super::encode::to_json(&arguments).as_bytes()) {
            Ok(answers) => Ok(self.running(|call| call.render_prompt(arguments, answers))),
            Err(fault) => Err((Box::new(self), fault)),
        }
    }

    fn given_answers(&self, params: &Members<'_>, arguments: &[u8]) -> Result<Answers, Fault> {
        if !self.is_modern()
            || (params.get("requestState").is_none() && params.get("inputResponses").is_none())
        {
            return Ok(Answers::new());
        }
        self.server.states.answers(&Binding::new(self, arguments), params, self.server.parts.clock.now())
    }

    fn running<F, Fut>(self, run: F) -> Routed
    where
        F: FnOnce(Self) -> Fut,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let cancel = self.inbound.cancel.clone();
        let running = run(self);
        Routed::Running(Box::pin(async move {
            let answer = running.await;
            (answer, cancel.is_cancelled())
        }))
    }
}

impl Server {
    fn discover(&self) -> ResultBody {
        let result = json!({
            "supportedVersions": Revision::ALL.map(Revision::as_str),
            "capabilities": Offer::capabilities(),
            "instructions": self.offer.instructions,
        });
        ResultBody::cacheable(&result, TTL_MILLIS)
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
