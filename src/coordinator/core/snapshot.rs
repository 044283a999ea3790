//! The records a decision is made on.

use super::command::OnBoard;
use crate::model::{Agent, Claim, ClaimState, StoreMillis, StoreTerm, TaskStatus, UnixMillis};

/// The policy of a workspace.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Length of a lease in milliseconds.
    pub lease_millis: i64,
    /// Whether the board is told of claims so that they can be learned from it again. One that is kept in the store with them
    /// need not be.
    pub marks_claims: bool,
}

/// The records a decision is made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// The agent that acts, or whose claim is concerned.
    pub agent: Option<Agent>,
    /// The newest claim on the task the agent holds or last held; may be the same as `claim`.
    pub held: Option<Claim>,
    /// The newest claim on the task in question.
    pub claim: Option<Claim>,
    /// That task as the board has it.
    pub on_board: Option<OnBoard>,
    /// In which term of the store all this was read.
    pub term: StoreTerm,
}

impl Snapshot {
    /// Whether a person did something to the task that its claim knows nothing of and that ends it. Where the board does not say
    /// when a person moved a task, that cannot be seen here.
    pub fn was_moved(&self) -> bool {
        let (Some(claim), Some(found)) = (&self.claim, self.on_board) else { return false };
        // A claim that says nothing of it was made while the store's time was the wall clock's.
        let known = claim.moved_at.unwrap_or(UnixMillis(claim.seen.at.0));
        found.moved_at.is_some_and(|moved_at| moved_at > known) && differs(claim, found)
    }

    /// The claim the agent holds at `now`.
    pub fn live_claim(&self, now: StoreMillis) -> Option<&Claim> {
        let agent = self.agent.as_ref()?;
        self.held.as_ref().filter(|claim| agent.holds(claim, now))
    }
}

/// Whether the board has the task otherwise than the claim on it says, however that came.
pub(super) fn differs(claim: &Claim, found: OnBoard) -> bool {
    match claim.state {
        ClaimState::Ended => false,
        ClaimState::Live => found.assigned || found.status != TaskStatus::InProgress,
        ClaimState::Done => !found.status.is_closed(),
        ClaimState::Blocked | ClaimState::Parked => found.status != TaskStatus::Blocked,
        ClaimState::Released => found.status != TaskStatus::Todo,
    }
}
