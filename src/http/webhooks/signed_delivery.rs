//! The extractor of a delivery that GitHub signed. A handler that takes a [`SignedDelivery`] is reached by nobody else. The
//! signature is that of SHA-256 (`X-Hub-Signature-256`): one of SHA-1 alone counts as none.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use bytes::Bytes;

use super::{
    headers::{one_header, short_name},
    signed_body::Signing,
};
use crate::{
    http::{
        error::Refusal,
        state::{AppState, WebhookSender},
    },
    model::unhex,
};

const SIGNING: Signing = Signing {
    sender: WebhookSender::Github,
    signature,
    unsigned: "send X-Hub-Signature-256 (`sha256=` and 64 hex digits): give the webhook at GitHub the secret of \
               GITHUB_WEBHOOK_SECRET",
    wrongly_signed: "the signature is not that of this body under GITHUB_WEBHOOK_SECRET: give the webhook at GitHub the same secret",
};

/// A delivery whose body GitHub signed. The headers beside it are not signed.
pub struct SignedDelivery {
    /// What happened, such as `pull_request_review`.
    pub event: String,
    /// The same each time it is sent.
    pub id: String,
    pub body: Bytes,
    pub encoding: Encoding,
}

/// How the JSON stands in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Json,
    /// As the field `payload` of a form.
    Form,
}

impl FromRequest<AppState> for SignedDelivery {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &AppState) -> Result<Self, Refusal> {
        let (parts, body) = SIGNING.read(request, state).await?;
        let (event, id) =
            (short_name(&parts.headers, "X-GitHub-Event")?, short_name(&parts.headers, "X-GitHub-Delivery")?);
        Ok(Self { event, id, body, encoding: encoding(&parts.headers)? })
    }
}

fn signature(headers: &HeaderMap) -> Option<[u8; 32]> {
    unhex(one_header(headers, "x-hub-signature-256")?.strip_prefix("sha256=")?)
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    match kind.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Encoding::Json),
        "application/x-www-form-urlencoded" => Ok(Encoding::Form),
        _ => Err(Refusal::field(
            "Content-Type",
            "expected application/json or application/x-www-form-urlencoded",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<[u8; 32]> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("X-Hub-Signature-256", value.parse().unwrap());
        }
        signature(&headers)
    }

    #[test]
    fn a_signature_is_one_header_of_the_right_kind_and_length() {
        let hex = "0f".repeat(32);
        let right = format!("sha256={hex}");
        assert_eq!(of(&[&right]), Some([0x0f; 32]));
        assert_eq!(of(&[&format!("sha256={}", hex.to_uppercase())]), Some([0x0f; 32]));
        for wrong in [
            "",
            "sha256=",
            &hex,
            &format!("sha1={hex}"),
            &format!("{right}0"),
            &format!("sha256=+{}", &hex[1..]),
        ] {
            assert_eq!(of(&[wrong]), None, "{wrong}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&right, &right]), None);
    }
}
