//! Where one can go: the pages of the navigation, in their order. A page that one may not see is not there.

use crate::auth::Role;

/// A page of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavPlace {
    /// The path after `/dashboard`.
    path: &'static str,
    /// Its word.
    word: &'static str,
    /// The name of its icon in the sprite.
    icon: &'static str,
    /// Who sees it.
    role: Role,
    /// The topics of the bell that it fetches itself for, with blanks between.
    bell: &'static str,
}

/// What every agent does now, and what needs a person.
pub const OVERVIEW: NavPlace = NavPlace {
    path: "",
    word: "Overview",
    icon: "home",
    role: Role::Viewer,
    bell: "board agents keys health",
};

/// The tasks by how they stand.
pub const BOARD: NavPlace =
    NavPlace { path: "/board", word: "Board", icon: "cols", role: Role::Viewer, bell: "board" };
/// The agents.
pub const AGENTS: NavPlace =
    NavPlace { path: "/agents", word: "Agents", icon: "bot", role: Role::Viewer, bell: "board agents" };
/// Who used how much.
pub const USAGE: NavPlace =
    NavPlace { path: "/usage", word: "Usage", icon: "bars", role: Role::Administrator, bell: "usage" };
/// Who did what.
pub const AUDIT: NavPlace =
    NavPlace { path: "/audit", word: "Audit", icon: "list", role: Role::Administrator, bell: "audit" };
/// How the gateway stands.
pub const HEALTH: NavPlace =
    NavPlace { path: "/health", word: "Health", icon: "pulse", role: Role::Viewer, bell: "health" };
/// Every key.
pub const KEYS: NavPlace =
    NavPlace { path: "/keys", word: "Keys", icon: "key", role: Role::Administrator, bell: "keys" };
/// What one signed in with.
pub const ME: NavPlace =
    NavPlace { path: "/me", word: "My key", icon: "person", role: Role::Guest, bell: "keys usage" };
/// What to paste into a client.
pub const CONNECT: NavPlace =
    NavPlace { path: "/connect", word: "Connect", icon: "plug", role: Role::Guest, bell: "" };

impl NavPlace {
    /// The topics of the bell that a page here fetches itself for, with blanks between.
    pub const fn bell(self) -> &'static str {
        self.bell
    }
}

/// The navigation, from its top.
const PLACES: [NavPlace; 9] = [OVERVIEW, BOARD, AGENTS, USAGE, KEYS, AUDIT, HEALTH, ME, CONNECT];

/// A link of the navigation.
#[derive(Clone, Debug)]
pub struct NavLink {
    /// The path after `/dashboard`.
    pub path: &'static str,
    /// Its word.
    pub word: &'static str,
    /// The name of its icon in the sprite.
    pub icon: &'static str,
    /// Whether it is the page that shows it.
    pub is_here: bool,
    /// How many things on it need a person, if any.
    pub count: Option<String>,
}

/// The links that a visitor of that role sees on the page at `here`.
pub fn links(role: Role, here: Option<NavPlace>) -> Vec<NavLink> {
    let seen = PLACES.into_iter().filter(|place| role >= place.role);
    let link = |place: NavPlace| NavLink {
        path: place.path,
        word: place.word,
        icon: place.icon,
        is_here: here == Some(place),
        count: None,
    };
    seen.map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_one_may_not_see_is_not_in_the_navigation() {
        for place in PLACES {
            let seen = |role| links(role, None).iter().any(|link| link.path == place.path);
            for role in Role::ALL {
                assert_eq!(seen(role), role >= place.role, "{} {role:?}", place.word);
            }
        }
    }
}
