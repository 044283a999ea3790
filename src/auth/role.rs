//! What somebody who is signed in to the dashboard may do there.

use crate::model::{Scope, ScopeSet};

/// What a visitor of the dashboard may do; each includes what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at one's own key, and connect a client with it.
    Guest,
    /// See the board and its agents.
    Viewer,
    /// Act on tasks as a person.
    Manager,
    /// See and change keys, audit, usage and streams of all.
    Administrator,
}

impl Role {
    /// Every role, from the least.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Viewer, Self::Manager, Self::Administrator];

    /// The role of a key with those scopes.
    pub const fn of(scopes: ScopeSet) -> Self {
        if scopes.allows(Scope::Admin) {
            Self::Administrator
        } else if !scopes.allows(Scope::BoardRead) {
            Self::Guest
        } else if scopes.allows(Scope::BoardManage) {
            Self::Manager
        } else {
            Self::Viewer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_scopes_look_and_people_are_asked_for_more() {
        let of = |list: &str| Role::of(ScopeSet::parse(list).unwrap());
        assert_eq!(Role::of(ScopeSet::standard()), Role::Viewer);
        assert_eq!(of("pr:read,pr:write"), Role::Guest);
        assert_eq!(of("board:manage"), Role::Guest, "who acts on tasks has to see them");
        assert_eq!(of("board:read,board:manage"), Role::Manager);
        assert_eq!(of("admin"), Role::Administrator);
    }
}
