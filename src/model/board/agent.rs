//! A worker that takes tasks.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Claim;
use crate::model::{StoreMillis, UnixMillis};

/// An agent's id, unique in its workspace: 1 to 128 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct AgentId(String);

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

// Written out: derived beside `try_from`, the bounds would be lost.
impl JsonSchema for AgentId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AgentId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1, "maxLength": 128})
    }
}

/// What an agent says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// What it does, such as `Backend Developer`.
    pub role: String,
    /// What it is good at.
    pub skills: Vec<String>,
}

/// The claim an agent was last granted and has not ended itself. Whether it still holds is the claim's to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimRef {
    /// The task.
    pub task_id: String,
    /// Under which generation.
    pub generation: i64,
}

/// A registered agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// The user who registered it; only they act for it. Empty, which no user is, once it was taken from one.
    pub owner: String,
    /// What it says of itself.
    pub profile: Profile,
    /// When it first registered.
    pub registered_at: UnixMillis,
    /// Tasks it has finished.
    pub completed: u32,
    /// What it holds or last held.
    pub held: Option<ClaimRef>,
    /// What it must be told at its next call, oldest first.
    pub notices: Vec<String>,
    /// Rises by one with every change of the record; 1 is the first.
    pub version: i64,
}

impl Agent {
    /// Whether somebody acts for it.
    pub fn is_owned(&self) -> bool {
        !self.owner.is_empty()
    }

    /// Whether that claim is the one the agent holds at `now`.
    pub fn holds(&self, claim: &Claim, now: StoreMillis) -> bool {
        let names = |held: &ClaimRef| held.task_id == claim.task_id && held.generation == claim.generation;
        claim.is_live(now) && claim.agent_id == self.id.as_str() && self.held.as_ref().is_some_and(names)
    }
}
