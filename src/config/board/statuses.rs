//! What a board's own columns, states or labels are called.

use crate::{config::SettingsReader, model::TaskStatus};

const NAME: &str = "TASKGATE_BOARD_STATUSES";

/// `TASKGATE_BOARD_STATUSES`: of each status the names that are read as it; the first one is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNames(Vec<(TaskStatus, Vec<String>)>);

impl StatusNames {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let mut names = usual();
        for item in reader.list(NAME) {
            let Some((word, given)) = item.split_once('=') else {
                reader.fault(NAME, format!("expected STATUS=NAME|NAME, got `{item}`"));
                continue;
            };
            let Some(status) = TaskStatus::from_word(word.trim()) else {
                let known = TaskStatus::ALL.map(TaskStatus::as_str).join(", ");
                reader.fault(NAME, format!("expected one of {known} before the `=`, got `{}`", word.trim()));
                continue;
            };
            let given: Vec<_> = given.split('|').map(|name| name.trim().to_owned()).collect();
            if given.iter().any(|name| folded(name).is_empty()) {
                reader.fault(NAME, format!("`{status}` has a name without a letter or digit"));
                continue;
            }
            // A usual name that was given to another status is taken from this one.
            for (_, usual) in &mut names {
                usual.retain(|name| !given.iter().any(|given| folded(given) == folded(name)));
            }
            names.retain(|(known, _)| *known != status);
            names.push((status, given));
        }
        let names = Self(names);
        for status in [TaskStatus::Todo, TaskStatus::InProgress, TaskStatus::Blocked, TaskStatus::Done] {
            if names.of(status).is_empty() {
                reader.fault(
                    NAME,
                    format!("`{status}` has no name left: agents bring tasks there, so give it one"),
                );
            }
        }
        if let Some(name) = names.doubled() {
            reader.fault(NAME, format!("`{name}` stands for two statuses: leave it with one"));
        }
        names
    }

    /// The status that a column, state or label of that name is read as, whatever its case and punctuation.
    pub fn status(&self, name: &str) -> Option<TaskStatus> {
        let name = folded(name);
        let is_it = |names: &[String]| names.iter().any(|known| folded(known) == name);
        self.0.iter().find(|(_, names)| is_it(names)).map(|(status, _)| *status)
    }

    /// The names of a status, the one that is written first.
    pub fn of(&self, status: TaskStatus) -> &[String] {
        self.0.iter().find(|(known, _)| *known == status).map_or(&[], |(_, names)| names)
    }

    fn doubled(&self) -> Option<&str> {
        let all = || self.0.iter().flat_map(|(status, names)| names.iter().map(move |name| (*status, name)));
        all().find(|(status, name)| self.status(name) != Some(*status)).map(|(_, name)| name.as_str())
    }
}

impl Default for StatusNames {
    fn default() -> Self {
        Self(usual())
    }
}

fn usual() -> Vec<(TaskStatus, Vec<String>)> {
    let names = |status, names: &[&str]| (status, names.iter().map(|name| (*name).to_owned()).collect());
    vec![
        names(TaskStatus::Backlog, &["Backlog", "Triage"]),
        names(TaskStatus::Todo, &["Todo", "To Do", "Ready"]),
        names(TaskStatus::InProgress, &["In Progress", "Doing", "In Review"]),
        names(TaskStatus::Blocked, &["Blocked", "On Hold"]),
        names(TaskStatus::Done, &["Done"]),
        names(TaskStatus::Cancelled, &["Cancelled", "Canceled"]),
    ]
}

/// Letters and digits alone, in lower case: `in-progress` and `In Progress` are one name.
fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(text: &str) -> (StatusNames, Vec<String>) {
        let environment = BTreeMap::from([(NAME.to_owned(), text.to_owned())]);
        let mut reader = SettingsReader::new(BTreeMap::new(), environment);
        let names = StatusNames::read(&mut reader);
        (names, reader.faults.into_iter().map(|fault| fault.message).collect())
    }

    #[test]
    fn usual_names_are_read_whatever_their_case_and_punctuation() {
        let names = StatusNames::default();
        for (name, status) in [
            ("in-progress", Some(TaskStatus::InProgress)),
            ("TODO", Some(TaskStatus::Todo)),
            ("to_do", Some(TaskStatus::Todo)),
            ("🚧 Blocked", Some(TaskStatus::Blocked)),
            ("bug", None),
        ] {
            assert_eq!(names.status(name), status, "{name}");
        }
        assert_eq!(names.of(TaskStatus::Todo)[0], "Todo");
    }

    #[test]
    fn given_names_take_the_place_of_usual_ones() {
        let (names, faults) = read("todo=Next, in_progress = Building|Ready");
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(names.of(TaskStatus::Todo), ["Next"]);
        assert_eq!(names.status("ready"), Some(TaskStatus::InProgress));
        assert_eq!(names.status("doing"), None);
    }

    #[test]
    fn what_cannot_apply_is_a_fault() {
        for text in [
            "in_progress=Doing|Blocked|On Hold",
            "todo",
            "open=Todo",
            "todo=|",
            "todo=A,done=B|B!,todo=C,backlog=,",
        ] {
            assert!(!read(text).1.is_empty(), "{text}");
        }
    }
}
