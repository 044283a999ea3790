//! Keys as pages show them: never the key itself.

use super::{
    PageFrame,
    links::segment,
    moments::When,
    words::{StateMark, grouped},
};
use crate::model::{KeyRecord, Scope, UnixMillis};

/// How long before its end a key is said to end soon.
pub(super) const ENDING_MILLIS: i64 = 7 * 86_400_000;

/// A stored key, as pages show it.
pub(super) struct StoredKey {
    /// Its id.
    pub id: String,
    /// Which state of it this is: a form says what was seen.
    pub version: i64,
    /// What it is called: its description, or else whose it is.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// Whose it is.
    pub user: String,
    /// How it stands.
    pub mark: StateMark,
    /// The word of that.
    pub word: &'static str,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// When it was made.
    pub made: When,
    /// When it ends, if ever.
    pub ends: Option<When>,
    /// Until when the text before the last rotation works.
    pub previous_until: Option<When>,
    /// When it was last used.
    pub last_used: Option<When>,
    /// Calls it made.
    pub uses: String,
    /// Calls a minute, unless they are everybody's.
    pub rate_limit: Option<u32>,
    /// Whose GitHub token it carries.
    pub github: Option<String>,
}

impl StoredKey {
    /// The key of that record, on a page made at `now`.
    pub(super) fn of(record: &KeyRecord, frame: &PageFrame, now: UnixMillis) -> Self {
        let (mark, word) = standing(record, now);
        let previous = record.previous.as_ref().filter(|before| !before.is_over && before.until > now);
        Self {
            id: record.id.clone(),
            version: record.version,
            name: name(record).to_owned(),
            prefix: record.prefix.clone(),
            user: record.user_id.clone(),
            mark,
            word,
            scopes: Scope::ALL
                .iter()
                .filter(|scope| record.scopes.allows(**scope))
                .map(|scope| scope.as_str())
                .collect(),
            made: frame.when(record.created_at),
            ends: record.expires_at.map(|end| frame.when(end)),
            previous_until: previous.map(|before| frame.when(before.until)),
            last_used: record.last_used_at.map(|at| frame.when(at)),
            uses: grouped(record.uses),
            rate_limit: record.rate_limit,
            github: record.github_login.clone().or_else(|| record.github_host.clone()),
        }
    }
}

/// The path of the page of the key of that id.
pub(super) fn key_path(frame: &PageFrame, id: &str) -> String {
    frame.path(&format!("/keys/{}", segment(id)))
}

/// What a key is called.
pub(super) fn name(record: &KeyRecord) -> &str {
    let texts = [&record.description, &record.user_id];
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or(&record.prefix)
}

fn standing(record: &KeyRecord, now: UnixMillis) -> (StateMark, &'static str) {
    match record.expires_at {
        _ if record.revoked_at.is_some() => (StateMark::Lost, "revoked"),
        Some(end) if end <= now => (StateMark::Lost, "ended"),
        Some(end) if end <= now.plus(ENDING_MILLIS) => (StateMark::Ending, "ends soon"),
        _ => (StateMark::Done, "live"),
    }
}

/// What a form says of a key, at first or once more.
pub(super) struct KeyFields {
    /// Whose it is.
    pub user: String,
    /// Free text.
    pub description: String,
    /// Days from now, `never`, or `keep`.
    pub ends: String,
    /// Calls a minute; empty for everybody's.
    pub rate_limit: String,
    /// What it may do.
    pub scopes: Vec<ScopeChoice>,
}

/// A scope that can be given.
pub(super) struct ScopeChoice {
    /// The scope.
    pub word: &'static str,
    /// What it allows.
    pub allows: &'static str,
    /// Whether it is given.
    pub is_given: bool,
}

impl KeyFields {
    /// Those of a key that is to be made.
    pub(super) fn new() -> Self {
        let standard = crate::model::ScopeSet::standard();
        let scopes = choices(|scope| standard.allows(scope));
        let [user, description, rate_limit] = [const { String::new() }; 3];
        Self { user, description, ends: String::from("never"), rate_limit, scopes }
    }

    /// Those of a key as it is.
    pub(super) fn of(record: &KeyRecord) -> Self {
        Self {
            user: record.user_id.clone(),
            description: record.description.clone(),
            ends: String::from("keep"),
            rate_limit: record.rate_limit.map_or_else(String::new, |rate| rate.to_string()),
            scopes: choices(|scope| record.scopes.allows(scope)),
        }
    }
}

/// Every scope, given or not.
pub(super) fn choices(is_given: impl Fn(Scope) -> bool) -> Vec<ScopeChoice> {
    let choice = |scope: Scope| ScopeChoice {
        word: scope.as_str(),
        allows: match scope {
            Scope::BoardRead => "see tasks and agents",
            Scope::BoardWrite => "take tasks and report on them",
            Scope::PrRead => "read pull requests",
            Scope::PrWrite => "answer reviews",
            Scope::BoardManage => "act on tasks as a person: not for agents",
            Scope::Admin => "see and change everything here",
        },
        is_given: is_given(scope),
    };
    Scope::ALL.into_iter().map(choice).collect()
}

/// A name for an answer that is given once: a form has it, so that a reload shows the same answer.
pub(super) fn once() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
