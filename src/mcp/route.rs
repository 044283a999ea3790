//! From a request whose era is known to what answers it: one match over methods.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use serde_json::json;

use super::{
    Answer, Fault, Offer, Revision, Server, call::Call, complete::Completion, encode::ResultBody,
    envelope::Members, filter::Filter, inbound::Speaker, inflight::InFlightGuard, lists::TTL_MILLIS,
};
use crate::model::{Answers, LogLevel};

/// The answer, and whether the call was cancelled.
pub(super) type Running = futures_util::future::BoxFuture<'static, (Answer, bool)>;

/// What answers a request.
pub(super) enum Routed {
    Done(Answer),
    Running(Running),
}

/// A legacy client that cancelled wants no answer.
pub(super) async fn until_cancelled(running: Running, guard: Option<InFlightGuard>) -> Option<Answer> {
    let (answer, cancelled) = running.await;
    let wanted = !(cancelled && guard.is_some());
    wanted.then_some(answer)
}

impl Call {
    /// One match over methods.
    pub(super) fn route(mut self, body: &Bytes, params: &Members<'_>) -> Routed {
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
        self.server.states.answers(&self.binding(arguments), params, self.server.parts.clock.now())
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
