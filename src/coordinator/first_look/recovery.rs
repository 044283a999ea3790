//! Learns from the board what the store has lost: which agents hold tasks that are in progress there, where no record tells of it or
//! only an older one. A task of which nothing is told is a person's.

use std::{
    cmp::Reverse,
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures_util::{StreamExt, stream};

use crate::{
    boards::{Board, BoardError, answer_in_time},
    coordinator::{
        Coordinator, CoordinatorError,
        attempt::Subject,
        commit::Committed,
        core::{Command, Outcome},
        initiator::Initiator,
    },
    model::{Claim, Moment, ToldClaim, Workspace, new_id},
};

/// Tasks that a board is asked about at once.
const AT_ONCE: usize = 4;
/// Failures after which it is asked no more for now.
const MOST_FAILURES: usize = 8;

/// What a board told of claims.
#[derive(Default)]
struct ToldClaims {
    told: Vec<ToldClaim>,
    /// Tasks that it could not be asked about.
    unasked: HashSet<String>,
    failure: Option<BoardError>,
}

impl Coordinator {
    /// Puts on record what the board tells of claims, once it was read: of every task in progress that no person has. Until it was
    /// asked, none of them is granted. What failed is asked again by calling again.
    pub async fn recover_claims(&self, workspace: &Workspace) -> Result<(), CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let board = self.parts.boards.of(workspace);
        let ToldClaims { mut told, mut unasked, failure } = ask(&*board, mirror.untold()).await;
        // Who holds several by what the board tells was granted the newest last.
        told.sort_by_key(|told| Reverse(told.mark.generation));
        for claim in told {
            let task_id = claim.task_id.clone();
            if !self.recover_claim(workspace, claim).await? {
                unasked.insert(task_id);
            }
        }
        let is_done = unasked.is_empty();
        mirror.was_told(unasked, self.now());
        match failure {
            Some(error) => Err(CoordinatorError::of_board(&*board, error, self.now().wall)),
            None if is_done => Ok(()),
            None => Err(CoordinatorError::Contended),
        }
    }

    /// `false`: its agent is at another task by what is on record, and this is to be looked at again.
    async fn recover_claim(&self, workspace: &Workspace, told: ToldClaim) -> Result<bool, CoordinatorError> {
        let now = self.now();
        let request_id = new_id(now.wall);
        let initiator = Initiator::system(workspace, &request_id);
        let (task_id, agent_id) = (told.task_id.clone(), told.mark.agent_id.clone());
        let subject = Subject::agent(&agent_id).and_task(Some(&task_id));
        let Committed::Done(decision) = self.commit(&initiator, subject, &Command::Recover(told)).await?
        else {
            return Ok(true);
        };
        if let Some(claim) = decision.claim.as_ref().filter(|_| decision.outcome == Outcome::Recovered) {
            log(claim, now);
        }
        Ok(decision.outcome != Outcome::Held)
    }
}

/// Asks about each task by itself, so that none stands in the way of the others.
async fn ask(board: &dyn Board, tasks: Vec<String>) -> ToldClaims {
    let failures = AtomicUsize::new(0);
    let asked = tasks.into_iter().map(async |task_id: String| {
        if failures.load(Ordering::Relaxed) >= MOST_FAILURES {
            return (task_id, None);
        }
        let told = answer_in_time(board, board.told_claim(&task_id)).await;
        failures.fetch_add(usize::from(told.is_err()), Ordering::Relaxed);
        (task_id, Some(told))
    });
    let asked: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    let mut answers = ToldClaims::default();
    for (task_id, told) in asked {
        match told {
            Some(Ok(told)) => answers.told.extend(told),
            failed => {
                answers.unasked.insert(task_id);
                answers.failure = answers.failure.or(failed.and_then(Result::err));
            }
        }
    }
    answers
}

fn log(claim: &Claim, now: Moment) {
    let Claim { task_id, agent_id, generation, .. } = claim;
    let until = now.on_wall(claim.expires_at).rfc3339();
    let outcome = if claim.is_live(now.store) {
        "the agent holds the task until then"
    } else {
        "it has ended, the task is offered again"
    };
    tracing::warn!(
        task_id,
        agent = agent_id,
        generation,
        until,
        "no record told of a claim, the board did: {outcome}"
    );
}
