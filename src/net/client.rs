//! The one HTTP client. It follows no redirect, so that a credential goes where it was sent and nowhere else; a failure never
//! names the URL, which may hold a secret.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::NetError;
use crate::{
    config::NetworkSettings,
    telemetry::{
        metrics::{UPSTREAM_REQUEST_DURATION, UPSTREAM_REQUESTS, Upstream, UpstreamOutcome},
        traces::{self, Span, SpanKind, W3C_PARENT},
    },
};

/// Bytes of an answer's body that are read, where nobody says otherwise.
const MOST_BYTES: usize = 1024 * 1024;
/// What is asked without a proxy, whatever the settings say.
const HERE: &str = "localhost,127.0.0.0/8,::1";
/// For somebody to take what is posted to them.
const POST_TIME: Duration = Duration::from_secs(30);
/// Bytes of an answer's headers that are kept, names and values.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// What is sent.
#[derive(Debug)]
pub struct HttpRequest {
    /// GET, POST and so on.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// All but those that HTTP itself needs. What is secret is marked so.
    pub headers: HeaderMap,
    /// JSON unless the headers say otherwise, if there is a body.
    pub body: Option<Vec<u8>>,
    /// For the answer to be there as a whole; the client's own limit if that is shorter.
    pub timeout: Duration,
    /// Bytes of the answer's body that are read.
    pub most_bytes: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers: where a list goes on, what it is a version of, how many more requests are taken.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of the first header of that name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The client. Cloning shares its connections. It is made when it is first needed: reading the machine's certificates takes
/// as long as the rest of the start.
#[derive(Clone, Debug)]
pub struct HttpClient {
    lazy: Arc<LazyClient>,
    /// Who is asked with it, as metrics name it.
    upstream: Upstream,
}

#[derive(Debug)]
struct LazyClient {
    settings: NetworkSettings,
    client: OnceLock<reqwest::Client>,
}

impl HttpClient {
    /// A client as the settings say.
    pub fn new(settings: NetworkSettings) -> Self {
        let lazy = Arc::new(LazyClient { settings, client: OnceLock::new() });
        Self { lazy, upstream: Upstream::Other }
    }

    /// The same client, for requests that are counted as those to `upstream`.
    pub fn to(&self, upstream: Upstream) -> Self {
        Self { lazy: Arc::clone(&self.lazy), upstream }
    }

    fn client(&self) -> Result<&reqwest::Client, NetError> {
        if let Some(client) = self.lazy.client.get() {
            return Ok(client);
        }
        let settings = &self.lazy.settings;
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("taskgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(proxy) = &settings.proxy {
            let except = format!("{},{HERE}", settings.without_proxy);
            let proxy = reqwest::Proxy::https(proxy.expose_secret()).map_err(NetError::Setup)?;
            client = client.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(&except)));
        }
        if let Some(pem) = &settings.extra_roots {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(NetError::Setup)?;
            client = client.tls_certs_merge(roots);
        }
        let client = client.build().map_err(NetError::Setup)?;
        Ok(self.lazy.client.get_or_init(|| client))
    }

    /// One request and its answer.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NetError> {
        let timeout = request.timeout.min(self.lazy.settings.timeout);
        let method = word(&request.method);
        let mut builder = self.client()?.request(request.method, request.url).timeout(timeout);
        let has_type = request.headers.contains_key(header::CONTENT_TYPE);
        builder = builder.headers(request.headers);
        if let Some(body) = request.body {
            builder = builder.body(body);
            if !has_type {
                builder = builder.header(header::CONTENT_TYPE, "application/json");
            }
        }
        self.answer(method, builder, request.most_bytes).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, url: &SecretString, body: &impl Serialize) -> Result<HttpResponse, NetError> {
        let request = self.client()?.post(url.expose_secret()).json(body);
        let request = request.timeout(self.lazy.settings.timeout.min(POST_TIME));
        self.answer("POST", request, MOST_BYTES).await
    }

    async fn answer(
        &self,
        method: &'static str,
        mut request: reqwest::RequestBuilder,
        most_bytes: usize,
    ) -> Result<HttpResponse, NetError> {
        let (started, span) =
            (Instant::now(), traces::child(SpanKind::Client, [method, self.upstream.word()]));
        if let Some(span) = &span {
            // Ids alone: what a caller keeps in its trace (`tracestate`) is for no third party.
            request = request.header(W3C_PARENT, span.place().traceparent());
        }
        let answered = answer(request, most_bytes).await;
        if let Some(span) = span {
            tell(&span, method, self.upstream, &answered);
        }
        UPSTREAM_REQUESTS.add((self.upstream, outcome(&answered)));
        UPSTREAM_REQUEST_DURATION.observe(self.upstream, started.elapsed());
        answered
    }
}

