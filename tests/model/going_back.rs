//! A store that may go back, as one on another machine does whose server is started again with less than it had acknowledged; how
//! it is settled with then, and a gateway that lives through it with a picture of its own. Others read what they decide on.

use std::collections::BTreeSet;

use taskgate::{
    coordinator::core::Decision,
    model::{Agent, Claim, StoreTerm},
};

use crate::world::{AGENTS, Action, Checked, Sight, TASKS, World};

/// Further than the log of events ever goes here.
const FAR: i64 = 1_000;

/// How it is settled with, and what is left out of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settling {
    Whole,
    /// Generations go on from what the store has.
    WithoutGenerations,
    /// The places of events go on from there.
    WithoutEvents,
    /// The store takes what was decided on an older picture.
    WithoutTerms,
    /// What is newer in the picture than in the store stays there when all is read anew.
    WithoutReadingAnew,
}

/// What a gateway knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Picture {
    pub claims: [Option<Claim>; TASKS],
    pub agents: Vec<Agent>,
    /// In which term it was read.
    term: StoreTerm,
    /// The event up to which it has all.
    followed: i64,
}

/// What there is of a store that may go back.
#[derive(Clone, Debug, Hash)]
pub struct Elsewhere {
    /// What the server comes back with, and the place of its last event.
    kept: Option<World>,
    kept_event: i64,
    term: StoreTerm,
    event: i64,
    /// Events that nobody who comes from a lower place has all of.
    first_event: i64,
    /// Records that events tell of which the picture does not have: claims, then agents.
    unheard: BTreeSet<usize>,
    /// The highest generation that was ever given, of each task.
    highest: [i64; TASKS],
    pub picture: Picture,
}

impl Elsewhere {
    pub fn of(world: &World) -> Self {
        Self {
            kept: Some(world.clone()),
            kept_event: 0,
            term: StoreTerm::default(),
            event: 0,
            first_event: 0,
            unheard: BTreeSet::new(),
            highest: [0; TASKS],
            picture: Picture {
                claims: [const { None }; TASKS],
                agents: world.agents.clone(),
                term: StoreTerm::default(),
                followed: 0,
            },
        }
    }
}

impl Picture {
    /// Takes a claim, unless what is known is as new.
    fn put_claim(&mut self, task: usize, claim: Option<&Claim>) {
        let Some(claim) = claim else { return };
        let is_known = self.claims[task].as_ref().is_some_and(|known| {
            known.version > claim.version
                || known.version == claim.version && known.delivered == claim.delivered
        });
        if !is_known {
            self.claims[task] = Some(claim.clone());
        }
    }

    fn put_agent(&mut self, number: usize, agent: &Agent) {
        if self.agents[number].version < agent.version {
            self.agents[number] = agent.clone();
        }
    }
}

impl World {
    /// Which records an agent's words may be decided on.
    pub fn sights(&self) -> Vec<Sight> {
        if self.elsewhere.is_some() { vec![Sight::Store, Sight::Picture] } else { vec![Sight::Store] }
    }

    /// What becomes of a store that may go back.
    pub fn losses(&self) -> Vec<Action> {
        let Some(elsewhere) = &self.elsewhere else { return Vec::new() };
        let kept = elsewhere.kept.as_ref().unwrap();
        let mut actions = vec![Action::Follow];
        if kept.claims != self.claims || kept.agents != self.agents {
            actions.extend([Action::Keep, Action::GoBack]);
        }
        actions
    }

    pub fn agents(&self, sight: Sight) -> &[Agent] {
        match &self.elsewhere {
            Some(elsewhere) if sight == Sight::Picture => &elsewhere.picture.agents,
            _ => &self.agents,
        }
    }

    pub fn term(&self, sight: Sight) -> StoreTerm {
        let term = |elsewhere: &Elsewhere| {
            if sight == Sight::Picture { elsewhere.picture.term } else { elsewhere.term }
        };
        self.elsewhere.as_deref().map(term).unwrap_or_default()
    }

    /// Whether the picture is of what the store had before it went back, which the store has noticed.
    pub fn is_refused_as_old(&self) -> bool {
        self.kind.goes_back != Some(Settling::WithoutTerms)
            && self.term(Sight::Picture) != self.term(Sight::Store)
    }

    /// The highest generation of a task before this one is given.
    pub fn given(&mut self, task: usize, generation: i64) -> i64 {
        let newest = self.promises[task].newest;
        let Some(elsewhere) = &mut self.elsewhere else { return newest };
        let highest = &mut elsewhere.highest[task];
        let before = std::mem::replace(highest, generation.max(*highest));
        before.max(newest)
    }

