//! The world around the function that decides: agents with what they believe, a board with people, a clock, and a
//! memory of its own of what was promised to whom.

use taskgate::{
    coordinator::core::{Event, OnBoard, Outcome, Refusal, Rules, Saying, Snapshot, Step, shown_status},
    model::{
        Agent, AgentId, BoardMark, BoardWrite, Claim, ClaimState, Moment, Profile, StoreMillis, TaskStatus,
        UnixMillis,
    },
};

pub type Decide = fn(Rules, &Snapshot, &Event, Moment) -> Result<Step, Refusal>;

const AGENTS: usize = 3;
const TASKS: usize = 3;
const LEASE: i64 = 2_000;
const RULES: Rules = Rules { lease_millis: LEASE };

#[derive(Clone, Debug)]
pub enum Action {
    Ask(usize),
    Say(usize, Saying),
    /// The agent forgets what it held, and asks again under the same id if it asks.
    Crash(usize),
    /// A person moves the card.
    Move(usize, TaskStatus),
    /// The oldest owed write reaches the board.
    Deliver(usize),
    /// The board is read.
    Look(usize),
    /// Ended leases are recorded.
    Sweep,
    /// The clock goes on, or jumps.
    Clock(i64),
}

/// What was promised, kept apart from the records.
#[derive(Clone, Debug, Default, Hash)]
struct Promise {
    holder: Option<(usize, i64)>,
    until: i64,
    newest: i64,
    completed: Option<i64>,
    /// Leases that ended in a row.
    losses: u32,
}

#[derive(Clone, Debug, Hash)]
pub struct World {
    now: StoreMillis,
    agents: Vec<Agent>,
    /// The task and generation each agent was last told it holds.
    beliefs: [Option<(usize, i64)>; AGENTS],
    claims: [Option<Claim>; TASKS],
    board: [TaskStatus; TASKS],
    /// Whether the board says when a person last moved a task, and how often one did.
    says_when: bool,
    moves: [i64; TASKS],
    /// What it is owed, and how many moves were known when that was decided.
    owed: [Vec<(TaskStatus, i64)>; TASKS],
    promises: [Promise; TASKS],
}

type Checked = Result<(), String>;

fn ensure(holds: bool, what: &str) -> Checked {
    holds.then_some(()).ok_or_else(|| what.to_owned())
}

impl World {
    pub fn new(says_when: bool) -> Self {
        let agent = |number: usize| Agent {
            id: AgentId::try_from(format!("a{number}")).unwrap(),
            owner: String::from("u"),
            profile: Profile { name: String::new(), role: String::new(), skills: Vec::new() },
            registered_at: UnixMillis(0),
            completed: 0,
            held: None,
            notices: Vec::new(),
            version: 1,
        };
        Self {
            now: StoreMillis(1_000_000),
            agents: (0..AGENTS).map(agent).collect(),
            beliefs: [None; AGENTS],
            claims: [const { None }; TASKS],
            board: [TaskStatus::Todo; TASKS],
            says_when,
            moves: [0; TASKS],
            owed: [const { Vec::new() }; TASKS],
            promises: [const { Promise { holder: None, until: 0, newest: 0, completed: None, losses: 0 } };
                TASKS],
        }
    }

    /// Now; the wall clock plays no part in what is promised.
    const fn moment(&self) -> Moment {
        Moment::same(self.now.0)
    }

