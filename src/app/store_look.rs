//! What is found out about a store on another machine before anything works on it, for `taskgate config`.

use super::{
    StartError,
    secret_check::must_fit,
    stores::{StoreFinding, left_behind, open_redis},
};
use crate::{config::Settings, model::Causes, secrets::SecretKey};

/// The name of a process that only looks.
const LOOKER: &str = "look";

/// What is found out about a Redis that is configured. No record is written to it.
pub async fn look_at_store(settings: &Settings) -> Vec<StoreFinding> {
    let Some(redis) = &settings.storage.redis else { return Vec::new() };
    let found = async {
        let secret = SecretKey::open(&settings.secrets, &settings.storage)?;
        let (store, warnings) = open_redis(redis, &secret, LOOKER).await?;
        must_fit(&store, &secret, settings).await?;
        Ok::<_, StartError>(warnings)
    };
    let mut findings = found.await.unwrap_or_else(|error| {
        let is_fault = !matches!(error, StartError::StoreAway { .. });
        vec![StoreFinding { is_fault, said: Causes(&error).to_string() }]
    });
    findings.extend(left_behind(settings));
    findings
}
