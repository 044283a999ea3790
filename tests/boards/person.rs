//! What a person does at a board, and sees there.

use async_trait::async_trait;
use taskgate::model::TaskStatus;

#[async_trait]
pub trait Person: Send + Sync {
    async fn moves(&self, task_id: &str, status: TaskStatus);

    async fn deletes(&self, task_id: &str);

    /// Comments on a task, oldest first.
    async fn comments(&self, task_id: &str) -> Vec<String>;

    /// Whether one comment of a claim is changed instead of others being added.
    fn sees_edits(&self) -> bool {
        false
    }

    /// How often our store has recorded that the task was made.
    async fn records(&self, task_id: &str) -> usize;
}
