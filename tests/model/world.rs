//! The world around the function that decides: agents with what they believe, a board with people, a clock, and a
//! memory of its own of what was promised to whom.

use taskgate::{
    coordinator::core::{Command, CommandRefusal, Decision, OnBoard, Outcome, ReportKind, Rules, Snapshot},
    model::{
        Agent, AgentId, BoardMark, BoardWrite, Claim, Moment, Profile, StoreMillis, TaskStatus, UnixMillis,
        shown_status,
    },
};

pub type Decide = fn(Rules, &Snapshot, &Command, Moment) -> Result<Decision, CommandRefusal>;

pub const AGENTS: usize = 3;
pub const TASKS: usize = 3;
pub const LEASE: i64 = 2_000;
const RULES: Rules = Rules { lease_millis: LEASE, marks_claims: false };

#[derive(Clone, Debug)]
pub enum Action {
    Ask(usize),
    /// It asks on a picture that has its newest record but not the claim it holds, and does not hear the answer.
    AskUnheard(usize),
    Say(usize, ReportKind),
    /// It speaks on such a picture.
    SayBehind(usize),
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
pub struct Promise {
    pub holder: Option<(usize, i64)>,
    pub until: i64,
    pub newest: i64,
    pub completed: Option<i64>,
    /// Leases that ended in a row.
    pub losses: u32,
}

/// What kind of world it is.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Kind {
    /// Whether the board says when a person last moved a task.
    pub says_when: bool,
    /// Whether pictures may have an agent's record without the claim it names.
    pub lags: bool,
    /// Whether the store refuses a second live claim of an agent.
    pub fenced: bool,
}

#[derive(Clone, Debug, Hash)]
pub struct World {
    pub kind: Kind,
    pub now: StoreMillis,
    pub agents: Vec<Agent>,
    /// The task and generation each agent was last told it holds.
    pub beliefs: [Option<(usize, i64)>; AGENTS],
    pub claims: [Option<Claim>; TASKS],
    pub board: [TaskStatus; TASKS],
    /// How often a person moved a task, where the board says so.
    pub moves: [i64; TASKS],
    /// What it is owed, and how many moves were known when that was decided.
    pub owed: [Vec<(TaskStatus, i64)>; TASKS],
    pub promises: [Promise; TASKS],
}

pub type Checked = Result<(), String>;

pub fn ensure(holds: bool, what: &str) -> Checked {
    holds.then_some(()).ok_or_else(|| what.to_owned())
}

