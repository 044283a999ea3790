//! What the steps begin with: two clocks that have nothing to do with each other, and plain records.

use taskgate::{
    model::{
        Agent, AgentId, AuditRecord, BoardMark, BoardWrite, Claim, ClaimState, Effects, Event, EventKind,
        HistoryAction, HistoryEntry, Moment, OutboxEntry, Profile, StoreMillis, TaskStatus, UnixMillis,
        Workspace,
    },
    secrets::{AuditKey, SecretKey},
    stores::{Completion, ConditionalWrite, Store},
};

pub const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
/// The store's time has nothing to do with it.
pub const STORE: StoreMillis = StoreMillis(5_000_000);

pub const fn at(millis: i64) -> Moment {
    Moment { wall: NOW.plus(millis), store: STORE.plus(millis) }
}

/// Every kind of effect, about one task.
pub fn effects(task: &str, name: &str) -> Effects {
    let entry = OutboxEntry {
        moved_at: None,
        id: format!("{task}-{name}"),
        at: NOW,
        workspace: Workspace::default(),
        task_id: task.to_owned(),
        write: BoardWrite::comment(name.to_owned()),
    };
    let audit = AuditRecord {
        actor: String::from("key"),
        action: "task.test".into(),
        target: task.to_owned(),
        request_id: name.to_owned(),
        at: NOW,
    };
    Effects {
        outbox: vec![entry],
        audit: vec![audit],
        events: vec![Event::about(EventKind::Claim, task, "task.test", NOW)],
        history: vec![HistoryEntry::of_task(task, HistoryAction::Moved, "key", NOW)],
    }
}

pub fn agent(version: i64, name: &str) -> Agent {
    Agent {
        id: AgentId::try_from(String::from("agent")).unwrap(),
        owner: String::from("u"),
        profile: Profile { name: name.to_owned(), role: String::from("r"), skills: vec![String::from("s")] },
        registered_at: NOW,
        completed: 0,
        held: None,
        notices: vec![String::from("notice")],
        version,
    }
}

pub fn claim(task: &str, version: i64) -> Claim {
    Claim {
        moved_at: None,
        told_until: None,
        task_id: task.to_owned(),
        agent_id: String::from("agent"),
        generation: 7,
        state: ClaimState::Live,
        granted_at: STORE,
        expires_at: STORE.plus(10),
        progress: 5,
        message: String::from("said"),
        severity: None,
        lost_by: vec![String::from("other")],
        expiry_recorded: false,
        hand_off: None,
        seen: BoardMark { status: TaskStatus::Todo, at: STORE },
        delivered: None,
        rejected: None,
        version,
    }
}

pub fn audit_key() -> AuditKey {
    SecretKey::new("audit".repeat(8).into(), None).audit_key()
}

/// A conditional write of a task's claim with every kind of effect.
pub fn write(task: &str, version: i64, name: &str) -> ConditionalWrite {
    ConditionalWrite {
        claim: Some(claim(task, version)),
        effects: effects(task, name),
        ..ConditionalWrite::default()
    }
}

/// Three decisions: t1 is claimed and completed, t2 is claimed between.
pub async fn three_decisions(store: &dyn Store) {
    let completion =
        Completion { task_id: String::from("t1"), generation: 7, agent_id: String::from("a"), at: NOW };
    let done = ConditionalWrite { completion: Some(completion), ..write("t1", 2, "done") };
    for decision in [write("t1", 1, "first"), write("t2", 1, "second"), done] {
        let made = store.commit_first(&Workspace::default(), vec![decision]).await.unwrap();
        assert_eq!(made, Some(0));
    }
}
