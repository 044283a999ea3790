//! The one HTTP client. It follows no redirect, so that a credential goes where it was sent and nowhere else; a failure never
//! names the URL, which may hold a secret.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take to be there as a whole. Who waits for something that waits for one gives it longer.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Bytes of an answer's body that are read.
const MOST_BYTES: usize = 1024 * 1024;
/// Bytes of an answer's headers that are kept, names and values.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// What came back.
#[derive(Debug)]
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

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The client cannot be made.
    #[error("the HTTP client cannot be made")]
    Setup(#[source] reqwest::Error),
    /// The other side did not answer.
    #[error("the other side did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The other side answered without end.
    #[error("the other side's answer is longer than 1 MiB, or its headers than 32 KiB")]
    TooLong,
}

/// The client. Cloning shares its connections. It is made when it is first needed: reading the machine's certificates takes
/// as long as the rest of the start.
#[derive(Clone, Debug, Default)]
pub struct HttpClient(Arc<OnceLock<reqwest::Client>>);

impl HttpClient {
    fn client(&self) -> Result<&reqwest::Client, NetError> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .user_agent(concat!("taskgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(ANSWER_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build();
        let client = client.map_err(NetError::Setup)?;
        Ok(self.0.get_or_init(|| client))
    }

    /// `GET` with a bearer credential and an `Accept` header.
    pub async fn get(
        &self,
        url: &str,
        bearer: &SecretString,
        accept: &str,
    ) -> Result<HttpResponse, NetError> {
        self.send(self.client()?.get(url).bearer_auth(bearer.expose_secret()).header("Accept", accept)).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, url: &SecretString, body: &impl Serialize) -> Result<HttpResponse, NetError> {
        self.send(self.client()?.post(url.expose_secret()).json(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<HttpResponse, NetError> {
        let unreachable = |error: reqwest::Error| NetError::Unreachable(error.without_url());
        let mut response = request.send().await.map_err(unreachable)?;
        let size = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        if response.headers().iter().map(size).sum::<usize>() > MOST_HEADER_BYTES {
            return Err(NetError::TooLong);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(NetError::TooLong);
            }
        }
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        Ok(HttpResponse { status, headers, body })
    }
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
        HttpClient::default().get(&url, &SecretString::from("secret"), "application/json").await
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