/// Ends the span of a request. Neither its address nor anything of its answer but the status is told.
fn tell(span: &Span, method: &'static str, upstream: Upstream, answered: &Result<HttpResponse, NetError>) {
    let status = answered.as_ref().ok().map(|answer| ("http.response.status_code", answer.status.into()));
    let outcome = outcome(answered);
    let is_good = matches!(outcome, UpstreamOutcome::Success | UpstreamOutcome::Redirect);
    let attributes = [
        Some(("http.request.method", method.into())),
        Some(("taskgate.upstream", upstream.word().into())),
        status,
    ];
    span.end(attributes, (!is_good).then(|| outcome.word()));
}

/// The method as traces name it.
fn word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "HTTP",
    }
}

/// What metrics say came back.
const fn outcome(answered: &Result<HttpResponse, NetError>) -> UpstreamOutcome {
    match answered {
        Ok(HttpResponse { status: 0..300, .. }) => UpstreamOutcome::Success,
        Ok(HttpResponse { status: 300..400, .. }) => UpstreamOutcome::Redirect,
        Ok(HttpResponse { status: 400..500, .. }) => UpstreamOutcome::Refused,
        Ok(_) => UpstreamOutcome::Failed,
        Err(NetError::Setup(_) | NetError::Unconnected(_)) => UpstreamOutcome::Unconnected,
        Err(NetError::Unreachable(_)) => UpstreamOutcome::Unreachable,
        Err(NetError::TimedOut) => UpstreamOutcome::TimedOut,
        Err(NetError::TooLong) => UpstreamOutcome::TooLong,
    }
}

async fn answer(request: reqwest::RequestBuilder, most_bytes: usize) -> Result<HttpResponse, NetError> {
    let mut response = request.send().await.map_err(NetError::of)?;
    let size = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    if response.headers().iter().map(size).sum::<usize>() > MOST_HEADER_BYTES {
        return Err(NetError::TooLong);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(NetError::of)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(NetError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    Ok(HttpResponse { status, headers, body })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// A server that gives one answer.
    fn answering(answer: String) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let _ = peer.read(&mut [0; 4096]).unwrap();
            let _ = peer.write_all(answer.as_bytes());
        });
        url
    }

    async fn get(headers: &str) -> Result<HttpResponse, NetError> {
        let url = answering(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\n{{}}"));
        let request = HttpRequest {
            method: Method::GET,
            url: Url::parse(&url).unwrap(),
            headers: HeaderMap::new(),
            body: None,
            timeout: Duration::from_secs(10),
            most_bytes: 2,
        };
        HttpClient::new(NetworkSettings::default()).send(request).await
    }

    #[tokio::test]
    async fn an_answer_has_its_headers_and_they_have_an_end() {
        let answer =
            get("Link: <https://x/?page=2>; rel=\"next\"\r\nX-RateLimit-Remaining: 7\r\n").await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("7"));
        assert_eq!(answer.header("link"), Some("<https://x/?page=2>; rel=\"next\""));
        assert_eq!(answer.header("etag"), None);
        let long = format!("X-Long: {}\r\n", "x".repeat(MOST_HEADER_BYTES));
        assert!(matches!(get(&long).await, Err(NetError::TooLong)));
    }
}
