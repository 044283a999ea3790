//! `POST /dashboard/tasks/{id}/assign`: a person gives a task to a person, or to nobody.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::seen::{SeenFields, act, filled};
use crate::{
    coordinator::{Coordinator, PersonAct},
    http::{
        dashboard::PageFrame,
        error::Refusal,
        extract::PathId,
        session::{ActForm, Manager},
    },
};

const MOST_CHARS: usize = 200;

/// The form. Nobody in `person` takes the assignment back.
#[derive(Deserialize)]
pub struct AssignForm {
    #[serde(default)]
    person: String,
    #[serde(flatten)]
    seen: SeenFields,
}

/// `POST /dashboard/tasks/{id}/assign`.
pub async fn post(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
    ActForm(form): ActForm<AssignForm>,
) -> Result<Response, Refusal> {
    let what = match form.person.trim() {
        "" => PersonAct::Unassign,
        person => PersonAct::Assign(filled("person", person, MOST_CHARS)?),
    };
    act((&coordinator, &visitor, &frame), &task, what, form.seen).await
}
