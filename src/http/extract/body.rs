//! Reading a body: at most 1 MiB unless a page says otherwise, within the time its connection gives it. One that is larger is
//! refused as soon as that is known, from its length or from what came; the connection throws away the rest while it closes.

use std::{error::Error, io};

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::{http::error::Refusal, model::Code};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// Largest body taken by nearly every page.
const MAX_BYTES: usize = MIB;

/// The whole body.
pub async fn read(body: Body) -> Result<Bytes, Refusal> {
    read_at_most(MAX_BYTES, body).await
}

/// The whole body, of at most so many bytes.
pub async fn read_at_most(most: usize, mut body: Body) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_off(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > most {
            return Err(too_large(most));
        }
        if read == data.len() {
            // Nearly every body is one frame, which need not be copied.
            first = data;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
            }
            more.extend_from_slice(&data);
        }
    }
    Ok(if more.is_empty() { first } else { more.freeze() })
}

fn broken_off(error: &(dyn Error + 'static)) -> Refusal {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return Refusal::new(Code::RequestTimeout, "the body did not arrive within 10 seconds");
        }
        cause = error.source();
    }
    Refusal::new(Code::BadRequest, "the body could not be read")
}

fn too_large(most: usize) -> Refusal {
    let text = format!("the body is larger than {}: send less at a time", size(most));
    Refusal::new(Code::PayloadTooLarge, text)
}

/// So many bytes, as a sentence says it; whole MiB or KiB.
fn size(bytes: usize) -> String {
    if bytes >= MIB { format!("{} MiB", bytes / MIB) } else { format!("{} KiB", bytes / KIB) }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::http::error::Refused;

    #[tokio::test]
    async fn what_is_too_large_is_told_how_large_it_may_be() {
        for (most, said) in [(64 * KIB, "larger than 64 KiB"), (MIB, "larger than 1 MiB"), (5 * MIB, "5 MiB")]
        {
            let refused = read_at_most(most, Body::from(vec![0; most + 1])).await.unwrap_err();
            let answer = refused.into_response();
            let told = &answer.extensions().get::<Refused>().unwrap().message;
            assert!(told.contains(said), "{told}");
            assert_eq!(read_at_most(most, Body::from(vec![0; most])).await.unwrap().len(), most);
        }
    }
}
