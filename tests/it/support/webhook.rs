//! Webhooks as GitHub signs them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The value of `X-Hub-Signature-256` for that body.
pub fn webhook_signature(secret: &str, body: &str) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", taskgate::model::hex(&hmac.finalize().into_bytes()))
}
