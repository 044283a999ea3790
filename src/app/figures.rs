//! The figures that nobody counts: read when metrics are asked for, each in bounded time. What does not answer by then has none,
//! and the page comes all the same.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    clock::Clock,
    config::Settings,
    coordinator::Coordinator,
    github::Github,
    http::{Figures, ROUTES},
    mcp::{self, ServerFeatures},
    model::{UnixMillis, Workspace},
    stores::{KeyFilter, Store, StoreError},
    telemetry::metrics::{
        AGENTS, BOARD_AGE, BOARD_REFRESH, DEPENDENCY_UP, Dependency, EVENT_LOG_LAG, KEYS, KeyState,
        KnownNames, OUTBOX_ENTRIES, OUTBOX_OLDEST_AGE, Provider, QuotaApi, UPSTREAM_QUOTA_LEFT, Upstream,
        read_process, turn_on,
    },
};

/// For the store to say all that is asked of it.
const STORE_TIME: Duration = Duration::from_secs(2);
/// How long before its end a key is told of.
const ENDING_MILLIS: i64 = 7 * 86_400_000;
/// Keys that end soon and are counted.
const MOST_ENDING: u32 = 1_000;

/// Has everything counted from now on. `features`: what clients are offered.
pub fn count_from_now(features: &ServerFeatures, settings: &Settings, now: UnixMillis) {
    let names = KnownNames {
        routes: ROUTES.iter().map(|route| route.path.as_str()).collect(),
        methods: mcp::method_names().collect(),
        tools: features.tools.names().collect(),
    };
    turn_on(names, &settings.objectives, now);
    BOARD_REFRESH.set((), settings.board.refresh_millis as f64 / 1e3);
}

/// What figures are read of.
pub(super) struct ServiceFigures {
    pub(super) store: Arc<dyn Store>,
    pub(super) coordinator: Arc<Coordinator>,
    pub(super) github: Github,
    pub(super) clock: Arc<dyn Clock>,
    /// One reading at a time, however many ask.
    pub(super) turn: Mutex<()>,
}

impl ServiceFigures {
    async fn read_store(&self) -> Result<(), StoreError> {
        let (workspace, now) = (Workspace::default(), self.clock.now());
        let last = self.store.last_event(&workspace).await?;
        match self.coordinator.followed_place() {
            Some(place) => EVENT_LOG_LAG.set((), last.saturating_sub(place).max(0) as f64),
            None => EVENT_LOG_LAG.clear(),
        }
        let backlog = self.store.backlog(&workspace).await?;
        let age = backlog.oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0).max(0));
        OUTBOX_ENTRIES.set((), backlog.pending as f64);
        OUTBOX_OLDEST_AGE.set((), age as f64 / 1e3);
        KEYS.set(KeyState::Live, self.store.count_live(&workspace, now).await? as f64);
        let ends_before = Some(now.plus(ENDING_MILLIS));
        let limit = Some(MOST_ENDING);
        let filter = KeyFilter { unrevoked: true, ends_before, limit, ..KeyFilter::default() };
        let ending = self.store.keys(&workspace, filter).await?;
        let live = ending.iter().filter(|record| record.is_live(now));
        KEYS.set(KeyState::Ending, live.count() as f64);
        Ok(())
    }

    fn read_board(&self) {
        let workspace = Workspace::default();
        let board = self.coordinator.board_state(&workspace);
        DEPENDENCY_UP.set(Dependency::Board, f64::from(self.coordinator.board_answers(&workspace)));
        if let Some(seconds) = board.refreshed_seconds_ago {
            BOARD_AGE.set(Provider::of(board.about.provider), seconds as f64);
        }
        if let Some(agents) = self.coordinator.agent_count(&workspace) {
            AGENTS.set((), agents as f64);
        }
    }

    fn read_quotas(&self) {
        let (rest, graphql) = self.github.least_quota_left();
        for (api, left) in [(QuotaApi::Rest, rest), (QuotaApi::Graphql, graphql)] {
            UPSTREAM_QUOTA_LEFT.set((Upstream::Github, api), left.map_or(f64::NAN, |left| left as f64));
        }
    }
}

#[async_trait]
impl Figures for ServiceFigures {
    async fn read(&self) {
        let Ok(_turn) = timeout(STORE_TIME, self.turn.lock()).await else { return };
        let is_read = matches!(timeout(STORE_TIME, self.read_store()).await, Ok(Ok(())));
        if !is_read {
            for figure in [&OUTBOX_ENTRIES, &OUTBOX_OLDEST_AGE, &EVENT_LOG_LAG] {
                figure.clear();
            }
            KEYS.clear();
        }
        DEPENDENCY_UP.set(Dependency::Store, f64::from(is_read));
        self.read_board();
        self.read_quotas();
        read_process();
    }
}
