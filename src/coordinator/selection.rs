//! Which task an agent should have: one pure function.

use crate::{
    coordinator::BoardView,
    model::{Agent, Task},
};

/// A task worth granting, with a short reason.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    pub(super) task: &'a Task,
    pub(super) why: String,
}

/// At most `limit` tasks in the order they should be granted.
///
/// A task qualifies when it is open, not assigned to a person, not held, and everything it depends on is done (a
/// dependency the board does not know does not hold it back). Qualified tasks are ordered by, in turn:
/// 1. priority, the most pressing first;
/// 2. how many of the agent's skills are among the task's labels or words of its title, or in its labels the words of
///    the agent's role, all case-folded; more first;
/// 3. how many open tasks wait for it; more first;
/// 4. age, then id.
pub(super) fn select<'a>(view: &'a BoardView, agent: &Agent, limit: usize) -> Vec<Choice<'a>> {
    let unblocks = view.unblocks();
    let wanted = words_of(agent);
    let mut ranked: Vec<_> = view
        .unheld()
        .filter(|task| view.waits_for(task).next().is_none())
        .map(|task| (task, matches(task, &wanted), unblocks.get(task.id.as_str()).copied().unwrap_or(0)))
        .collect();
    ranked.sort_by(|(a, a_skills, a_unblocks), (b, b_skills, b_unblocks)| {
        a.priority
            .cmp(&b.priority)
            .then(b_skills.len().cmp(&a_skills.len()))
            .then(b_unblocks.cmp(a_unblocks))
            .then(a.created_at.cmp(&b.created_at))
            .then(a.id.cmp(&b.id))
    });
    ranked.truncate(limit);
    ranked
        .into_iter()
        .map(|(task, skills, waiting)| Choice { task, why: reason(task, &skills, waiting) })
        .collect()
}

fn words_of(agent: &Agent) -> Vec<String> {
    let role = agent.role.split_whitespace().map(str::to_lowercase);
    let mut words: Vec<_> =
        agent.skills.iter().map(|skill| skill.trim().to_lowercase()).chain(role).collect();
    words.sort_unstable();
    words.dedup();
    words.retain(|word| !word.is_empty());
    words
}

fn matches(task: &Task, wanted: &[String]) -> Vec<String> {
    let title = task.title.to_lowercase();
    let title: Vec<_> = title.split(|character: char| !character.is_alphanumeric()).collect();
    let labels: Vec<_> = task.labels.iter().map(|label| label.trim().to_lowercase()).collect();
    wanted.iter().filter(|word| labels.contains(word) || title.contains(&word.as_str())).cloned().collect()
}

fn reason(task: &Task, skills: &[String], waiting: usize) -> String {
    let mut parts = vec![format!("{} priority", task.priority)];
    if !skills.is_empty() {
        parts.push(format!("matches {}", skills.join(", ")));
    }
    if waiting > 0 {
        parts.push(format!("{waiting} open task{} for it", if waiting == 1 { " waits" } else { "s wait" }));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        boards::sample_tasks,
        model::{AgentId, TaskStatus, UnixMillis},
    };

    fn agent(role: &str, skills: &[&str]) -> Agent {
        Agent {
            id: AgentId::try_from(String::from("a")).unwrap(),
            owner: String::from("u"),
            name: String::from("A"),
            role: role.to_owned(),
            skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
            registered_at: UnixMillis(0),
            completed: 0,
        }
    }

    fn titles(tasks: Vec<Task>, agent: &Agent) -> Vec<String> {
        let view = BoardView::new(tasks, Vec::new(), UnixMillis(0));
        select(&view, agent, 16).into_iter().map(|choice| choice.task.title.clone()).collect()
    }

    #[test]
    fn what_waits_is_not_offered_and_priority_comes_first() {
        let offered = titles(sample_tasks(UnixMillis(0)), &agent("Database Engineer", &[]));
        assert_eq!(offered, ["Write the API outline", "Choose the database schema"]);
    }

    #[test]
    fn skills_then_unblocking_decide_among_equals() {
        let mut tasks = sample_tasks(UnixMillis(0));
        for task in &mut tasks[..3] {
            task.status = TaskStatus::Done;
        }
        for task in &mut tasks[3..] {
            task.priority = crate::model::Priority::Medium;
        }
        assert_eq!(titles(tasks.clone(), &agent("x", &["Frontend"]))[0], "Build the notes page");
        assert_eq!(titles(tasks, &agent("x", &[]))[0], "Test the endpoints end to end");
    }

    #[test]
    fn an_unknown_dependency_holds_nothing_back() {
        let mut tasks = sample_tasks(UnixMillis(0));
        tasks.truncate(1);
        tasks[0].dependencies = vec![String::from("gone")];
        assert_eq!(titles(tasks, &agent("x", &[])).len(), 1);
    }
}
