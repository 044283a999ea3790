//! `POST /dashboard/tasks/{id}/move`: a person moves a task, and wins.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::seen::{SeenFields, act, no_word};
use crate::{
    coordinator::{Coordinator, PersonAct},
    http::{
        dashboard::PageFrame,
        error::Refusal,
        extract::PathId,
        session::{ActForm, Manager},
    },
    model::TaskStatus,
};

/// The form.
#[derive(Deserialize)]
pub struct MoveForm {
    status: String,
    #[serde(flatten)]
    seen: SeenFields,
}

/// `POST /dashboard/tasks/{id}/move`.
pub async fn post(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
    ActForm(form): ActForm<MoveForm>,
) -> Result<Response, Refusal> {
    let status = TaskStatus::from_word(&form.status).ok_or_else(|| no_word("status"))?;
    act((&coordinator, &visitor, &frame), &task, PersonAct::Move(status), form.seen).await
}
