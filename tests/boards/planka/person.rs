//! A person at Planka.

use async_trait::async_trait;
use serde_json::json;
use taskgate::model::TaskStatus;

use super::setup::Place;
use crate::person::Person;

/// The name of the list for a status.
pub const fn list(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Backlog => "Backlog",
        TaskStatus::Todo => "Todo",
        TaskStatus::InProgress => "In Progress",
        TaskStatus::Blocked => "Blocked",
        TaskStatus::Done => "Done",
        TaskStatus::Cancelled => "Cancelled",
    }
}

#[async_trait]
impl Person for Place {
    async fn moves(&self, task_id: &str, status: TaskStatus) {
        self.planka.change(|world| {
            let list = world.list_named(&self.board, list(status)).unwrap();
            world.move_card(task_id, &list, &json!(65_536));
        });
    }

    async fn deletes(&self, task_id: &str) {
        self.planka.change(|world| world.delete_card(task_id)).unwrap();
    }

    /// What is written below, as it is shown: without marks.
    async fn comments(&self, task_id: &str) -> Vec<String> {
        let texts = self.texts(task_id);
        texts.iter().map(|text| text.split("[//]: #").next().unwrap_or_default().trim().to_owned()).collect()
    }

    fn sees_edits(&self) -> bool {
        true
    }

    async fn records(&self, _: &str) -> usize {
        0
    }
}
