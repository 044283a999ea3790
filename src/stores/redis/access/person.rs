//! What is kept of one person: under a digest, since a person's id may hold anything.

use crate::{model::hex, secrets::sha256};

/// The digest by which something of a person, or of whoever else holds it, is named.
pub(super) fn person(id: &str) -> String {
    let digest = sha256(id);
    hex(digest.first_chunk::<16>().expect("a digest has 32 bytes"))
}