    /// An event tells of that record.
    pub fn is_told(&mut self, record: usize) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        elsewhere.event += 1;
        if elsewhere.event > elsewhere.picture.followed {
            elsewhere.unheard.insert(record);
        }
    }

    /// The gateway with the picture knows what it decided.
    pub fn learn(&mut self, decision: &Decision) {
        let records =
            decision.agent.iter().map(|agent| TASKS + agent.id.as_str()[1..].parse::<usize>().unwrap());
        let records = records.chain(decision.claim.iter().map(|claim| claim.task_id.parse().unwrap()));
        self.take(records.collect());
    }

    /// The server has all that was acknowledged on its disk.
    pub fn keep(&mut self) -> Checked {
        let mut elsewhere = self.elsewhere.take().unwrap();
        elsewhere.kept = Some(self.clone());
        elsewhere.kept_event = elsewhere.event;
        self.elsewhere = Some(elsewhere);
        Ok(())
    }

    /// The store has what it had on its disk. Settled is what all gateways know of; what they were told that is lost now is promised
    /// to nobody.
    pub fn go_back(&mut self) -> Checked {
        let mut elsewhere = self.elsewhere.take().unwrap();
        let mut back = elsewhere.kept.clone().unwrap();
        back.now = self.now;
        back.beliefs = self.beliefs;
        if !self.kind.says_when {
            // The board is somebody else's.
            (back.board, back.moves) = (self.board, self.moves);
        }
        *self = back;
        let settling = self.kind.goes_back.unwrap();
        let highest = elsewhere.highest.into_iter().max().unwrap();
        let before = elsewhere.term.least_generation.max(self.moment().wall.seconds()).max(highest);
        elsewhere.term.number += 1;
        if settling != Settling::WithoutGenerations {
            elsewhere.term.least_generation = before + 1;
        }
        let last = elsewhere.event.max(elsewhere.picture.followed);
        elsewhere.event = elsewhere.kept_event;
        elsewhere.unheard.clear();
        if settling != Settling::WithoutEvents {
            elsewhere.event = last + FAR;
            elsewhere.first_event = elsewhere.event;
            elsewhere.kept_event = elsewhere.event;
        }
        self.elsewhere = Some(elsewhere);
        Ok(())
    }

    /// The gateway with the picture goes on in the log; what may have gone back is read anew first, whatever was known.
    pub fn follow(&mut self) -> Checked {
        let term = self.term(Sight::Store);
        let (claims, agents) = (self.claims.clone(), self.agents.clone());
        let settling = self.kind.goes_back;
        let elsewhere = self.elsewhere.as_mut().unwrap();
        let picture = &mut elsewhere.picture;
        let is_another = picture.term != term;
        if is_another && settling != Some(Settling::WithoutReadingAnew) {
            (picture.claims, picture.agents) = (claims, agents);
        }
        picture.term = term;
        let missed = is_another || picture.followed < elsewhere.first_event;
        picture.followed = picture.followed.max(elsewhere.event);
        let heard = std::mem::take(&mut elsewhere.unheard);
        let records = if missed { (0..TASKS + AGENTS).collect() } else { heard };
        self.take(records);
        Ok(())
    }

    /// Puts these records into the picture as the store has them, unless what is known is as new.
    fn take(&mut self, records: BTreeSet<usize>) {
        let mut elsewhere = self.elsewhere.take().unwrap();
        for record in records {
            match record.checked_sub(TASKS) {
                Some(number) => elsewhere.picture.put_agent(number, &self.agents[number]),
                None => elsewhere.picture.put_claim(record, self.claims[record].as_ref()),
            }
        }
        self.elsewhere = Some(elsewhere);
    }

    /// Has the gateway with the picture read all records; whether any was news to it.
    pub fn freshen(&mut self) -> bool {
        let before = self.elsewhere.as_ref().unwrap().picture.clone();
        self.take((0..TASKS + AGENTS).collect());
        self.elsewhere.as_ref().unwrap().picture != before
    }

    /// The same with the log, which is followed up to its end before 'nothing' is said.
    pub fn catches_up(&mut self) -> Result<bool, String> {
        let before = self.elsewhere.as_ref().unwrap().picture.clone();
        let is_behind = before.followed < self.elsewhere.as_ref().unwrap().event;
        if is_behind {
            self.follow()?;
        }
        self.freshen();
        let after = &self.elsewhere.as_ref().unwrap().picture;
        Ok((&after.claims, &after.agents) != (&before.claims, &before.agents))
    }

    /// Whether who follows sees what there is.
    pub fn sees_what_is_there(&self) -> bool {
        let picture = &self.elsewhere.as_ref().unwrap().picture;
        picture.claims == self.claims && picture.agents == self.agents
    }
}
