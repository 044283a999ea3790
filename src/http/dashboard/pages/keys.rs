//! `/dashboard/keys`: every key that is not revoked, the one that ends first on top, and a form that makes another.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use crate::{
    http::{
        dashboard::{
            PageFrame, filters,
            key_view::{KeyFields, StoredKey, name, once},
            nav::KEYS,
            shell::Shell,
            words::{StateMark, counted, grouped},
        },
        error::Refusal,
        extract::QueryParams,
        session::Administrator,
        state::AppState,
    },
    stores::{KeysByEnd, KeysPart},
};

/// Keys of one page.
const PAGE: u32 = 100;
const LAST_PAGE: u32 = 100_000;

/// Which of them.
#[derive(Deserialize)]
pub struct KeysQuery {
    /// Only this user's.
    user: Option<String>,
    /// 1 when not given.
    page: Option<u32>,
    /// The id of a key that was just revoked.
    revoked: Option<String>,
}

/// A page behind the last one.
struct BeyondLast {
    said: String,
    /// The query of the last one.
    last: String,
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
    /// What is said of a page behind the last one.
    beyond: Option<BeyondLast>,
    fields: KeyFields,
    once: String,
}

/// `GET /dashboard/keys`.
pub async fn show(
    State(state): State<AppState>,
    _: Administrator,
    frame: PageFrame,
    QueryParams(query): QueryParams<KeysQuery>,
) -> Result<Response, Refusal> {
    let page = query.page.unwrap_or(1);
    if !(1..=LAST_PAGE).contains(&page) {
        return Err(Refusal::field("page", "expected a number from 1 on"));
    }
    let user = query.user.unwrap_or_default().trim().to_owned();
    let asked = KeysByEnd {
        user_id: Some(user.clone()).filter(|user| !user.is_empty()),
        offset: (page - 1) * PAGE,
        limit: PAGE,
    };
    let first = asked.offset as usize;
    let KeysPart { keys: records, total } = state.keyring.by_end(asked).await?;
    let now = state.clock.now();
    let keys: Vec<_> = records.iter().map(|record| StoredKey::of(record, &frame, now)).collect();
    let pages = total.div_ceil(PAGE as usize);
    let link = |page: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("user", &user).append_pair("page", &page.to_string());
        query.finish()
    };
    let last = keys.len() + first;
    let shell = frame.shell("Keys", Some(KEYS));
    let named = match query.revoked {
        Some(id) => state.keyring.known(&id).await?,
        None => None,
    };
    // A link tells of nothing that did not happen.
    let shell = match named.filter(|record| record.revoked_at.is_some()) {
        Some(record) => {
            let text = format!("The key {} is revoked: it opens nothing any more.", name(&record));
            shell.with_notice(StateMark::Done, text)
        }
        None => shell,
    };
    frame.answer(&KeysPage {
        shell,
        count: counted(total, "key", "keys"),
        part: (total > PAGE as usize && !keys.is_empty())
            .then(|| format!("{} to {}", grouped(first as u64 + 1), grouped(last as u64))),
        previous: (page > 1 && !keys.is_empty()).then(|| link(page as usize - 1)),
        next: (!keys.is_empty() && last < total).then(|| link(page as usize + 1)),
        beyond: (keys.is_empty() && total > 0).then(|| BeyondLast {
            said: format!("These are {}: nothing is on page {page}.", counted(pages, "page", "pages")),
            last: link(pages),
        }),
        user: user.clone(),
        keys,
        fields: KeyFields::new(),
        once: once(),
    })
}
