//! An address that deliveries are posted to, signed. It is named in the log by scheme, host and port alone: what else it has may
//! be a secret.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::notice::EventDelivery;
use crate::{
    model::hex,
    net::{HttpClient, HttpRequest, NetError},
    secrets::{SigningSecret, sha256},
};

/// For it to answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read, and not looked at.
const MOST_BYTES: usize = 1024 * 1024;

/// Why a delivery is not taken yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// Nothing but 2xx is a yes, and no redirect is followed.
    #[error("it answered with status {0}")]
    Status(u16),
    /// There was no answer.
    #[error(transparent)]
    Net(#[from] NetError),
}

/// Who is told.
pub(in crate::app::jobs) struct Receiver {
    url: Url,
    client: HttpClient,
    secret: SigningSecret,
}

impl Receiver {
    /// Whoever is at that address, unless it is none.
    pub(in crate::app::jobs) fn at(
        address: &SecretString,
        client: HttpClient,
        secret: SigningSecret,
    ) -> Option<Self> {
        let url = Url::parse(address.expose_secret()).ok()?;
        Some(Self { url, client, secret })
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The name that its place in the log is kept under.
    pub(super) fn follower(&self) -> String {
        format!("subscriber:{}", hex(&sha256(self.url.as_str())))
    }

    /// Posts a delivery once.
    pub(super) async fn post(&self, delivery: &EventDelivery) -> Result<(), NotTaken> {
        let value = |text: &str| HeaderValue::from_str(text).expect("a word, an id or hex digits");
        let mut headers = HeaderMap::new();
        headers.insert("x-taskgate-event", value(delivery.event));
        headers.insert("x-taskgate-delivery", value(&delivery.id));
        headers.insert("x-taskgate-signature-256", value(&self.secret.signature(&delivery.body)));
        let request = HttpRequest {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: Some(delivery.body.clone()),
            timeout: ANSWER_TIME,
            most_bytes: MOST_BYTES,
        };
        match self.client.send(request).await?.status {
            200..300 => Ok(()),
            status => Err(NotTaken::Status(status)),
        }
    }
}
