//! Turns at looking through a board for a text. Who asks has one turn at a time and waits for it with the others in a line that has an
//! end; the turn goes to whom it was given least lately. Agents wait for no person: theirs is a line of its own.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Slices, walk::apart};
use crate::coordinator::CoordinatorError;

/// Searches that wait for their turn, of all who ask and of one of them: the agents of a team may all have one key.
const MOST_WAITING: usize = 128;
const MOST_WAITING_OF_ONE: usize = 32;
/// How long one waits.
const MOST_WAIT: Duration = Duration::from_secs(10);
/// Who had a turn lately, so far as it is remembered: at least as many as may wait, so that nobody in the line is forgotten.
const REMEMBERED: usize = 2 * MOST_WAITING;

/// Who looks for something, by the name they have among all.
#[derive(Clone, Debug)]
pub enum Seeker {
    /// A call with that key.
    Agent(Arc<str>),
    /// Somebody at the dashboard.
    Person(Arc<str>),
}

/// The turns of all.
pub(in crate::coordinator) struct SearchTurns {
    agents: Arc<TurnLine>,
    people: Arc<TurnLine>,
    most_wait: Duration,
}

impl Default for SearchTurns {
    /// Agents have half the processors, so that the other half serves; people look one at a time.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of((processors / 2).max(1), MOST_WAIT)
    }
}

impl SearchTurns {
    fn of(agents: usize, most_wait: Duration) -> Self {
        Self { agents: Arc::new(TurnLine::of(agents)), people: Arc::new(TurnLine::of(1)), most_wait }
    }

    /// Runs `work` over the cards, apart from other calls, when it is the seeker's turn. It ends early, its result unused, once nobody
    /// waits for it. Refused where too many wait.
    pub(in crate::coordinator) async fn run<T: Send + 'static>(
        &self,
        seeker: &Seeker,
        slices: Slices,
        work: impl FnOnce(Slices) -> T + Send + 'static,
    ) -> Result<T, CoordinatorError> {
        let (line, name) = match seeker {
            Seeker::Agent(name) => (&self.agents, name),
            Seeker::Person(name) => (&self.people, name),
        };
        let place = TurnPlace::join(line, name).ok_or(CoordinatorError::TooManySearches)?;
        let turn = tokio::time::timeout(self.most_wait, place.turn()).await;
        turn.map_err(|_| CoordinatorError::TooManySearches)?;
        apart(place, slices, work).await
    }
}

/// Those who have a turn and those who wait for one.
struct TurnLine {
    most_running: usize,
    state: Mutex<LineState>,
    changed: Notify,
}

#[derive(Default)]
struct LineState {
    tickets: u64,
    running: Vec<(u64, Arc<str>)>,
    waiting: Vec<(u64, Arc<str>)>,
    /// Who had a turn lately, the last one at the end.
    served: VecDeque<Arc<str>>,
}

