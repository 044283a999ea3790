//! Which threads and remarks a caller wants to see. A thread is shown whole or not at all: an answer without its question
//! is of no use.

use super::discussion::{Remark, ReviewThread, Written};

/// What a caller wants to see.
#[derive(Clone, Debug)]
pub struct ReviewFilter {
    /// Threads that are resolved too.
    pub include_resolved: bool,
    /// Threads on lines that have changed since too.
    pub include_outdated: bool,
    /// Only where this login wrote something.
    pub author: Option<String>,
    /// Only on this file, or below this folder.
    pub path: Option<String>,
    /// Only where something was written or changed since: RFC 3339 in UTC, to the second.
    pub since: Option<String>,
}

impl ReviewFilter {
    /// Everything is shown.
    pub const ALL: Self =
        Self { include_resolved: true, include_outdated: true, author: None, path: None, since: None };

    pub(super) fn shows_thread(&self, thread: &ReviewThread) -> bool {
        (self.include_resolved || !thread.is_resolved)
            && (self.include_outdated || !thread.is_outdated)
            && self.path.as_deref().is_none_or(|path| is_at(&thread.path, path))
            && self
                .author
                .as_deref()
                .is_none_or(|login| thread.comments.iter().any(|comment| is_by(&comment.written, login)))
            && self
                .since
                .as_deref()
                .is_none_or(|since| thread.comments.iter().any(|comment| is_since(&comment.written, since)))
    }

    pub(super) fn shows_remark(&self, remark: &Remark) -> bool {
        self.path.is_none()
            && self.author.as_deref().is_none_or(|login| is_by(&remark.written, login))
            && self.since.as_deref().is_none_or(|since| is_since(&remark.written, since))
    }
}

fn is_by(written: &Written, login: &str) -> bool {
    let login = login.strip_prefix('@').unwrap_or(login);
    written.author.as_deref().is_some_and(|author| author.eq_ignore_ascii_case(login))
}

/// GitHub's times are in UTC and of one form, so that text sorts as time does.
fn is_since(written: &Written, since: &str) -> bool {
    written.updated_at.as_str() >= since || written.created_at.as_str() >= since
}

fn is_at(path: &str, wanted: &str) -> bool {
    let folder = wanted.trim_end_matches('/');
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_file_or_a_folder() {
        assert!(is_at("src/main.rs", "src/main.rs"));
        assert!(is_at("src/a/b.rs", "src/") && is_at("src/a/b.rs", "src/a"));
        assert!(!is_at("src2/a.rs", "src") && !is_at("src/main.rs", "main.rs"));
    }

    #[test]
    fn a_login_is_found_in_any_case() {
        let written = Written { author: Some("Octo-Cat".into()), ..Written::default() };
        assert!(is_by(&written, "octo-cat") && is_by(&written, "@Octo-Cat") && !is_by(&written, "octo"));
        assert!(!is_by(&Written::default(), "unknown"));
    }
}
