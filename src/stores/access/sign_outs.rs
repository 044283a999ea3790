//! Sessions of the dashboard that have ended before their time. A session itself is stored nowhere: its cookie is sealed.

use async_trait::async_trait;

use crate::{
    model::{Effects, StoreMillis, Workspace},
    stores::StoreError,
};

/// Ended sessions kept of one holder; beyond it all of the holder's older sessions have ended.
pub const MAX_SIGN_OUTS: u32 = 1_000;

/// What has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedSessions {
    /// The session with that id.
    One(String),
    /// Every session of the holder that was made before then.
    MadeBefore(StoreMillis),
}

/// One sign-out, or all before some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOut {
    /// The tenant.
    pub workspace: Workspace,
    /// Whose sessions: the id of a key, or what else one signs in as.
    pub holder: String,
    /// Which.
    pub ended: EndedSessions,
    /// From then on they would have ended by themselves.
    pub forget_at: StoreMillis,
}

/// Ended sessions.
#[async_trait]
pub trait SignOutStore: Send + Sync {
    /// Ends a session with the effects of that. Where the holder has [`MAX_SIGN_OUTS`] already, they and it become one mark: all
    /// sessions of the holder made before `now` have ended.
    async fn sign_out(&self, session: SignOut, now: StoreMillis, effects: Effects) -> Result<(), StoreError>;

    /// What has ended and would not have by itself at `now`.
    async fn sign_outs(&self, workspace: &Workspace, now: StoreMillis) -> Result<Vec<SignOut>, StoreError>;

    /// Drops what would have ended by itself at `now`.
    async fn forget_sign_outs(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError>;
}
