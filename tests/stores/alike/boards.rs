//! Tasks, claims, the outbox and the history.

use taskgate::{
    boards::sample_tasks,
    model::{
        AgentId, BoardWrite, ClaimRef, ClaimState, Effects, Event, EventKind, HistoryAction, HistoryEntry,
        OutboxEntry, OwedWrite, Task, TaskStatus, Workspace,
    },
    stores::{
        Completion, ConditionalWrite, Delivered, DeliveryLease, HistoryOf, SeenTask, StoredHistory, TaskEdit,
    },
};

use super::{Step, World, workspace};
use crate::fixtures::{NOW, agent, claim, effects};

const STATUSES: [TaskStatus; 6] = [
    TaskStatus::Backlog,
    TaskStatus::Todo,
    TaskStatus::InProgress,
    TaskStatus::Blocked,
    TaskStatus::Done,
    TaskStatus::Cancelled,
];
const STATES: [ClaimState; 6] = [
    ClaimState::Live,
    ClaimState::Live,
    ClaimState::Done,
    ClaimState::Released,
    ClaimState::Blocked,
    ClaimState::Ended,
];
const ACTIONS: [HistoryAction; 6] = [
    HistoryAction::Granted,
    HistoryAction::Progress,
    HistoryAction::Refused,
    HistoryAction::Moved,
    HistoryAction::Blocked,
    HistoryAction::Released,
];

fn id(of: u8) -> String {
    format!("t{}", of % 5)
}

fn some<T: Clone>(of: u8, among: &[T]) -> T {
    among[usize::from(of) % among.len()].clone()
}

/// What depends on what, by bits.
fn dependencies(of: u8) -> Vec<String> {
    (0..5).filter(|bit| of >> bit & 1 == 1).map(id).collect()
}

fn told(history: Vec<StoredHistory>) -> String {
    format!("{:?}", history.into_iter().map(|stored| stored.entry).collect::<Vec<_>>())
}

impl World {
    pub(super) async fn boards(&mut self, step: &Step) -> String {
        let workspace = workspace(step.d);
        match step.which % 16 {
            0 | 1 => self.create(&workspace, step).await,
            2 => self.edit(&workspace, step).await,
            3 => self.delete(&workspace, step).await,
            4..=6 => self.decide(&workspace, step).await,
            7 | 8 => self.deliver(&workspace, step).await,
            9 => self.end(step).await,
            10 => self.write(&workspace, step).await,
            11 => self.records(&workspace, step).await,
            12 => self.changes(&workspace).await,
            13 | 14 => self.history(&workspace, step).await,
            _ => self.forget(&workspace, step).await,
        }
    }

    fn effects(&self, workspace: &Workspace, step: &Step) -> Effects {
        let task = id(step.a);
        let mut effects = effects(&task, &format!("{}-{}", step.b % 8, step.c % 4));
        for entry in &mut effects.outbox {
            let id = format!("{}-{}", entry.id, workspace.as_str());
            *entry = self.owed(workspace, step, &id);
        }
        effects.history = vec![
            HistoryEntry {
                agent_id: some(step.c, &["", "agent", "other"]).to_owned(),
                generation: Some(i64::from(step.b % 3)),
                progress: Some(step.c),
                ..HistoryEntry::of_task(&task, some(step.b, &ACTIONS), "key", self.now().wall)
            }
            .with_words(&format!("words {}", step.c % 3)),
        ];
        if step.c.is_multiple_of(3) {
            effects.outbox.clear();
        }
        effects
    }

    fn owed(&self, workspace: &Workspace, step: &Step, id: &str) -> OutboxEntry {
        let write = match step.c % 3 {
            0 => BoardWrite::Move { status: some(step.b, &STATUSES) },
            1 => BoardWrite::comment(format!("comment {}", step.b)),
            _ => BoardWrite::Progress { generation: 7, text: format!("text {}", step.b), mark: None },
        };
        OutboxEntry {
            moved_at: (step.b.is_multiple_of(2)).then(|| NOW.plus(self.millis - i64::from(step.c))),
            id: id.to_owned(),
            at: self.now().wall,
            workspace: workspace.clone(),
            task_id: self::id(step.a),
            write,
        }
    }

    async fn create(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now().wall;
        let task = Task {
            id: id(step.a),
            key: String::new(),
            dependencies: dependencies(step.b & step.c),
            status: some(step.c, &STATUSES[..2]),
            created_at: now,
            updated_at: now,
            moved_at: None,
            ..sample_tasks(now).remove(0)
        };
        if step.b == 255 {
            return format!("{:?}", self.store.seed_board(workspace, vec![task], Effects::default()).await);
        }
        format!("{:?}", self.store.create_task(workspace, task, self.effects(workspace, step)).await)
    }

