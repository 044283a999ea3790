//! The server: a thread of its own on a free port of loopback, until the test ends.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::BodyExt;
use hyper::{Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

use super::{
    complexity,
    execute::{execute, operation_name},
    refusal::Refusal,
    validate::problem,
    world::{LinearDelivery, LinearWorld},
};
use crate::support::{
    github::{Body, Chance, Fault, Heard, Reply, fail, whole},
    known,
};

/// Points that one query may cost.
const MOST_POINTS: u64 = 10_000;

/// A running fake Linear.
pub struct FakeLinear {
    /// Where its API is, as for `LINEAR_API_URL`.
    pub url: String,
    inside: Arc<Mutex<Inside>>,
    /// Ends the server when it is dropped.
    _end: oneshot::Sender<Infallible>,
}

#[derive(Default)]
struct Inside {
    world: LinearWorld,
    heard: Vec<Heard>,
    /// Of all that was answered: the operation and the status.
    answered: Vec<(String, u16)>,
    /// Faults, each with the operation it is for; with none it is for all.
    faults: VecDeque<(Option<String>, Fault)>,
    chance: Option<Chance>,
    latency: Duration,
    /// What is left of the hour's requests.
    left: Option<u64>,
}

/// Linear takes no more until then, in milliseconds since the epoch.
pub fn rate_limited(reset: i64) -> Fault {
    let reset = reset.to_string();
    let headers = [("x-ratelimit-requests-remaining", "0"), ("x-ratelimit-requests-reset", reset.as_str())];
    let extensions =
        json!({"type": "ratelimited", "code": "RATELIMITED", "statusCode": 429, "userError": true});
    let body =
        json!({"errors": [{"message": "Rate limit exceeded", "extensions": extensions}], "data": null});
    Fault::answer(400, &headers, &body)
}

impl FakeLinear {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let inside = Arc::<Mutex<Inside>>::default();
        let (end, ended) = oneshot::channel();
        let served = Arc::clone(&inside);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, served) => {}
                    _ = ended => {}
                }
            });
        });
        Self { url, inside, _end: end }
    }

    /// A key, which may write or not. It is a secret to look for.
    pub fn key(&self, name: &str, may_write: bool) -> String {
        let key = format!("lin_api_{name}0123456789abcdefghij");
        known::know(&key);
        self.change(|world| world.keys.insert(key.clone(), may_write));
        key
    }

    /// An application's id and secret.
    pub fn app(&self) -> (String, String) {
        let app = (String::from("0123456789abcdef"), String::from("client-secret-0123456789abcdefghij"));
        known::know(&app.1);
        self.change(|world| world.app = Some(app.clone()));
        app
    }

    /// Changes what there is.
    pub fn change<T>(&self, change: impl FnOnce(&mut LinearWorld) -> T) -> T {
        change(&mut self.inside().world)
    }

    /// Everything takes that long from now on.
    pub fn take_time(&self, latency: Duration) {
        self.inside().latency = latency;
    }

    /// This goes wrong with the next `count` requests.
    pub fn fail(&self, count: usize, fault: &Fault) {
        self.inside().faults.extend((0..count).map(|_| (None, fault.clone())));
    }

    /// This goes wrong with the next `count` requests of that operation.
    pub fn fail_on(&self, operation: &str, count: usize, fault: &Fault) {
        self.inside().faults.extend((0..count).map(|_| (Some(operation.to_owned()), fault.clone())));
    }

    /// One of these goes wrong with so many of a thousand requests.
    pub fn fail_by_chance(&self, per_mille: u64, faults: &[Fault]) {
        self.inside().chance = Some(Chance::of(per_mille, faults));
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        let mut inside = self.inside();
        inside.faults.clear();
        inside.chance = None;
    }

    /// So many requests are taken in this hour.
    pub fn leave(&self, requests: u64) {
        self.inside().left = Some(requests);
    }

    /// What arrived since the last time this was asked.
    pub fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.inside().heard)
    }

    /// Operation and status of what was answered since the last time this was asked.
    pub fn answered(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.inside().answered)
    }

    /// What was sent to webhooks since the last time this was asked.
    pub fn deliveries(&self) -> Vec<LinearDelivery> {
        std::mem::take(&mut self.inside().world.deliveries)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, inside: Arc<Mutex<Inside>>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let inside = Arc::clone(&inside);
        let service = service_fn(move |request| handle(Arc::clone(&inside), request));
        connections.spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn handle(inside: Arc<Mutex<Inside>>, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let heard = hear(&head, &json);
    let (fault, latency) = {
        let mut inside = lock(&inside);
        inside.heard.push(heard.clone());
        let is_meant = |of: &Option<String>| of.as_ref().is_none_or(|of| *of == heard.operation);
        let index = inside.faults.iter().position(|(of, _)| is_meant(of));
        let fault = index.and_then(|index| inside.faults.remove(index)).map(|(_, fault)| fault);
        (fault.or_else(|| inside.chance.as_mut().and_then(Chance::next)), inside.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let truth = || match head.uri.path() {
        "/graphql" => graphql(&mut lock(&inside), &heard, &json),
        "/oauth/token" => token(&mut lock(&inside).world, &heard, &String::from_utf8_lossy(&body)),
        _ => plain(404, String::from("<html>Not found</html>")),
    };
    let answer = match fault {
        None => Ok(whole(truth())),
        Some(fault) => fail(fault, truth).await,
    };
    let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
    lock(&inside).answered.push((heard.operation, status));
    answer
}

fn hear(head: &hyper::http::request::Parts, body: &Value) -> Heard {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let document = body["query"].as_str();
    Heard {
        at: Instant::now(),
        is_write: document.is_some_and(|document| document.trim_start().starts_with("mutation")),
        method: head.method.to_string(),
        path: head.uri.to_string(),
        authorization: head.headers.get("authorization").map(text),
        login: None,
        operation: document.map(operation_name).unwrap_or_default(),
        variables: body["variables"].clone(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
    }
}

fn plain(status: u16, body: String) -> Reply {
    let mut headers = hyper::HeaderMap::new();
    headers
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json; charset=utf-8"));
    Reply { status: StatusCode::from_u16(status).unwrap(), headers, body }
}

fn refused(refusal: &Refusal) -> Reply {
    plain(refusal.status, json!({"errors": [refusal.error], "data": null}).to_string())
}

fn graphql(inside: &mut Inside, heard: &Heard, body: &Value) -> Reply {
    let authorization = heard.authorization.as_deref().unwrap_or_default();
    let token = authorization.strip_prefix("Bearer ");
    let of_app = token.and_then(|token| inside.world.tokens.contains(token).then_some(true));
    let Some(may_write) = of_app.or_else(|| inside.world.keys.get(authorization).copied()) else {
        let extensions =
            json!({"type": "authentication error", "code": "AUTHENTICATION_ERROR", "statusCode": 401});
        let error =
            json!({"message": "Authentication required, not authenticated", "extensions": extensions});
        return plain(401, json!({"errors": [error]}).to_string());
    };
    let document = body["query"].as_str().unwrap_or_default();
    if let Some(problem) = problem(document, Some(&body["variables"])) {
        return refused(&Refusal::validation(&problem));
    }
    let points = complexity(document);
    if points > MOST_POINTS {
        return refused(&Refusal::validation("Query too complex"));
    }
    let left = inside.left.get_or_insert(2_500);
    *left = left.saturating_sub(1);
    let left = *left;
    let reply = match execute(&mut inside.world, may_write, document, &body["variables"]) {
        Ok(data) => plain(200, json!({"data": data}).to_string()),
        Err(refusal) => refused(&refusal),
    };
    let reply = reply.with("x-ratelimit-requests-limit", "2500").with("x-complexity", &points.to_string());
    let reply = reply.with("x-ratelimit-requests-remaining", &left.to_string());
    reply.with("x-ratelimit-requests-reset", "4102444800000")
}

fn token(world: &mut LinearWorld, heard: &Heard, body: &str) -> Reply {
    let said = |status, error: &str| {
        plain(status, json!({"error": "Error", "error_description": error}).to_string())
    };
    if heard.header("content-type") != Some("application/x-www-form-urlencoded") {
        return said(400, "the body is no form");
    }
    let form: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let Some((id, secret)) = &world.app else {
        return said(400, "Client does not support the client_credentials grant type");
    };
    let proof = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    if heard.authorization.as_deref() != Some(&proof) {
        return plain(401, json!({"error": "invalid_client"}).to_string());
    }
    if field("grant_type") != Some("client_credentials") || field("scope") != Some("read,write") {
        return said(400, "what is asked for is not known");
    }
    world.given_tokens += 1;
    let token = format!("token-of-the-application-{}", world.given_tokens);
    known::know(&token);
    world.tokens.insert(token.clone());
    let given =
        json!({"access_token": token, "token_type": "Bearer", "expires_in": 86_399, "scope": "read write"});
    plain(200, given.to_string())
}
