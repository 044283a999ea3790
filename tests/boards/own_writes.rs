//! What the gateway wrote itself comes back late and out of order, by webhooks and by lists that lag: that is no person's doing. A
//! person's move in between is.
//!
//! A short form runs with the other tests; `OWN_WRITES=10000 cargo test --test boards own_writes -- --nocapture` is the
//! long one.

use std::sync::Arc;

use taskgate::{
    boards::{Board, TouchedTask},
    clock::Clock,
    coordinator::{CoordinatorError, ReportKind},
    model::{ClaimState, Effects, Event, EventKind, TaskStatus, Workspace},
    stores::{ClaimStore, ConditionalWrite, EventLog},
};

use crate::{
    host::Host,
    office::{HandClock, Office, REFRESH_MILLIS},
};

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn wanted_writes() -> usize {
    std::env::var("OWN_WRITES").ok().map_or(120, |text| text.parse().unwrap())
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Webhooks that are on their way.
struct Post {
    under_way: Vec<(String, String)>,
    dice: Dice,
    brought: usize,
    /// Writes of the gateway that came there.
    written: usize,
}

impl Post {
    /// Takes what was sent, and brings some of what is under way, in whatever order; all of it at the end.
    async fn bring<H: Host>(&mut self, host: &H, office: &Office<H::Board>, all: bool) {
        self.under_way.extend(host.deliveries());
        self.written += host.writes();
        let keep = if all { 0 } else { 12 };
        while self.under_way.len() > keep {
            let (event, body) = self.under_way.swap_remove(self.dice.below(self.under_way.len()));
            let touched = office.board.received(&event, body.as_bytes()).unwrap_or_default();
            self.brought += touched.len();
            note(office, touched).await;
        }
    }
}

/// What the handler of webhooks stores.
async fn note<B: Board + 'static>(office: &Office<B>, touched: Vec<TouchedTask>) {
    let now = office.clock.now();
    let event = |task: TouchedTask| Event {
        version: task.version,
        ..Event::about(EventKind::Task, &task.id, "", now)
    };
    let effects = Effects { events: touched.into_iter().map(event).collect(), ..Effects::default() };
    let write = ConditionalWrite { effects, ..ConditionalWrite::default() };
    office.store.commit_first(&Workspace::default(), vec![write]).await.unwrap();
}

async fn refresh<B: Board + 'static>(office: &Office<B>) {
    office.clock.pass(REFRESH_MILLIS);
    office.coordinator.refresh_boards().await.unwrap();
}

#[expect(clippy::print_stdout, reason = "the counts are what a long run is for")]
pub async fn come_back_as_ours(host: &impl Host) {
    let clock = Arc::new(HandClock::default());
    host.stands_still();
    let office = Office::over(Arc::new(host.open(clock.clone())), clock).await;
    let mut post = Post { under_way: Vec::new(), dice: Dice(7), brought: 0, written: 0 };
    let (mut rounds, wanted) = (0, wanted_writes());
    while post.written < wanted {
        host.file(&format!("task {rounds}"));
        refresh(&office).await;
        let grant = office.next().await;
        for percent in [40, 80] {
            office.all_written().await;
            post.bring(host, &office, false).await;
            // Of the grant, this reading shows nothing yet.
            refresh(&office).await;
            office.say(ReportKind::Progress(percent), "on it").await.unwrap();
            host.catch_up();
        }
        office.say(ReportKind::Complete, "done").await.unwrap();
        if post.dice.below(2) == 0 {
            office.all_written().await;
        }
        refresh(&office).await;
        let card = office.coordinator.task(&office.principal, &grant.claim.task_id).await.unwrap();
        assert_eq!(card.status, TaskStatus::Done, "round {rounds}: {card:?}");
        rounds += 1;
    }
    office.all_written().await;
    post.bring(host, &office, true).await;
    host.catch_up();
    refresh(&office).await;
    assert!(post.brought >= rounds * 3, "{} webhooks", post.brought);
    assert_eq!(host.unfinished(), Vec::<String>::new());
    let (moved, ended) = (persons_moves(&office).await, ended_claims(&office).await);
    println!(
        "{} writes on {rounds} tasks, {} webhooks, {moved} people's moves found, {ended} claims ended",
        post.written, post.brought
    );
    assert_eq!((moved, ended), (0, 0));
    a_real_move_is_seen(host, &office).await;
    assert_eq!((persons_moves(&office).await, ended_claims(&office).await), (1, 1));
    println!("then a person moved one: 1 move found, 1 claim ended");
    office.close().await;
}

/// Moves that the gateway took for a person's.
async fn persons_moves<B: Board + 'static>(office: &Office<B>) -> usize {
    let (mut moves, mut after) = (0, 0);
    loop {
        let events = office.store.events_after(&Workspace::default(), after, 1_000).await.unwrap().events;
        let Some(last) = events.last() else { return moves };
        after = last.sequence;
        moves += events.iter().filter(|stored| stored.event.action == "task.moved_by_person").count();
    }
}

/// Claims that ended in another way than by their agents' completing them.
async fn ended_claims<B: Board + 'static>(office: &Office<B>) -> usize {
    let claims = office.store.claims(&Workspace::default(), None).await.unwrap();
    claims.iter().filter(|claim| claim.state != ClaimState::Done).count()
}

async fn a_real_move_is_seen<H: Host>(host: &H, office: &Office<H::Board>) {
    host.file("moved by a person");
    refresh(office).await;
    let held = office.next().await.claim.task_id;
    office.all_written().await;
    host.catch_up();
    refresh(office).await;
    office.say(ReportKind::Heartbeat, "").await.unwrap();
    host.moves(&held, TaskStatus::Backlog).await;
    host.catch_up();
    refresh(office).await;
    let refused = office.say(ReportKind::Complete, "too late").await.unwrap_err();
    assert!(matches!(refused, CoordinatorError::HoldsNothing { .. }), "{refused}");
    assert!(refused.to_string().contains("was moved to backlog by a person"), "{refused}");
}
