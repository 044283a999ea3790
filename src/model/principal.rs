//! Who is calling. A [`Principal`] is made by `auth` alone (`tests/structure.rs` holds that), so a
//! function that takes one cannot be reached by an anonymous caller.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// A tenant. Without a configuration file there is one, `default`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Workspace(Arc<str>);

impl Workspace {
    /// The workspace of that name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new("default")
    }
}

/// What a key may do. A tool states the one it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Scope {
    /// Read tasks and agents.
    #[serde(rename = "board:read")]
    BoardRead,
    /// Register agents, take tasks and report on them.
    #[serde(rename = "board:write")]
    BoardWrite,
    /// Read pull requests.
    #[serde(rename = "pr:read")]
    PrRead,
    /// Answer pull-request reviews.
    #[serde(rename = "pr:write")]
    PrWrite,
    /// Act on tasks as a person, on the dashboard.
    #[serde(rename = "board:manage")]
    BoardManage,
    /// Be administrator of the dashboard.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// Every scope, in the order they are printed.
    pub const ALL: [Self; 6] =
        [Self::BoardRead, Self::BoardWrite, Self::PrRead, Self::PrWrite, Self::BoardManage, Self::Admin];
    /// The scopes of a key made without any: agents' work. People win over agents, so no agent's key acts as a person unless
    /// somebody says so.
    const STANDARD: [Self; 4] = [Self::BoardRead, Self::BoardWrite, Self::PrRead, Self::PrWrite];

    /// The scope as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BoardRead => "board:read",
            Self::BoardWrite => "board:write",
            Self::PrRead => "pr:read",
            Self::PrWrite => "pr:write",
            Self::BoardManage => "board:manage",
            Self::Admin => "admin",
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopeSet(u8);

impl ScopeSet {
    /// What a key made without scopes has: to act as a person and to administer are given by name alone.
    pub fn standard() -> Self {
        Scope::STANDARD.into_iter().collect()
    }

    /// Whether `scope` is in the set.
    pub const fn allows(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// The set written as a comma list; the unknown word is returned as the error.
    pub fn parse(list: &str) -> Result<Self, String> {
        list.split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(|word| Scope::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| word.to_owned()))
            .collect()
    }

    /// The set of a stored list. A word that this version does not know opens nothing, and takes nothing from the others.
    pub fn stored(list: &str) -> Self {
        let words = list.split(',').map(str::trim);
        words.filter_map(|word| Scope::ALL.into_iter().find(|scope| scope.as_str() == word)).collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u8))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Scope::ALL.iter().filter(|s| self.allows(**s)).map(|s| s.as_str()).collect();
        out.write_str(&words.join(","))
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ScopeSet({self})")
    }
}

/// An authenticated caller.
#[derive(Debug)]
pub struct Principal {
    /// The tenant every record of this call belongs to.
    pub workspace: Workspace,
    /// The person: agents and sessions belong to workspace + user id, so they survive a key's rotation.
    pub user_id: Arc<str>,
    /// The key: limits, revocation and audit go by it.
    pub key_id: Arc<str>,
    /// The key's first 8 characters: all that a log may show of it.
    pub key_prefix: Arc<str>,
    /// What the key may do.
    pub scopes: ScopeSet,
}

impl Principal {
    /// Whether both are the same person in the same workspace.
    pub fn owns(&self, workspace: &Workspace, user_id: &str) -> bool {
        self.workspace == *workspace && *self.user_id == *user_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_list_reads_back_as_it_was_written() {
        let set = ScopeSet::parse("pr:read, board:write").unwrap();
        assert_eq!(set.to_string(), "board:write,pr:read");
        assert!(!set.allows(Scope::Admin));
        assert_eq!(ScopeSet::standard().to_string(), "board:read,board:write,pr:read,pr:write");
        assert_eq!(ScopeSet::parse("board:read,root"), Err("root".to_owned()));
        assert_eq!(ScopeSet::stored("board:read,root,pr:read").to_string(), "board:read,pr:read");
    }
}
