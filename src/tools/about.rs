//! What clients are told of a tool beside its schemas, with the hints they may show (schema 2025-11-25,
//! `ToolAnnotations`).

use serde::Serialize;

use crate::model::Scope;

/// A tool as clients know it.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name it is called by.
    pub name: &'static str,
    /// The name people see.
    pub title: &'static str,
    /// The sentence by which a model picks it.
    pub description: &'static str,
    /// Hints on its effects.
    pub annotations: Annotations,
    /// The scope a key needs to call it.
    pub scope: Option<Scope>,
}

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// It changes nothing.
    pub read_only_hint: bool,
    /// It may take away what was there.
    pub destructive_hint: bool,
    /// Doing it twice is doing it once.
    pub idempotent_hint: bool,
    /// It reaches beyond the gateway.
    pub open_world_hint: bool,
}

impl Annotations {
    /// Changes nothing.
    pub const READ: Self =
        Self { read_only_hint: true, destructive_hint: false, idempotent_hint: true, open_world_hint: false };
    /// Changes something; a repeat changes nothing more.
    pub const IDEMPOTENT: Self = Self { read_only_hint: false, ..Self::READ };
    /// Changes something each time.
    pub const WRITE: Self = Self { idempotent_hint: false, ..Self::IDEMPOTENT };

    /// The same, reaching beyond the gateway.
    pub const fn beyond_the_gateway(self) -> Self {
        Self { open_world_hint: true, ..self }
    }
}
