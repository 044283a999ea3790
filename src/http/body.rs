//! Reading a body: at most 1 MiB, within 10 seconds.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::error::Refusal;
use crate::model::Code;

/// Largest body taken.
const MAX_BYTES: usize = 1024 * 1024;
/// Bytes read and thrown away beyond that: a client that is still sending would not see the answer.
const MAX_DISCARDED: usize = 8 * MAX_BYTES;
/// From the head to the last byte of the body.
const PATIENCE: Duration = Duration::from_secs(10);

/// The whole body.
pub(super) async fn read(body: Body) -> Result<Bytes, Refusal> {
    let late = || Refusal::new(Code::RequestTimeout, "the body did not arrive within 10 seconds");
    tokio::time::timeout(PATIENCE, collect(body)).await.map_err(|_| late())?
}

async fn collect(mut body: Body) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::new(Code::BadRequest, "the body could not be read"))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > MAX_DISCARDED {
            break;
        }
        if read > MAX_BYTES {
            (first, more) = (Bytes::new(), BytesMut::new());
        } else if read == data.len() {
            // Nearly every body is one frame, which need not be copied.
            first = data;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
            }
            more.extend_from_slice(&data);
        }
    }
    if read > MAX_BYTES {
        return Err(Refusal::new(Code::PayloadTooLarge, "the body is larger than 1 MiB"));
    }
    Ok(if more.is_empty() { first } else { more.freeze() })
}
