//! What the board is told of a claim, so that it can be learned from there when the store is lost: with every word of the claim, and
//! with a renewal of its lease as seldom as that can be.

use super::{snapshot::Rules, texts};
use crate::model::{BoardWrite, Claim, ClaimMark, Moment, UnixMillis};

/// What is added to the end of a lease at most, unless half a lease is more.
const MOST_SLACK_MILLIS: i64 = 1_800_000;

/// What is added to the end of a lease, since the board is not told of every renewal: its writes are few.
fn slack_millis(rules: Rules) -> i64 {
    (rules.lease_millis * 3).min(MOST_SLACK_MILLIS.max(rules.lease_millis / 2))
}

/// What the board is told of the claim. Each mark that holds is later than those before it, and one that does not is no earlier:
/// whatever clocks and settings did in between, the order of marks is the order of what happened.
pub(super) fn mark(rules: Rules, claim: &mut Claim, holds: bool, now: Moment) -> Option<ClaimMark> {
    if !rules.marks_claims {
        return None;
    }
    let own = now.on_wall(claim.expires_at).plus(slack_millis(rules));
    let later = |told: UnixMillis| told.plus(i64::from(holds));
    let until = claim.told_until.map_or(own, |told| own.max(later(told)));
    claim.told_until = Some(until);
    Some(ClaimMark {
        agent_id: claim.agent_id.clone(),
        generation: claim.generation,
        progress: claim.progress,
        until,
        holds,
    })
}

/// The claim's words on how it goes, with what it is now.
pub(super) fn progress(
    rules: Rules,
    claim: &mut Claim,
    holds: bool,
    text: String,
    now: Moment,
) -> BoardWrite {
    let mark = mark(rules, claim, holds, now);
    BoardWrite::Progress { generation: claim.generation, text, mark }
}

/// What the board is told of a renewed lease that may soon last longer than the board knows: early enough for the word to arrive.
pub(super) fn renewal(rules: Rules, renewed: &mut Claim, now: Moment) -> Option<BoardWrite> {
    let soon = now.on_wall(renewed.expires_at).plus(slack_millis(rules) / 4);
    let is_known = renewed.told_until.is_some_and(|until| soon <= until);
    let is_due = rules.marks_claims && !is_known;
    is_due.then(|| progress(rules, renewed, true, texts::running(renewed, now), now))
}