    async fn seen(&self, workspace: &Workspace, step: &Step) -> Option<SeenTask> {
        if step.d.is_multiple_of(3) {
            return None;
        }
        let task = self.store.task(workspace, &id(step.a)).await.unwrap()?;
        let holder = (step.d.is_multiple_of(5)).then(|| (String::from("agent"), 7));
        let status = if step.d.is_multiple_of(7) { some(step.b, &STATUSES) } else { task.status };
        Some(SeenTask { status, assignee: task.assignee, dependencies: task.dependencies, holder })
    }

    async fn edit(&self, workspace: &Workspace, step: &Step) -> String {
        let edit = TaskEdit {
            status: (step.b.is_multiple_of(2)).then(|| some(step.c, &STATUSES)),
            assignee: (step.b.is_multiple_of(3))
                .then(|| (step.c.is_multiple_of(2)).then(|| String::from("alice"))),
            dependencies: (step.b.is_multiple_of(5)).then(|| dependencies(step.c)),
            at: self.now(),
            seen: self.seen(workspace, step).await,
        };
        let event = Event::about(EventKind::Task, &id(step.a), "task.move", self.now().wall);
        let effects = Effects { events: vec![event], ..self.effects(workspace, step) };
        format!("{:?}", self.store.edit_task(workspace, &id(step.a), edit, effects).await)
    }

    async fn delete(&self, workspace: &Workspace, step: &Step) -> String {
        let seen = self.seen(workspace, step).await;
        let task = id(step.a);
        let words = self.store.task(workspace, &task).await.unwrap().map_or(String::new(), |task| task.key);
        let told =
            HistoryEntry::of_task(&task, HistoryAction::Deleted, "key", self.now().wall).with_words(&words);
        let event = Event::about(EventKind::Task, &task, "task.delete", self.now().wall);
        let effects = Effects { events: vec![event], history: vec![told], ..Effects::default() };
        format!("{:?}", self.store.delete_task(workspace, &task, (seen, self.now()), effects).await)
    }

    async fn decide(&self, workspace: &Workspace, step: &Step) -> String {
        let mut writes = Vec::new();
        for choice in 0..=(step.d % 2) {
            let step = Step { a: step.a.wrapping_add(choice), ..step.clone() };
            writes.push(self.decision(workspace, &step).await);
        }
        format!("{:?}", self.store.commit_first(workspace, writes).await.map_err(|_| "refused"))
    }

    async fn decision(&self, workspace: &Workspace, step: &Step) -> ConditionalWrite {
        let (task, who) = (id(step.a), some(step.c, &["agent", "other"]));
        let known = self.store.claims(workspace, Some(vec![task.clone()])).await.unwrap().pop();
        let agents = self.store.agents(workspace, Some(vec![who.to_owned()])).await.unwrap();
        let now = self.now();
        let stale = i64::from(step.d.is_multiple_of(11));
        let mut made = claim(&task, known.map_or(1, |known| known.version + 1) + stale);
        who.clone_into(&mut made.agent_id);
        made.state = some(step.b, &STATES);
        made.generation = i64::from(step.b % 4);
        made.expires_at = now.store.plus(i64::from(step.c) - 20);
        made.expiry_recorded = step.b.is_multiple_of(9);
        made.moved_at = (step.c.is_multiple_of(4)).then_some(now.wall);
        made.seen.at = now.store;
        let mut holder = agent(agents.first().map_or(1, |agent| agent.version + 1) + stale, "name");
        holder.id = AgentId::try_from(who.to_owned()).unwrap();
        holder.held = (made.state == ClaimState::Live)
            .then(|| ClaimRef { task_id: task.clone(), generation: made.generation });
        let moved_at = self.store.task(workspace, &task).await.unwrap().and_then(|task| task.moved_at);
        let completion = (made.state == ClaimState::Done).then(|| Completion {
            task_id: task.clone(),
            generation: made.generation,
            agent_id: who.to_owned(),
            at: now.wall,
        });
        ConditionalWrite {
            term: None,
            agent: (!step.b.is_multiple_of(5)).then_some(holder),
            claim: (!step.b.is_multiple_of(13)).then_some(made),
            moved_at: if step.c.is_multiple_of(3) { moved_at } else { None },
            unblocked: step.c.is_multiple_of(2),
            at: now.store,
            settled_before: (step.d.is_multiple_of(5)).then_some(now.store),
            completion,
            effects: self.effects(workspace, step),
        }
    }

    fn lease(&self, step: &Step) -> DeliveryLease {
        let now = self.now().store;
        let instance = some(step.a, &["one", "two"]).to_owned();
        DeliveryLease { instance, now, until: now.plus(i64::from(step.b)) }
    }

    async fn deliver(&mut self, workspace: &Workspace, step: &Step) -> String {
        let lease = self.lease(step);
        let owing = self.store.owing(lease.now).await.unwrap();
        let taken = self.store.take(workspace, &lease, u32::from(step.c % 4)).await.unwrap();
        let said: Vec<_> = taken.iter().map(|owed| (owed.entry.clone(), owed.attempts)).collect();
        // A workspace may also be named for an entry that waits for an earlier one.
        assert!(taken.is_empty() || owing.contains(workspace), "{owing:?}");
        // Who took it last ends it: of what comes late a file takes note, and a server does not.
        self.taken.retain(|before| !taken.iter().any(|owed| owed.entry.id == before.entry.id));
        self.taken.extend(taken);
        format!("{said:?} {:?}", self.store.backlog(workspace).await)
    }

