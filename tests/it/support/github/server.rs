//! The server: a thread of its own on a free port of loopback, until the test ends.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

use super::{
    Delivery, Fault, Heard, Tally, World,
    fault::{Chance, Meant},
    graphql,
    http::{self, Reply},
    issues,
    tally::kind,
    world::Token,
};
use crate::support::known;

/// The body of an answer.
pub type Body = BoxBody<Bytes, io::Error>;

/// A running fake GitHub.
pub struct FakeGithub {
    /// Where its API is, as for `GITHUB_API_URL`.
    pub url: String,
    inside: Arc<Mutex<Inside>>,
    /// Ends the server when it is dropped.
    _end: oneshot::Sender<Infallible>,
}

#[derive(Default)]
struct Inside {
    world: World,
    heard: Vec<Heard>,
    faults: VecDeque<(Meant, Fault)>,
    chance: Option<Chance>,
    tally: Tally,
    latency: Duration,
    /// Requests that are being answered, and the most there were, by token.
    at_once: BTreeMap<String, (usize, usize)>,
}

impl FakeGithub {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inside = Arc::<Mutex<Inside>>::default();
        let (end, ended) = oneshot::channel();
        let (served, base) = (Arc::clone(&inside), url.clone());
        url.clone_into(&mut lock(&inside).world.base);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, served, base) => {}
                    _ = ended => {}
                }
            });
        });
        Self { url, inside, _end: end }
    }

    /// One with the pull request `octo/app#7`, a thread in it, and a token that sees it.
    pub fn with_one_thread() -> (Self, String) {
        let github = Self::start();
        let token = github.token("mona");
        github.change(|world| {
            let pull = world.open("octo/app", 7, "fix");
            let thread = world.thread(pull, "src/a.rs", 3);
            world.comment(thread, "hubot", "Why not a map?");
        });
        (github, token)
    }

    /// A token of that login, which may do everything it sees. It is a secret to look for.
    pub fn token(&self, login: &str) -> String {
        let token = format!("ghp_fake{login}0123456789abcdefghij");
        known::know(&token);
        let owner = Token {
            login: login.to_owned(),
            writes_pull_requests: true,
            writes_contents: true,
            writes_issues: true,
            reads_projects: true,
            writes_projects: true,
        };
        self.change(|world| world.tokens.insert(token.clone(), owner));
        token
    }

    /// Changes what there is.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.inside().world)
    }

    /// Everything takes that long from now on.
    pub fn take_time(&self, latency: Duration) {
        self.inside().latency = latency;
    }

    /// This goes wrong with the next `count` requests.
    pub fn fail(&self, count: usize, fault: &Fault) {
        self.fail_at(count, fault, || Meant::All);
    }

    /// This goes wrong with the next `count` requests of that GraphQL operation.
    pub fn fail_on(&self, operation: &str, count: usize, fault: &Fault) {
        self.fail_at(count, fault, || Meant::Operation(operation.to_owned()));
    }

    /// This goes wrong with the next `count` requests of that kind, such as `POST issues/{n}/labels`.
    pub fn fail_kind(&self, kind: &str, count: usize, fault: &Fault) {
        self.fail_at(count, fault, || Meant::Kind(kind.to_owned()));
    }

    fn fail_at(&self, count: usize, fault: &Fault, meant: impl Fn() -> Meant) {
        self.inside().faults.extend((0..count).map(|_| (meant(), fault.clone())));
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

    /// What was answered since the last time this was asked.
    pub fn tally(&self) -> Tally {
        std::mem::take(&mut self.inside().tally)
    }

    /// What was sent to webhooks since the last time this was asked.
    pub fn deliveries(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.inside().world.tracker.deliveries)
    }

    /// What arrived since the last time this was asked.
    pub fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.inside().heard)
    }

    /// The most requests of one token that were being answered at once.
    pub fn most_at_once(&self) -> usize {
        self.inside().at_once.values().map(|(_, most)| *most).max().unwrap_or(0)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, inside: Arc<Mutex<Inside>>, base: String) {
    let mut connections = JoinSet::new();
    let base: Arc<str> = base.into();
    while let Ok((socket, _)) = listener.accept().await {
        let (inside, base) = (Arc::clone(&inside), Arc::clone(&base));
        let service = service_fn(move |request| handle(Arc::clone(&inside), Arc::clone(&base), request));
        connections.spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

/// Counts a request of a token while it is answered.
struct Answering<'a>(&'a Mutex<Inside>, String);

impl<'a> Answering<'a> {
    fn begin(inside: &'a Mutex<Inside>, token: Option<&str>) -> Self {
        let token = token.unwrap_or_default().to_owned();
        let mut open = lock(inside);
        let (now, most) = open.at_once.entry(token.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        Self(inside, token)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        if let Some((now, _)) = lock(self.0).at_once.get_mut(&self.1) {
            *now -= 1;
        }
    }
}

async fn handle(
    inside: Arc<Mutex<Inside>>,
    base: Arc<str>,
    request: Request<Incoming>,
) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let heard = {
        let mut inside = lock(&inside);
        let heard = hear(&inside.world, &head, &body);
        inside.heard.push(heard.clone());
        heard
    };
    let _answering = Answering::begin(&inside, heard.authorization.as_deref());
    let (fault, latency) = {
        let mut inside = lock(&inside);
        let index = inside.faults.iter().position(|(of, _)| of.is(&heard));
        let fault = index.and_then(|index| inside.faults.remove(index)).map(|(_, fault)| fault);
        let fault = fault.or_else(|| inside.chance.as_mut().and_then(Chance::next));
        (fault, inside.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let truth =
        || http::answer(&mut lock(&inside).world, &base, (&head.method, &head.uri, &head.headers), &body);
    let answer = match fault {
        None => Ok(whole(truth())),
        Some(fault) => fail(fault, truth).await,
    };
    let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
    let points = body["query"].as_str().map_or(1, |document| issues::points(document, &body["variables"]));
    lock(&inside).tally.note(&kind(&heard), status, points);
    answer
}

fn hear(world: &World, head: &hyper::http::request::Parts, body: &Value) -> Heard {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let document = body["query"].as_str();
    let is_mutation = document.is_some_and(|document| document.trim_start().starts_with("mutation"));
    Heard {
        at: Instant::now(),
        is_write: is_mutation || (document.is_none() && head.method != Method::GET),
        method: head.method.to_string(),
        path: head.uri.to_string(),
        authorization: head.headers.get("authorization").map(text),
        login: http::viewer(world, &head.headers).map(|token| token.login),
        operation: document.map(graphql::operation_name).unwrap_or_default(),
        variables: body["variables"].clone(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
    }
}

/// The answer where that goes wrong; `truth` is what it would be.
pub async fn fail(fault: Fault, truth: impl FnOnce() -> Reply) -> Result<Response<Body>, io::Error> {
    let lost = || io::Error::other("as the test wants it");
    match fault {
        Fault::Answer { status, headers, body } => {
            let reply = Reply::new(status, body);
            Ok(whole(headers.iter().fold(reply, |reply, (name, value)| reply.with(name, value))))
        }
        Fault::Drop => Err(lost()),
        Fault::DropAfter => {
            truth();
            Err(lost())
        }
        Fault::Cut => {
            let reply = truth();
            let half = Bytes::from(reply.body[..reply.body.len() / 2].to_owned());
            let length = reply.body.len();
            // The half is sent before the connection ends.
            let end = stream::once(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(lost())
            });
            let frames = stream::iter([Ok(Frame::data(half))]).chain(end);
            let mut response = Response::new(BodyExt::boxed(StreamBody::new(frames)));
            (*response.status_mut(), *response.headers_mut()) = (reply.status, reply.headers);
            response.headers_mut().insert("content-length", length.into());
            Ok(response)
        }
        Fault::Truncated => {
            let mut reply = truth();
            reply.body.truncate(reply.body.len() / 2);
            Ok(whole(reply))
        }
        Fault::Hang => std::future::pending().await,
        Fault::Late(time) => {
            tokio::time::sleep(time).await;
            Ok(whole(truth()))
        }
    }
}

pub fn whole(reply: Reply) -> Response<Body> {
    let body = Full::new(Bytes::from(reply.body)).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (reply.status, reply.headers);
    response
}
