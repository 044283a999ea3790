//! What somebody just did to a task, told on its page, and the way back: one more act of theirs, from what they see now. What stood
//! there before is sealed for their session alone, so that no link of others offers anything under that name. An agent's hold that
//! ended does not come back by it.

use serde::{Deserialize, Serialize};

use crate::{
    auth::{BrowserSession, BrowserSessions},
    coordinator::{PersonAct, TaskSight, TiedTask, ToldEntry, is_persons},
    http::dashboard::{
        PageFrame,
        acts::seen::SeenFields,
        links::query,
        pages::cards::task_path,
        shell::{NoticeAct, Shell},
        words::{StateMark, counted, status_word},
    },
    model::{HistoryAction, HistoryEntry, TaskStatus, UnixMillis},
    stores::{SeenTask, StoredHistory},
};

/// How long what was done is told of: who opens an old link did nothing just now.
const TOLD_MILLIS: i64 = 600_000;
/// Between two presses of one button.
pub const TWICE_MILLIS: i64 = 5_000;
/// Entries looked through: the end of an agent's hold may come after what ended it.
pub const MOST_LATER: u32 = 5;
/// Tasks that the way back names.
const MOST_NAMED: usize = 3;

/// What the way to a task's page says of what was done to it.
#[derive(Debug, Deserialize)]
pub struct DoneQuery {
    /// A [`DoneNote`], sealed.
    done: Option<String>,
}

/// What a person did to a task, and what stood there before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DoneNote {
    /// As the history has it.
    action: String,
    words: String,
    /// A status, a person, or task ids.
    before: Vec<String>,
}

/// Whose session it is.
pub type NoteSeal<'a> = (&'a BrowserSessions, &'a BrowserSession);

impl DoneNote {
    /// What is told of that act on a task that was seen like that; nothing of a deletion, after which there is no page.
    pub fn of(act: &PersonAct, seen: &SeenTask) -> Option<Self> {
        let before = match act {
            PersonAct::Move(_) => vec![seen.status.as_str().to_owned()],
            PersonAct::Assign(_) | PersonAct::Unassign => seen.assignee.iter().cloned().collect(),
            PersonAct::Depend(_) => seen.dependencies.clone(),
            PersonAct::Delete => return None,
        };
        let (action, words) = act.recorded();
        Some(Self { action: action.as_str().to_owned(), words, before })
    }

    /// The query that says so of the task of that id, to this session alone.
    pub fn query(&self, (sessions, session): NoteSeal<'_>, task_id: &str) -> String {
        let note = serde_json::to_vec(self).expect("a note is made of plain values");
        query(&[("done", Some(&sessions.seal_note(session, task_id, &note)))])
    }

    /// The note in such a query; none in one that this session was not given for that task.
    pub fn read(asked: &DoneQuery, (sessions, session): NoteSeal<'_>, task_id: &str) -> Option<Self> {
        let note = sessions.open_note(session, task_id, asked.done.as_deref()?)?;
        serde_json::from_slice(&note).ok()
    }

    /// What the task waited for before, if that is what was changed.
    pub fn waited_for(&self) -> &[String] {
        if self.action == HistoryAction::Depends.as_str() { &self.before } else { &[] }
    }

    fn is(&self, entry: &HistoryEntry) -> bool {
        HistoryAction::from_word(&self.action).is_some_and(|action| entry.tells(action, &self.words))
    }
}

/// The page's shell, telling what was done if the history says that it is the last thing that people did, and that this visitor did it
/// just now. `waited_for`: the tasks the note names, as far as they are there.
pub fn told(
    shell: Shell,
    (note, waited_for): (&DoneNote, &[TiedTask]),
    (sight, history): (&TaskSight, &[ToldEntry]),
    (frame, actor): (&PageFrame, &str),
) -> Shell {
    let newest: Vec<_> = history.iter().take(MOST_LATER as usize).map(|told| &told.stored.entry).collect();
    let Some(place) = newest.iter().position(|entry| is_persons(entry.action)) else { return shell };
    let entry = newest[place];
    let is_fresh = sight.card.now.wall.0 - entry.at.0 < TOLD_MILLIS;
    if entry.actor != actor || !note.is(entry) || !is_fresh {
        return shell;
    }
    let ended = newest[..place].iter().any(|entry| entry.action == HistoryAction::EndedByPerson);
    let mut text = sentence(entry);
    if ended {
        text += " The hold of the agent that had it is over, and undoing this does not bring it back.";
    }
    let is_gone = |id: &&String| !waited_for.iter().any(|tied| tied.id == **id);
    let is_left_out = |id: &&String| is_gone(id) && !sight.card.task.dependencies.contains(id);
    let gone = note.waited_for().iter().filter(is_left_out).count();
    if gone > 0 {
        let tasks = counted(gone, "task that was deleted", "tasks that were deleted");
        text = format!("{text} It no longer waits for {tasks}.");
    }
    match way_back(note, waited_for, sight, frame) {
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
        entry.actor == actor && entry.tells(action, &words) && now.0 - entry.at.0 < TWICE_MILLIS
    })
}

fn sentence(entry: &HistoryEntry) -> String {
    let words = &entry.words;
    match entry.action {
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

/// The act that takes it back; none when nothing would change.
fn way_back(
    note: &DoneNote,
    waited_for: &[TiedTask],
    sight: &TaskSight,
    frame: &PageFrame,
) -> Option<NoticeAct> {
    let task = &sight.card.task;
    let first = note.before.first();
    let (act, field, value, word) = match HistoryAction::from_word(&note.action)? {
        HistoryAction::Moved => {
            let status = TaskStatus::from_word(first?).filter(|status| *status != sight.card.status)?;
            let word = format!("Undo: back to {}", status_word(status));
            ("move", "status", status.as_str().to_owned(), word)
        }
        HistoryAction::Assigned | HistoryAction::Unassigned => {
            let person = first.cloned().unwrap_or_default();
            if person == task.assignee.as_deref().unwrap_or_default() {
                return None;
            }
            let whom = if person.is_empty() { "the agents" } else { person.as_str() };
            let word = format!("Undo: back to {whom}");
            ("assign", "person", person, word)
        }
        HistoryAction::Depends => {
            if waited_for.iter().map(|tied| &tied.id).eq(&task.dependencies) {
                return None;
            }
            let keys: Vec<_> = waited_for.iter().map(|tied| tied.key.as_str()).collect();
            ("depends", "on", keys.join(", "), format!("Undo: it waits for {}", named(&keys)))
        }
        _ => return None,
    };
    let seen = SeenFields::of(&sight.seen());
    let mut fields: Vec<_> = seen.pairs().map(|(name, value)| (name, value.to_owned())).into();
    fields.push((field, value));
    Some(NoticeAct { action: format!("{}/{act}", task_path(frame, &task.key)), word, fields })
}

fn named(keys: &[&str]) -> String {
    match keys {
        [] => String::from("nothing, as before"),
        few if few.len() <= MOST_NAMED => format!("{} again", few.join(", ")),
        many => format!("{} again", counted(many.len(), "task", "tasks")),
    }
}
