//! Opening a gateway whose store may not be there yet: it is waited for, and whoever asks meanwhile is told how it stands.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{
    app::{
        StartError,
        conditions::{Condition, STORE_AWAY},
        services::{SERVICE_INFO, Services},
        stores::left_behind,
    },
    config::Settings,
    http::{Bound, DependencyState, Readiness, ReadyReport},
    model::Causes,
    shutdown::{Lifecycle, signal},
    stores::StoreError,
};

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// How a store stands that is waited for.
struct StoreAwaited {
    since: Instant,
    found: Mutex<&'static Condition>,
}

impl StoreAwaited {
    fn note(&self, error: &StoreError) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Condition::of_store(error);
    }
}

#[async_trait]
impl Readiness for StoreAwaited {
    async fn look(&self) -> ReadyReport {
        let Condition { name, state, problem, advice } =
            **self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let for_seconds = self.since.elapsed().as_secs();
        let store = DependencyState { name, state, for_seconds, advice };
        ReadyReport { problem, dependencies: vec![store], board_age_seconds: None }
    }
}

/// Opens the services on a store that is waited for; none when a signal came first. `bound` answers meanwhile.
pub async fn open_when_there(
    settings: &Settings,
    lifecycle: &Lifecycle,
    bound: &Bound,
) -> Result<Option<Services>, StartError> {
    let awaited = match Services::open(settings, lifecycle.clone()).await {
        Err(StartError::StoreAway { source }) => {
            tracing::warn!(error = %Causes(&source), "waiting for Redis: nothing works until it can be used");
            let awaited = StoreAwaited { since: Instant::now(), found: Mutex::new(&STORE_AWAY) };
            awaited.note(&source);
            Arc::new(awaited)
        }
        opened => return Ok(Some(tell_of_store(settings, opened?))),
    };
    tokio::select! {
        opened = open_at_last(settings, lifecycle, &awaited) => Ok(Some(tell_of_store(settings, opened?))),
        () = bound.answer_without_store(lifecycle, SERVICE_INFO, Arc::clone(&awaited) as _) => Ok(None),
        () = signal() => Ok(None),
    }
}

/// Logs what is worth knowing of the store that was opened. Commands, which open it too, say nothing of it.
fn tell_of_store(settings: &Settings, services: Services) -> Services {
    for finding in services.found.iter().chain(&left_behind(settings)) {
        tracing::warn!("{}", finding.said);
    }
    services
}

async fn open_at_last(
    settings: &Settings,
    lifecycle: &Lifecycle,
    awaited: &StoreAwaited,
) -> Result<Services, StartError> {
    let mut told = String::new();
    loop {
        tokio::time::sleep(PAUSE).await;
        let source = match Services::open(settings, lifecycle.clone()).await {
            Err(StartError::StoreAway { source }) => source,
            opened => return opened,
        };
        awaited.note(&source);
        let said = Causes(&source).to_string();
        if said != told {
            tracing::warn!(error = %said, "still waiting for Redis");
            told = said;
        }
    }
}
