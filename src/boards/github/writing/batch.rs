//! A batch of owed writes. Moves go first, then what agents say: moves are what others decide by. Of one claim's words on how it
//! goes, the newest take the place of the others.

use std::{collections::HashMap, time::Duration};

use moka::sync::Cache;
use tokio::time::Instant;

use crate::{
    boards::{BoardError, github::GithubBoard},
    github::GithubError,
    model::{BoardWrite, OwedWrite, WriteOutcome},
};

/// Writes that are remembered; a repeat comes soon or never.
const MOST_REMEMBERED: u64 = 10_000;
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// GitHub does not list at once what it has taken.
pub(super) const SEEN_AFTER: Duration = Duration::from_secs(5);
/// Tasks in a row whose write fails before the others are left alone.
const MOST_FAILURES: u32 = 2;

/// What this process has written, so that a repeat writes nothing.
pub(in crate::boards::github) struct Delivered {
    /// The newest move of a task, by its place among all writes.
    pub(super) moves: Cache<String, i64>,
    /// Ids of comments' writes that arrived.
    pub(super) comments: Cache<String, ()>,
    /// The comment in which a claim says how it goes, by issue and generation.
    pub(super) running: Cache<(u64, i64), u64>,
    /// Writes of which it is not known whether they arrived, and since when.
    pub(super) unsure: Cache<String, Instant>,
    /// Numbers of issues that were made, by request.
    pub(super) made: Cache<String, u64>,
}

impl Default for Delivered {
    fn default() -> Self {
        Self { moves: cache(), comments: cache(), running: cache(), unsure: cache(), made: cache() }
    }
}

fn cache<K, V>() -> Cache<K, V>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(REMEMBERED).build()
}

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

impl GithubBoard {
    /// Delivers writes; one answer each.
    pub(in crate::boards::github) async fn deliver(&self, owed: &[OwedWrite]) -> Vec<Answer> {
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
                None => self.deliver_one(write).await,
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

    async fn deliver_one(&self, owed: &OwedWrite) -> Answer {
        let entry = &owed.entry;
        let number = self.number_of(&entry.task_id).await.map_err(|error| self.error(error))?;
        let number = number.ok_or(BoardError::NoSuchTask)?;
        let written = match &entry.write {
            BoardWrite::Move { status } => self.deliver_move(owed, number, *status).await,
            BoardWrite::Comment { text, mark } => {
                self.deliver_comment(owed, number, (text, mark.as_ref())).await
            }
            BoardWrite::Progress { generation, text, mark } => {
                self.deliver_progress(owed, number, *generation, (text, mark.as_ref())).await
            }
        };
        written.map_err(|error| {
            if matches!(error, GithubError::Unsure(_)) {
                self.delivered.unsure.insert(entry.id.clone(), Instant::now());
            }
            match error {
                // What is locked or archived takes nothing, however often it is asked.
                GithubError::Forbidden { message, .. } if is_for_good(&message) => {
                    BoardError::Rejected { reason: message }
                }
                other => self.error(other),
            }
        })
    }
}

fn is_for_good(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["locked", "archived", "read-only"].iter().any(|word| message.contains(word))
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
