//! A claim that the board tells of and no record does: the store was lost, or is older than the claim. It goes on as it was: who
//! holds the task may report, and when the lease is over the task is offered with what was left.

use super::{
    command::OnBoard,
    decision::{Decision, Outcome},
    snapshot::Snapshot,
    texts,
};
use crate::model::{
    Agent, AgentId, BoardMark, Claim, ClaimMark, ClaimRef, ClaimState, Moment, Profile, TaskStatus,
    ToldClaim, UnixMillis,
};

/// The longest that a lease and a half can be: what a wrong clock wrote into a mark lasts no longer.
const MOST_LEFT_MILLIS: i64 = 86_400_000 * 3 / 2;

/// Puts the claim on record, unless what is there is as new. [`Outcome::Held`]: its agent holds another task, of which the board
/// was told earlier; once that lease is over, it can be told.
pub(super) fn recover(state: &Snapshot, told: &ToldClaim, now: Moment) -> Decision {
    let mark = &told.mark;
    let is_persons =
        |found: OnBoard| found.assigned || found.status != TaskStatus::InProgress || state.was_moved();
    let is_known = state.claim.as_ref().is_some_and(|known| !is_newer(mark, known));
    let agent_id = AgentId::try_from(mark.agent_id.clone()).ok();
    let Some(agent_id) = agent_id.filter(|_| mark.holds && !is_known) else {
        return Decision::nothing(Outcome::Nothing);
    };
    if state.on_board.is_some_and(is_persons) {
        return Decision::nothing(Outcome::Nothing);
    }
    let mut claim = told_claim(state, told, now);
    let mut decision = Decision::nothing(Outcome::Recovered).named("task.recover");
    match state.live_claim(now.store).filter(|held| held.task_id != told.task_id) {
        Some(held) if held.generation < mark.generation => return Decision::nothing(Outcome::Held),
        // Who was granted another task since has left this one.
        Some(_) => claim.expires_at = claim.expires_at.min(now.store),
        None => {
            let known = state.agent.clone().unwrap_or_else(|| unowned(agent_id, now.wall));
            let held = Some(ClaimRef { task_id: told.task_id.clone(), generation: mark.generation });
            decision.agent = Some(Agent { held, version: known.version + 1, ..known });
        }
    }
    decision.with_claim(claim)
}

/// Whether the board was told more of the task than the record knows.
fn is_newer(mark: &ClaimMark, known: &Claim) -> bool {
    let is_later = known.told_until.is_none_or(|told| mark.until > told);
    let goes_on = mark.generation == known.generation && known.state == ClaimState::Live && is_later;
    mark.generation > known.generation || goes_on
}

fn told_claim(state: &Snapshot, ToldClaim { task_id, mark, text }: &ToldClaim, now: Moment) -> Claim {
    let left = mark.until.0.saturating_sub(now.wall.0).min(MOST_LEFT_MILLIS);
    let since_grant = (now.wall.0 - mark.generation.saturating_mul(1000)).max(0);
    let known = state.claim.as_ref();
    Claim {
        task_id: task_id.clone(),
        agent_id: mark.agent_id.clone(),
        generation: mark.generation,
        state: ClaimState::Live,
        granted_at: now.store.plus(-since_grant),
        expires_at: now.store.plus(left),
        progress: mark.progress,
        message: texts::last_words(mark, text),
        severity: None,
        lost_by: Vec::new(),
        expiry_recorded: false,
        hand_off: None,
        seen: BoardMark { status: TaskStatus::InProgress, at: now.store },
        moved_at: known.and_then(|claim| claim.moved_at),
        told_until: Some(mark.until),
        delivered: known.and_then(|claim| claim.delivered),
        rejected: known.and_then(|claim| claim.rejected.clone()),
        version: known.map_or(0, |claim| claim.version),
    }
}

