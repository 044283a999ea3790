//! What the forms of keys send, held to the same rules as the admin API.

use serde::Deserialize;

use crate::{
    auth::{IdempotencyKey, KeyPatch, KeyringError, MOST_RATE, is_text},
    http::{
        dashboard::key_view::{KeyFields, choices},
        error::Refusal,
    },
    model::{Code, Scope, ScopeSet, UnixMillis},
};

const DAY_MILLIS: i64 = 86_400_000;
const MOST_DAYS: i64 = 3_650;
/// How long the text before a rotation may work on.
const GRACES_SECONDS: [i64; 3] = [0, 3_600, 86_400];

/// What is said of a key.
#[derive(Deserialize)]
pub struct KeyForm {
    #[serde(default)]
    description: String,
    /// Days from now, `never`, or `keep`.
    #[serde(default)]
    ends: String,
    #[serde(default)]
    rate_limit: String,
    #[serde(rename = "board:read")]
    board_read: Option<String>,
    #[serde(rename = "board:write")]
    board_write: Option<String>,
    #[serde(rename = "pr:read")]
    pr_read: Option<String>,
    #[serde(rename = "pr:write")]
    pr_write: Option<String>,
    #[serde(rename = "board:manage")]
    board_manage: Option<String>,
    admin: Option<String>,
}

impl KeyForm {
    /// The description, if it may be one.
    pub fn description(&self) -> Result<String, Refusal> {
        text("description", &self.description)
    }

    /// What the key may do: of nothing at all it would be a key to nothing.
    pub fn scopes(&self) -> Result<ScopeSet, Refusal> {
        if !Scope::ALL.into_iter().any(|scope| self.gives(scope)) {
            return Err(Refusal::field("scopes", "choose one at least: a key without any opens nothing"));
        }
        Ok(Scope::ALL.into_iter().filter(|scope| self.gives(*scope)).collect())
    }

    const fn gives(&self, scope: Scope) -> bool {
        match scope {
            Scope::BoardRead => self.board_read.is_some(),
            Scope::BoardWrite => self.board_write.is_some(),
            Scope::PrRead => self.pr_read.is_some(),
            Scope::PrWrite => self.pr_write.is_some(),
            Scope::BoardManage => self.board_manage.is_some(),
            Scope::Admin => self.admin.is_some(),
        }
    }

    /// The form as it was sent, for who has to correct it. `user`: whose key it is.
    pub(in crate::http::dashboard) fn fields(&self, user: &str) -> KeyFields {
        KeyFields {
            user: user.to_owned(),
            description: self.description.clone(),
            ends: self.ends.clone(),
            rate_limit: self.rate_limit.clone(),
            scopes: choices(|scope| self.gives(scope)),
        }
    }

    /// When it ends: `None` to leave that as it is.
    #[expect(clippy::option_option, reason = "never is not the same as no change")]
    pub fn ends(&self, now: UnixMillis) -> Result<Option<Option<UnixMillis>>, Refusal> {
        match self.ends.as_str() {
            "keep" => Ok(None),
            "" | "never" => Ok(Some(None)),
            days => match days.parse() {
                Ok(days @ 1..=MOST_DAYS) => Ok(Some(Some(now.plus(days * DAY_MILLIS)))),
                _ => Err(Refusal::field("ends", "choose one of those that are offered")),
            },
        }
    }

    /// Calls a minute; `None` for everybody's.
    pub fn rate_limit(&self) -> Result<Option<u32>, Refusal> {
        match self.rate_limit.trim() {
            "" => Ok(None),
            rate => match rate.parse() {
                Ok(rate @ 1..=MOST_RATE) => Ok(Some(rate)),
                _ => Err(Refusal::field("rate_limit", "expected 1 to 10000000 calls a minute, or nothing")),
            },
        }
    }

    /// The change that it asks for.
    pub fn patch(&self, now: UnixMillis) -> Result<KeyPatch, Refusal> {
        Ok(KeyPatch {
            description: Some(self.description()?),
            scopes: Some(self.scopes()?),
            expires_at: self.ends(now)?,
            rate_limit: Some(self.rate_limit()?),
            ..KeyPatch::default()
        })
    }

    /// All of it in one text, to tell it from another.
    pub fn said(&self) -> String {
        let scopes = self.scopes().map(|scopes| scopes.to_string()).unwrap_or_default();
        format!("{}\n{}\n{}\n{scopes}", self.description, self.ends, self.rate_limit)
    }
}

/// A line of text that may be stored with a key.
pub fn text(field: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if is_text(text) {
        return Ok(text.to_owned());
    }
    Err(Refusal::field(field, "expected at most 500 characters, none of them a control character"))
}

/// How long the text before a rotation works on, in milliseconds.
pub fn grace_millis(seconds: &str) -> Result<i64, Refusal> {
    let known = seconds.parse().ok().filter(|seconds| GRACES_SECONDS.contains(seconds));
    known
        .map(|seconds| seconds * 1000)
        .ok_or_else(|| Refusal::field("grace", "expected 0, 3600 or 86400 seconds"))
}

/// The name under which an answer is kept that shows a key, with what is asked.
pub fn once<'a>(name: &'a str, asked: &'a str) -> Result<Option<IdempotencyKey<'a>>, Refusal> {
    if name.len() != 32 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refusal::field("once", "it was not whole: look through it, and send it once more"));
    }
    Ok(Some(IdempotencyKey { name, asked: asked.as_bytes() }))
}

/// Why no key was made, as who sent a form knows it.
pub fn not_made(error: KeyringError) -> Refusal {
    match error {
        KeyringError::AskedOtherwise => Refusal::new(
            Code::IdempotencyMismatch,
            "this form made a key before, and it says something else now: open the page again to make another",
        ),
        KeyringError::Superseded => Refusal::new(
            Code::Forbidden,
            "this key has a newer text already: sign in with that one, and rotate it from there",
        ),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> KeyForm {
        serde_html_form(text)
    }

    fn serde_html_form(text: &str) -> KeyForm {
        let uri = format!("/?{text}").parse().unwrap();
        axum::extract::Query::try_from_uri(&uri).unwrap().0
    }

    #[test]
    fn a_form_says_what_a_key_may_do_and_when_it_ends() {
        let now = UnixMillis(1_000);
        let sent = form("description=+x+&ends=7&rate_limit=60&board%3Aread=on&admin=on");
        assert_eq!(sent.description().unwrap(), "x");
        assert_eq!(sent.scopes().unwrap().to_string(), "board:read,admin");
        assert_eq!(sent.ends(now).unwrap(), Some(Some(UnixMillis(1_000 + 7 * DAY_MILLIS))));
        assert_eq!(sent.rate_limit().unwrap(), Some(60));
        assert_eq!(form("ends=keep").ends(now).unwrap(), None);
        assert_eq!(form("").ends(now).unwrap(), Some(None));
        for bad in ["ends=0", "ends=x", "ends=3651", "ends=-1", "ends=99999999999999999999"] {
            assert!(form(bad).ends(now).is_err(), "{bad}");
        }
        for bad in ["rate_limit=0", "rate_limit=-1", "rate_limit=10000001", "rate_limit=1.5"] {
            assert!(form(bad).rate_limit().is_err(), "{bad}");
        }
        assert!(form("").scopes().is_err() && form("description=%00").description().is_err());
        assert!(grace_millis("60").is_err() && grace_millis("0").is_ok());
        assert!(once("", "").is_err() && once(&"a".repeat(32), "").is_ok());
    }
}
