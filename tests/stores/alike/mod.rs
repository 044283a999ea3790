//! Random sequences of operations, the same on SQLite and on Redis: each answer of one is that of the other.
//! There are 500 sequences; `PROPTEST_CASES` asks for more.

mod access;
mod boards;
mod log;

use std::sync::Arc;

use proptest::{prelude::*, test_runner::TestRunner};
use taskgate::{
    model::{Moment, OwedWrite, Workspace},
    stores::{BoardPlace, Store, sqlite::SqliteStore},
};

use crate::{
    fixtures::{at, audit_key},
    on_redis::server::RedisServer,
};

const SEQUENCES: u32 = 500;
const LONGEST: usize = 60;

/// One operation: which, and what its numbers choose among.
#[derive(Clone, Debug)]
struct Step {
    which: u8,
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    millis: u8,
}

/// A store with what was read from it, and the time.
struct World {
    store: Arc<dyn Store>,
    millis: i64,
    taken: Vec<OwedWrite>,
    place: Option<BoardPlace>,
}

impl World {
    fn on(store: Arc<dyn Store>) -> Self {
        Self { store, millis: 0, taken: Vec::new(), place: None }
    }

    fn now(&self) -> Moment {
        at(self.millis)
    }

    /// Does one step; answers what the store did, without what only counts within one backend.
    async fn take(&mut self, room: Room, step: &Step) -> String {
        self.millis += i64::from(step.millis);
        match room {
            Room::Boards => self.boards(step).await,
            Room::Access => self.access(step).await,
            Room::Log => self.log(step).await,
        }
    }
}

#[derive(Clone, Copy)]
enum Room {
    Boards,
    Access,
    Log,
}

/// Mostly one workspace, sometimes another.
fn workspace(of: u8) -> Workspace {
    if of % 8 == 7 { Workspace::new("other") } else { Workspace::default() }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), 0..40u8);
    let step = step.prop_map(|(which, a, b, c, d, millis)| Step { which, a, b, c, d, millis });
    prop::collection::vec(step, 1..LONGEST)
}

/// Fills a store with some of everything.
pub async fn fill(store: Arc<dyn Store>) {
    let mut world = World::on(store);
    let mut random = 1_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 56) as u8
    };
    for room in [Room::Boards, Room::Access, Room::Log] {
        for _ in 0..1_000 {
            let (which, a, b, c, d) = (next(), next(), next(), next(), next());
            world.take(room, &Step { which, a, b, c, d, millis: next() % 40 }).await;
        }
    }
}

fn compare(room: Room) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = RedisServer::start(&[]);
    let config = ProptestConfig::default();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: config.cases.max(SEQUENCES),
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..config
    });
    let sequences = std::cell::Cell::new(0);
    let ran = runner.run(&steps(), |steps| {
        sequences.set(sequences.get() + 1);
        let prefix = format!("tg{}", sequences.get());
        runtime.block_on(async {
            let sqlite = SqliteStore::in_memory(audit_key()).unwrap();
            let redis = server.store(&prefix, audit_key());
            let (mut one, mut other) = (World::on(Arc::new(sqlite)), World::on(Arc::new(redis)));
            for (place, step) in steps.iter().enumerate() {
                let (sqlite, redis) = (one.take(room, step).await, other.take(room, step).await);
                prop_assert_eq!(sqlite, redis, "step {} ({:?})", place, step);
            }
            Ok(())
        })
    });
    if let Err(error) = ran {
        panic!("SQLite (left) and Redis (right) differ: {error}");
    }
}

#[test]
fn boards_claims_outbox_and_history_are_alike() {
    compare(Room::Boards);
}

#[test]
fn sessions_codes_and_followers_are_alike() {
    compare(Room::Access);
}

#[test]
fn usage_audit_and_events_are_alike() {
    compare(Room::Log);
}
