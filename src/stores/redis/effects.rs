//! What a decision entails, as scripts read it (`effects.lua`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{row::to_json, script::ScriptArguments};
use crate::{
    model::{
        AuditRecord, BoardWrite, Effects, Event, HistoryAction, HistoryEntry, LossCause, OutboxEntry,
        TaskStatus, UnixMillis, Workspace,
    },
    secrets::{AuditKey, sha256},
};

/// A board write that is owed, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct OwedRow {
    pub(super) at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved_at: Option<i64>,
    pub(super) write: BoardWrite,
}

/// An audit record, as it is kept. What is unique tells it from another of the same words.
#[derive(Serialize, Deserialize)]
pub(super) struct AuditRow<'a> {
    pub(super) unique: Cow<'a, str>,
    pub(super) actor: Cow<'a, str>,
    pub(super) action: Cow<'a, str>,
    pub(super) target: Cow<'a, str>,
    pub(super) request_id: Cow<'a, str>,
    pub(super) at: i64,
}

/// An event, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct EventRow<'a> {
    pub(super) kind: Cow<'a, str>,
    pub(super) subject: Cow<'a, str>,
    pub(super) version: i64,
    pub(super) action: Cow<'a, str>,
    pub(super) agent_id: Cow<'a, str>,
    pub(super) detail: Cow<'a, str>,
    pub(super) at: i64,
}

/// An entry of the history, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct HistoryRow<'a> {
    pub(super) task_id: Cow<'a, str>,
    pub(super) at: i64,
    pub(super) action: Cow<'a, str>,
    pub(super) agent_id: Cow<'a, str>,
    pub(super) actor: Cow<'a, str>,
    pub(super) generation: Option<i64>,
    pub(super) progress: Option<u8>,
    pub(super) cause: Option<Cow<'a, str>>,
    pub(super) words: Cow<'a, str>,
}

impl ScriptArguments {
    /// All that goes with a decision.
    pub(super) fn effects(self, key: &AuditKey, workspace: &Workspace, effects: &Effects) -> Self {
        self.each(&effects.outbox, owed)
            .each(&effects.audit, |arguments, record| audited(arguments, key, workspace, record))
            .each(&effects.history, remembered)
            .each(&effects.events, told)
    }
}

fn owed(arguments: ScriptArguments, entry: &OutboxEntry) -> ScriptArguments {
    let row = OwedRow {
        at: entry.at.0,
        moved_at: entry.moved_at.map(|UnixMillis(at)| at),
        write: entry.write.clone(),
    };
    arguments
        .bytes(entry.id.as_str())
        .bytes(entry.task_id.as_str())
        .number(entry.at.0)
        .bytes(shape(&entry.write))
        .bytes(to_json(&row))
}

/// What scripts know of a write: one of another shape is a newer version's.
fn shape(write: &BoardWrite) -> String {
    match write {
        BoardWrite::Move { status } => move_to(*status),
        BoardWrite::Comment { .. } => String::from("comment"),
        BoardWrite::Progress { .. } => String::from("progress"),
    }
}

fn move_to(status: TaskStatus) -> String {
    format!("move {}", status.as_str())
}

/// Every shape of a write that this version can read.
pub(super) fn shapes() -> Vec<String> {
    let moves = TaskStatus::ALL.map(move_to);
    moves.into_iter().chain(["comment", "progress"].map(String::from)).collect()
}

pub(super) fn audited(
    arguments: ScriptArguments,
    key: &AuditKey,
    workspace: &Workspace,
    record: &AuditRecord,
) -> ScriptArguments {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let mac = key.mac(&unique, workspace.as_str(), record);
    let row = AuditRow {
        unique: unique.into(),
        actor: record.actor.as_str().into(),
        action: (&*record.action).into(),
        target: record.target.as_str().into(),
        request_id: record.request_id.as_str().into(),
        at: record.at.0,
    };
    arguments.bytes(to_json(&row)).bytes(mac)
}

/// What an entry takes the place of, or is not told twice by.
fn mark(entry: &HistoryEntry) -> String {
    let claim = || format!("\t{}\t{}", entry.agent_id, entry.generation.unwrap_or(-1));
    match entry.action {
        HistoryAction::Progress => format!("p{}", claim()),
        HistoryAction::Refused => format!("r{}\t{}", claim(), crate::model::hex(&sha256(&entry.words))),
        _ => String::new(),
    }
}

/// What an entry is found by beside its task and its agent.
fn tag(entry: &HistoryEntry) -> String {
    match entry.action {
        HistoryAction::Deleted => format!("d{}", one_line(&entry.words)),
        HistoryAction::Parked | HistoryAction::Blocked | HistoryAction::Moved => String::from("s"),
        _ => String::new(),
    }
}

/// A key as the head of a row can hold it.
pub(super) fn one_line(key: &str) -> String {
    key.replace('\n', " ")
}

fn remembered(arguments: ScriptArguments, entry: &HistoryEntry) -> ScriptArguments {
    let row = HistoryRow {
        task_id: entry.task_id.as_str().into(),
        at: entry.at.0,
        action: entry.action.as_str().into(),
        agent_id: entry.agent_id.as_str().into(),
        actor: entry.actor.as_str().into(),
        generation: entry.generation,
        progress: entry.progress,
        cause: entry.cause.map(LossCause::as_str).map(Cow::Borrowed),
        words: entry.words.as_str().into(),
    };
    arguments
        .bytes(entry.task_id.as_str())
        .bytes(entry.agent_id.as_str())
        .bytes(mark(entry))
        .bytes(tag(entry))
        .number(entry.at.0)
        .bytes(to_json(&row))
}

fn told(arguments: ScriptArguments, event: &Event) -> ScriptArguments {
    arguments.bytes(event_row(event))
}

pub(super) fn event_row(event: &Event) -> String {
    let row = EventRow {
        kind: event.kind.as_str().into(),
        subject: event.subject.as_str().into(),
        version: event.version,
        action: (&*event.action).into(),
        agent_id: event.agent_id.as_str().into(),
        detail: event.detail.as_str().into(),
        at: event.at.0,
    };
    to_json(&row)
}
