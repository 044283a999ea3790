//! The world around the function that decides: agents with what they believe, a board with people, a clock, and a
//! memory of its own of what was promised to whom.

use taskgate::{
    coordinator::core::{Command, CommandRefusal, Decision, Outcome, ReportKind, Rules, Snapshot},
    model::{
        Agent, AgentId, BoardMark, BoardWrite, Claim, Moment, Profile, StoreMillis, TaskStatus, UnixMillis,
    },
};

use crate::{
    going_back::{Elsewhere, Settling},
    records::Put,
};

pub type Decide = fn(Rules, &Snapshot, &Command, Moment) -> Result<Decision, CommandRefusal>;

pub const AGENTS: usize = 3;
pub const TASKS: usize = 3;
pub const LEASE: i64 = 2_000;
pub const RULES: Rules = Rules { lease_millis: LEASE, marks_claims: false };

#[derive(Clone, Debug)]
pub enum Action {
    /// Unheard, where it is asked on a picture that is behind.
    Ask(usize, Sight),
    Say(usize, ReportKind, Sight),
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
    /// The server of the store has on its disk what it acknowledged.
    Keep,
    /// It comes back with what it had there, and is settled with.
    GoBack,
    /// The gateway that keeps a picture looks at the log of events.
    Follow,
}

