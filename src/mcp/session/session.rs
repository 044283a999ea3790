//! Legacy sessions. `Mcp-Session-Id` is a sealed token: any instance, and a restarted one, opens it, and
//! `initialize` writes nothing.

use std::sync::Arc;

use dashmap::DashMap;
use serde::{Deserialize, Serialize};

use crate::{
    mcp::{
        jsonrpc::to_json,
        revision::{Capabilities, Revision},
    },
    model::{Principal, StoreMillis, Workspace},
    secrets::{Purpose, Sealer, SecretKey},
};

/// How long a session is good for.
pub(crate) const GOOD_FOR_MILLIS: i64 = 7 * 24 * 3_600_000;

/// A legacy session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Names it in our own maps, rows and logs; opens nothing.
    pub digest: Arc<str>,
    /// The tenant.
    pub workspace: Workspace,
    /// Whose it is.
    pub user_id: Arc<str>,
    /// What both sides speak.
    pub revision: Revision,
    pub(crate) capabilities: Capabilities,
    /// When `initialize` was answered.
    pub issued_at: StoreMillis,
    /// Whether what is set later outlives this process.
    pub(crate) lasting: bool,
}

/// Opened sessions kept in memory, so that a busy one is not unsealed at every call.
const MOST_OPENED: usize = 4096;

/// Seals and opens session ids.
pub struct SessionSealer {
    sealer: Sealer,
    opened: DashMap<Box<str>, Arc<Session>>,
}

/// Digest, revision, capabilities, issued at, workspace, user id.
#[derive(Serialize, Deserialize)]
struct Sealed<'a>(&'a str, &'a str, u8, i64, &'a str, &'a str);

impl Session {
    pub(crate) fn new(
        principal: &Principal,
        revision: Revision,
        capabilities: Capabilities,
        now: StoreMillis,
        lasting: bool,
    ) -> Self {
        Self {
            digest: uuid::Uuid::new_v4().simple().to_string().into(),
            workspace: principal.workspace.clone(),
            user_id: Arc::clone(&principal.user_id),
            revision,
            capabilities,
            issued_at: now,
            lasting,
        }
    }

    /// When it ends by itself.
    pub fn ends_at(&self) -> StoreMillis {
        self.issued_at.plus(GOOD_FOR_MILLIS)
    }
}

impl SessionSealer {
    /// A sealer under that key.
    pub fn new(secret: &SecretKey) -> Self {
        Self { sealer: secret.sealer(Purpose::Session), opened: DashMap::new() }
    }

    /// The session's id: visible ASCII, opens only under the same secret key.
    pub fn seal(&self, session: &Session) -> String {
        let sealed = Sealed(
            &session.digest,
            session.revision.as_str(),
            session.capabilities.bits(),
            session.issued_at.0,
            session.workspace.as_str(),
            &session.user_id,
        );
        self.sealer.seal_text(to_json(&sealed).as_bytes(), b"")
    }

    /// The session of that id, if it is `principal`'s and still good.
    pub fn open(&self, id: &str, principal: &Principal, now: StoreMillis) -> Option<Arc<Session>> {
        if id.len() > 2048 {
            return None;
        }
        let known = self.opened.get(id).map(|session| Arc::clone(&session));
        let session = match known {
            Some(session) => session,
            None => {
                let session = Arc::new(self.unseal(id)?);
                if self.opened.len() >= MOST_OPENED {
                    self.opened.clear();
                }
                self.opened.insert(id.into(), Arc::clone(&session));
                session
            }
        };
        let good = principal.owns(&session.workspace, &session.user_id) && session.ends_at() > now;
        good.then_some(session)
    }

    fn unseal(&self, id: &str) -> Option<Session> {
        let plain = self.sealer.open_text(id, b"")?;
        let Sealed(digest, revision, capabilities, issued_at, workspace, user_id) =
            serde_json::from_slice(&plain).ok()?;
        Some(Session {
            digest: digest.into(),
            workspace: Workspace::new(workspace),
            user_id: user_id.into(),
            revision: Revision::parse(revision)?,
            capabilities: Capabilities::from_bits(capabilities),
            issued_at: StoreMillis(issued_at),
            lasting: true,
        })
    }
}
