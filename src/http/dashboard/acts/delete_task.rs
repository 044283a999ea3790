//! `POST /dashboard/tasks/{id}/delete`: a person deletes a task. It does not come back, so the form asks for its key.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::seen::{SeenFields, act};
use crate::{
    coordinator::{Coordinator, PersonAct},
    http::{
        dashboard::PageFrame,
        error::Refusal,
        extract::PathId,
        session::{ActForm, Manager},
    },
};

/// The form.
#[derive(Deserialize)]
pub struct DeleteForm {
    #[serde(default)]
    key: String,
    #[serde(flatten)]
    seen: SeenFields,
}

/// `POST /dashboard/tasks/{id}/delete`.
pub async fn post(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
    ActForm(form): ActForm<DeleteForm>,
) -> Result<Response, Refusal> {
    if !form.key.trim().eq_ignore_ascii_case(&task) {
        return Err(Refusal::field("key", "type the key of the task to delete it; nothing was deleted"));
    }
    act((&coordinator, &visitor, &frame), &task, PersonAct::Delete, form.seen).await
}
