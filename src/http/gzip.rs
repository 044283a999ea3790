//! Packing answers for clients that take it, and unpacking for the others.

use std::io::{Read, Write};

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// Those bytes under gzip, packed once and kept.
pub(super) fn gzip(bytes: &[u8]) -> Bytes {
    packed(bytes, Compression::default())
}

/// Those bytes under gzip, packed for one answer.
pub(super) fn gzip_quickly(bytes: &[u8]) -> Bytes {
    packed(bytes, Compression::new(4))
}

fn packed(bytes: &[u8], level: Compression) -> Bytes {
    let mut packer = GzEncoder::new(Vec::new(), level);
    let packed = packer.write_all(bytes).and_then(|()| packer.finish());
    packed.expect("writing into memory does not fail").into()
}

/// Those bytes as they were before they were packed. For what is compiled in alone: it has no bound.
pub(super) fn gunzip(packed: &[u8]) -> std::io::Result<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut plain)?;
    Ok(plain.into())
}

/// Whether the client takes gzip: it names it, or everything, with a weight above zero (RFC 9110, 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<_> = values.flat_map(|value| value.split(',')).collect();
    let weight = |wanted: &str| {
        codings.iter().find_map(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = weight.trim().strip_prefix(['q', 'Q']).and_then(|weight| weight.strip_prefix('='));
            let weight = weight.and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(wanted).then_some(weight.unwrap_or(1.0))
        })
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it_alone() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
        };
        for value in ["gzip", "br, GZIP;q=0.5", "*", "deflate, *;q=0.1"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; Q=0.0", "*, gzip;q=0", "x-gzip2"] {
            assert!(!takes(value), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
