//! The answer that shows a key, once: the key, and what to paste into a client with it.

use askama::Template;
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::connect::{ClientSnippet, snippets, test_command};
use crate::{
    http::{
        dashboard::{PageFrame, filters, shell::Shell},
        error::Refusal,
    },
    model::Code,
};

/// A key that was just made, as the answer says it that is kept for a reload.
#[derive(Deserialize)]
struct MadeKey {
    mcp_key: SecretString,
    id: String,
    user_id: String,
    description: String,
    expires_at: Option<String>,
    previous_key_until: Option<String>,
}

#[derive(Template)]
#[template(path = "made_key.html", config = "src/http/dashboard/askama.toml")]
struct MadeKeyPage<'a> {
    shell: Shell,
    made: &'a MadeKey,
    text: &'a str,
    snippets: Vec<ClientSnippet>,
    test: String,
}

/// The page of the key that `answer` shows, of a gateway at `base`.
pub(in crate::http::dashboard) fn page(
    frame: &PageFrame,
    answer: &[u8],
    base: &str,
) -> Result<Response, Refusal> {
    let made: MadeKey = serde_json::from_slice(answer)
        .map_err(|_| Refusal::new(Code::Internal, "the kept answer cannot be read: make another key"))?;
    let text = made.mcp_key.expose_secret();
    let (snippets, test) = (snippets(base, text), test_command(base, text));
    frame.answer(&MadeKeyPage { shell: frame.shell("Your new key", None), made: &made, text, snippets, test })
}