/// The agent, until somebody registers it.
fn unowned(id: AgentId, now: UnixMillis) -> Agent {
    let profile = Profile { name: id.as_str().to_owned(), role: String::new(), skills: Vec::new() };
    Agent {
        id,
        owner: String::new(),
        profile,
        registered_at: now,
        completed: 0,
        held: None,
        notices: Vec::new(),
        version: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoreMillis;

    const NOW: Moment = Moment { wall: UnixMillis(1_700_000_600_000), store: StoreMillis(5_000) };

    fn told(until: i64, holds: bool) -> ToldClaim {
        let agent_id = String::from("ana");
        let until = UnixMillis(until);
        let mark = ClaimMark { agent_id, generation: 1_700_000_000, progress: 40, until, holds };
        ToldClaim { task_id: String::from("t"), mark, text: String::from("🤖 ana: half (40% complete)") }
    }

    #[test]
    fn a_claim_that_the_board_tells_of_goes_on_as_it_was() {
        let decision = recover(&Snapshot::default(), &told(NOW.wall.0 + 1_000, true), NOW);
        let claim = decision.claim.unwrap();
        assert_eq!((claim.version, claim.generation, claim.progress), (1, 1_700_000_000, 40));
        assert_eq!((claim.expires_at, claim.granted_at), (StoreMillis(6_000), StoreMillis(-595_000)));
        assert_eq!(claim.message, "half");
        let agent = decision.agent.unwrap();
        assert!(!agent.is_owned() && agent.holds(&claim, NOW.store));
        assert!(decision.writes.is_empty());
    }

    #[test]
    fn a_claim_that_ended_is_left_alone() {
        let ended = recover(&Snapshot::default(), &told(NOW.wall.0 + 1_000, false), NOW);
        assert!(!ended.changes_something());
    }

    #[test]
    fn a_record_of_an_older_backup_gives_way_to_what_the_board_was_told_since() {
        let with = |generation: i64, told_until: i64, state: ClaimState| {
            let told_until = Some(UnixMillis(told_until));
            let claim = Claim { generation, told_until, state, version: 7, ..Claim::held("t", "ana") };
            Snapshot { claim: Some(claim), ..Snapshot::default() }
        };
        let until = NOW.wall.0 + 1_000;
        let newer = recover(&with(1_699_999_999, until, ClaimState::Released), &told(until, true), NOW);
        assert_eq!(newer.claim.map(|claim| (claim.version, claim.generation)), Some((8, 1_700_000_000)));
        let renewed = recover(&with(1_700_000_000, until - 1, ClaimState::Live), &told(until, true), NOW);
        assert!(renewed.claim.unwrap().is_live(NOW.store));
        for known in [
            with(1_700_000_000, until, ClaimState::Live),
            with(1_700_000_000, until - 1, ClaimState::Done),
            with(1_700_000_001, until - 1, ClaimState::Live),
        ] {
            assert!(!recover(&known, &told(until, true), NOW).changes_something());
        }
    }

    #[test]
    fn a_task_that_a_person_has_by_now_is_theirs() {
        let found = |status, assigned| Snapshot {
            on_board: Some(OnBoard { status, assigned, moved_at: None }),
            ..Snapshot::default()
        };
        let told = told(NOW.wall.0 + 1_000, true);
        assert!(recover(&found(TaskStatus::InProgress, false), &told, NOW).changes_something());
        assert!(!recover(&found(TaskStatus::InProgress, true), &told, NOW).changes_something());
        assert!(!recover(&found(TaskStatus::Todo, false), &told, NOW).changes_something());
    }

    #[test]
    fn an_agent_at_another_task_does_not_get_a_second_and_no_mark_lasts_for_ever() {
        let at_other = |generation: i64| {
            let expires_at = StoreMillis(9_000);
            Claim { generation, expires_at, ..Claim::held("other", "ana") }
        };
        let held = at_other(1_700_000_001);
        let held_ref = Some(ClaimRef { task_id: held.task_id.clone(), generation: held.generation });
        let id = AgentId::try_from(String::from("ana")).unwrap();
        let agent = Agent { held: held_ref, ..unowned(id, NOW.wall) };
        let busy = Snapshot { agent: Some(agent.clone()), held: Some(held), ..Snapshot::default() };
        let decision = recover(&busy, &told(NOW.wall.0 + 1_000, true), NOW);
        assert!(decision.agent.is_none() && !decision.claim.unwrap().is_live(NOW.store));
        let before = at_other(1_699_999_999);
        let held = Some(ClaimRef { task_id: before.task_id.clone(), generation: before.generation });
        let agent = Some(Agent { held, ..agent });
        let decision = recover(
            &Snapshot { agent, held: Some(before), ..Snapshot::default() },
            &told(NOW.wall.0 + 1_000, true),
            NOW,
        );
        assert_eq!(decision, Decision::nothing(Outcome::Held), "it may still be at that one");
        let far = recover(&Snapshot::default(), &told(i64::MAX, true), NOW).claim.unwrap();
        assert_eq!(far.expires_at, NOW.store.plus(MOST_LEFT_MILLIS));
    }
}
