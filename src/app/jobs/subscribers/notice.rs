//! What subscribers are told of an event of a task: the name they know it by, and its JSON.

use serde::Serialize;

use crate::{
    coordinator::TaskCard,
    model::{Event, EventKind, TaskStatus, visible},
    stores::StoredEvent,
};

/// The name of an event, and the status it leaves the task in where that is always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ToldEvent {
    pub(super) name: &'static str,
    pub(super) status: Option<TaskStatus>,
}

/// The event as subscribers know it; `None` for what is not told: progress, renewals, and what is of no task.
pub(super) fn told(event: &Event) -> Option<ToldEvent> {
    let (name, status) = match (event.kind, &*event.action) {
        (EventKind::Task, "task.create") => ("task.created", None),
        (EventKind::Task, "task.move") | (EventKind::Claim, "task.moved_by_person") => ("task.moved", None),
        (EventKind::Task, "task.assign") => ("task.assigned", None),
        (EventKind::Task, "task.unassign") => ("task.unassigned", None),
        (EventKind::Task, "task.delete") => ("task.deleted", None),
        (EventKind::Claim, "task.claim") => ("task.granted", Some(TaskStatus::InProgress)),
        (EventKind::Claim, "task.resume") => ("task.resumed", Some(TaskStatus::InProgress)),
        (EventKind::Claim, "task.release") => ("task.released", Some(TaskStatus::Todo)),
        (EventKind::Claim, "task.expire") => ("task.expired", Some(TaskStatus::Todo)),
        (EventKind::Claim, "task.complete") => ("task.finished", Some(TaskStatus::Done)),
        (EventKind::Claim, "task.block") => ("task.blocked", Some(TaskStatus::Blocked)),
        (EventKind::Claim, "task.park") => ("task.parked", Some(TaskStatus::Blocked)),
        _ => return None,
    };
    Some(ToldEvent { name, status })
}

/// A delivery, which is the same whenever it is repeated.
#[derive(Debug)]
pub(super) struct EventDelivery {
    pub(super) event: &'static str,
    pub(super) id: String,
    /// JSON.
    pub(super) body: Vec<u8>,
}

#[derive(Serialize)]
struct TaskNotice<'a> {
    event: &'static str,
    delivery_id: &'a str,
    workspace: &'a str,
    task: Option<NoticedTask<'a>>,
    agent_id: Option<&'a str>,
    detail: String,
    at: String,
}

/// A task that is gone has nothing but its id.
#[derive(Serialize)]
struct NoticedTask<'a> {
    id: &'a str,
    key: Option<&'a str>,
    title: Option<String>,
    url: Option<&'a str>,
    status: Option<TaskStatus>,
}

impl EventDelivery {
    /// A delivery of that event, about the task as it is known now.
    pub(super) fn of(stored: &StoredEvent, told: ToldEvent, card: Option<&TaskCard>) -> Self {
        let event = &stored.event;
        let id = format!("{}-{}", stored.sequence, event.at.0);
        let task = NoticedTask {
            id: &event.subject,
            key: card.map(|card| card.task.key.as_str()),
            title: card.map(|card| visible(&card.task.title)),
            url: card.and_then(|card| card.task.url.as_deref()),
            status: card.map(|card| told.status.unwrap_or(card.status)),
        };
        let notice = TaskNotice {
            event: told.name,
            delivery_id: &id,
            workspace: stored.workspace.as_str(),
            task: Some(task),
            agent_id: Some(event.agent_id.as_str()).filter(|agent| !agent.is_empty()),
            detail: visible(&event.detail),
            at: event.at.rfc3339(),
        };
        Self { event: told.name, body: json(&notice), id }
    }

    /// Says that events after `place` were dropped before they could be told, up to the one before `first`.
    pub(super) fn missed(place: i64, first: &StoredEvent) -> Self {
        let (oldest, newest) = (place + 1, first.sequence - 1);
        let (event, id) = ("log.missed", format!("missed-{oldest}-{newest}"));
        let notice = TaskNotice {
            event,
            delivery_id: &id,
            workspace: first.workspace.as_str(),
            task: None,
            agent_id: None,
            detail: format!(
                "events {oldest} to {newest} were dropped before they could be told: read the board anew"
            ),
            at: first.event.at.rfc3339(),
        };
        Self { event, body: json(&notice), id }
    }
}

fn json(notice: &TaskNotice<'_>) -> Vec<u8> {
    serde_json::to_vec(notice).expect("texts and words are JSON")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{UnixMillis, Workspace};

    fn stored(kind: EventKind, action: &'static str) -> StoredEvent {
        let event = Event {
            agent_id: String::from("agent"),
            detail: String::from("half\u{202e} done"),
            ..Event::about(kind, "t", action, UnixMillis(1_700_000_000_000))
        };
        StoredEvent { sequence: 7, workspace: Workspace::default(), event }
    }

    #[test]
    fn what_is_no_event_of_a_task_is_not_told() {
        for (kind, action) in [
            (EventKind::Task, ""),
            (EventKind::Claim, ""),
            (EventKind::Claim, "task.renew"),
            (EventKind::Claim, "task.progress"),
            (EventKind::Agent, "agent.register"),
            (EventKind::Key, "task.create"),
        ] {
            assert_eq!(told(&stored(kind, action).event), None, "{kind:?} {action}");
        }
    }

    #[test]
    fn a_task_that_is_gone_has_its_id_alone() {
        let stored = stored(EventKind::Claim, "task.complete");
        let delivery = EventDelivery::of(&stored, told(&stored.event).unwrap(), None);
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        let expected = json!({"event": "task.finished", "delivery_id": "7-1700000000000", "workspace": "default",
            "task": {"id": "t", "key": null, "title": null, "url": null, "status": null}, "agent_id": "agent",
            "detail": "half done", "at": "2023-11-14T22:13:20Z"});
        assert_eq!((body, delivery.id.as_str()), (expected, "7-1700000000000"));
    }

    #[test]
    fn what_was_dropped_is_told_by_its_numbers() {
        let delivery = EventDelivery::missed(3, &stored(EventKind::Task, ""));
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        assert_eq!((&body["event"], &body["task"]), (&json!("log.missed"), &Value::Null));
        assert!(body["detail"].as_str().unwrap().starts_with("events 4 to 6 "), "{body}");
    }
}
