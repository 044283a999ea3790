//! Why an agent holds nothing, in words: what happened to it last, and whether there is anything to give.

use super::agent_cards::AgentCard;
use crate::{
    coordinator::mirror::{NoTaskReason, TaskCard},
    model::{HistoryAction, UnixMillis},
};

/// Why an agent holds nothing, in parts, so that a page can show the task and the moment in its own way.
#[derive(Clone, Debug)]
pub struct IdleReason {
    /// What happened, up to the task.
    pub before: String,
    /// Whether a task is meant.
    pub is_of_task: bool,
    /// The task, unless it is gone.
    pub task: Option<TaskCard>,
    /// The rest, after the task.
    pub after: String,
    /// When it happened.
    pub at: Option<UnixMillis>,
    /// What else is to be said, each a sentence.
    pub more: Vec<&'static str>,
}

impl AgentCard {
    /// Why it holds nothing, where an agent that asks is given nothing for that reason; `None` while it holds a task.
    pub fn idle(&self, nothing: Option<NoTaskReason>) -> Option<IdleReason> {
        if self.held.is_some() {
            return None;
        }
        let plain = |before: &str| IdleReason {
            before: before.to_owned(),
            is_of_task: false,
            task: None,
            after: String::new(),
            at: None,
            more: Vec::new(),
        };
        if !self.agent.is_owned() {
            return Some(plain("Taken from its owner"));
        }
        let mut idle = match &self.last {
            None => plain("Was given no task yet"),
            Some(last) => {
                let entry = &last.stored.entry;
                let is_own = last.telling.who == self.agent.id.as_str();
                let before = if is_own {
                    capitalised(last.telling.before)
                } else {
                    format!("{} {}", last.telling.who, last.telling.before)
                };
                let is_lost = matches!(entry.action, HistoryAction::LeaseEnded | HistoryAction::Parked);
                IdleReason {
                    before,
                    is_of_task: true,
                    task: last.task.clone(),
                    after: last.telling.after.clone(),
                    at: Some(entry.at),
                    more: if is_lost { vec!["Not heard of since."] } else { Vec::new() },
                }
            }
        };
        idle.more.extend(nothing.map(nothing_to_give));
        Some(idle)
    }
}

impl IdleReason {
    /// All of it without the moment.
    pub fn text(&self) -> String {
        let task = self.task.as_ref().map_or("a task that is gone", |card| &card.task.key);
        let first = if self.is_of_task {
            format!("{} {task}{}.", self.before, self.after)
        } else {
            format!("{}.", self.before)
        };
        let more = self.more.iter().map(|sentence| format!(" {sentence}"));
        std::iter::once(first).chain(more).collect()
    }
}

const fn nothing_to_give(reason: NoTaskReason) -> &'static str {
    match reason {
        NoTaskReason::NoOpenTasks => "Nothing to give: no task is open.",
        NoTaskReason::AllClaimed => "Nothing to give: every open task is held.",
        NoTaskReason::WaitingOnDependencies => "Nothing to give: what is left waits for other tasks.",
        NoTaskReason::ProjectComplete => "Nothing to give: every task is done.",
        NoTaskReason::ShuttingDown => "Nothing to give: the gateway is about to stop.",
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        coordinator::mirror::Picture,
        coordinator::views::agent_cards::agent_card,
        model::{Agent, AgentId, HistoryEntry, Moment, Profile, Task},
        stores::StoredHistory,
    };

    fn idle(actions: &[HistoryAction], nothing: Option<NoTaskReason>) -> String {
        let mut picture = Picture::default();
        picture.put_task(Task::todo("T-1"), Moment::same(1));
        let agent = Agent {
            id: AgentId::try_from(String::from("ana")).unwrap(),
            owner: String::from("u"),
            profile: Profile { name: String::new(), role: String::new(), skills: Vec::new() },
            registered_at: UnixMillis(0),
            completed: 0,
            held: None,
            notices: Vec::new(),
            version: 1,
        };
        let entry = |action| HistoryEntry {
            agent_id: String::from("ana"),
            progress: Some(40),
            ..HistoryEntry::of_task("T-1", action, "key", UnixMillis(5))
        };
        let stored = |action| StoredHistory { sequence: 1, entry: entry(action) };
        let history: Vec<_> = actions.iter().copied().map(stored).collect();
        let card = agent_card(&picture, Arc::new(agent), &history, (Moment::same(9), 600_000));
        card.idle(nothing).unwrap().text()
    }

    #[test]
    fn an_idle_agent_has_a_reason() {
        use HistoryAction::{Completed, Granted, LeaseEnded};
        assert_eq!(idle(&[], None), "Was given no task yet.");
        assert_eq!(idle(&[LeaseEnded, Granted], None), "Lost T-1 at 40 %. Not heard of since.");
        let waits = Some(NoTaskReason::WaitingOnDependencies);
        let text = "Finished T-1. Nothing to give: what is left waits for other tasks.";
        assert_eq!(idle(&[Completed], waits), text);
    }
}
