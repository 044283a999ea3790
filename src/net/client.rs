//! The one HTTP client. It follows no redirect, so that a credential goes where it was sent and nowhere else; a failure never
//! names the URL, which may hold a secret.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const MOST_BYTES: usize = 1024 * 1024;

/// What came back.
#[derive(Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
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
    #[error("the other side's answer is longer than 1 MiB")]
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
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build();
        let client = client.map_err(NetError::Setup)?;
        Ok(self.0.get_or_init(|| client))
    }

    /// `GET` with a bearer credential and an `Accept` header.
    pub async fn get(&self, url: &str, bearer: &SecretString, accept: &str) -> Result<Answered, NetError> {
        self.send(self.client()?.get(url).bearer_auth(bearer.expose_secret()).header("Accept", accept)).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, url: &SecretString, body: &impl Serialize) -> Result<Answered, NetError> {
        self.send(self.client()?.post(url.expose_secret()).json(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answered, NetError> {
        let unreachable = |error: reqwest::Error| NetError::Unreachable(error.without_url());
        let mut response = request.send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(NetError::TooLong);
            }
        }
        Ok(Answered { status: response.status().as_u16(), body })
    }
}
