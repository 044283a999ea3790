//! `/dashboard/keys`: every key that is not revoked, the one that ends first on top, and a form that makes another.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde::Deserialize;

use crate::{
    http::{
        dashboard::{
            PageFrame, filters,
            key_view::{KeyFields, StoredKey, once},
            nav::KEYS,
            shell::Shell,
            words::{StateMark, counted, grouped},
        },
        error::Refusal,
        extract::QueryParams,
        session::Administrator,
        state::AppState,
    },
    model::UnixMillis,
    stores::KeyFilter,
};

/// Keys of one page.
const PAGE: usize = 100;
const LAST_PAGE: usize = 100_000;

/// Which of them.
#[derive(Deserialize)]
pub struct KeysQuery {
    /// Only this user's.
    user: Option<String>,
    /// 1 when not given.
    page: Option<usize>,
}

#[derive(Template)]
#[template(path = "keys.html", config = "src/http/dashboard/askama.toml")]
struct KeysPage {
    shell: Shell,
    count: String,
    user: String,
    keys: Vec<StoredKey>,
    /// Which part of them this is, if it is not all.
    part: Option<String>,
    previous: Option<String>,
    next: Option<String>,
    fields: KeyFields,
    once: String,
}

/// `GET /dashboard/keys`.
pub async fn show(
    State(state): State<AppState>,
    _: Administrator,
    frame: PageFrame,
    QueryParams(query): QueryParams<KeysQuery>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Refusal> {
    let page = query.page.unwrap_or(1);
    if !(1..=LAST_PAGE).contains(&page) {
        return Err(Refusal::field("page", "expected a number from 1 on"));
    }
    let user = query.user.unwrap_or_default().trim().to_owned();
    let user_id = Some(user.clone()).filter(|user| !user.is_empty());
    let filter = KeyFilter { user_id, unrevoked: true, ..KeyFilter::default() };
    let mut records = state.keyring.list(filter).await?;
    records.sort_by_key(|record| record.expires_at.unwrap_or(UnixMillis(i64::MAX)));
    let (all, first, now) = (records.len(), (page - 1) * PAGE, state.clock.now());
    let shown = records.iter().skip(first).take(PAGE);
    let keys: Vec<_> = shown.map(|record| StoredKey::of(record, &frame, now)).collect();
    let link = |page: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("user", &user).append_pair("page", &page.to_string());
        query.finish()
    };
    let shell = frame.shell("Keys", Some(KEYS));
    let is_revoked = raw.as_deref() == Some("revoked");
    let shell = if is_revoked {
        shell.with_notice(StateMark::Done, "The key is revoked: it opens nothing any more.")
    } else {
        shell
    };
    frame.answer(&KeysPage {
        shell,
        count: counted(all, "key", "keys"),
        part: (all > PAGE)
            .then(|| format!("{} to {}", grouped(first as u64 + 1), grouped((first + keys.len()) as u64))),
        previous: (page > 1).then(|| link(page - 1)),
        next: (first + keys.len() < all).then(|| link(page + 1)),
        user: user.clone(),
        keys,
        fields: KeyFields::new(),
        once: once(),
    })
}
