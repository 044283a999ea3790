//! Reading a body: at most 1 MiB, within 10 seconds.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::error::Refusal;
use crate::model::Code;

/// Largest body taken.
const MAX_BYTES: usize = 1024 * 1024;
/// From the head to the last byte of the body.
const PATIENCE: Duration = Duration::from_secs(10);

/// The whole body.
pub(super) async fn read(body: Body) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(PATIENCE, Limited::new(body, MAX_BYTES).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(Code::PayloadTooLarge, "the body is larger than 1 MiB"))
        }
        Ok(Err(_)) => Err(Refusal::new(Code::BadRequest, "the body could not be read")),
        Err(_) => Err(Refusal::new(Code::RequestTimeout, "the body did not arrive within 10 seconds")),
    }
}
