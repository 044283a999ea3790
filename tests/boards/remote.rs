//! A board that is as remote as one can be: it gives its own ids, shares nothing with our store, does not say when a person moved a
//! task, takes its time, and fails as it is told.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use taskgate::{
    boards::{Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, Entail},
    model::{BoardWrite, NewTask, OwedWrite, Task, TaskStatus, UnixMillis, WriteOutcome},
};

use crate::person::Person;

/// What goes wrong with a write.
#[derive(Debug)]
pub enum Fault {
    /// It is not done.
    Fails(BoardError),
    /// It is done, and the answer is lost.
    AnswerLost,
}

#[derive(Default)]
pub struct Inside {
    tasks: BTreeMap<String, Task>,
    made: HashMap<String, String>,
    comments: HashMap<String, Vec<String>>,
    taken: HashSet<String>,
    /// Ids of tasks in the order in which they changed.
    history: Vec<String>,
    clock: i64,
    /// What happens to the next writes.
    pub faults: VecDeque<Fault>,
    /// A status that no task may be moved to.
    pub refuses: Option<TaskStatus>,
    /// Whether nothing can be read.
    pub is_unreachable: bool,
    /// How often it was asked for changes.
    pub asked: usize,
    /// Every write that came, also when it came before.
    pub came: Vec<String>,
}

#[derive(Default)]
pub struct RemoteBoard {
    inside: Mutex<Inside>,
    latency: Duration,
    /// Which board it says it is, if that is not its provider's name; nothing when it does not say.
    identity: Option<&'static str>,
}

impl Inside {
    fn change(&mut self, task_id: &str, change: impl FnOnce(&mut Task)) -> bool {
        self.clock += 1;
        let now = UnixMillis(1_600_000_000_000 + self.clock);
        let Some(task) = self.tasks.get_mut(task_id) else { return false };
        change(task);
        task.updated_at = now;
        self.history.push(task_id.to_owned());
        true
    }

    /// Brings a task to a status without a trace in its version.
    pub fn labels(&mut self, task_id: &str, status: TaskStatus) {
        self.tasks.get_mut(task_id).unwrap().status = status;
        self.history.push(task_id.to_owned());
    }

    fn apply(&mut self, owed: &OwedWrite) -> Result<WriteOutcome, BoardError> {
        let entry = &owed.entry;
        if !self.tasks.contains_key(&entry.task_id) {
            return Err(BoardError::NoSuchTask);
        }
        match &entry.write {
            BoardWrite::Move { status } if self.refuses == Some(*status) => {
                return Err(BoardError::Rejected { reason: format!("the column {status} is full") });
            }
            _ if !self.taken.insert(entry.id.clone()) => {}
            BoardWrite::Move { status } => {
                self.change(&entry.task_id, |task| task.status = *status);
            }
            BoardWrite::Comment { text, .. } | BoardWrite::Progress { text, .. } => {
                self.comments.entry(entry.task_id.clone()).or_default().push(text.clone());
            }
        }
        Ok(WriteOutcome::Written)
    }

    fn take(&mut self, owed: &OwedWrite) -> Result<WriteOutcome, BoardError> {
        self.came.push(owed.entry.id.clone());
        match self.faults.pop_front() {
            Some(Fault::Fails(error)) => Err(error),
            Some(Fault::AnswerLost) => {
                self.apply(owed)?;
                Err(BoardError::unavailable(std::io::Error::other("the line is dead")))
            }
            None => self.apply(owed),
        }
    }
}

impl RemoteBoard {
    /// A board that takes that long over each write.
    pub fn slow(latency: Duration) -> Self {
        Self { latency, ..Self::default() }
    }

    /// A board that says it is that one.
    pub fn named(identity: &'static str) -> Self {
        Self { identity: Some(identity), ..Self::default() }
    }

