//! `/dashboard/keys/{id}`: one key, with the forms that rotate, change and revoke it.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    http::{
        dashboard::{
            PageFrame, filters,
            key_view::{KeyFields, StoredKey, once},
            nav::KEYS,
            pages::new_key::told,
            refusal::as_form,
            shell::Shell,
            words::StateMark,
        },
        error::Refusal,
        extract::KeyPathId,
        session::Administrator,
        state::AppState,
    },
    model::Workspace,
    stores::AuditFilter,
};

/// How long a change is told of: who opens an old link did nothing just now.
const TOLD_MILLIS: i64 = 600_000;
const CHANGED: &str = "key.change";

#[derive(Template)]
#[template(path = "key.html", config = "src/http/dashboard/askama.toml")]
struct StoredKeyPage {
    shell: Shell,
    key: StoredKey,
    fields: KeyFields,
    once: String,
}

/// `GET /dashboard/keys/{id}`.
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    KeyPathId(id): KeyPathId,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let page = page(&state, &frame, &id).await?;
    let is_told = query.as_deref() == Some("changed");
    let is_changed = is_told && changed_it(&state, (administrator.actor().name, &id), TOLD_MILLIS).await?;
    let shell = page.shell.clone();
    let shell = if is_changed { shell.with_notice(StateMark::Done, "The key is changed.") } else { shell };
    frame.answer(&StoredKeyPage { shell, ..page })
}

/// Whether the audit log says that they changed that key no longer ago: a link says so to anybody, at any time.
pub(in crate::http::dashboard) async fn changed_it(
    state: &AppState,
    (actor, id): (&str, &str),
    millis_ago: i64,
) -> Result<bool, Refusal> {
    let filter = AuditFilter {
        actor: Some(actor.to_owned()),
        action: Some(String::from(CHANGED)),
        target: Some(id.to_owned()),
        since: Some(state.clock.now().plus(-millis_ago)),
        // It is among the newest.
        looks_at: Some(AuditFilter::LOOKS_AT),
        ..AuditFilter::default()
    };
    Ok(!state.audit.audit_part(&Workspace::default(), filter, 1).await?.entries.is_empty())
}

/// The page once more, for who sent a form of a key that was changed since, by themselves or another: the key as it is now, the form as it was sent.
pub(in crate::http::dashboard) async fn changed_meanwhile(
    state: &AppState,
    frame: &PageFrame,
    (id, fields): (&str, KeyFields),
) -> Result<Response, Refusal> {
    let page = page(state, frame, id).await?;
    let text = "This key has changed since you opened the page, so nothing of yours was done. It stands below as it is now, with \
                what you typed in the form.";
    let shell = page.shell.clone().with_notice(StateMark::Ending, text);
    frame.answer_as(StatusCode::CONFLICT, &StoredKeyPage { shell, fields, ..page })
}

/// The page once more, for who sent a form that cannot be taken: with what was typed, and the version it was typed about.
pub(in crate::http::dashboard) async fn again(
    state: &AppState,
    frame: &PageFrame,
    (id, seen): (&str, i64),
    (fields, refusal): (KeyFields, Refusal),
) -> Result<Response, Refusal> {
    let page = page(state, frame, id).await?;
    as_form(refusal, |problem| {
        let text = format!("Nothing was changed. {}", told(&problem));
        let shell = page.shell.clone().with_notice(StateMark::Ending, text);
        let key = StoredKey { version: seen, ..page.key };
        frame.answer_as(problem.status, &StoredKeyPage { shell, key, fields, ..page })
    })
}

async fn page(state: &AppState, frame: &PageFrame, id: &str) -> Result<StoredKeyPage, Refusal> {
    let record = state.keyring.find(id).await?;
    let key = StoredKey::of(&record, frame, state.clock.now());
    let shell = frame.shell(format!("Key {}", key.name), Some(KEYS));
    Ok(StoredKeyPage { shell, fields: KeyFields::of(&record), once: once(), key })
}