    /// Ends, or goes on with, some of what was taken from one workspace.
    async fn end(&mut self, step: &Step) -> String {
        let workspace = workspace(step.d);
        let (of_it, kept) = std::mem::take(&mut self.taken)
            .into_iter()
            .partition(|owed: &OwedWrite| owed.entry.workspace == workspace);
        self.taken = kept;
        let of_it: Vec<OwedWrite> = of_it;
        if step.a.is_multiple_of(4) {
            let renewed = self.store.renew(&of_it, &self.lease(step)).await;
            self.taken.extend(of_it);
            return format!("{renewed:?}");
        }
        let now = self.now();
        let ended = of_it.into_iter().enumerate().map(|(place, owed)| {
            let how = match (usize::from(step.b) + place) % 5 {
                0 | 1 => Delivered::Written(now),
                2 => Delivered::Superseded,
                3 => Delivered::Failed { reason: format!("reason {}", step.c), at: now.wall },
                _ => Delivered::RetryAt(now.store.plus(i64::from(step.c))),
            };
            (owed, how)
        });
        let ended = self.store.end(ended.collect()).await;
        format!("{ended:?} {:?}", self.store.backlog(&workspace).await)
    }

    async fn write(&mut self, workspace: &Workspace, step: &Step) -> String {
        let owed: Vec<_> =
            self.taken.iter().filter(|owed| owed.entry.workspace == *workspace).cloned().collect();
        if owed.is_empty() {
            return String::new();
        }
        let written = self.store.write_tasks(owed, self.now().wall).await;
        format!("{written:?} {:?}", self.store.comments(workspace, &id(step.a)).await)
    }

    async fn records(&self, workspace: &Workspace, step: &Step) -> String {
        let (store, ids) =
            (&self.store, (step.b.is_multiple_of(2)).then(|| vec![id(step.a % 5), id(step.a % 5 + 1)]));
        let mut claims = store.claims(workspace, ids.clone()).await.unwrap();
        claims.sort_by(|one, other| one.task_id.cmp(&other.task_id));
        let mut agents = store.agents(workspace, None).await.unwrap();
        agents.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
        let expired = store.expired(workspace, self.now().store, u32::from(step.c % 4)).await;
        let tasks = store.tasks(workspace, ids).await;
        let task = store.task(workspace, &format!("T-{}", step.c % 6)).await;
        format!("{claims:?}\n{agents:?}\n{expired:?}\n{tasks:?}\n{task:?}")
    }

    async fn changes(&mut self, workspace: &Workspace) -> String {
        if *workspace != Workspace::default() {
            let whole = self.store.task_changes(workspace, None).await.unwrap();
            return format!("{:?} {:?}", whole.tasks, whole.gone);
        }
        let mut changes = self.store.task_changes(workspace, self.place).await.unwrap();
        self.place = Some(changes.at);
        if !changes.is_whole {
            changes.tasks.sort_by(|one, other| one.id.cmp(&other.id));
        }
        changes.gone.sort();
        format!("{:?} {:?} {} {}", changes.tasks, changes.gone, changes.is_whole, changes.at.tasks)
    }

    async fn history(&self, workspace: &Workspace, step: &Step) -> String {
        let of = match step.b % 5 {
            0 => HistoryOf::Agent(some(step.c, &["agent", "other"]).to_owned()),
            1 => HistoryOf::StopsOfTask(id(step.a)),
            2 => HistoryOf::Deleted(format!("T-{}", step.c % 6)),
            _ => HistoryOf::Task(id(step.a)),
        };
        let all = self.store.history(workspace, of.clone(), None, 100).await.unwrap();
        let before = all.get(usize::from(step.c % 5)).map(|stored| stored.sequence);
        let page = self.store.history(workspace, of.clone(), before, u32::from(step.c % 3)).await.unwrap();
        let each = self.store.histories(workspace, vec![of, HistoryOf::Task(id(step.c))], 2).await.unwrap();
        let agents = self.store.recent_agents(workspace, u32::from(step.c % 3)).await;
        let each: Vec<_> = each.into_iter().map(told).collect();
        format!("{}\n{}\n{each:?}\n{agents:?}", told(all), told(page))
    }

    async fn forget(&self, workspace: &Workspace, step: &Step) -> String {
        let before = self.now().wall.plus(-i64::from(step.b));
        let forgotten = match step.a % 2 {
            0 => self.store.forget_deleted(workspace, before, u32::from(step.c % 3)).await,
            _ => self.store.forget_history(workspace, before, u32::from(step.c % 16)).await,
        };
        format!("{forgotten:?}")
    }
}
