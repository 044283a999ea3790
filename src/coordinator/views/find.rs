//! What is called like a text: tasks by key and title, agents by id and name. The whole board is walked, apart from the threads that
//! serve, and little of it is kept.

use std::sync::Arc;

use crate::coordinator::{
    Coordinator, CoordinatorError,
    browse::{Search, Seeker, Slices},
    mirror::{Mirror, TaskCard},
};
use crate::model::{Agent, Workspace};

/// Agents taken under the picture's lock at a time.
const AGENTS: usize = 256;

/// What was found of one kind.
#[derive(Debug)]
pub struct Found<T> {
    /// What bears the text as its key or id, whatever the case.
    pub named: Option<T>,
    /// What has it in its names, that one first.
    pub some: Vec<T>,
    /// All that have it.
    pub total: usize,
}

/// What was found on a board.
#[derive(Debug)]
pub struct FoundThings {
    /// Tasks, oldest first.
    pub tasks: Found<TaskCard>,
    /// Agents, by id.
    pub agents: Found<Arc<Agent>>,
}

impl<T: Clone> Found<T> {
    /// Nothing yet.
    pub const fn nothing() -> Self {
        Self { named: None, some: Vec::new(), total: 0 }
    }

    /// Takes in what has that name, and perhaps the text in one of `others`, if there is room for it.
    pub fn take(&mut self, thing: T, (is_named, has_it): (bool, bool), limit: usize) {
        if !is_named && !has_it {
            return;
        }
        self.total += 1;
        if is_named && self.named.is_none() {
            self.named = Some(thing.clone());
            self.some.insert(0, thing);
            self.some.truncate(limit);
        } else if self.some.len() < limit {
            self.some.push(thing);
        }
    }
}

impl Coordinator {
    /// At most `limit` tasks and agents with that text in what they are called.
    pub async fn things_called(
        &self,
        workspace: &Workspace,
        seeker: &Seeker,
        text: &str,
        limit: usize,
    ) -> Result<FoundThings, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let slices = Slices::new(Arc::clone(&mirror), self.now());
        let mut search = Search::new(text);
        self.searches
            .run(seeker, slices, move |slices| {
                let mut tasks = Found::nothing();
                for card in slices.flatten() {
                    let task = Arc::clone(&card.task);
                    let is_named = search.is(&task.key) || search.is(&task.id);
                    let has_it = search.is_in(&task.key) || search.is_in(&task.title);
                    tasks.take(card, (is_named, has_it), limit);
                }
                FoundThings { tasks, agents: agents(&mirror, &mut search, limit) }
            })
            .await
    }
}

fn agents(mirror: &Mirror, search: &mut Search, limit: usize) -> Found<Arc<Agent>> {
    let mut found = Found::nothing();
    let mut last: Option<Arc<Agent>> = None;
    loop {
        let after = last.as_ref().map(|agent| agent.id.as_str());
        let slice: Vec<_> =
            mirror.with(|picture| picture.agents_after(after).take(AGENTS).cloned().collect());
        let is_last = slice.len() < AGENTS;
        last = slice.last().cloned();
        for agent in slice {
            let is_named = search.is(agent.id.as_str());
            let has_it = search.is_in(agent.id.as_str()) || search.is_in(&agent.profile.name);
            found.take(agent, (is_named, has_it), limit);
        }
        if is_last {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_so_comes_first_and_is_kept_however_much_there_is() {
        let mut found = Found::nothing();
        for number in 0..10 {
            found.take(number, (false, number % 2 == 0), 3);
        }
        assert_eq!((found.named, found.some.clone(), found.total), (None, vec![0, 2, 4], 5));
        found.take(11, (true, true), 3);
        found.take(12, (true, true), 3);
        assert_eq!((found.named, found.some, found.total), (Some(11), vec![11, 0, 2], 7));
    }
}