impl World {
    pub fn new(kind: Kind) -> Self {
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
            kind,
            now: StoreMillis(1_000_000),
            agents: (0..AGENTS).map(agent).collect(),
            beliefs: [None; AGENTS],
            claims: [const { None }; TASKS],
            board: [TaskStatus::Todo; TASKS],
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
            if self.kind.lags && self.agents[agent].held.is_some() {
                actions.push(Action::AskUnheard(agent));
            }
            if self.beliefs[agent].is_some() {
                let sayings = [
                    ReportKind::Heartbeat,
                    ReportKind::Progress(50),
                    ReportKind::Complete,
                    ReportKind::Release,
                ];
                actions.extend(sayings.map(|kind| Action::Say(agent, kind)));
                actions.push(Action::Crash(agent));
                if self.kind.lags {
                    actions.push(Action::SayBehind(agent));
                }
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
            Action::Ask(agent) => self.ask(decide, *agent, false),
            Action::AskUnheard(agent) => {
                let belief = self.beliefs[*agent];
                let asked = self.ask(decide, *agent, true);
                self.beliefs[*agent] = belief;
                asked
            }
            Action::Say(agent, kind) => self.say(decide, *agent, (kind, false)),
            Action::SayBehind(agent) => self.say(decide, *agent, (&ReportKind::Heartbeat, true)),
            Action::Crash(agent) => {
                self.beliefs[*agent] = None;
                Ok(())
            }
            Action::Move(task, status) => {
                self.board[*task] = *status;
                self.moves[*task] += i64::from(self.kind.says_when);
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

    pub fn snapshot(&self, agent: Option<usize>, task: Option<usize>) -> Snapshot {
        let agent = agent.map(|agent| self.agents[agent].clone());
        let held = agent.as_ref().and_then(|agent| agent.held.as_ref());
        let held = held.and_then(|held| self.claims[held.task_id.parse::<usize>().unwrap()].clone());
        let on_board = task.map(|task| self.on_board(task));
        Snapshot {
            agent,
            held,
            claim: task.and_then(|task| self.claims[task].clone()),
            on_board,
            ..Snapshot::default()
        }
    }

    fn on_board(&self, task: usize) -> OnBoard {
        let moved_at = self.kind.says_when.then_some(UnixMillis(self.moves[task]));
        OnBoard { status: self.board[task], assigned: false, moved_at }
    }

    /// Whether the store lets that decision leave a claim live: not beside another that the stored record of its agent names.
    fn leaves_one_live(&self, decision: &Decision) -> bool {
        let Some(claim) = decision.claim.as_ref().filter(|claim| self.kind.fenced && claim.is_live(self.now))
        else {
            return true;
        };
        let agent: usize = claim.agent_id[1..].parse().unwrap();
        let state = self.snapshot(Some(agent), None);
        state.live_claim(self.now).is_none_or(|held| held.task_id == claim.task_id)
    }

    /// Puts a decision in place, as a store does.
    fn carry_out(&mut self, decision: &Decision) -> Checked {
        if let Some(agent) = &decision.agent {
            let known = self.agents.iter_mut().find(|known| known.id == agent.id).unwrap();
            ensure(agent.version == known.version + 1, "an agent's record does not follow the one before")?;
            *known = agent.clone();
        }
        if let Some(claim) = &decision.claim {
            let task: usize = claim.task_id.parse().unwrap();
            let before = self.claims[task].as_ref().map_or(0, |claim| claim.version);
            ensure(claim.version == before + 1, "a claim's record does not follow the one before")?;
            let delivered = self.claims[task].as_ref().and_then(|claim| claim.delivered);
            self.claims[task] = Some(Claim { delivered, ..claim.clone() });
            let known = self.moves[task];
            let moves = decision.writes.iter().filter_map(|write| match write {
                BoardWrite::Move { status } => Some((*status, known)),
                BoardWrite::Comment { .. } | BoardWrite::Progress { .. } => None,
            });
            self.owed[task].extend(moves);
        }
        Ok(())
    }

    /// `behind`: what the agent holds is not known to whoever decides, until the store refuses.
    fn ask(&mut self, decide: Decide, agent: usize, behind: bool) -> Checked {
        let held = self.agents[agent].held.as_ref().map(|held| held.task_id.parse().unwrap());
        if let Some(task) = held.filter(|task| self.snapshot(None, Some(*task)).was_moved()) {
            self.look(decide, task)?;
        }
        // An asker's picture may be old: what is held is offered, too.
        let offered = |task: &usize| {
            let shown = shown_status(self.board[*task], self.claims[*task].as_ref(), self.now);
            matches!(shown, TaskStatus::Todo | TaskStatus::InProgress)
        };
        let seen = |task| {
            let state = self.snapshot(Some(agent), task);
            if behind { Snapshot { held: None, ..state } } else { state }
        };
        let is_known = |task: &usize| !behind || held != Some(*task);
        let tried = (0..TASKS).filter(offered).filter(is_known).find_map(|task| {
            let command = Command::Grant { task_id: task.to_string(), on_board: self.board[task] };
            decide(RULES, &seen(Some(task)), &command, self.moment()).ok()
        });
        let nothing = || decide(RULES, &seen(None), &Command::Request, self.moment()).ok();
        let Some(decision) = tried.or_else(nothing) else { return Ok(()) };
        if !self.leaves_one_live(&decision) {
            ensure(behind, "the store refuses what was decided on its own records")?;
            return self.ask(decide, agent, false);
        }
        let before = self.claims.clone();
        self.carry_out(&decision)?;
        let Some(claim) = &decision.claim else { return Ok(()) };
        let task: usize = claim.task_id.parse().unwrap();
        self.not_over_a_person(&before, task, decision.outcome)?;
        let others_live = self.promised_elsewhere(agent, task);
        let promise = &mut self.promises[task];
        if decision.outcome == Outcome::Held {
            ensure(
                promise.holder == Some((agent, claim.generation)),
                "a repeated request changed the claim",
            )?;
        } else {
            ensure(!others_live, "an agent was granted a second task")?;
            let taken =
                promise.holder.is_some_and(|(holder, _)| holder != agent) && promise.until > self.now.0;
            ensure(!taken, "a task was granted while somebody held it")?;
            ensure(claim.generation > promise.newest, "a generation did not rise")?;
            ensure(promise.completed.is_none(), "a finished task was granted")?;
            if promise.holder.is_some() {
                promise.losses += 1;
            }
            ensure(promise.losses < 3, "a task was handed out that three in a row had lost")?;
            ensure(decision.writes.len() == 2 && decision.audited, "a grant without its effects")?;
            promise.newest = claim.generation;
            promise.holder = Some((agent, claim.generation));
        }
        promise.until = promise.until.max(self.now.0 + LEASE);
        self.beliefs[agent] = Some((task, claim.generation));
        self.forget_ended(agent, task);
        Ok(())
    }

    fn say(&mut self, decide: Decide, agent: usize, (kind, behind): (&ReportKind, bool)) -> Checked {
        let (task, generation) = self.beliefs[agent].unwrap();
        if self.snapshot(None, Some(task)).was_moved() {
            self.look(decide, task)?;
        }
        let before = self.claims.clone();
        let message = format!("a{agent} says");
        let command =
            Command::Report { generation: Some(generation), kind: kind.clone(), message: message.clone() };
        let known = self.claims[task].as_ref().is_some_and(|claim| claim.message == message);
        let mut state = self.snapshot(Some(agent), Some(task));
        if behind && state.held.as_ref().is_some_and(|held| held.task_id != task.to_string()) {
            state.held = None;
        }
        let Ok(decision) = decide(RULES, &state, &command, self.moment()) else { return Ok(()) };
        if !self.leaves_one_live(&decision) {
            ensure(behind, "the store refuses what was decided on its own records")?;
            return self.say(decide, agent, (kind, false));
        }
        let elsewhere = self.working_on(agent).is_some_and(|other| other != task);
        let ends = matches!(kind, ReportKind::Complete) || decision.outcome == Outcome::Repeated;
        ensure(ends || !elsewhere, "an agent was let work on two tasks")?;
        self.carry_out(&decision)?;
        self.not_over_a_person(&before, task, decision.outcome)?;
        let promise = &mut self.promises[task];
        ensure(promise.newest == generation, "a stale write was accepted")?;
        if decision.outcome == Outcome::Repeated {
            return Ok(());
        }
        ensure(
            promise.holder == Some((agent, generation)),
            "a write of another than the holder was accepted",
        )?;
        let says = |text: &str| {
            decision
                .writes
                .iter()
                .any(|write| matches!(write, BoardWrite::Comment { text: said, .. } | BoardWrite::Progress { text: said, .. } if said.contains(text)))
        };
        let heard = known || says(&message) || *kind == ReportKind::Heartbeat;
        ensure(heard, "what an agent wrote was lost")?;
        let moved = |to| decision.writes.contains(&BoardWrite::Move { status: to });
        match kind {
            ReportKind::Complete => {
                ensure(promise.completed.is_none(), "a completion was accepted twice")?;
                ensure(moved(TaskStatus::Done) && decision.audited, "a completion without its effects")?;
                (promise.completed, promise.holder) = (Some(generation), None);
            }
            ReportKind::Release => {
                ensure(moved(TaskStatus::Todo) && decision.audited, "a release without its effects")?;
                promise.holder = None;
            }
            _ => promise.until = promise.until.max(self.now.0 + LEASE),
        }
        if promise.holder.is_none() {
            (promise.losses, promise.until) = (0, 0);
        } else {
            self.forget_ended(agent, task);
        }
        Ok(())
    }

    fn look(&mut self, decide: Decide, task: usize) -> Checked {
        let settled = self.kind.says_when
            || self.owed[task].is_empty()
                && self.claims[task].as_ref().unwrap().delivered.is_none_or(|mark| mark.at < self.now);
        let command = Command::ReadBoard {
            found: Some(self.on_board(task)),
            read_at: self.now,
            task_name: task.to_string(),
        };
        let holder = self.claims[task].as_ref().map(|claim| claim.agent_id[1..].parse().unwrap());
        let decision = decide(RULES, &self.snapshot(holder, Some(task)), &command, self.moment());
        let Ok(decision) = decision else { return Err(String::from("reading the board was refused")) };
        if !settled || decision.outcome != Outcome::Ended {
            return Ok(());
        }
        self.carry_out(&decision)?;
        ensure(decision.writes.is_empty(), "a person's move was written over")?;
        let promise = &mut self.promises[task];
        (promise.holder, promise.until, promise.losses, promise.completed) = (None, 0, 0, None);
        Ok(())
    }

    fn sweep(&mut self, decide: Decide, task: usize) -> Checked {
        let command = Command::ExpireLease { task_name: task.to_string() };
        let decision = decide(RULES, &self.snapshot(None, Some(task)), &command, self.moment());
        let Ok(decision) = decision else {
            return Err(String::from("recording the end of a lease was refused"));
        };
        if decision.outcome == Outcome::Nothing {
            return Ok(());
        }
        ensure(self.promises[task].until <= self.now.0, "a lease ended before its time")?;
        ensure(!decision.writes.is_empty() && decision.audited, "the end of a lease without its effects")?;
        self.carry_out(&decision)
    }
}
