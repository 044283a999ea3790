//! Legacy sessions. `Mcp-Session-Id` is a sealed token: any instance, and a restarted one, opens it, and
//! `initialize` writes nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Revision, capabilities::Capabilities};
use crate::{
    auth::{Purpose, Sealer, SecretKey},
    model::{Principal, UnixMillis, Workspace},
};

/// How long a session is good for.
pub(super) const GOOD_FOR_MILLIS: i64 = 7 * 24 * 3_600_000;

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
    pub(super) capabilities: Capabilities,
    /// When `initialize` was answered.
    pub issued_at: UnixMillis,
    /// Whether what is set later outlives this process.
    pub(super) lasting: bool,
}

/// Seals and opens session ids.
pub struct SessionSealer(Sealer);

/// Digest, revision, capabilities, issued at, workspace, user id.
#[derive(Serialize, Deserialize)]
struct Sealed<'a>(&'a str, &'a str, u8, i64, &'a str, &'a str);

impl Session {
    pub(super) fn new(
        principal: &Principal,
        revision: Revision,
        capabilities: Capabilities,
        now: UnixMillis,
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
    pub fn ends_at(&self) -> UnixMillis {
        self.issued_at.plus(GOOD_FOR_MILLIS)
    }
}

impl SessionSealer {
    /// A sealer under that key.
    pub fn new(secret: &SecretKey) -> Self {
        Self(secret.sealer(Purpose::Session))
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
        self.0.seal_text(super::encode::to_json(&sealed).as_bytes(), b"")
    }

    /// The session of that id, if it is `principal`'s and still good.
    pub fn open(&self, id: &str, principal: &Principal, now: UnixMillis) -> Option<Session> {
        if id.len() > 2048 {
            return None;
        }
        let plain = self.0.open_text(id, b"")?;
        let Sealed(digest, revision, capabilities, issued_at, workspace, user_id) =
            serde_json::from_slice(&plain).ok()?;
        let workspace = Workspace::new(workspace);
        if !principal.owns(&workspace, user_id) {
            return None;
        }
        let session = Session {
            digest: digest.into(),
            workspace,
            user_id: Arc::clone(&principal.user_id),
            revision: Revision::parse(revision)?,
            capabilities: Capabilities::from_bits(capabilities),
            issued_at: UnixMillis(issued_at),
            lasting: true,
        };
        (session.ends_at() > now).then_some(session)
    }
}
