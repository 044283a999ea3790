//! How often what was asked, by kind: `GET issues/{n}/comments` of REST below a repository, `graphql Items` of an operation.

use std::collections::BTreeMap;

use super::Heard;

/// Answers by kind and status.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    answers: BTreeMap<(String, u16), usize>,
    /// What the requests took of the hour's budgets: a 304 takes nothing, a query what its connections cost.
    pub points: u64,
}

impl Tally {
    pub fn note(&mut self, kind: &str, status: u16, points: u64) {
        *self.answers.entry((kind.to_owned(), status)).or_default() += 1;
        self.points += if status == 304 { 0 } else { points };
    }

    /// Answers of that kind, of whatever status.
    pub fn of(&self, kind: &str) -> usize {
        self.answers.iter().filter(|((known, _), _)| known == kind).map(|(_, count)| count).sum()
    }

    /// Answers of that status, of whatever kind.
    pub fn with_status(&self, status: u16) -> usize {
        self.answers.iter().filter(|((_, known), _)| *known == status).map(|(_, count)| count).sum()
    }

    pub fn total(&self) -> usize {
        self.answers.values().sum()
    }

    /// Kind, status and count of each.
    pub fn lines(&self) -> Vec<String> {
        let line = |((kind, status), count): (&(String, u16), &usize)| format!("{count} {kind} {status}");
        self.answers.iter().map(line).collect()
    }
}

/// The kind of a request.
pub fn kind(heard: &Heard) -> String {
    if !heard.operation.is_empty() {
        return format!("graphql {}", heard.operation);
    }
    let path = heard.path.split('?').next().unwrap_or_default();
    let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let (["repos", _, _, rest @ ..] | ["repositories", _, rest @ ..]) = &segments[..] else {
        return format!("{} {path}", heard.method);
    };
    let is_number = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let mut after = "";
    let names = rest.iter().map(|segment| {
        let name = match (after, is_number(segment)) {
            ("labels", _) => "{name}",
            (_, true) => "{n}",
            _ => *segment,
        };
        after = *segment;
        name
    });
    let rest = names.collect::<Vec<_>>().join("/");
    format!("{} {}", heard.method, if rest.is_empty() { "repository" } else { &rest })
}
