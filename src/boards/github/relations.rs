//! What issues say of others, looked up from the side of those: a board has too many to look through all of them for each.

use std::collections::{BTreeSet, HashMap};

use super::issue::Issue;

/// Numbers of issues, by that of another.
type Index = HashMap<u64, BTreeSet<u64>>;

/// Parents and named issues, with those that name them.
#[derive(Default)]
pub(super) struct Relations {
    parts: Index,
    naming: Index,
}

impl Relations {
    /// Takes what an issue says now in the place of what it said before.
    pub(super) fn replace(&mut self, number: u64, old: Option<&Issue>, new: Option<&Issue>) {
        replace(&mut self.parts, number, (parents(old), parents(new)));
        replace(&mut self.naming, number, (named(old), named(new)));
    }

    /// The parts of an issue.
    pub(super) fn parts(&self, number: u64) -> impl Iterator<Item = u64> {
        self.parts.get(&number).into_iter().flatten().copied()
    }

    /// Issues whose text names that one.
    pub(super) fn naming(&self, number: u64) -> impl Iterator<Item = u64> {
        self.naming.get(&number).into_iter().flatten().copied()
    }

    /// Issues that some text names.
    pub(super) fn named(&self) -> impl Iterator<Item = u64> {
        self.naming.keys().copied()
    }
}

fn parents(issue: Option<&Issue>) -> &[u64] {
    issue.and_then(|issue| issue.parent.as_ref()).map_or(&[], std::slice::from_ref)
}

fn named(issue: Option<&Issue>) -> &[u64] {
    issue.map_or(&[], |issue| &issue.named)
}

fn replace(index: &mut Index, number: u64, (old, new): (&[u64], &[u64])) {
    if old == new {
        return;
    }
    for other in old {
        if let Some(numbers) = index.get_mut(other) {
            numbers.remove(&number);
            if numbers.is_empty() {
                index.remove(other);
            }
        }
    }
    for other in new {
        index.entry(*other).or_default().insert(number);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        boards::github::{book::Book, wire::IssueJson},
        config::StatusNames,
    };

    fn issue(number: u64, body: &str, parent: Option<u64>) -> IssueJson {
        let repo = "https://api.github.com/repos/o/r";
        let parent = parent.map(|parent| format!("{repo}/issues/{parent}"));
        serde_json::from_value(json!({
            "id": number,
            "node_id": format!("I_{number}"),
            "number": number,
            "html_url": format!("https://github.com/o/r/issues/{number}"),
            "body": body,
            "state": "open",
            "repository_url": repo,
            "parent_issue_url": parent,
            "created_at": "2026-01-05T09:00:00Z",
            "updated_at": "2026-01-05T09:00:00Z",
        }))
        .unwrap()
    }

    fn book() -> Book {
        Book::new(StatusNames::default(), None, false)
    }

    fn waits_for(book: &Book, number: u64) -> Vec<String> {
        book.task(number).unwrap().dependencies
    }

    #[test]
    fn what_issues_say_of_others_is_what_they_say_now() {
        let mut book = book();
        book.put(issue(1, "Depends on #2", None));
        book.put(issue(3, "", Some(1)));
        assert_eq!(book.unknown_named().into_iter().collect::<Vec<_>>(), [2]);
        book.put(issue(2, "", None));
        assert_eq!(waits_for(&book, 1), ["I_3", "I_2"]);
        assert!(book.unknown_named().is_empty());
        book.put(issue(1, "Depends on #4", None));
        book.put(issue(3, "", Some(2)));
        assert_eq!((waits_for(&book, 1).len(), waits_for(&book, 2)), (0, vec![String::from("I_3")]));
        assert_eq!(book.unknown_named().into_iter().collect::<Vec<_>>(), [4]);
        book.remove(1);
        book.remove(3);
        assert!(waits_for(&book, 2).is_empty() && book.unknown_named().is_empty());
    }

    #[test]
    fn a_task_is_another_when_what_its_text_names_comes_and_goes() {
        let mut book = book();
        let changed = |book: &mut Book, since: Option<&_>| {
            book.settle();
            let changes = book.changes(since);
            (changes.tasks.into_iter().map(|task| task.key).collect::<Vec<_>>(), changes.cursor)
        };
        book.put(issue(1, "Depends on #2", None));
        let (_, cursor) = changed(&mut book, None);
        book.put(issue(2, "", None));
        let (keys, cursor) = changed(&mut book, Some(&cursor));
        assert_eq!(keys, ["#1", "#2"]);
        book.remove(2);
        assert_eq!(changed(&mut book, Some(&cursor)).0, ["#1"]);
    }
}
