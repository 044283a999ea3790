//! What a decision entails. A store appends effects in the same atomic step as the decision, or not at all.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::HistoryEntry;
use crate::model::{ClaimMark, RequestId, TaskStatus, UnixMillis, Workspace, words::words};

/// A write the board is owed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BoardWrite {
    /// Move the task to a status.
    Move {
        /// Where to.
        status: TaskStatus,
    },
    /// Add a comment.
    Comment {
        /// Its text.
        text: String,
        /// What it says of the claim to who has lost its records.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<ClaimMark>,
    },
    /// Say how it goes, in one comment of the claim that each later one takes the place of, where the board can change one.
    Progress {
        /// The claim's generation.
        generation: i64,
        /// The comment's text.
        text: String,
        /// What it says of the claim to who has lost its records.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<ClaimMark>,
    },
}

impl BoardWrite {
    /// A comment that says nothing but its words.
    pub const fn comment(text: String) -> Self {
        Self::Comment { text, mark: None }
    }
}

/// An undelivered [`BoardWrite`]. Delivered at least once, in order per task.
#[derive(Clone, Debug)]
pub struct OutboxEntry {
    /// Opaque id; the same for every delivery, so that a board can drop repeats. A second entry of the same id is
    /// dropped when it is appended.
    pub id: String,
    /// When it was decided.
    pub at: UnixMillis,
    /// The tenant.
    pub workspace: Workspace,
    /// The task it concerns.
    pub task_id: String,
    /// The newest move of a person that was known when it was decided, where the board says when those were: a move of ours
    /// yields to any later one.
    pub moved_at: Option<UnixMillis>,
    /// What to write.
    pub write: BoardWrite,
}

/// A board write that somebody is delivering.
#[derive(Clone, Debug)]
pub struct OwedWrite {
    /// Its place among all writes that were ever owed; rises.
    pub sequence: i64,
    /// The write, with the id a board knows a repeat by.
    pub entry: OutboxEntry,
    /// Deliveries that were tried before. With none, the board cannot have it yet.
    pub attempts: u32,
}

/// The end of a write that a board took or no longer wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It is on the board.
    Written,
    /// A person moved the task after the write was decided; theirs stands.
    Superseded,
}

/// Who did what, for people who ask later.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// The key that acted; `system` for the gateway itself.
    pub actor: String,
    /// What was done, such as `task.claim`.
    pub action: Cow<'static, str>,
    /// On what.
    pub target: String,
    /// The call it was part of.
    pub request_id: String,
    /// When.
    pub at: UnixMillis,
}

impl AuditRecord {
    /// Of what was part of no call: it gets an id of its own.
    pub fn without_call(
        actor: &str,
        action: impl Into<Cow<'static, str>>,
        target: impl Into<String>,
        at: UnixMillis,
    ) -> Self {
        Self {
            actor: actor.to_owned(),
            action: action.into(),
            target: target.into(),
            request_id: RequestId::accept(None, at).as_str().to_owned(),
            at,
        }
    }
}

/// A record of the audit log as it is kept: in its place, linked to the one before it.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Its place; rises by one, and never has a gap.
    pub sequence: i64,
    /// The tenant.
    pub workspace: Workspace,
    /// What happened.
    pub record: AuditRecord,
    /// Its link; zeros when there is none, which fits nowhere.
    pub link: [u8; 32],
}

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A task as its board has it; the subject is the task id, the version its `updated_at`.
    Task,
    /// A claim; the subject is the task id.
    Claim,
    /// An agent; the subject is its id.
    Agent,
    /// A key was revoked or changed; the subject is the key id.
    Key,
    /// A legacy session was ended or changed its settings; the subject is its digest.
    Session,
    /// A pull request as its GitHub has it; the subject is `host/owner/repo#number`.
    PullRequest,
    /// A session of the dashboard was ended; the subject is its id, or the holder of all that were made before.
    SignOut,
    /// The store went back, or may have: whatever was read from it before is read anew.
    Store,
    /// Something only a newer version knows.
    Unknown,
}

words!(EventKind {
    Task = "task",
    Claim = "claim",
    Agent = "agent",
    Key = "key",
    Session = "session",
    PullRequest = "pull_request",
    SignOut = "sign_out",
    Store = "store",
    Unknown = "unknown"
});

/// Something every instance must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The kind.
    pub kind: EventKind,
    /// Which one.
    pub subject: String,
    /// The record's version after the change, 0 where there is none: who knows that version need not look.
    pub version: i64,
    /// What happened, such as `task.claimed`.
    pub action: Cow<'static, str>,
    /// The agent that was involved, or nothing.
    pub agent_id: String,
    /// What was said, at most 500 characters.
    pub detail: String,
    /// When.
    pub at: UnixMillis,
}

impl Event {
    /// An event that names nothing but its subject.
    pub fn about(
        kind: EventKind,
        subject: &str,
        action: impl Into<Cow<'static, str>>,
        at: UnixMillis,
    ) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            version: 0,
            action: action.into(),
            agent_id: String::new(),
            detail: String::new(),
            at,
        }
    }
}

/// All that goes with a decision.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Board writes owed, in order.
    pub outbox: Vec<OutboxEntry>,
    /// Audit records.
    pub audit: Vec<AuditRecord>,
    /// Events for every instance.
    pub events: Vec<Event>,
    /// What people may ask for later.
    pub history: Vec<HistoryEntry>,
}
