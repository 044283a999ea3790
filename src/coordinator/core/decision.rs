//! What comes of a command: a decision, or why there is none.

use crate::model::{Agent, BoardWrite, Claim, ClaimState, LossCause};

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
    /// The claim that the board tells of is on record again.
    Recovered,
    /// There was nothing to do.
    Nothing,
}

/// A decision: records that change, each with its next version, and what goes with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How it went.
    pub outcome: Outcome,
    /// The agent's new record.
    pub agent: Option<Agent>,
    /// The new record of a claim.
    pub claim: Option<Claim>,
    /// Board writes owed, in order.
    pub writes: Vec<BoardWrite>,
    /// What happened, such as `task.claim`, for the command log.
    pub action: Option<&'static str>,
    /// Whether it is more than a renewal, and is audited.
    pub audited: bool,
    /// What the agent is told with the answer; its record no longer has them.
    pub notices: Vec<String>,
    /// Why who held the task holds it no longer without having said so.
    pub cause: Option<LossCause>,
    /// The claim of the holder before, if it was lost and nothing has said so yet.
    pub lost: Option<Box<Claim>>,
}

impl Decision {
    /// A decision that changes nothing.
    pub(super) const fn nothing(outcome: Outcome) -> Self {
        Self {
            outcome,
            agent: None,
            claim: None,
            writes: Vec::new(),
            action: None,
            audited: false,
            notices: Vec::new(),
            cause: None,
            lost: None,
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

    /// The same, named in the command log and audited.
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
pub enum CommandRefusal {
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
