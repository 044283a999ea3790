//! The server: a thread of its own on a free port of loopback, until the test ends.

use std::{
    collections::{VecDeque, hash_map::DefaultHasher},
    convert::Infallible,
    hash::{Hash, Hasher},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, Response, Uri, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

use super::{
    access::{self, Answered, open_to_all, viewer},
    reads,
    world::{Edition, Secrets, World},
    writes,
};
use crate::support::{
    github::{Chance, Fault},
    known,
};

const PAGE: &str = "<!DOCTYPE html><html><head><title>Planka</title></head><body></body></html>\n";

/// A running fake Planka.
pub struct FakePlanka {
    /// Where people open it, as for `PLANKA_BASE_URL`.
    pub url: String,
    inside: Arc<Mutex<Inside>>,
    /// Ends the server when it is dropped.
    _end: oneshot::Sender<Infallible>,
}

#[derive(Default)]
struct Inside {
    world: World,
    /// Method and path of each request.
    heard: Vec<String>,
    /// Statuses of the answers; 0 of those that were lost.
    statuses: Vec<u16>,
    /// What a request's method and path begin with, for those that go wrong.
    faults: VecDeque<(String, Fault)>,
    /// So many of a thousand requests go wrong in one of these ways.
    chance: Option<Chance>,
    latency: Duration,
}

impl FakePlanka {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inside = Arc::new(Mutex::new(Inside::default()));
        let (end, ended) = oneshot::channel();
        let served = Arc::clone(&inside);
        url.clone_into(&mut lock(&inside).world.base);
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

    /// A user of that role with a key, which is a secret to look for: id and key.
    pub fn user(&self, name: &str, role: &str) -> (String, String) {
        let (password, key) = (format!("{name}-password-0123"), format!("{name}Key_0123456789abcdefghijklm"));
        known::know(&password);
        known::know(&key);
        let secrets = Secrets { password, api_key: Some(key.clone()), has_accepted: true };
        (self.change(|world| world.add_user(name, role, secrets)), key)
    }

    /// Changes what there is.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.inside().world)
    }

    /// Everything takes that long from now on.
    pub fn take_time(&self, latency: Duration) {
        self.inside().latency = latency;
    }

    /// This goes wrong with the next `count` requests whose method and path begin so, such as `POST /api/lists/`.
    pub fn fail(&self, beginning: &str, count: usize, fault: &Fault) {
        self.inside().faults.extend((0..count).map(|_| (beginning.to_owned(), fault.clone())));
    }

    /// One of these goes wrong with so many of a thousand requests, the same in every run.
    pub fn fail_by_chance(&self, per_mille: u64, faults: &[Fault]) {
        self.inside().chance = Some(Chance::of(per_mille, faults));
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        let mut inside = self.inside();
        inside.faults.clear();
        inside.chance = None;
    }

    /// Method and path of what arrived since the last time this was asked.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().heard)
    }

    /// Statuses of what was answered since the last time this was asked; 0 of what was lost.
    pub fn statuses(&self) -> Vec<u16> {
        std::mem::take(&mut self.inside().statuses)
    }

    /// What was sent to webhooks since the last time this was asked.
    pub fn deliveries(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.inside().world.deliveries)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }
}

impl Inside {
    fn fault(&mut self, request: &str) -> Option<Fault> {
        let index = self.faults.iter().position(|(beginning, _)| request.starts_with(beginning));
        if let Some((_, fault)) = index.and_then(|index| self.faults.remove(index)) {
            return Some(fault);
        }
        self.chance.as_mut().and_then(Chance::next)
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

async fn handle(
    inside: Arc<Mutex<Inside>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let line = format!("{} {}", head.method, head.uri);
    let (fault, latency) = {
        let mut inside = lock(&inside);
        inside.heard.push(line.clone());
        (inside.fault(&line), inside.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let truth = || answer(&mut lock(&inside).world, (&head.method, &head.uri, &head.headers), &body);
    let lost = || io::Error::other("as the test wants it");
    let answer = match fault {
        None => Ok(truth()),
        Some(Fault::Answer { status, headers, body }) => Ok(other(status, &headers, body)),
        Some(Fault::DropAfter) => {
            truth();
            Err(lost())
        }
        Some(Fault::Truncated) => {
            let whole = truth().into_body().collect().await.unwrap().to_bytes();
            Ok(other(200, &[], String::from_utf8_lossy(&whole[..whole.len() / 2]).into_owned()))
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Late(time)) => {
            let known = truth();
            tokio::time::sleep(time).await;
            Ok(known)
        }
        Some(Fault::Drop | Fault::Cut) => Err(lost()),
    };
    let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
    lock(&inside).statuses.push(status);
    answer
}

fn other(status: u16, headers: &[(&'static str, String)], body: String) -> Response<Full<Bytes>> {
    let mut answer =
        Response::builder().status(status).header("content-type", "application/json; charset=utf-8");
    for (name, value) in headers {
        let known = answer.headers_mut().unwrap();
        known.insert(*name, value.parse().unwrap());
    }
    answer.body(Full::new(Bytes::from(body))).unwrap()
}

/// What Planka answers.
fn answer(
    world: &mut World,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &Value,
) -> Response<Full<Bytes>> {
    let path: Vec<_> = uri.path().trim_start_matches('/').split('/').collect();
    let before = uri.query().and_then(|query| query.strip_prefix("beforeId="));
    let answered = match &path[..] {
        _ if world.edition == Edition::Page => Answered::page(),
        ["api", path @ ..] => of_api(world, (method, headers), (path, before), body),
        _ => Answered::page(),
    };
    let (kind, text) = match &answered.body {
        Some(body) => ("application/json; charset=utf-8", body.to_string()),
        None => ("text/html; charset=utf-8", PAGE.to_owned()),
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let etag = format!("W/\"{:x}-{:x}\"", text.len(), hasher.finish());
    let is_known = headers.get("if-none-match").is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let answer = Response::builder().header("etag", &etag).header("x-exit", answered.exit);
    if is_known && *method == Method::GET && answered.status == 200 {
        return answer.status(304).body(Full::default()).unwrap();
    }
    answer.status(answered.status).header("content-type", kind).body(Full::new(Bytes::from(text))).unwrap()
}

fn of_api(
    world: &mut World,
    (method, headers): (&Method, &HeaderMap),
    (path, before): (&[&str], Option<&str>),
    body: &Value,
) -> Answered {
    if let Some(answered) = open_to_all(world, method.as_str(), path, body) {
        return answered;
    }
    let Some(user) = viewer(world, headers) else {
        // Of what it does not know it asks nobody who that is.
        let is_known =
            ["users", "projects", "boards", "cards", "webhooks", "lists", "comments", "task-lists", "tasks"];
        if *method == Method::GET && !path.first().is_some_and(|first| is_known.contains(first)) {
            return Answered::page();
        }
        return access::refusal(401, "", "Access token is missing, invalid or expired");
    };
    if *method == Method::GET {
        reads::get(world, &user, path, before)
    } else {
        writes::write(world, &user, (method.as_str(), path), body)
    }
}