    /// A board that cannot be asked which one it is.
    pub fn nameless() -> Self {
        Self::named("")
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Board for RemoteBoard {
    fn provider(&self) -> &'static str {
        "remote"
    }

    fn describe(&self) -> BoardDescription {
        let (name, url) = (String::from("a board elsewhere"), Some(String::from("https://board.example")));
        BoardDescription { provider: self.provider(), name, url, statuses: TaskStatus::ALL.to_vec() }
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        Ok(BoardReport::default())
    }

    async fn identity(&self) -> Result<String, BoardError> {
        match self.identity {
            Some("") => Err(BoardError::unavailable(std::io::Error::other("the line is dead"))),
            identity => Ok(identity.unwrap_or(self.provider()).to_owned()),
        }
    }

    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        let mut inside = self.inside();
        inside.asked += 1;
        if inside.is_unreachable {
            return Err(BoardError::unavailable(std::io::Error::other("the line is dead")));
        }
        let since = since.and_then(|Cursor(place)| place.parse::<usize>().ok());
        let since = since.filter(|place| *place <= inside.history.len());
        let cursor = Cursor(inside.history.len().to_string());
        let Some(since) = since else {
            let tasks = inside.tasks.values().cloned().collect();
            return Ok(Changes { tasks, gone: Vec::new(), is_whole: true, cursor, read_at: None });
        };
        let changed: HashSet<_> = inside.history[since..].iter().collect();
        let tasks = changed.into_iter().filter_map(|id| inside.tasks.get(id).cloned()).collect();
        Ok(Changes { tasks, gone: Vec::new(), is_whole: false, cursor, read_at: None })
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        let inside = self.inside();
        Ok(ids.iter().filter_map(|id| inside.tasks.get(id).cloned()).collect())
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        let inside = self.inside();
        let is_it = |task: &&Task| task.id == id_or_key || task.key == id_or_key;
        Ok(inside.tasks.values().find(is_it).cloned())
    }

    async fn create(&self, task: &NewTask, once: &str, _: &Entail<'_>) -> Result<Created, BoardError> {
        let mut inside = self.inside();
        let id = match inside.made.get(once) {
            Some(id) => id.clone(),
            None => {
                let number = inside.made.len() + 1;
                let id = (88_000_000 + number).to_string();
                inside.made.insert(once.to_owned(), id.clone());
                inside.clock += 1;
                let now = UnixMillis(1_600_000_000_000 + inside.clock);
                let task = task.clone();
                let made = Task {
                    id: id.clone(),
                    key: format!("ACME-{number}"),
                    url: Some(format!("https://board.example/{number}")),
                    title: task.title,
                    description: task.description,
                    status: task.status,
                    priority: task.priority,
                    labels: task.labels,
                    dependencies: task.dependencies,
                    assignee: None,
                    estimate_minutes: task.estimate_minutes,
                    created_at: now,
                    updated_at: now,
                    moved_at: None,
                    note: None,
                };
                inside.tasks.insert(id.clone(), made);
                inside.history.push(id.clone());
                id
            }
        };
        let task = inside.tasks.get(&id).cloned().ok_or(BoardError::NoSuchTask)?;
        Ok(Created { task, recorded: false, warnings: Vec::new() })
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        let mut written: Vec<Result<WriteOutcome, BoardError>> = Vec::with_capacity(owed.len());
        let mut whole: Option<BoardError> = None;
        let mut left_alone = HashMap::new();
        for owed in owed {
            if let Some(error) = whole.as_ref().or_else(|| left_alone.get(&owed.entry.task_id)) {
                written.push(Err(error.clone()));
                continue;
            }
            if !self.latency.is_zero() {
                tokio::time::sleep(self.latency).await;
            }
            let answer = self.inside().take(owed);
            match &answer {
                Ok(_) | Err(BoardError::NoSuchTask | BoardError::Rejected { .. }) => {}
                Err(error @ BoardError::Unavailable { .. }) => {
                    left_alone.insert(owed.entry.task_id.clone(), error.clone());
                }
                Err(error) => whole = Some(error.clone()),
            }
            written.push(answer);
        }
        written
    }
}

#[async_trait]
impl Person for RemoteBoard {
    async fn moves(&self, task_id: &str, status: TaskStatus) {
        assert!(self.inside().change(task_id, |task| task.status = status));
    }

    async fn deletes(&self, task_id: &str) {
        assert!(self.inside().tasks.remove(task_id).is_some());
    }

    async fn comments(&self, task_id: &str) -> Vec<String> {
        self.inside().comments.get(task_id).cloned().unwrap_or_default()
    }

    async fn records(&self, _: &str) -> usize {
        0
    }
}
