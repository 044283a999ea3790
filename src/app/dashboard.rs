//! What a start does for the dashboard: keeps where it is, and tells once of keys that have a scope which opened nothing when they were
//! given it.

use super::Services;
use crate::{
    model::{Scope, Workspace},
    stores::{KeyFilter, StoreError},
};

const SCOPES_TOLD: &str = "admin_scope_told";
const PLACE_TOLD: &str = "dashboard_told";

impl Services {
    /// Keeps the URL at which people reach the gateway; says whether nobody was told of the dashboard yet.
    pub async fn begin_dashboard(&self, base: &str) -> Result<bool, StoreError> {
        self.store.keep_address(base).await?;
        self.tell_of_admin_scopes().await?;
        self.store.first_time(PLACE_TOLD).await
    }

    /// Logs the live keys with the scope `admin`, at the first start of a version in which that scope opens the dashboard.
    async fn tell_of_admin_scopes(&self) -> Result<(), StoreError> {
        if !self.store.first_time(SCOPES_TOLD).await? {
            return Ok(());
        }
        let (now, filter) = (self.clock.now(), KeyFilter { unrevoked: true, ..KeyFilter::default() });
        let keys = self.store.keys(&Workspace::default(), filter).await?;
        for key in keys.iter().filter(|key| key.is_live(now) && key.scopes.allows(Scope::Admin)) {
            tracing::warn!(
                key_id = key.id,
                user = key.user_id,
                "a key has the scope admin, which opened nothing before and now opens the whole dashboard: where that is not \
                 meant, take the scope away (PATCH /admin/tokens/{{id}}) or revoke the key"
            );
        }
        Ok(())
    }
}