impl TurnLine {
    fn of(most_running: usize) -> Self {
        Self { most_running, state: Mutex::default(), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, LineState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives whoever waits with that ticket the turn, if it is theirs.
    fn begin(&self, ticket: u64) -> bool {
        let mut state = self.state();
        if state.running.len() >= self.most_running || state.next() != Some(ticket) {
            return false;
        }
        let Some(at) = state.waiting.iter().position(|(other, _)| *other == ticket) else { return false };
        let place = state.waiting.remove(at);
        state.served.retain(|name| *name != place.1);
        state.served.push_back(Arc::clone(&place.1));
        if state.served.len() > REMEMBERED {
            state.served.pop_front();
        }
        state.running.push(place);
        drop(state);
        // There may be a turn for another one too.
        self.changed.notify_waiters();
        true
    }
}

impl LineState {
    /// The ticket whose turn is next: of those whose seeker has no turn now, the one whose last turn was longest ago.
    fn next(&self) -> Option<u64> {
        let is_free = |(_, name): &&(u64, Arc<str>)| self.running.iter().all(|(_, other)| other != name);
        let last = |name: &Arc<str>| self.served.iter().position(|other| other == name);
        let next = self.waiting.iter().filter(is_free).min_by_key(|(ticket, name)| (last(name), *ticket));
        next.map(|(ticket, _)| *ticket)
    }
}

/// A place in a line, or a turn; given back when it is dropped.
struct TurnPlace {
    line: Arc<TurnLine>,
    ticket: u64,
}

impl TurnPlace {
    /// A place at the end of the line; `None`: too many wait.
    fn join(line: &Arc<TurnLine>, name: &Arc<str>) -> Option<Self> {
        let mut state = line.state();
        let own = state.waiting.iter().filter(|(_, other)| other == name).count();
        if own >= MOST_WAITING_OF_ONE || state.waiting.len() >= MOST_WAITING {
            return None;
        }
        state.tickets += 1;
        let ticket = state.tickets;
        state.waiting.push((ticket, Arc::clone(name)));
        drop(state);
        Some(Self { line: Arc::clone(line), ticket })
    }

    /// Waits for the turn.
    async fn turn(&self) {
        loop {
            let mut changed = std::pin::pin!(self.line.changed.notified());
            // Before the look, so that what happens after it is not missed.
            changed.as_mut().enable();
            if self.line.begin(self.ticket) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for TurnPlace {
    fn drop(&mut self) {
        let mut state = self.line.state();
        state.running.retain(|(ticket, _)| *ticket != self.ticket);
        state.waiting.retain(|(ticket, _)| *ticket != self.ticket);
        drop(state);
        self.line.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::{BoxFuture, join_all};

    use super::*;
    use crate::{coordinator::browse::tests::mirror_of, model::Moment};

    fn slices() -> Slices {
        Slices::new(mirror_of(Vec::new()), Moment::default())
    }

    fn name(text: &str) -> Arc<str> {
        text.into()
    }

    /// A search that goes on until it is told to end, once it has its turn.
    async fn occupied(turns: &SearchTurns, seeker: Seeker) -> (mpsc::Sender<()>, BoxFuture<'_, ()>) {
        let (end, ends) = mpsc::channel();
        let (begun, mut begins) = tokio::sync::oneshot::channel();
        let work = move |_| {
            let _ = begun.send(());
            let _ = ends.recv();
        };
        let mut search =
            Box::pin(async move { turns.run(&seeker, slices(), work).await.expect("it is let in") });
        tokio::select! {
            () = &mut search => panic!("it is not told to end"),
            begun = &mut begins => begun.expect("it begins"),
        }
        (end, search)
    }

    #[tokio::test]
    async fn an_agent_waits_for_no_person_and_no_more_than_one_search_of_another_agent() {
        let turns = SearchTurns::of(1, MOST_WAIT);
        let _person = occupied(&turns, Seeker::Person(name("admin"))).await;
        let (end, first) = occupied(&turns, Seeker::Agent(name("loud"))).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let search = |who: &'static str| {
            let (turns, order) = (&turns, Arc::clone(&order));
            async move {
                let note = move |_| order.lock().unwrap().push(who);
                turns.run(&Seeker::Agent(name(who)), slices(), note).await.unwrap();
            }
        };
        let others = join_all(["loud", "loud", "loud", "quiet"].map(search));
        let told = async {
            // All of them wait by now.
            tokio::task::yield_now().await;
            end.send(()).unwrap();
            first.await;
        };
        tokio::join!(others, told);
        assert_eq!(*order.lock().unwrap(), ["quiet", "loud", "loud", "loud"]);
    }

    #[tokio::test]
    async fn one_that_asks_again_and_again_has_one_turn_and_a_line_with_an_end() {
        let turns = SearchTurns::of(2, MOST_WAIT);
        let (end, first) = occupied(&turns, Seeker::Agent(name("loud"))).await;
        let waiting: Vec<_> = (0..MOST_WAITING_OF_ONE)
            .map(|_| TurnPlace::join(&turns.agents, &name("loud")).unwrap())
            .collect();
        assert!(
            !waiting.iter().any(|place| turns.agents.begin(place.ticket)),
            "the second turn is for others"
        );
        let refused = turns.run(&Seeker::Agent(name("loud")), slices(), |_| ()).await.unwrap_err();
        assert_eq!(refused.to_string(), "too many searches at once: try again in 2 s");
        turns.run(&Seeker::Agent(name("quiet")), slices(), |_| ()).await.unwrap();
        drop(waiting);
        end.send(()).unwrap();
        first.await;
        turns.run(&Seeker::Agent(name("loud")), slices(), |_| ()).await.unwrap();
        let many: Vec<_> =
            (0..).map_while(|who| TurnPlace::join(&turns.people, &name(&format!("p{who}")))).collect();
        assert_eq!(many.len(), MOST_WAITING, "of all together");
        assert!(turns.people.state().served.is_empty());
    }

    #[tokio::test]
    async fn a_wait_has_an_end_and_leaves_no_place_behind() {
        let turns = SearchTurns::of(1, Duration::from_millis(5));
        let turn = TurnPlace::join(&turns.people, &name("slow")).unwrap();
        turn.turn().await;
        let refused = turns.run(&Seeker::Person(name("other")), slices(), |_| ()).await;
        assert!(matches!(refused, Err(CoordinatorError::TooManySearches)));
        assert!(turns.people.state().waiting.is_empty());
        drop(turn);
        assert!(turns.people.state().running.is_empty());
    }
}
