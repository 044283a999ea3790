//! A person at Linear.

use async_trait::async_trait;
use taskgate::model::TaskStatus;

use crate::{person::Person, support::linear::FakeLinear};

pub struct AtLinear<'a>(pub &'a FakeLinear);

#[async_trait]
impl Person for AtLinear<'_> {
    async fn moves(&self, task_id: &str, status: TaskStatus) {
        self.0.change(|world| world.move_issue(task_id, status));
    }

    async fn deletes(&self, task_id: &str) {
        self.0.change(|world| world.trash(task_id));
    }

    /// What is written below, without marks.
    async fn comments(&self, task_id: &str) -> Vec<String> {
        let comments = self.0.change(|world| world.comments(task_id));
        let shown = |text: &String| text.split("[taskgate](").next().unwrap_or_default().trim().to_owned();
        comments.iter().map(shown).collect()
    }

    fn sees_edits(&self) -> bool {
        true
    }

    async fn records(&self, _: &str) -> usize {
        0
    }
}
