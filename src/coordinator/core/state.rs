//! What a decision looks at, and what comes of it.

use super::event::OnBoard;
use crate::model::{Agent, BoardWrite, Claim, ClaimState, StoreMillis, TaskStatus, UnixMillis};

/// The policy of a workspace.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Length of a lease in milliseconds.
    pub lease_millis: i64,
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

/// How a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The agent is registered.
    Registered,
    /// The task is the agent's now.
    Granted,
    /// The agent holds a task already; its lease was renewed.
    Held,
    /// The agent holds nothing.
    Idle,
    /// The report was taken.
    Accepted,
    /// The very same was reported before; nothing changes.
    Repeated,
    /// The end of a lease was recorded.
    Expired,
    /// The end of a lease was recorded, and one too many: a person has to look at the task.
    Parked,
    /// A person's move ended the claim.
    Ended,
    /// There was nothing to do.
    Nothing,
}

/// A decision: records that change, each with its next version, and what goes with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How it went.
    pub outcome: Outcome,
    /// The agent's new record.
    pub agent: Option<Agent>,
    /// The new record of a claim.
    pub claim: Option<Claim>,
    /// Board writes owed, in order.
    pub writes: Vec<BoardWrite>,
    /// What happened, such as `task.claim`, for the event log.
    pub action: Option<&'static str>,
    /// Whether it is more than a renewal, and is audited.
    pub audited: bool,
    /// What the agent is told with the answer; its record no longer has them.
    pub notices: Vec<String>,
}

impl Step {
    /// A step that changes nothing.
    pub(super) const fn nothing(outcome: Outcome) -> Self {
        Self {
            outcome,
            agent: None,
            claim: None,
            writes: Vec::new(),
            action: None,
            audited: false,
            notices: Vec::new(),
        }
    }

    /// The same with what the agent still has to be told. Every decision of an agent replaces its record, so that two
    /// of them cannot be made on the same state.
    pub(super) fn by(mut self, mut agent: Agent) -> Self {
        self.notices = std::mem::take(&mut agent.notices);
        agent.version += 1;
        self.agent = Some(agent);
        self
    }

    /// The same with a claim's new record.
    pub(super) fn with_claim(mut self, mut claim: Claim) -> Self {
        claim.version += 1;
        self.claim = Some(claim);
        self
    }

    /// The same, named in the event log and audited.
    pub(super) const fn named(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self.audited = true;
        self
    }

    /// Whether a completion goes with it.
    pub fn completes(&self) -> bool {
        self.outcome == Outcome::Accepted
            && self.claim.as_ref().is_some_and(|claim| claim.state == ClaimState::Done)
    }

    /// Whether a store has anything to do.
    pub const fn changes_something(&self) -> bool {
        self.agent.is_some() || self.claim.is_some()
    }
}

/// Why a decision cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such agent.
    #[error("the agent is not registered")]
    NoAgent,
    /// The id is another owner's.
    #[error("the agent is another user's")]
    AnothersAgent,
    /// The task cannot be granted now.
    #[error("the task is not free")]
    NotFree,
    /// The agent never held the task.
    #[error("it does not hold the task")]
    NeverHeld,
    /// Another agent was granted the task.
    #[error("another agent was granted the task since")]
    GrantedToAnother,
    /// No claim on the task had that generation yet.
    #[error("no claim on the task has had that claim_generation")]
    NeverGranted,
    /// The generation is not that of the newest claim.
    #[error("the task was granted under a newer claim_generation since")]
    Stale,
    /// The agent ended its claim itself.
    #[error("it has already finished with the task")]
    Finished,
    /// A person moved the task.
    #[error("a person moved the task on the board, which ended the claim")]
    MovedByPerson,
    /// The lease ended and the agent holds another task.
    #[error("its lease ended and it holds another task")]
    HoldsAnother,
}
