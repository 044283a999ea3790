//! Agents, claims and completions: the truth about who holds what. The store decides nothing: it keeps records and
//! puts others in their place if nobody was quicker.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Agent, Claim, Effects, StoreMillis, StoreShare, StoreTerm, UnixMillis, Workspace};

/// A claim was completed; kept for ever, once per task and generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The task.
    pub task_id: String,
    /// Under which claim.
    pub generation: i64,
    /// By whom.
    pub agent_id: String,
    /// When.
    pub at: UnixMillis,
}

/// Records to put in the place of those a decision was made on, under conditions, with all that goes with it.
#[derive(Clone, Debug, Default)]
pub struct ConditionalWrite {
    /// Replaces the agent's record if that has `version - 1` (1: there must be none).
    pub agent: Option<Agent>,
    /// Replaces the task's claim if that has `version - 1` (1: there must be none).
    pub claim: Option<Claim>,
    /// Only if the claim's task is on the built-in board and a person last moved it then. It ties this store to the
    /// [`TaskStore`](super::TaskStore): whoever fills one of them fills both, on the same rows.
    pub moved_at: Option<UnixMillis>,
    /// Only if, on the built-in board, every task that the claim's task depends on is closed, or finished by the newest claim
    /// on it and not moved by a person since, or gone.
    pub unblocked: bool,
    /// Only in that term of the store: in a later one it may have gone back behind what this was decided on. `None`: it was decided on
    /// nothing that was read before.
    pub term: Option<u64>,
    /// The moment by which leases last or have ended. A claim that is live then is put in place only if the stored record of
    /// its agent names no other claim that is live then, so that an agent never holds two.
    pub at: StoreMillis,
    /// Only if nothing of the claim's task waits in the outbox and the last delivery was before this moment.
    pub settled_before: Option<StoreMillis>,
    /// Remembered with it.
    pub completion: Option<Completion>,
    /// Appended with it.
    pub effects: Effects,
}

/// Agents, claims and completions of every workspace. A condition on the built-in board is looked at in the step of the
/// decision: these records and those of [`TaskStore`](super::TaskStore) are in one backend.
#[async_trait]
pub trait ClaimStore: Send + Sync {
    /// In one step: carries out the first of `writes` (at most 16) whose conditions all hold and says which it was.
    /// `None`: none held and nothing changed.
    async fn commit_first(
        &self,
        workspace: &Workspace,
        writes: Vec<ConditionalWrite>,
    ) -> Result<Option<usize>, StoreError>;

    /// The term of what is read from now on.
    fn term(&self, _: &Workspace) -> StoreTerm {
        StoreTerm::default()
    }

    /// Which share of the tasks this process chooses from first, of the processes that decide here.
    fn share(&self) -> StoreShare {
        StoreShare::WHOLE
    }

    /// Returns once what was read here is as safe as a decision that is acknowledged: to be called before an answer repeats what a
    /// record says. The record may be that of a decision that was acknowledged to nobody.
    async fn confirm(&self, _workspace: &Workspace) -> Result<(), StoreError> {
        Ok(())
    }

    /// The agents of those ids, in no order; `None` means every one.
    async fn agents(&self, workspace: &Workspace, ids: Option<Vec<String>>)
    -> Result<Vec<Agent>, StoreError>;

    /// The newest claims of those tasks, in no order; `None` means of every task that ever had one.
    async fn claims(&self, workspace: &Workspace, ids: Option<Vec<String>>)
    -> Result<Vec<Claim>, StoreError>;

    /// At most `limit` live claims whose lease ended at or before `now` and whose end is not recorded, oldest first.
    async fn expired(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError>;
}
