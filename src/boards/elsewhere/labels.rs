//! What labels say: status and priority. All others are the team's own and stay as they are.

use crate::{
    config::StatusNames,
    model::{Priority, TaskStatus},
};

/// Statuses that a label can say, the strongest first; closed issues say the others themselves.
const BY_STRENGTH: [TaskStatus; 4] =
    [TaskStatus::Blocked, TaskStatus::InProgress, TaskStatus::Todo, TaskStatus::Backlog];

/// The status that a label says.
pub(in crate::boards) fn status_of(names: &StatusNames, label: &str) -> Option<TaskStatus> {
    names.status(label).filter(|status| BY_STRENGTH.contains(status))
}

/// The strongest status that one of these labels says.
pub(in crate::boards) fn strongest_status<'a>(
    names: &StatusNames,
    labels: impl Iterator<Item = &'a str>,
) -> Option<TaskStatus> {
    let said: Vec<_> = labels.filter_map(|label| status_of(names, label)).collect();
    BY_STRENGTH.into_iter().find(|status| said.contains(status))
}

/// The label that says a status: the repository's own where it has one, else the first of the status's names.
pub(in crate::boards) fn status_label(names: &StatusNames, known: &[String], status: TaskStatus) -> String {
    let own = known.iter().find(|label| status_of(names, label) == Some(status));
    own.cloned().unwrap_or_else(|| {
        let first = names.of(status).first().map_or(status.as_str(), String::as_str);
        first.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
    })
}

/// The priority that a label says: `priority: high`, `priority/high`, `P1`, `urgent` and their like.
pub(in crate::boards) fn priority_of(label: &str) -> Option<Priority> {
    let label = label.to_lowercase();
    let words: Vec<_> = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words[..] {
        [word] | ["priority" | "prio", word] | [word, "priority"] => level(word),
        _ => None,
    }
}

fn level(word: &str) -> Option<Priority> {
    match word {
        "urgent" | "critical" | "p0" => Some(Priority::Urgent),
        "high" | "p1" => Some(Priority::High),
        "medium" | "normal" | "p2" => Some(Priority::Medium),
        "low" | "p3" | "p4" => Some(Priority::Low),
        _ => None,
    }
}

/// The most pressing priority that one of these labels says.
pub(in crate::boards) fn highest_priority<'a>(labels: impl Iterator<Item = &'a str>) -> Option<Priority> {
    labels.filter_map(priority_of).min()
}

/// The label that says a priority: the repository's own where it has one, else `priority: high` and its like.
pub(in crate::boards) fn priority_label(known: &[String], priority: Priority) -> Option<String> {
    if priority == Priority::None {
        return None;
    }
    let own = known.iter().find(|label| priority_of(label) == Some(priority));
    Some(own.cloned().unwrap_or_else(|| format!("priority: {priority}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_status_label_counts_and_other_labels_say_nothing() {
        let names = StatusNames::default();
        let of = |labels: &[&str]| strongest_status(&names, labels.iter().copied());
        assert_eq!(of(&["todo", "in-progress", "bug"]), Some(TaskStatus::InProgress));
        assert_eq!(of(&["In Progress", "on hold"]), Some(TaskStatus::Blocked));
        assert_eq!(of(&["done", "workflow"]), None, "only closing an issue makes it done");
    }

    #[test]
    fn priorities_are_whole_words() {
        for (label, priority) in [
            ("priority: high", Some(Priority::High)),
            ("priority/URGENT", Some(Priority::Urgent)),
            ("P2", Some(Priority::Medium)),
            ("low-priority", Some(Priority::Low)),
            ("workflow", None),
            ("slow", None),
            ("highlight", None),
            ("high availability", None),
        ] {
            assert_eq!(priority_of(label), priority, "{label}");
        }
        let own = [String::from("prio:high")];
        assert_eq!(priority_label(&own, Priority::High).as_deref(), Some("prio:high"));
        assert_eq!(priority_label(&own, Priority::Low).as_deref(), Some("priority: low"));
    }

    #[test]
    fn a_status_is_written_by_the_repositorys_own_label() {
        let names = StatusNames::default();
        let known = [String::from("bug"), String::from("Doing")];
        assert_eq!(status_label(&names, &known, TaskStatus::InProgress), "Doing");
        assert_eq!(status_label(&names, &known, TaskStatus::Blocked), "blocked");
        assert_eq!(status_label(&names, &[], TaskStatus::InProgress), "in-progress");
    }
}
