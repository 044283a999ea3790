//! From a request whose era is known to what answers it: one match over methods, then one over what they ask for.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use serde_json::json;

use super::completion::Completion;
use crate::{
    mcp::{
        call::Call,
        context::Protocol,
        inflight::InFlightGuard,
        jsonrpc::{FaultKind, JsonRpcResponse, Members, ProtocolFault, ResultBody, to_json},
        lists::{TTL_MILLIS, as_json},
        notify::SubscriptionFilter,
        revision::Revision,
        server::{Server, ServerFeatures},
        session::Session,
    },
    model::{InputResponses, LogLevel},
    tools::Tool,
};

/// The answer, and whether the call was cancelled.
pub(crate) type Running = futures_util::future::BoxFuture<'static, (JsonRpcResponse, bool)>;

/// What answers a request.
pub(crate) enum Routed {
    Done(JsonRpcResponse),
    Running(Running),
}

/// A legacy client that cancelled wants no answer.
pub(crate) async fn until_cancelled(
    running: Running,
    guard: Option<InFlightGuard>,
) -> Option<JsonRpcResponse> {
    let (answer, cancelled) = running.await;
    let wanted = !(cancelled && guard.is_some());
    wanted.then_some(answer)
}

/// What a request asks for, its params checked.
enum Action {
    Done(ResultBody),
    CallTool(Arc<Tool>, Bytes, InputResponses),
    GetPrompt(BTreeMap<String, String>, InputResponses),
    Read(String),
    Watch(Arc<Session>, String, bool),
    SetLogLevel(Arc<Session>, LogLevel),
    Complete(Completion),
    Listen(SubscriptionFilter),
}

impl Call {
    /// Starts what the request asks for.
    pub(crate) fn route(mut self, body: &Bytes, params: &Members<'_>) -> Routed {
        match self.action(body, params) {
            Err(fault) => Routed::Done(self.finish(Err(fault), None)),
            Ok(Action::Done(body)) => Routed::Done(self.finish(Ok(body), None)),
            Ok(Action::CallTool(tool, arguments, answers)) => {
                self.running(|call| call.run_tool(tool, arguments, answers))
            }
            Ok(Action::GetPrompt(arguments, answers)) => {
                self.running(|call| call.render_prompt(arguments, answers))
            }
            Ok(Action::Read(uri)) => self.running(|call| call.read_resource(uri)),
            Ok(Action::Watch(session, uri, watch)) => self.running(|call| call.watch(session, uri, watch)),
            Ok(Action::SetLogLevel(session, level)) => {
                self.running(|call| call.set_log_level(session, level))
            }
            Ok(Action::Complete(wanted)) => self.running(|call| call.complete(wanted)),
            Ok(Action::Listen(filter)) => self.running(|call| async move {
                let body = call.listen(filter).await;
                call.finish(Ok(body), None)
            }),
        }
    }

    /// One match over methods.
    fn action(&mut self, body: &Bytes, params: &Members<'_>) -> Result<Action, ProtocolFault> {
        let session = match &self.protocol {
            Protocol::Session(session) => session.clone(),
            Protocol::Stateless(_) => None,
        };
        let server = &self.server;
        let listed = match (self.method, session) {
            ("ping", _) => Ok(ResultBody::empty()),
            ("server/discover", _) => Ok(server.discover()),
            ("tools/list", _) => server.tools.page(params, || server.features.tools.listed()),
            ("prompts/list", _) => server.prompts.page(params, || server.features.prompts.listed()),
            ("resources/list", _) => {
                server.resources.page(params, || as_json(server.features.resources.list()))
            }
            ("resources/templates/list", _) => {
                server.templates.page(params, || as_json(server.features.resources.templates()))
            }
            ("tools/call", _) => return self.tool_call(body, params),
            ("prompts/get", _) => return self.prompt_get(params),
            ("resources/read", _) => return Ok(Action::Read(text(params, "uri")?)),
            ("resources/subscribe", Some(session)) => {
                return Ok(Action::Watch(session, text(params, "uri")?, true));
            }
            ("resources/unsubscribe", Some(session)) => {
                return Ok(Action::Watch(session, text(params, "uri")?, false));
            }
            ("logging/setLevel", Some(session)) => {
                return Ok(Action::SetLogLevel(session, log_level(params)?));
            }
            ("completion/complete", _) => return Ok(Action::Complete(Completion::read(params)?)),
            ("subscriptions/listen", _) => return self.listen_to(params),
            (method, _) => Err(ProtocolFault::method_not_found(method)),
        };
        listed.map(Action::Done)
    }

