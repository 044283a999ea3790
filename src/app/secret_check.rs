//! Whether the secret key is the one the records were made under. With another no stored key opens anything and the audit log
//! breaks where it goes on, so nothing is started and nothing is made with it.

use super::{StartError, stores::store_fault};
use crate::{
    config::{Settings, StoreKind},
    model::{KeyHashes, SecretFit, Workspace},
    secrets::SecretKey,
    stores::{Store, StoreError},
};

/// Newest records of the audit log that are looked at.
const RECORDS: i64 = 8;

/// Refuses a secret key that is not the store's, and writes nothing.
pub(super) async fn must_fit(
    store: &dyn Store,
    secret: &SecretKey,
    settings: &Settings,
) -> Result<(), StartError> {
    let known = store.secret_check().await.map_err(|source| store_fault(settings, source))?;
    let KeyHashes { current, old } = secret.check();
    match known {
        Some(known) if known != current && Some(known) != old => Err(another(settings)),
        _ => Ok(()),
    }
}

fn another(settings: &Settings) -> StartError {
    if settings.storage.store == StoreKind::Redis {
        return StartError::OtherSecretInRedis;
    }
    StartError::OtherSecret { folder: settings.storage.data_dir.display().to_string() }
}

/// Refuses a secret key that is not the store's. A store that says nothing of it yet gets to know it.
pub(super) async fn check_secret(
    store: &dyn Store,
    secret: &SecretKey,
    settings: &Settings,
) -> Result<(), StartError> {
    let fail = |source| store_fault(settings, source);
    if store.secret_check().await.map_err(fail)?.is_none() && !linked(store, secret).await.map_err(fail)? {
        return Err(another(settings));
    }
    match store.check_secret(secret.check()).await.map_err(fail)? {
        SecretFit::Fits => Ok(()),
        SecretFit::Rotated => {
            tracing::info!("the secret key was rotated: the one before is MCP_SECRET_KEY_OLD");
            Ok(())
        }
        SecretFit::Another => Err(another(settings)),
    }
}

/// Whether a link of the audit log's end was made under the secret key or the old one, if there is any: in a database in which
/// no check value was kept yet, it is what tells.
async fn linked(store: &dyn Store, secret: &SecretKey) -> Result<bool, StoreError> {
    let Some(last) = store.last_audit(&Workspace::default()).await? else { return Ok(true) };
    let entries =
        store.audit_after(&Workspace::default(), (last.sequence - RECORDS).max(0), RECORDS as u32).await?;
    let first = entries.first().filter(|entry| entry.sequence == 1);
    let begun = first.map(|entry| (&[][..], entry));
    let mut pairs = begun.into_iter().chain(entries.windows(2).map(|pair| (&pair[0].link[..], &pair[1])));
    let keys: Vec<_> = std::iter::once(secret.audit_key()).chain(secret.old_audit_key()).collect();
    Ok(pairs.any(|(before, entry)| keys.iter().any(|key| key.has_linked(entry, before))))
}
