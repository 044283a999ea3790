//! What may be said of a key, whoever makes it: the admin API and the command line refuse the same.

use secrecy::{ExposeSecret, SecretString};

/// Characters of a user id or a description.
const MOST_TEXT: usize = 500;
/// How long a key may work: ten years.
pub const MOST_SECONDS: i64 = 315_360_000;
/// Calls a minute of one key.
pub const MOST_RATE: u32 = 10_000_000;
const MOST_TOKEN_BYTES: usize = 255;

/// Whether a user id or a description is at most 500 characters, none of them a control character.
pub fn is_text(text: &str) -> bool {
    text.chars().count() <= MOST_TEXT && !text.chars().any(char::is_control)
}

/// Whether it could be a GitHub token: 1 to 255 visible characters.
pub fn is_github_token(token: &SecretString) -> bool {
    let text = token.expose_secret();
    (1..=MOST_TOKEN_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
