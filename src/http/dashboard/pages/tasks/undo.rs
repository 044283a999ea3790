//! What somebody just did to a task, told on its page, and the way back: one more act of theirs, from what they see now. An agent's
//! hold that ended does not come back by it.

use serde::Deserialize;

use crate::{
    coordinator::{PersonAct, TaskSight, ToldEntry, is_persons},
    http::dashboard::{
        PageFrame,
        acts::seen::SeenFields,
        links::query,
        pages::cards::task_path,
        shell::{NoticeAct, Shell},
        words::{StateMark, status_word},
    },
    model::{HistoryAction, TaskStatus, UnixMillis},
    stores::{SeenTask, StoredHistory},
};

/// How long what was done is told of: who opens an old link did nothing just now.
const TOLD_MILLIS: i64 = 600_000;
/// Between two presses of one button.
const TWICE_MILLIS: i64 = 5_000;
/// Entries looked through: the end of an agent's hold may come after what ended it.
pub const MOST_LATER: u32 = 5;

/// What the way to a task's page says of what was done to it.
#[derive(Debug, Deserialize)]
pub struct DoneQuery {
    /// `moved`, `assigned` or `depends`.
    done: Option<String>,
    /// What stood there before.
    from: Option<String>,
    /// Whether an agent held it.
    held: Option<String>,
}

/// The query that says that this was done to a task that was seen like that.
pub fn done(act: &PersonAct, seen: &SeenTask) -> String {
    let (done, from) = match act {
        PersonAct::Move(_) => ("moved", seen.status.as_str().to_owned()),
        PersonAct::Assign(_) | PersonAct::Unassign => ("assigned", seen.assignee.clone().unwrap_or_default()),
        PersonAct::Depend(_) => ("depends", seen.dependencies.join(" ")),
        PersonAct::Delete => return String::new(),
    };
    let held = seen.holder.as_ref().map(|_| "1");
    query(&[("done", Some(done)), ("from", Some(&from)), ("held", held)])
}

/// The page's shell, telling what was done if the history says that this visitor did it just now.
pub fn told(
    shell: Shell,
    asked: &DoneQuery,
    (sight, history): (&TaskSight, &[ToldEntry]),
    (frame, actor): (&PageFrame, &str),
) -> Shell {
    if asked.done.is_none() {
        return shell;
    }
    let action = |stored: &&StoredHistory| {
        let is_own = stored.entry.actor == actor && sight.card.now.wall.0 - stored.entry.at.0 < TOLD_MILLIS;
        is_own && word(stored.entry.action) == asked.done.as_deref()
    };
    let Some(stored) = history.iter().map(|told| &told.stored).take(MOST_LATER as usize).find(action) else {
        return shell;
    };
    let ended = match asked.held {
        Some(_) => " The hold of the agent that had it is over, and undoing this does not bring it back.",
        None => "",
    };
    let text = format!("{}{ended}", sentence(stored));
    match way_back(asked, sight, frame) {
        Some(act) => shell.with_act(StateMark::Done, text, act),
        None => shell.with_notice(StateMark::Done, text),
    }
}

/// Whether that was done by this visitor a moment ago: who presses a button twice sends a form twice.
pub fn did(act: &PersonAct, history: &[StoredHistory], actor: &str, now: UnixMillis) -> bool {
    let (action, words) = act.recorded();
    // What another person did since is not taken for it.
    let newest = history.iter().find(|stored| is_persons(stored.entry.action));
    newest.is_some_and(|StoredHistory { entry, .. }| {
        let is_it = entry.actor == actor && entry.action == action && entry.words == words;
        is_it && now.0 - entry.at.0 < TWICE_MILLIS
    })
}

const fn word(action: HistoryAction) -> Option<&'static str> {
    match action {
        HistoryAction::Moved => Some("moved"),
        HistoryAction::Assigned | HistoryAction::Unassigned => Some("assigned"),
        HistoryAction::Depends => Some("depends"),
        _ => None,
    }
}

fn sentence(stored: &StoredHistory) -> String {
    let words = &stored.entry.words;
    match stored.entry.action {
        HistoryAction::Moved => match TaskStatus::from_word(words) {
            Some(status) => format!("Moved to {}.", status_word(status)),
            None => format!("Moved to {words}."),
        },
        HistoryAction::Assigned => format!("Assigned to {words}."),
        HistoryAction::Unassigned => String::from("Given back to the agents."),
        _ if words.is_empty() => String::from("It waits for nothing now."),
        _ => format!("It waits for {words} now."),
    }
}

/// The act that takes it back; none when nothing would change, or the query says nothing that could be done.
fn way_back(asked: &DoneQuery, sight: &TaskSight, frame: &PageFrame) -> Option<NoticeAct> {
    let (from, task) = (asked.from.as_deref()?, &sight.card.task);
    let (act, field, word) = match asked.done.as_deref()? {
        "moved" => {
            let status = TaskStatus::from_word(from).filter(|status| *status != sight.card.status)?;
            ("move", "status", format!("Undo: back to {}", status_word(status)))
        }
        "assigned" if from == task.assignee.as_deref().unwrap_or_default() => return None,
        "assigned" if from.is_empty() => ("assign", "person", String::from("Undo: back to the agents")),
        "assigned" => ("assign", "person", format!("Undo: back to {from}")),
        "depends" => ("depends", "on", String::from("Undo: wait for what it waited for before")),
        _ => return None,
    };
    let seen = SeenFields::of(&sight.seen());
    let mut fields: Vec<_> = seen.pairs().map(|(name, value)| (name, value.to_owned())).into();
    fields.push((field, from.to_owned()));
    Some(NoticeAct { action: format!("{}/{act}", task_path(frame, &task.key)), word, fields })
}
