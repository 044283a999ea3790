//! What happened, as a page tells it: newest first, each thing with its mark, its sentence and its moment. Grants are counted from the
//! first, so that a lost lease is told in one place.

use crate::{
    http::dashboard::{PageFrame, moments::When, words::StateMark},
    model::{HistoryAction, HistoryEntry, LossCause},
    stores::StoredHistory,
};

/// A thing that happened, as `templates/parts/story.html` shows it.
pub struct StoryItem {
    pub mark: StateMark,
    /// Who it is about; nothing of the gateway itself.
    pub who: String,
    /// What they did.
    pub what: String,
    pub when: When,
    /// What was said.
    pub words: String,
    /// What follows from it, or why it was.
    pub note: &'static str,
    /// The claim, at the start of one.
    pub generation: Option<i64>,
}

/// What is told of that history, which is newest first.
pub fn story(history: &[StoredHistory], frame: &PageFrame) -> Vec<StoryItem> {
    let is_grant = |stored: &&StoredHistory| stored.entry.action == HistoryAction::Granted;
    let mut grants = history.iter().filter(is_grant).count();
    let item = |stored: &StoredHistory| {
        let item = told(&stored.entry, grants, frame);
        grants -= usize::from(stored.entry.action == HistoryAction::Granted);
        item
    };
    history.iter().map(item).collect()
}

fn told(entry: &HistoryEntry, grant: usize, frame: &PageFrame) -> StoryItem {
    let percent = entry.progress.unwrap_or_default();
    let (mark, what) = match entry.action {
        HistoryAction::Granted => (StateMark::Work, format!("got it: grant {grant}")),
        HistoryAction::Progress => (StateMark::Work, format!("at {percent} %")),
        HistoryAction::Resumed => (StateMark::Work, String::from("came back and holds it again")),
        HistoryAction::Completed => (StateMark::Done, String::from("finished it")),
        HistoryAction::Blocked => (StateMark::Blocked, format!("is blocked at {percent} %")),
        HistoryAction::Released => (StateMark::Taken, format!("gave it back at {percent} %")),
        HistoryAction::LeaseEnded => (StateMark::Lost, format!("lost it at {percent} %")),
        HistoryAction::Parked => (StateMark::Parked, format!("lost it at {percent} %, and it is parked")),
        HistoryAction::EndedByPerson => (StateMark::Taken, String::from("holds it no longer")),
        HistoryAction::Recovered => (StateMark::Work, String::from("holds it, as the board told")),
        HistoryAction::Refused => (StateMark::Lost, String::from("reported too late; the words are kept")),
        HistoryAction::Created => (StateMark::Ready, String::from("made it")),
        HistoryAction::Moved => (StateMark::Person, format!("moved it to {}", entry.words)),
        HistoryAction::Assigned => (StateMark::Person, format!("assigned it to {}", entry.words)),
        HistoryAction::Unassigned => (StateMark::Person, String::from("gave it back to the agents")),
        HistoryAction::Depends => (StateMark::Person, format!("has it wait for {}", some(&entry.words))),
        HistoryAction::Deleted => (StateMark::Cancelled, String::from("deleted it")),
    };
    let is_persons = matches!(
        entry.action,
        HistoryAction::Created
            | HistoryAction::Moved
            | HistoryAction::Assigned
            | HistoryAction::Unassigned
            | HistoryAction::Depends
            | HistoryAction::Deleted
    );
    StoryItem {
        mark,
        who: if is_persons || entry.agent_id.is_empty() {
            entry.actor.clone()
        } else {
            entry.agent_id.clone()
        },
        what,
        when: frame.when(entry.at),
        words: if is_persons { String::new() } else { entry.words.clone() },
        note: note(entry),
        generation: entry.generation.filter(|_| entry.action == HistoryAction::Granted),
    }
}

const fn some(words: &str) -> &str {
    if words.is_empty() { "nothing" } else { words }
}

const fn note(entry: &HistoryEntry) -> &'static str {
    match (entry.action, entry.cause) {
        (HistoryAction::Parked, _) => {
            "Three holders in a row lost it, so it is not handed out again until a person moves it."
        }
        (HistoryAction::LeaseEnded, _) => {
            "The lease ended without a word, and the task was offered to others."
        }
        (_, Some(LossCause::MovedByPerson)) => "A person moved or took the task, which ended the claim.",
        (_, Some(LossCause::Deleted)) => "A person deleted the task, which ended the claim.",
        (_, Some(LossCause::GrantedSince)) => "Another agent was granted the task since.",
        (HistoryAction::Refused, Some(LossCause::LeaseEnded)) => {
            "Its lease had ended and it held another task."
        }
        _ => "",
    }
}
