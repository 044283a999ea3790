//! What somebody has before their eyes who decides something about a task. Every form that changes one carries it, and the store
//! compares in its own step: what has changed since is shown, and nothing is done.

use serde::Deserialize;

use crate::{
    http::{
        dashboard::{
            links::{segment, unsegment},
            words::grouped,
        },
        error::Refusal,
    },
    model::{TaskStatus, is_seen},
    stores::SeenTask,
};

/// The fields of a form that say it. Names are encoded: a field that is shown keeps nothing that cannot be seen.
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
            assignee: seen.assignee.as_deref().map(segment).unwrap_or_default(),
            dependencies: seen.dependencies.join(" "),
            generation: if holder.is_empty() { String::new() } else { held_under.to_string() },
            holder: segment(&holder),
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
    pub fn task(&self) -> Result<SeenTask, Refusal> {
        let unreadable =
            |field| Refusal::field(field, "open the page of the task again, and send the form from there");
        let status = TaskStatus::from_word(&self.status).ok_or_else(|| unreadable("seen_status"))?;
        let some = |text: &str| (!text.is_empty()).then(|| unsegment(text));
        let holder = match some(&self.holder) {
            Some(holder) => {
                Some((holder, self.generation.parse().map_err(|_| unreadable("seen_generation"))?))
            }
            None => None,
        };
        Ok(SeenTask {
            status,
            assignee: some(&self.assignee),
            dependencies: self.dependencies.split_whitespace().map(str::to_owned).collect(),
            holder,
        })
    }
}

/// The names of tasks, keys or ids, in a text with commas or blanks between.
pub fn task_names(text: &str) -> Vec<String> {
    let names = text.split([',', ' ', '\n', '\r', '\t']).filter(|name| !name.is_empty());
    names
        .map(|name| name.strip_prefix("t-").map_or_else(|| name.to_owned(), |rest| format!("T-{rest}")))
        .collect()
}

/// A text of a form that must say something.
pub fn filled(field: &'static str, text: &str, most_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let count = text.chars().count();
    let problem = if count == 0 || count > most_chars {
        format!("expected 1 to {} characters, got {}", grouped(most_chars as u64), grouped(count as u64))
    } else if text.chars().any(char::is_control) {
        String::from("a control character is in it, such as a line break or NUL: take it out")
    } else if !is_seen(text) {
        String::from("nothing of it can be seen: write a word")
    } else {
        return Ok(text.to_owned());
    };
    Err(Refusal::field(field, problem))
}

/// The refusal of a field whose word is none of ours.
pub fn no_word(field: &'static str) -> Refusal {
    Refusal::field(field, "choose one of those that are offered")
}
