//! What somebody has before their eyes who decides something about a task. Every form that changes one carries it, and the store
//! compares in its own step: what has changed since is shown, and nothing is done.

use serde::Deserialize;

use crate::{
    http::error::Refusal,
    model::{Code, TaskStatus},
    stores::SeenTask,
};

/// The fields of a form that say it.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenFields {
    #[serde(rename = "seen_status")]
    status: String,
    #[serde(default, rename = "seen_assignee")]
    assignee: String,
    /// Task ids, with spaces between.
    #[serde(default, rename = "seen_dependencies")]
    dependencies: String,
    #[serde(default, rename = "seen_holder")]
    holder: String,
    #[serde(default, rename = "seen_generation")]
    generation: String,
}

impl SeenFields {
    /// The fields that say that.
    pub fn of(seen: &SeenTask) -> Self {
        let (holder, held_under) = seen.holder.clone().unwrap_or_default();
        Self {
            status: seen.status.as_str().to_owned(),
            assignee: seen.assignee.clone().unwrap_or_default(),
            dependencies: seen.dependencies.join(" "),
            generation: if holder.is_empty() { String::new() } else { held_under.to_string() },
            holder,
        }
    }

    /// Each with its name, for the form.
    pub fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("seen_status", &self.status),
            ("seen_assignee", &self.assignee),
            ("seen_dependencies", &self.dependencies),
            ("seen_holder", &self.holder),
            ("seen_generation", &self.generation),
        ]
    }

    /// What was seen.
    pub fn task(self) -> Result<SeenTask, Refusal> {
        let unreadable =
            |field| Refusal::field(field, "open the page of the task again, and send the form from there");
        let status = TaskStatus::from_word(&self.status).ok_or_else(|| unreadable("seen_status"))?;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let holder = match some(self.holder) {
            Some(holder) => {
                Some((holder, self.generation.parse().map_err(|_| unreadable("seen_generation"))?))
            }
            None => None,
        };
        Ok(SeenTask {
            status,
            assignee: some(self.assignee),
            dependencies: self.dependencies.split_whitespace().map(str::to_owned).collect(),
            holder,
        })
    }
}

/// The names of tasks, keys or ids, in a text with commas or blanks between.
pub fn task_names(text: &str) -> Vec<String> {
    let names = text.split([',', ' ', '\n', '\r', '\t']).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// A text of a form that must say something.
pub fn filled(field: &'static str, text: &str, most_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most_chars || text.chars().any(char::is_control) {
        return Err(Refusal::field(field, format!("expected 1 to {most_chars} characters")));
    }
    Ok(text.to_owned())
}

/// The refusal of a field whose word is none of ours.
pub fn no_word(field: &'static str) -> Refusal {
    Refusal::new(Code::InvalidField, format!("{field}: choose one of those that are offered"))
}
