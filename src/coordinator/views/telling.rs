//! What happened, in words: one wording for every page and answer. Who did it, what they did to the task, and what follows from it.

use std::fmt::Write;

use crate::model::{HistoryAction, HistoryEntry, LossCause, visible};

/// What happened, in parts, so that a page can show who and which task in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Who did it: an agent, or who acted on the task.
    pub who: String,
    /// What they did, up to the task.
    pub before: &'static str,
    /// The rest, after the task; it begins with a blank or a comma, if there is any.
    pub after: String,
    /// What follows from it, or why it was; may be empty.
    pub note: &'static str,
}

impl Telling {
    /// The words of an entry. `grant`: which grant of its task it is of, and of how many, if that is known.
    pub fn of(entry: &HistoryEntry, grant: Option<(usize, usize)>) -> Self {
        let who = if is_persons(entry.action) || entry.agent_id.is_empty() {
            &entry.actor
        } else {
            &entry.agent_id
        };
        let (before, after) = said(entry, grant);
        Self { who: visible(who), before, after, note: note(entry) }
    }

    /// The sentence about that task, `it` or a name.
    pub fn sentence(&self, task: &str) -> String {
        let mut sentence = self.who.clone();
        write!(sentence, " {} {task}{}.", self.before, self.after).expect("text can always grow");
        sentence
    }
}

/// Whether a person does such a thing, with no agent in it but the one that loses by it.
pub const fn is_persons(action: HistoryAction) -> bool {
    matches!(
        action,
        HistoryAction::Created
            | HistoryAction::Moved
            | HistoryAction::Assigned
            | HistoryAction::Unassigned
            | HistoryAction::Depends
            | HistoryAction::Deleted
    )
}

fn said(entry: &HistoryEntry, grant: Option<(usize, usize)>) -> (&'static str, String) {
    let at = entry.progress.map_or_else(String::new, |percent| format!(" at {percent} %"));
    let words = visible(&entry.words);
    let none = String::new;
    match entry.action {
        HistoryAction::Granted => {
            ("got", grant.map_or_else(none, |(number, of)| format!(": grant {number} of {of}")))
        }
        HistoryAction::Progress => ("works on", at),
        HistoryAction::Resumed => ("came back and holds", String::from(" again")),
        HistoryAction::Completed => ("finished", none()),
        HistoryAction::Blocked => ("cannot go on with", at),
        HistoryAction::Released => ("gave", format!(" back{at}")),
        HistoryAction::LeaseEnded => ("lost", at),
        HistoryAction::Parked => ("lost", format!("{at}, and it was parked")),
        HistoryAction::EndedByPerson => ("holds", String::from(" no longer")),
        HistoryAction::Recovered => ("holds", String::from(", as the board told")),
        HistoryAction::Refused => ("reported too late on", none()),
        HistoryAction::Created => ("made", none()),
        HistoryAction::Moved => ("moved", format!(" to {}", words.replace('_', " "))),
        HistoryAction::Assigned => ("assigned", format!(" to {words}")),
        HistoryAction::Unassigned => ("gave", String::from(" back to the agents")),
        HistoryAction::Depends if words.is_empty() => ("has", String::from(" wait for nothing")),
        HistoryAction::Depends => ("has", format!(" wait for {words}")),
        HistoryAction::Deleted => ("deleted", none()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;

    fn told(action: HistoryAction, words: &str, task: &str) -> String {
        let entry = HistoryEntry::of_task("t", action, "key-1", UnixMillis(0)).with_words(words);
        let entry = HistoryEntry { agent_id: String::from("ana"), progress: Some(40), ..entry };
        Telling::of(&entry, Some((2, 3))).sentence(task)
    }

    #[test]
    fn the_same_words_tell_of_it_and_of_a_task_by_name() {
        for (action, words, sentence) in [
            (HistoryAction::Granted, "", "ana got it: grant 2 of 3."),
            (HistoryAction::Progress, "half", "ana works on it at 40 %."),
            (HistoryAction::Released, "", "ana gave it back at 40 %."),
            (HistoryAction::Parked, "", "ana lost it at 40 %, and it was parked."),
            (HistoryAction::Moved, "in_progress", "key-1 moved it to in progress."),
            (HistoryAction::Depends, "", "key-1 has it wait for nothing."),
            (HistoryAction::Deleted, "", "key-1 deleted it."),
        ] {
            assert_eq!(told(action, words, "it"), sentence);
        }
        assert_eq!(told(HistoryAction::LeaseEnded, "", "T-4 Search"), "ana lost T-4 Search at 40 %.");
    }
}