    /// Everything that can happen now.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![Action::Sweep, Action::Clock(LEASE + 1), Action::Clock(-LEASE / 2)];
        for agent in 0..AGENTS {
            actions.push(Action::Ask(agent));
            if self.beliefs[agent].is_some() {
                let sayings = [Saying::Heartbeat, Saying::Progress(50), Saying::Complete, Saying::Release];
                actions.extend(sayings.map(|saying| Action::Say(agent, saying)));
                actions.push(Action::Crash(agent));
            }
        }
        for task in 0..TASKS {
            if self.claims[task].is_some() {
                actions.extend([TaskStatus::Done, TaskStatus::Todo].map(|status| Action::Move(task, status)));
                actions.push(Action::Look(task));
            }
            if !self.owed[task].is_empty() {
                actions.push(Action::Deliver(task));
            }
        }
        actions
    }

    /// Lets it happen and looks whether every promise still holds.
    pub fn act(&mut self, decide: Decide, action: &Action) -> Checked {
        match action {
            Action::Ask(agent) => self.ask(decide, *agent),
            Action::Say(agent, saying) => self.say(decide, *agent, saying),
            Action::Crash(agent) => {
                self.beliefs[*agent] = None;
                Ok(())
            }
            Action::Move(task, status) => {
                self.board[*task] = *status;
                self.moves[*task] += i64::from(self.says_when);
                Ok(())
            }
            Action::Deliver(task) => {
                let (status, known) = self.owed[*task].remove(0);
                if self.moves[*task] > known {
                    return Ok(());
                }
                self.board[*task] = status;
                let mark = BoardMark { status, at: self.now };
                self.claims[*task].iter_mut().for_each(|claim| claim.delivered = Some(mark));
                Ok(())
            }
            Action::Look(task) => self.look(decide, *task),
            Action::Sweep => (0..TASKS).try_for_each(|task| self.sweep(decide, task)),
            Action::Clock(millis) => {
                self.now = self.now.plus(*millis);
                Ok(())
            }
        }?;
        self.one_holder_each()
    }

    fn snapshot(&self, agent: Option<usize>, task: Option<usize>) -> Snapshot {
        let agent = agent.map(|agent| self.agents[agent].clone());
        let held = agent.as_ref().and_then(|agent| agent.held.as_ref());
        let held = held.and_then(|held| self.claims[held.task_id.parse::<usize>().unwrap()].clone());
        let on_board = task.map(|task| self.on_board(task));
        Snapshot { agent, held, claim: task.and_then(|task| self.claims[task].clone()), on_board }
    }

    fn on_board(&self, task: usize) -> OnBoard {
        let moved_at = self.says_when.then_some(UnixMillis(self.moves[task]));
        OnBoard { status: self.board[task], assigned: false, moved_at }
    }

    /// Puts a step in place, as a store does.
    fn carry_out(&mut self, step: &Step) -> Checked {
        if let Some(agent) = &step.agent {
            let known = self.agents.iter_mut().find(|known| known.id == agent.id).unwrap();
            ensure(agent.version == known.version + 1, "an agent's record does not follow the one before")?;
            *known = agent.clone();
        }
        if let Some(claim) = &step.claim {
            let task: usize = claim.task_id.parse().unwrap();
            let before = self.claims[task].as_ref().map_or(0, |claim| claim.version);
            ensure(claim.version == before + 1, "a claim's record does not follow the one before")?;
            let delivered = self.claims[task].as_ref().and_then(|claim| claim.delivered);
            self.claims[task] = Some(Claim { delivered, ..claim.clone() });
            let known = self.moves[task];
            let moves = step.writes.iter().filter_map(|write| match write {
                BoardWrite::Move { status } => Some((*status, known)),
                BoardWrite::Comment { .. } => None,
            });
            self.owed[task].extend(moves);
        }
        Ok(())
    }

    fn ask(&mut self, decide: Decide, agent: usize) -> Checked {
        let held = self.agents[agent].held.as_ref().map(|held| held.task_id.parse().unwrap());
        if let Some(task) = held.filter(|task| self.snapshot(None, Some(*task)).was_moved()) {
            self.look(decide, task)?;
        }
        // An asker's picture may be old: what is held is offered, too.
        let offered = |task: &usize| {
            let shown = shown_status(self.board[*task], self.claims[*task].as_ref(), self.now);
            matches!(shown, TaskStatus::Todo | TaskStatus::InProgress)
        };
        let tried = (0..TASKS).filter(offered).find_map(|task| {
            let event = Event::Grant { task_id: task.to_string(), on_board: self.board[task] };
            decide(RULES, &self.snapshot(Some(agent), Some(task)), &event, self.moment()).ok()
        });
        let nothing =
            || decide(RULES, &self.snapshot(Some(agent), None), &Event::Request, self.moment()).ok();
        let Some(step) = tried.or_else(nothing) else { return Ok(()) };
        let before = self.claims.clone();
        self.carry_out(&step)?;
        let Some(claim) = &step.claim else { return Ok(()) };
        let task: usize = claim.task_id.parse().unwrap();
        self.not_over_a_person(&before, task, step.outcome)?;
        let promise = &mut self.promises[task];
        if step.outcome == Outcome::Held {
            ensure(
                promise.holder == Some((agent, claim.generation)),
                "a repeated request changed the claim",
            )?;
        } else {
            let taken =
                promise.holder.is_some_and(|(holder, _)| holder != agent) && promise.until > self.now.0;
            ensure(!taken, "a task was granted while somebody held it")?;
            ensure(claim.generation > promise.newest, "a generation did not rise")?;
            ensure(promise.completed.is_none(), "a finished task was granted")?;
            if promise.holder.is_some() {
                promise.losses += 1;
            }
            ensure(promise.losses < 3, "a task was handed out that three in a row had lost")?;
            ensure(step.writes.len() == 2 && step.audited, "a grant without its effects")?;
            promise.newest = claim.generation;
            promise.holder = Some((agent, claim.generation));
        }
        promise.until = promise.until.max(self.now.0 + LEASE);
        self.beliefs[agent] = Some((task, claim.generation));
        Ok(())
    }

    fn say(&mut self, decide: Decide, agent: usize, saying: &Saying) -> Checked {
        let (task, generation) = self.beliefs[agent].unwrap();
        if self.snapshot(None, Some(task)).was_moved() {
            self.look(decide, task)?;
        }
        let before = self.claims.clone();
        let message = format!("a{agent} says");
        let event =
            Event::Say { generation: Some(generation), saying: saying.clone(), message: message.clone() };
        let known = self.claims[task].as_ref().is_some_and(|claim| claim.message == message);
        let Ok(step) = decide(RULES, &self.snapshot(Some(agent), Some(task)), &event, self.moment()) else {
            return Ok(());
        };
        let elsewhere = self.working_on(agent).is_some_and(|other| other != task);
        let ends = matches!(saying, Saying::Complete) || step.outcome == Outcome::Repeated;
        ensure(ends || !elsewhere, "an agent was let work on two tasks")?;
        self.carry_out(&step)?;
        self.not_over_a_person(&before, task, step.outcome)?;
        let promise = &mut self.promises[task];
        ensure(promise.newest == generation, "a stale write was accepted")?;
        if step.outcome == Outcome::Repeated {
            return Ok(());
        }
        ensure(
            promise.holder == Some((agent, generation)),
            "a write of another than the holder was accepted",
        )?;
        let says = |text: &str| {
            step.writes
                .iter()
                .any(|write| matches!(write, BoardWrite::Comment { text: said } if said.contains(text)))
        };
        let heard = known || says(&message) || *saying == Saying::Heartbeat;
        ensure(heard, "what an agent wrote was lost")?;
        let moved = |to| step.writes.contains(&BoardWrite::Move { status: to });
        match saying {
            Saying::Complete => {
                ensure(promise.completed.is_none(), "a completion was accepted twice")?;
                ensure(moved(TaskStatus::Done) && step.audited, "a completion without its effects")?;
                (promise.completed, promise.holder) = (Some(generation), None);
            }
            Saying::Release => {
                ensure(moved(TaskStatus::Todo) && step.audited, "a release without its effects")?;
                promise.holder = None;
            }
            _ => promise.until = promise.until.max(self.now.0 + LEASE),
        }
        if promise.holder.is_none() {
            (promise.losses, promise.until) = (0, 0);
        }
        Ok(())
    }

    fn look(&mut self, decide: Decide, task: usize) -> Checked {
        let settled = self.says_when
            || self.owed[task].is_empty()
                && self.claims[task].as_ref().unwrap().delivered.is_none_or(|mark| mark.at < self.now);
        let event =
            Event::Board { found: Some(self.on_board(task)), read_at: self.now, task_name: task.to_string() };
        let holder = self.claims[task].as_ref().map(|claim| claim.agent_id[1..].parse().unwrap());
        let step = decide(RULES, &self.snapshot(holder, Some(task)), &event, self.moment());
        let Ok(step) = step else { return Err(String::from("reading the board was refused")) };
        if !settled || step.outcome != Outcome::Ended {
            return Ok(());
        }
        self.carry_out(&step)?;
        ensure(step.writes.is_empty(), "a person's move was written over")?;
        let promise = &mut self.promises[task];
        (promise.holder, promise.until, promise.losses, promise.completed) = (None, 0, 0, None);
        Ok(())
    }

    fn sweep(&mut self, decide: Decide, task: usize) -> Checked {
        let event = Event::Expire { task_name: task.to_string() };
        let step = decide(RULES, &self.snapshot(None, Some(task)), &event, self.moment());
        let Ok(step) = step else { return Err(String::from("recording the end of a lease was refused")) };
        if step.outcome == Outcome::Nothing {
            return Ok(());
        }
        ensure(self.promises[task].until <= self.now.0, "a lease ended before its time")?;
        ensure(!step.writes.is_empty() && step.audited, "the end of a lease without its effects")?;
        self.carry_out(&step)
    }

    /// What a person did since the claim was last decided on was not passed over.
    fn not_over_a_person(&self, before: &[Option<Claim>; TASKS], task: usize, outcome: Outcome) -> Checked {
        let Some(claim) = before[task].clone().filter(|_| self.says_when && outcome != Outcome::Repeated)
        else {
            return Ok(());
        };
        let moved = self.moves[task] > claim.moved_at.map_or(0, |known| known.0);
        let ours = match claim.state {
            ClaimState::Live => TaskStatus::InProgress,
            ClaimState::Released => TaskStatus::Todo,
            _ => return Ok(()),
        };
        ensure(!moved || self.board[task] == ours, "a decision was made over a person's move")
    }

    /// What an agent's record names is what it was promised; what it does not name, it cannot write to.
    fn one_holder_each(&self) -> Checked {
        for (number, agent) in self.agents.iter().enumerate() {
            let Some(held) = &agent.held else { continue };
            let task: usize = held.task_id.parse().unwrap();
            let live = self.claims[task]
                .as_ref()
                .is_some_and(|claim| claim.is_live(self.now) && claim.generation == held.generation);
            let promised = self.promises[task].holder == Some((number, held.generation));
            ensure(!live || promised, "an agent holds what it was not promised")?;
        }
        Ok(())
    }

    /// The task the agent's record names, if its lease lasts.
    fn working_on(&self, agent: usize) -> Option<usize> {
        let task = self.agents[agent].held.as_ref()?.task_id.parse::<usize>().unwrap();
        self.claims[task].as_ref()?.is_live(self.now).then_some(task)
    }

    /// From here one agent that works, and a sweeper, bring every task to its end: done, parked, or a person's.
    pub fn ends(mut self, decide: Decide) -> Checked {
        for _ in 0..TASKS * 4 {
            for task in 0..TASKS {
                while !self.owed[task].is_empty() {
                    self.act(decide, &Action::Deliver(task))?;
                }
                self.now = self.now.plus(1);
                if self.claims[task].is_some() {
                    self.act(decide, &Action::Look(task))?;
                }
            }
            self.act(decide, &Action::Clock(LEASE + 1))?;
            self.act(decide, &Action::Sweep)?;
            self.act(decide, &Action::Ask(0))?;
            if self.beliefs[0].is_some() {
                self.act(decide, &Action::Say(0, Saying::Complete))?;
            }
        }
        let ended = (0..TASKS).all(|task| {
            let claim = self.claims[task].as_ref();
            let shown = shown_status(self.board[task], claim, self.now);
            shown == TaskStatus::Done || claim.is_some_and(|claim| claim.state == ClaimState::Parked)
        });
        ensure(ended, "a task never ends")
    }
}
