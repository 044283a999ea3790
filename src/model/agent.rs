//! A worker that takes tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// An agent's id, unique in its workspace: 1 to 128 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct AgentId(#[schemars(length(min = 1, max = 128))] String);

impl AgentId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AgentId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let length = id.chars().count();
        if length == 0 || length > 128 || id.chars().any(char::is_control) {
            return Err("expected 1 to 128 characters without control characters");
        }
        Ok(Self(id))
    }
}

/// A registered agent.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// The user who registered it; only they act for it.
    pub owner: String,
    /// What it is called.
    pub name: String,
    /// What it does, such as `Backend Developer`.
    pub role: String,
    /// What it is good at.
    pub skills: Vec<String>,
    /// When it first registered.
    pub registered_at: UnixMillis,
    /// Tasks it has finished.
    pub completed: u32,
}
