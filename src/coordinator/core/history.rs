//! What a decision adds to the history of its task. Renewals add nothing: the end of the lease tells of them.

use super::decision::{CommandRefusal, Decision, Outcome};
use crate::model::{Claim, HistoryAction, HistoryEntry, LossCause, Moment};

/// What the decision adds, oldest first. `actor`: the key that acts, or `system`.
pub fn entries(decision: &Decision, actor: &str, now: Moment) -> Vec<HistoryEntry> {
    let lost = decision.lost.as_deref().map(|lost| HistoryEntry {
        at: now.on_wall(lost.expires_at).min(now.wall),
        cause: Some(LossCause::LeaseEnded),
        ..of_claim(lost, HistoryAction::LeaseEnded, "system", now)
    });
    let action = decision.claim.as_ref().and_then(|_| action(decision));
    let entry = decision
        .claim
        .as_ref()
        .zip(action)
        .map(|(claim, action)| HistoryEntry { cause: decision.cause, ..of_claim(claim, action, actor, now) });
    lost.into_iter().chain(entry).collect()
}

/// What a report that was not taken adds.
pub fn refused(
    (task_id, agent_id): (&str, &str),
    generation: Option<i64>,
    why: CommandRefusal,
    (actor, words): (&str, &str),
    now: Moment,
) -> HistoryEntry {
    let cause = match why {
        CommandRefusal::GrantedToAnother | CommandRefusal::Stale => Some(LossCause::GrantedSince),
        CommandRefusal::MovedByPerson => Some(LossCause::MovedByPerson),
        CommandRefusal::HoldsAnother => Some(LossCause::LeaseEnded),
        _ => None,
    };
    let entry = HistoryEntry::of_task(task_id, HistoryAction::Refused, actor, now.wall).with_words(words);
    HistoryEntry { agent_id: agent_id.to_owned(), generation, cause, ..entry }
}

fn of_claim(claim: &Claim, action: HistoryAction, actor: &str, now: Moment) -> HistoryEntry {
    let said = match action {
        HistoryAction::Granted | HistoryAction::EndedByPerson | HistoryAction::Deleted => "",
        _ => &claim.message,
    };
    HistoryEntry {
        agent_id: claim.agent_id.clone(),
        generation: Some(claim.generation),
        progress: Some(claim.progress),
        ..HistoryEntry::of_task(&claim.task_id, action, actor, now.wall).with_words(said)
    }
}

/// What people call it; `None`: a renewal.
fn action(decision: &Decision) -> Option<HistoryAction> {
    Some(match decision.outcome {
        Outcome::Granted => HistoryAction::Granted,
        Outcome::Expired => HistoryAction::LeaseEnded,
        Outcome::Parked => HistoryAction::Parked,
        Outcome::Ended if decision.cause == Some(LossCause::Deleted) => HistoryAction::Deleted,
        Outcome::Ended => HistoryAction::EndedByPerson,
        Outcome::Recovered => HistoryAction::Recovered,
        Outcome::Accepted => match decision.action? {
            "task.progress" => HistoryAction::Progress,
            "task.resume" => HistoryAction::Resumed,
            "task.complete" => HistoryAction::Completed,
            "task.block" => HistoryAction::Blocked,
            "task.release" => HistoryAction::Released,
            _ => return None,
        },
        Outcome::Registered | Outcome::Held | Outcome::Idle | Outcome::Repeated | Outcome::Nothing => {
            return None;
        }
    })
}
