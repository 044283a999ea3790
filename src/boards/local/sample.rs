//! The board a first start shows: a small web service, eight tasks, with dependencies and labels.

use crate::model::{Priority, Task, TaskStatus, UnixMillis, new_id};

struct SampleTask {
    title: &'static str,
    description: &'static str,
    priority: Priority,
    labels: &'static [&'static str],
    /// Positions in [`SAMPLES`] of tasks that must be done first.
    after: &'static [usize],
    minutes: u32,
}

const SAMPLES: [SampleTask; 8] = [
    SampleTask {
        title: "Write the API outline",
        description: "List the routes of the notes service (create, read, list, delete) with their JSON bodies and \
                      error codes in `docs/api.md`. Done when every route has one example request and answer.",
        priority: Priority::Urgent,
        labels: &["design", "api"],
        after: &[],
        minutes: 45,
    },
    SampleTask {
        title: "Choose the database schema",
        description: "Tables for notes and tags, with keys and indexes, as one SQL file that creates them. Done when \
                      it runs twice on an empty database without an error.",
        priority: Priority::High,
        labels: &["design", "database"],
        after: &[],
        minutes: 45,
    },
    SampleTask {
        title: "Build the notes endpoints",
        description: "Implement the routes of the API outline on the schema. Done when each route answers as the \
                      outline says, wrong input included.",
        priority: Priority::High,
        labels: &["backend", "api"],
        after: &[0, 1],
        minutes: 180,
    },
    SampleTask {
        title: "Add tag search",
        description: "`GET /notes?tag=x` answers the notes with that tag, newest first, 50 a page.",
        priority: Priority::Medium,
        labels: &["backend", "database"],
        after: &[2],
        minutes: 90,
    },
    SampleTask {
        title: "Build the notes page",
        description: "One page that lists notes, adds one and deletes one, using the endpoints. Works by keyboard.",
        priority: Priority::Medium,
        labels: &["frontend", "accessibility"],
        after: &[2],
        minutes: 150,
    },
    SampleTask {
        title: "Test the endpoints end to end",
        description: "Start the service on a free port, call every route, compare status and body with the outline.",
        priority: Priority::High,
        labels: &["testing", "api"],
        after: &[2],
        minutes: 90,
    },
    SampleTask {
        title: "Package the service as a container",
        description: "A small image that runs as a non-root user, with a health check. Done when it starts and \
                      answers with one command.",
        priority: Priority::Low,
        labels: &["devops"],
        after: &[5],
        minutes: 60,
    },
    SampleTask {
        title: "Write the README",
        description: "What it is, how to start it with one command, how to run the tests, one example call.",
        priority: Priority::Low,
        labels: &["documentation"],
        after: &[4, 5],
        minutes: 45,
    },
];

/// The sample's tasks, as of `now`.
pub fn sample_tasks(now: UnixMillis) -> Vec<Task> {
    let ids: Vec<_> = SAMPLES.iter().map(|_| new_id(now)).collect();
    let task = |(position, sample): (usize, &SampleTask)| Task {
        id: ids[position].clone(),
        key: String::new(),
        url: None,
        title: sample.title.to_owned(),
        description: sample.description.to_owned(),
        status: TaskStatus::Todo,
        priority: sample.priority,
        labels: sample.labels.iter().map(|label| (*label).to_owned()).collect(),
        dependencies: sample.after.iter().map(|before| ids[*before].clone()).collect(),
        assignee: None,
        estimate_minutes: Some(sample.minutes),
        // A millisecond apart, so that age orders them as they stand here.
        created_at: now.plus(position as i64),
        updated_at: now.plus(position as i64),
        moved_at: Some(UnixMillis(0)),
        note: None,
    };
    SAMPLES.iter().enumerate().map(task).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_task_can_be_reached() {
        for (position, sample) in SAMPLES.iter().enumerate() {
            assert!(
                sample.after.iter().all(|before| *before < position),
                "{} waits for a later task",
                sample.title
            );
        }
        assert_eq!(sample_tasks(UnixMillis(0)).len(), 8);
    }
}
