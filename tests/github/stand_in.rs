//! A server on loopback that answers as a test says and remembers what it heard.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
    routing::any,
};
use secrecy::SecretString;
use taskgate::{
    clock::SystemClock,
    config::{GithubAddress, GithubSettings, NetworkSettings},
    github::{Ask, Credential, Github, Urgency},
    net::HttpClient,
};

/// What a stand-in was sent.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Instant,
    pub method: String,
    pub path: String,
    pub authorization: String,
    pub if_none_match: Option<String>,
    pub headers: axum::http::HeaderMap,
}

/// What it answers.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub after: Duration,
}

pub fn said(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Said {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Said { status, headers, body: body.into(), after: Duration::ZERO }
}

type Answer = Arc<dyn Fn(usize, &Heard) -> Said + Send + Sync>;

#[derive(Clone)]
pub struct StandIn {
    pub base: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    under_way: Arc<(AtomicUsize, AtomicUsize)>,
    answer: Answer,
}

impl StandIn {
    /// One that answers the n-th request so.
    pub async fn new(answer: impl Fn(usize, &Heard) -> Said + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heard, under_way) = (Arc::default(), Arc::default());
        let stand_in = Self { base, heard, under_way, answer: Arc::new(answer) };
        let router = Router::new().fallback(any(respond)).with_state(stand_in.clone());
        background(async move { axum::serve(listener, router).await.unwrap() });
        stand_in
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.under_way.1.load(Ordering::SeqCst)
    }

    /// GitHub with this in the place of github.com.
    pub fn github(&self) -> Github {
        github(vec![address("github.com", &self.base)], NetworkSettings::default())
    }
}

#[expect(clippy::disallowed_methods, reason = "it ends with the test")]
pub fn background(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

fn heard(request: &Request) -> Heard {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Heard {
        at: Instant::now(),
        method: request.method().to_string(),
        path: request.uri().to_string(),
        authorization: header("authorization").unwrap_or_default(),
        if_none_match: header("if-none-match"),
        headers: request.headers().clone(),
    }
}

async fn respond(State(stand_in): State<StandIn>, request: Request) -> Response {
    let heard = heard(&request);
    let now = stand_in.under_way.0.fetch_add(1, Ordering::SeqCst) + 1;
    stand_in.under_way.1.fetch_max(now, Ordering::SeqCst);
    let _: Bytes = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let number = {
        let mut all = stand_in.heard.lock().unwrap();
        all.push(heard.clone());
        all.len()
    };
    let answer = (stand_in.answer)(number, &heard);
    tokio::time::sleep(answer.after).await;
    stand_in.under_way.0.fetch_sub(1, Ordering::SeqCst);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

pub fn address(host: &str, base: &str) -> GithubAddress {
    let graphql = format!("{}/graphql", base.trim_end_matches('/'));
    GithubAddress { host: host.to_owned(), rest: base.parse().unwrap(), graphql: graphql.parse().unwrap() }
}

pub fn github(hosts: Vec<GithubAddress>, network: NetworkSettings) -> Github {
    let settings = GithubSettings { hosts, token: None, share_token: false, app: None };
    Github::new(HttpClient::new(network), &settings, Arc::new(SystemClock::new()))
}

pub fn token(text: &str) -> Credential {
    Credential::token(SecretString::from(text), "github.com".into())
}

/// A person's call that may take so many seconds.
pub fn ask(credential: &Credential, seconds: u64) -> Ask<'_> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
    Ask { credential, deadline, retries: 10, urgency: Urgency::Person }
}
