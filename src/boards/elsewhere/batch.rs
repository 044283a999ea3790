//! A batch of owed writes. Moves go first, then what agents say: moves are what others decide by. Of one claim's words on how it
//! goes, the newest take the place of the others. A person who was quicker wins.

use std::collections::HashMap;

use futures_util::future::BoxFuture;

use crate::{
    boards::BoardError,
    model::{BoardWrite, OwedWrite, TaskStatus, WriteOutcome},
};

/// Tasks in a row whose write fails before the others are left alone.
const MOST_FAILURES: u32 = 2;

type Answer = Result<WriteOutcome, BoardError>;

/// The answers to a batch so far.
struct Answers {
    of: Vec<Option<Answer>>,
    /// Tasks of which the rest waits, with the reason.
    waiting: HashMap<String, BoardError>,
    /// The reason why nothing more is written.
    stopped: Option<BoardError>,
    failures: u32,
}

impl Answers {
    fn reason_to_wait(&self, task: &str) -> Option<BoardError> {
        self.stopped.as_ref().or_else(|| self.waiting.get(task)).cloned()
    }

    fn note(&mut self, position: usize, task: &str, answer: Answer) {
        match &answer {
            Ok(_) | Err(BoardError::NoSuchTask | BoardError::Rejected { .. }) => self.failures = 0,
            Err(error @ BoardError::Unavailable { .. }) => {
                self.failures += 1;
                self.waiting.insert(task.to_owned(), error.clone());
                if self.failures >= MOST_FAILURES {
                    self.stopped = Some(error.clone());
                }
            }
            Err(error) => self.stopped = Some(error.clone()),
        }
        self.of[position] = Some(answer);
    }
}

/// Delivers writes, each by `one`; one answer each. After one that may be tried again, the rest of that task waits; after a failure
/// that concerns the board as a whole, so does everything.
pub(in crate::boards) async fn deliver<'a>(
    owed: &'a [OwedWrite],
    one: impl Fn(&'a OwedWrite) -> BoxFuture<'a, Answer> + Send,
) -> Vec<Answer> {
    let is_move = |owed: &OwedWrite| matches!(owed.entry.write, BoardWrite::Move { .. });
    let (moves, said): (Vec<_>, Vec<_>) = (0..owed.len()).partition(|at| is_move(&owed[*at]));
    let replaced = replaced(owed);
    let mut answers = Answers {
        of: owed.iter().map(|_| None).collect(),
        waiting: HashMap::new(),
        stopped: None,
        failures: 0,
    };
    for position in moves.into_iter().chain(said) {
        let write = &owed[position];
        if replaced.contains_key(&position) {
            continue;
        }
        let task = write.entry.task_id.as_str();
        let answer = match answers.reason_to_wait(task) {
            Some(error) => Err(error),
            None => one(write).await,
        };
        answers.note(position, task, answer);
    }
    for (old, new) in replaced {
        let newest = answers.of[new].clone();
        answers.of[old] = newest;
    }
    let unanswered = || Err(BoardError::NoSuchTask);
    answers.of.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect()
}

/// Positions of words on how a claim goes that later ones take the place of, each with that of the newest.
fn replaced(owed: &[OwedWrite]) -> HashMap<usize, usize> {
    let mut newest = HashMap::new();
    let mut replaced = HashMap::new();
    for (position, owed) in owed.iter().enumerate().rev() {
        let BoardWrite::Progress { generation, .. } = owed.entry.write else { continue };
        let newest = *newest.entry((owed.entry.task_id.as_str(), generation)).or_insert(position);
        if newest != position {
            replaced.insert(position, newest);
        }
    }
    replaced
}

/// Whether a person brought the task where it stands `now`, after what this process knew `before`: nothing of ours is written over
/// that. What another process of ours has written counts as ours, so only what none of them can have done does.
pub(in crate::boards) fn is_persons(before: Option<TaskStatus>, now: TaskStatus, target: TaskStatus) -> bool {
    match now {
        _ if now == target => false,
        TaskStatus::Done | TaskStatus::Cancelled => true,
        TaskStatus::Backlog | TaskStatus::Blocked => before.is_some_and(|before| before != now),
        TaskStatus::Todo => target != TaskStatus::InProgress && before == Some(TaskStatus::InProgress),
        TaskStatus::InProgress => false,
    }
}
