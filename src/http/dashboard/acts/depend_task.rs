//! `POST /dashboard/tasks/{id}/depends`: a person says what a task waits for.

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

const MOST_TASKS: usize = 100;

/// The form: keys or ids with commas or spaces between; nothing: it waits for none.
#[derive(Deserialize)]
pub struct DependForm {
    #[serde(default)]
    on: String,
    #[serde(flatten)]
    seen: SeenFields,
}

/// `POST /dashboard/tasks/{id}/depends`.
pub async fn post(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
    ActForm(form): ActForm<DependForm>,
) -> Result<Response, Refusal> {
    let named = form.on.split([',', ' ', '\n', '\r', '\t']).filter(|name| !name.is_empty());
    let on: Vec<_> = named.map(str::to_owned).collect();
    if on.len() > MOST_TASKS {
        return Err(Refusal::field("on", format!("expected {MOST_TASKS} tasks at most")));
    }
    act((&coordinator, &visitor, &frame), &task, PersonAct::Depend(on), form.seen).await
}