    fn listen_to(&self, params: &Members<'_>) -> Result<Action, ProtocolFault> {
        if self.context.stream.is_muted() {
            let text = "subscriptions/listen is answered with events: accept text/event-stream";
            return Err(ProtocolFault::new(FaultKind::InvalidRequest, text));
        }
        Ok(Action::Listen(SubscriptionFilter::read(params)?))
    }

    fn tool_call(&mut self, body: &Bytes, params: &Members<'_>) -> Result<Action, ProtocolFault> {
        let name = text(params, "name")?;
        let tool = self.server.features.tools.find(&name);
        let tool = tool.ok_or_else(|| ProtocolFault::params(format!("Unknown tool: {name}")))?;
        self.name = tool.name();
        let raw = params.get("arguments");
        let arguments = raw.map_or(Bytes::from_static(b"{}"), |raw| body.slice_ref(raw.as_bytes()));
        let answers = self.given_answers(params, &arguments)?;
        Ok(Action::CallTool(tool, arguments, answers))
    }

    fn prompt_get(&mut self, params: &Members<'_>) -> Result<Action, ProtocolFault> {
        let name = text(params, "name")?;
        let prompt = self.server.features.prompts.find(&name);
        self.name = prompt.ok_or_else(|| ProtocolFault::params(format!("Unknown prompt: {name}")))?.name();
        let given = params.get("arguments").map(|raw| Members::parse(raw, "arguments")).transpose()?;
        let given = given.unwrap_or_default();
        let arguments = given
            .texts()
            .map_err(|name| ProtocolFault::params(format!("arguments.{name}: expected text")))?;
        let answers = self.given_answers(params, to_json(&arguments).as_bytes())?;
        Ok(Action::GetPrompt(arguments, answers))
    }

    fn given_answers(&self, params: &Members<'_>, arguments: &[u8]) -> Result<InputResponses, ProtocolFault> {
        if !self.is_modern()
            || (params.get("requestState").is_none() && params.get("inputResponses").is_none())
        {
            return Ok(InputResponses::new());
        }
        self.server.states.answers(&self.binding(arguments), params, self.server.parts.clock.store_now())
    }

    fn running<F, Fut>(self, run: F) -> Routed
    where
        F: FnOnce(Self) -> Fut,
        Fut: Future<Output = JsonRpcResponse> + Send + 'static,
    {
        let cancel = self.context.cancel.clone();
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
            "capabilities": ServerFeatures::capabilities(),
            "instructions": self.features.instructions,
        });
        ResultBody::cacheable(&result, TTL_MILLIS)
    }
}

fn text(params: &Members<'_>, name: &str) -> Result<String, ProtocolFault> {
    let text = params.text(name).ok_or_else(|| ProtocolFault::params(format!("{name}: expected text")))?;
    Ok(text.into_owned())
}

fn log_level(params: &Members<'_>) -> Result<LogLevel, ProtocolFault> {
    let level = params.get("level").and_then(|raw| serde_json::from_str(raw).ok());
    let words = "debug, info, notice, warning, error, critical, alert, emergency";
    level.ok_or_else(|| ProtocolFault::params(format!("level: expected one of {words}")))
}
