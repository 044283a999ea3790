//! `/dashboard/connect`: what to paste into a client to have it use this gateway.

use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};

use crate::{
    auth::Role,
    http::{
        client_snippets::{KnownClient, snippet},
        dashboard::{
            PageFrame, filters,
            key_view::{KeyFields, once},
            nav::CONNECT,
            shell::Shell,
        },
        error::Refusal,
        session::SignedIn,
        state::AppState,
    },
};

/// Stands where the key belongs.
const PLACE_OF_KEY: &str = "YOUR_KEY";

/// What to paste into a client.
pub(super) struct ClientSnippet {
    /// Names it on the page.
    pub place: usize,
    /// The client, and where it goes.
    pub title: &'static str,
    /// The text.
    pub text: String,
    /// How many lines it has.
    pub lines: usize,
}

/// What to paste into each client.
pub(super) fn snippets(base: &str, key: &str) -> Vec<ClientSnippet> {
    let of = |(place, client): (usize, KnownClient)| {
        let text = snippet(client, base, key);
        ClientSnippet { place, title: client.title(), lines: text.lines().count(), text }
    };
    KnownClient::ALL.into_iter().enumerate().map(of).collect()
}

/// A command that says whether a key works.
pub(super) fn test_command(base: &str, key: &str) -> String {
    format!("curl -sS {base}/api/me -H \"Authorization: Bearer {key}\"")
}

#[derive(Template)]
#[template(path = "connect.html", config = "src/http/dashboard/askama.toml")]
struct ConnectPage {
    shell: Shell,
    address: String,
    snippets: Vec<ClientSnippet>,
    test: String,
    /// For who may make a key here.
    new_key: Option<(KeyFields, String)>,
}

/// `GET /dashboard/connect`.
pub async fn show(
    State(state): State<AppState>,
    visitor: SignedIn,
    frame: PageFrame,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let base = frame.reach().own_url(&state.listen, &headers);
    frame.answer(&ConnectPage {
        shell: frame.shell("Connect a client", Some(CONNECT)),
        address: format!("{base}/mcp"),
        snippets: snippets(&base, PLACE_OF_KEY),
        test: test_command(&base, PLACE_OF_KEY),
        new_key: visitor.may(Role::Administrator).then(|| (KeyFields::new(), once())),
    })
}