/// What is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The store's records.
    Store,
    /// The store's, without the claim that the agent holds.
    Behind,
    /// What a gateway knows of them.
    Picture,
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
    /// How it is settled with a store that may go back.
    pub goes_back: Option<Settling>,
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
    /// Of a store that may go back.
    pub elsewhere: Option<Box<Elsewhere>>,
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
        let mut world = Self {
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
            elsewhere: None,
        };
        world.elsewhere = kind.goes_back.map(|_| Box::new(Elsewhere::of(&world)));
        world
    }

    /// Now; the wall clock plays no part in what is promised.
    pub const fn moment(&self) -> Moment {
        Moment::same(self.now.0)
    }

    /// Everything that can happen now.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![Action::Sweep, Action::Clock(LEASE + 1), Action::Clock(-LEASE / 2)];
        for agent in 0..AGENTS {
            actions.extend(self.sights().into_iter().map(|sight| Action::Ask(agent, sight)));
            if self.kind.lags && self.agents[agent].held.is_some() {
                actions.push(Action::Ask(agent, Sight::Behind));
            }
            if self.beliefs[agent].is_some() {
                let sayings = [
                    ReportKind::Heartbeat,
                    ReportKind::Progress(50),
                    ReportKind::Complete,
                    ReportKind::Release,
                ];
                for sight in self.sights() {
                    actions.extend(sayings.clone().map(|kind| Action::Say(agent, kind, sight)));
                }
                actions.push(Action::Crash(agent));
                if self.kind.lags {
                    actions.push(Action::Say(agent, ReportKind::Heartbeat, Sight::Behind));
                }
            }
        }
        actions.extend(self.losses());
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
            Action::Ask(agent, sight) => {
                let belief = self.beliefs[*agent];
                let asked = self.ask(decide, *agent, *sight);
                if *sight == Sight::Behind {
                    self.beliefs[*agent] = belief;
                }
                asked
            }
            Action::Say(agent, kind, sight) => self.say(decide, *agent, (kind, *sight)),
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
                self.is_told(*task);
                Ok(())
            }
            Action::Look(task) => self.look(decide, *task),
            Action::Sweep => (0..TASKS).try_for_each(|task| self.sweep(decide, task)),
            Action::Clock(millis) => {
                self.now = self.now.plus(*millis);
                Ok(())
            }
            Action::Keep => self.keep(),
            Action::GoBack => self.go_back(),
            Action::Follow => self.follow(),
        }?;
        self.one_holder_each()
    }

    fn ask(&mut self, decide: Decide, agent: usize, sight: Sight) -> Checked {
        let is_moved = |task: &usize| self.snapshot(sight, None, Some(*task)).was_moved();
        if let Some(task) = self.held(agent, sight).filter(is_moved) {
            self.look(decide, task)?;
        }
        let decision = self.offer(decide, agent, sight);
        if sight == Sight::Picture && !decision.as_ref().is_some_and(Decision::changes_something) {
            if self.catches_up()? {
                return self.ask(decide, agent, sight);
            }
            let given = self.offer(decide, agent, Sight::Store).and_then(|given| given.claim);
            ensure(given.is_none(), "a free task was passed over")?;
        }
        let Some(decision) = decision else { return Ok(()) };
        let before = self.claims.clone();
        match self.put(&decision, sight)? {
            Put::Done => {}
            Put::Unsettled => return Ok(()),
            Put::Late(better) => return self.ask(decide, agent, better),
        }
        let Some(claim) = &decision.claim else { return Ok(()) };
        let task: usize = claim.task_id.parse().unwrap();
        self.not_over_a_person(&before, task, decision.outcome)?;
        let others_live = self.promised_elsewhere(agent, task);
        let highest = self.given(task, claim.generation);
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
            ensure(claim.generation > highest, "a generation did not rise")?;
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

    fn say(&mut self, decide: Decide, agent: usize, (kind, sight): (&ReportKind, Sight)) -> Checked {
        let (task, generation) = self.beliefs[agent].unwrap();
        if self.snapshot(sight, None, Some(task)).was_moved() {
            self.look(decide, task)?;
        }
        let before = self.claims.clone();
        let message = format!("a{agent} says");
        let command =
            Command::Report { generation: Some(generation), kind: kind.clone(), message: message.clone() };
        let known = self.claims[task].as_ref().is_some_and(|claim| claim.message == message);
        let mut state = self.snapshot(sight, Some(agent), Some(task));
        if sight == Sight::Behind {
            state.held = state.held.filter(|held| held.task_id == task.to_string());
        }
        let decided = decide(RULES, &state, &command, self.moment());
        if sight == Sight::Picture && !decided.as_ref().is_ok_and(Decision::changes_something) {
            if self.freshen() {
                return self.say(decide, agent, (kind, sight));
            }
            if self.is_refused_as_old() {
                return Ok(());
            }
            let state = self.snapshot(Sight::Store, Some(agent), Some(task));
            let refused = decide(RULES, &state, &command, self.moment()).err();
            ensure(refused == decided.as_ref().err().copied(), "a word was answered on what the store lost")?;
        }
        let Ok(decision) = decided else { return Ok(()) };
        let elsewhere = self.working_on(agent).is_some_and(|other| other != task);
        match self.put(&decision, sight)? {
            Put::Done => {}
            Put::Unsettled => return Ok(()),
            Put::Late(better) => return self.say(decide, agent, (kind, better)),
        }
        let ends = matches!(kind, ReportKind::Complete) || decision.outcome == Outcome::Repeated;
        ensure(ends || !elsewhere, "an agent was let work on two tasks")?;
        self.not_over_a_person(&before, task, decision.outcome)?;
        let heard = known || tells(&decision, &message) || *kind == ReportKind::Heartbeat;
        self.accepted(agent, (task, generation), (kind, heard), &decision)
    }

    /// What it means for who was promised what that this report was accepted.
    fn accepted(
        &mut self,
        agent: usize,
        (task, generation): (usize, i64),
        (kind, heard): (&ReportKind, bool),
        decision: &Decision,
    ) -> Checked {
        let promise = &mut self.promises[task];
        ensure(promise.newest == generation, "a stale write was accepted")?;
        if decision.outcome == Outcome::Repeated {
            return Ok(());
        }
        ensure(
            promise.holder == Some((agent, generation)),
            "a write of another than the holder was accepted",
        )?;
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
        let decision =
            decide(RULES, &self.snapshot(Sight::Store, holder, Some(task)), &command, self.moment());
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
        let decision = decide(RULES, &self.snapshot(Sight::Store, None, Some(task)), &command, self.moment());
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

/// Whether the board is told that text.
fn tells(decision: &Decision, text: &str) -> bool {
    decision.writes.iter().any(|write| match write {
        BoardWrite::Comment { text: said, .. } | BoardWrite::Progress { text: said, .. } => {
            said.contains(text)
        }
        BoardWrite::Move { .. } => false,
    })
}
