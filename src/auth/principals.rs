//! Where principals are made, and nowhere else: of a stored key, of a static one, and of whoever started the program.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    model::{KeyRecord, Principal, ScopeSet, Workspace},
    secrets::sha256,
};

/// The local user of `taskgate stdio`: every scope but `admin`, no key.
pub fn local_principal() -> Principal {
    without_record("local".into())
}

/// Whom a stored key stands for.
pub(super) fn principal_of(record: &KeyRecord) -> Principal {
    Principal {
        workspace: record.workspace.clone(),
        user_id: record.user_id.as_str().into(),
        key_id: record.id.as_str().into(),
        key_prefix: record.prefix.as_str().into(),
        scopes: record.scopes,
    }
}

/// Whom a static key stands for: a user named after a digest of it, the same for every process.
pub(super) fn static_principal(key: &SecretString) -> Principal {
    let digest = sha256(key.expose_secret());
    without_record(
        format!("static-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]).into(),
    )
}

fn without_record(name: Arc<str>) -> Principal {
    Principal {
        workspace: Workspace::default(),
        user_id: Arc::clone(&name),
        key_id: Arc::clone(&name),
        key_prefix: name,
        scopes: ScopeSet::standard(),
    }
}
