//! Names of those who act, for the ids that the history and the audit log have of them. Each key is looked up once.

use std::collections::HashMap;

use crate::{
    auth::Keyring,
    coordinator::Telling,
    http::{dashboard::key_view::name, error::Refusal},
    model::{HistoryEntry, KeyRecord},
};

/// The keys among some ids.
pub struct KeyNames(HashMap<String, KeyRecord>);

impl KeyNames {
    /// The keys among those ids; others are ids of nothing, such as `admin`.
    pub async fn of(keyring: &Keyring, ids: Vec<&str>) -> Result<Self, Refusal> {
        let mut looked_up = HashMap::new();
        for id in ids {
            if !looked_up.contains_key(id) {
                looked_up.insert(id.to_owned(), keyring.known(id).await?);
            }
        }
        Ok(Self(looked_up.into_iter().filter_map(|(id, record)| Some((id, record?))).collect()))
    }

    /// What the key of that id is called, on pages of administrators: they gave the description.
    pub fn key(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(name)
    }

    /// Who acts by the key of that id, on pages of everybody: its user, or what it is called where it was made for nobody.
    pub fn person<'a>(&'a self, id: &'a str) -> &'a str {
        match self.0.get(id) {
            Some(record) if record.user_id.is_empty() || record.user_id == record.id => name(record),
            Some(record) => &record.user_id,
            None => id,
        }
    }
}

/// The id of who did that as a person; what agents do is told by the name they have.
pub fn person<'a>(entry: &'a HistoryEntry, telling: &Telling) -> Option<&'a str> {
    (telling.who != entry.agent_id).then_some(&*entry.actor)
}
