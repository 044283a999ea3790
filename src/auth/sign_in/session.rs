//! A session of the dashboard, as its cookie holds it, and when it ends.

use serde::{Deserialize, Serialize};

use crate::{auth::Role, model::StoreMillis};

const MINUTE_MILLIS: i64 = 60_000;
const HOUR_MILLIS: i64 = 60 * MINUTE_MILLIS;
const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;
/// The most there is of any session: an end before its time is remembered for so long.
pub(super) const LONGEST_MILLIS: i64 = 30 * DAY_MILLIS;
/// How often an act is written into the cookie.
const SEALED_EVERY_MILLIS: i64 = MINUTE_MILLIS;

/// What was shown to sign in. A session of a kind that this version does not know does not open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedInBy {
    /// A stored key, as it was after so many rotations.
    Key {
        /// The key's id.
        id: String,
        /// Its turn.
        turn: i64,
    },
    /// One of `MCP_AUTH_TOKENS`.
    StaticKey {
        /// The user it stands for.
        user_id: String,
    },
    /// The admin token.
    AdminToken {
        /// A digest of it under the secret key: another token opens no session of this one.
        digest: String,
    },
    /// A code made on the store.
    OneTimeCode,
}

/// A session of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserSession {
    /// The tenant.
    pub workspace: String,
    /// What was shown.
    pub by: SignedInBy,
    /// Names it in rows and events; opens nothing.
    pub id: String,
    /// When it was begun.
    pub made: StoreMillis,
    /// When somebody last did something in it, to a minute.
    pub last_act: StoreMillis,
}

impl BrowserSession {
    /// When it ends, whatever is done in it.
    pub const fn ends_at(&self, role: Role) -> StoreMillis {
        self.made.plus(match role {
            Role::Administrator => 12 * HOUR_MILLIS,
            Role::Guest | Role::Viewer | Role::Manager => LONGEST_MILLIS,
        })
    }

    /// Whether it is over at `now` for somebody of that role: who can do much is signed out when they do nothing.
    pub fn is_over(&self, role: Role, now: StoreMillis) -> bool {
        let idle_millis = match role {
            Role::Administrator => Some(30 * MINUTE_MILLIS),
            Role::Manager => Some(12 * HOUR_MILLIS),
            // A display on a wall is never touched.
            Role::Guest | Role::Viewer => None,
        };
        self.ends_at(role) <= now || idle_millis.is_some_and(|idle| self.last_act.plus(idle) <= now)
    }

    /// Notes an act; says whether the cookie has to say so.
    pub fn act(&mut self, now: StoreMillis) -> bool {
        let is_due = now.since(self.last_act) >= SEALED_EVERY_MILLIS;
        if is_due {
            self.last_act = now;
        }
        is_due
    }

    /// Whose it is, among what one can sign in with.
    pub fn holder(&self) -> &str {
        match &self.by {
            SignedInBy::Key { id, .. } => id,
            SignedInBy::StaticKey { user_id } => user_id,
            SignedInBy::AdminToken { .. } | SignedInBy::OneTimeCode => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: StoreMillis = StoreMillis(1_700_000_000_000);

    fn session() -> BrowserSession {
        let (workspace, id) = (String::from("default"), String::from("s"));
        BrowserSession { workspace, by: SignedInBy::OneTimeCode, id, made: NOW, last_act: NOW }
    }

    #[test]
    fn who_can_do_much_is_signed_out_when_idle_and_everybody_in_the_end() {
        for (role, idle, ends) in [
            (Role::Administrator, 30 * MINUTE_MILLIS, 12 * HOUR_MILLIS),
            (Role::Manager, 12 * HOUR_MILLIS, 30 * DAY_MILLIS),
            (Role::Viewer, 30 * DAY_MILLIS, 30 * DAY_MILLIS),
            (Role::Guest, 30 * DAY_MILLIS, 30 * DAY_MILLIS),
        ] {
            let mut session = session();
            assert!(!session.is_over(role, NOW.plus(idle - 1)), "{role:?}");
            assert!(session.is_over(role, NOW.plus(idle)), "{role:?}");
            session.last_act = NOW.plus(ends - 1);
            assert!(!session.is_over(role, NOW.plus(ends - 1)), "{role:?}");
            assert!(session.is_over(role, NOW.plus(ends)), "{role:?}");
        }
    }

    #[test]
    fn an_act_is_noted_once_a_minute() {
        let mut session = session();
        assert!(!session.act(NOW.plus(59_999)));
        assert!(session.act(NOW.plus(60_000)) && !session.act(NOW.plus(60_001)));
    }

    #[test]
    fn a_session_of_a_kind_that_is_not_known_does_not_open() {
        let by_key = SignedInBy::Key { id: String::from("k"), turn: 3 };
        for session in [session(), BrowserSession { by: by_key, ..session() }] {
            let text = serde_json::to_string(&session).unwrap();
            assert_eq!(serde_json::from_str::<BrowserSession>(&text).unwrap(), session);
        }
        let text = serde_json::to_string(&session()).unwrap();
        let unknown = text.replace("one_time_code", "face");
        assert!(serde_json::from_str::<BrowserSession>(&unknown).is_err());
    }
}
