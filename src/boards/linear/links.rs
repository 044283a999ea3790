//! What issues say of others, looked up from the side of those.

use std::collections::{BTreeSet, HashMap};

/// Ids of issues, by that of the issue they name.
#[derive(Default)]
pub(super) struct Links(HashMap<String, BTreeSet<String>>);

impl Links {
    /// Takes whom an issue names now in the place of whom it named before.
    pub(super) fn replace(&mut self, id: &str, old: &[String], new: &[String]) {
        if old == new {
            return;
        }
        for other in old {
            if let Some(ids) = self.0.get_mut(other) {
                ids.remove(id);
                if ids.is_empty() {
                    self.0.remove(other);
                }
            }
        }
        for other in new {
            self.0.entry(other.clone()).or_default().insert(id.to_owned());
        }
    }

    /// The issues that name that one.
    pub(super) fn of(&self, id: &str) -> impl Iterator<Item = &String> {
        self.0.get(id).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_an_issue_names_is_whom_it_names_now() {
        let mut links = Links::default();
        let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        links.replace("1", &[], &names(&["2", "3"]));
        links.replace("4", &[], &names(&["2"]));
        assert_eq!(links.of("2").collect::<Vec<_>>(), ["1", "4"]);
        links.replace("1", &names(&["2", "3"]), &names(&["3"]));
        assert_eq!(links.of("2").collect::<Vec<_>>(), ["4"]);
        links.replace("4", &names(&["2"]), &[]);
        assert_eq!((links.of("2").count(), links.0.len()), (0, 1));
    }
}
