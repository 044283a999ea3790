//! Which jobs there are, and the parts each is given.

use std::sync::Arc;

use super::{
    activity_log::ActivityLog,
    audit_check::AuditCheck,
    audit_links::AuditLinks,
    boards::BoardReads,
    events::{Clients, Events},
    expiry_alerts::ExpiryAlerts,
    first_look::FirstLook,
    following::Following,
    leases::Leases,
    rechecks::Rechecks,
    reseal::Reseal,
    spans::SpanExport,
    store_time::Timekeeper,
    subscribers::{Receiver, Telling},
    sweep::Sweep,
    usage::UsageJob,
};
use crate::{
    app::{Services, StartError, others::Hearing},
    http::{AppState, OpenExchanges},
    log_context::in_job,
    model::Causes,
    telemetry::{InteractionLog, metrics::Upstream, traces},
};

impl Services {
    /// Starts what runs beside the calls. `state`: the HTTP edge, if there is one.
    pub fn start_jobs(&self, state: Option<&AppState>) -> Result<(), StartError> {
        // The only one that may not start.
        let activity_log = self.open_activity_log()?;
        self.follow_events(state.map(|state| Arc::clone(&state.open_exchanges)));
        if let Some(log) = activity_log {
            self.log_activity(log);
        }
        self.tell_subscribers();
        self.keep_the_board();
        self.keep_the_store();
        self.keep_the_audit_log();
        self.keep_the_keys();
        self.share_limits();
        self.export_spans();
        self.hear_others(state);
        Ok(())
    }

    fn open_activity_log(&self) -> Result<Option<InteractionLog>, StartError> {
        let Some(folder) = &self.event_log else { return Ok(None) };
        let fail = |source| StartError::EventLog { folder: folder.display().to_string(), source };
        InteractionLog::open(folder).map(Some).map_err(fail)
    }

    /// Commands and `stdio` have no edge, and nothing that others would ask for.
    fn hear_others(&self, state: Option<&AppState>) {
        let (Some(bus), Some(state)) = (self.bus.get().cloned(), state) else { return };
        let hearing = Hearing { bus, state: state.clone(), lifecycle: self.lifecycle.clone() };
        let telling = state.server().tell_of_streams();
        self.lifecycle.spawn_loop("telling other gateways of streams", telling);
        self.lifecycle.spawn_loop("hearing other gateways", hearing.run());
    }

    fn follow_events(&self, open: Option<Arc<OpenExchanges>>) {
        let authenticator = Arc::clone(&self.authenticator);
        let rechecks = Rechecks { authenticator, open, unanswered: Arc::default() };
        let events = Events {
            log: Following(self.store.clone()),
            coordinator: Arc::clone(&self.coordinator),
            reviews: Arc::clone(&self.reviews),
            rechecks: rechecks.clone(),
            browser_sessions: Arc::clone(&self.browser_sessions),
            bell: Arc::clone(&self.bell),
            clients: Clients {
                sessions: Arc::clone(&self.sessions),
                streams: Arc::clone(&self.streams),
                subscriptions: Arc::clone(&self.subscriptions),
                clock: Arc::clone(&self.clock),
            },
        };
        self.lifecycle.spawn_loop("following the event log", events.run());
        self.lifecycle.spawn_loop("asking for keys again", rechecks.run());
    }

    fn log_activity(&self, log: InteractionLog) {
        let activity = ActivityLog { log: Arc::new(log), events: Following(self.store.clone()) };
        let soft = self.lifecycle.soft().clone();
        self.lifecycle.spawn_part("writing TASKGATE_EVENT_LOG", async move {
            soft.run_until_cancelled(activity.run()).await;
            let _ = activity.write().await;
        });
    }

    /// Each in a job of its own, so that none waits for another.
    fn tell_subscribers(&self) {
        let Some((subscribers, secret)) = &self.subscribers else { return };
        let receivers = subscribers.addresses.iter();
        for receiver in receivers
            .filter_map(|address| Receiver::at(address, self.client.to(Upstream::Subscriber), secret.clone()))
        {
            let telling = Telling {
                receiver,
                log: Following(self.store.clone()),
                followers: self.store.clone(),
                coordinator: Arc::clone(&self.coordinator),
                clock: Arc::clone(&self.clock),
                instance: self.instance.clone(),
            };
            let soft = self.lifecycle.soft().clone();
            self.lifecycle.spawn_part("telling a subscriber", async move {
                soft.run_until_cancelled(telling.run()).await;
                telling.leave().await;
            });
        }
    }

    fn keep_the_board(&self) {
        let first_look =
            FirstLook { coordinator: Arc::clone(&self.coordinator), identities: self.store.clone() };
        self.lifecycle.spawn_loop("looking at the board first", first_look.run());
        let leases = Leases { coordinator: Arc::clone(&self.coordinator) };
        self.lifecycle.spawn_loop("looking after leases", leases.run());
        let reads = BoardReads { coordinator: Arc::clone(&self.coordinator) };
        self.lifecycle.spawn_loop("reading boards", reads.run());
        let (deliverer, soft) = (Arc::clone(&self.deliverer), self.lifecycle.soft().clone());
        self.lifecycle.spawn_part("delivering to the board", async move { deliverer.run(&soft).await });
    }

    fn keep_the_store(&self) {
        let dependencies = Arc::clone(&self.dependencies);
        self.lifecycle.spawn_loop("watching what it depends on", async move { dependencies.run().await });
        let store = Arc::clone(&self.store);
        self.lifecycle.spawn_loop("writing to the database", async move { store.ended().await });
        let sweep = Sweep {
            rates: self.rates.clone(),
            browser_sessions: Arc::clone(&self.browser_sessions),
            sessions: Arc::clone(&self.sessions),
            streams: Arc::clone(&self.streams),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
        };
        self.lifecycle.spawn_loop("sweeping", sweep.run());
        let keeper = Timekeeper {
            clock: Arc::clone(&self.system_clock),
            store: self.store.clone(),
            dependencies: Arc::clone(&self.dependencies),
        };
        let soft = self.lifecycle.soft().clone();
        self.lifecycle.spawn_part("keeping the time", async move {
            soft.run_until_cancelled(keeper.run()).await;
            keeper.keep(false).await;
        });
    }

    /// Nothing to do where each process keeps limits of its own.
    fn share_limits(&self) {
        if Arc::clone(&self.store).rates().is_none() {
            return;
        }
        let (rates, soft) = (self.rates.clone(), self.lifecycle.soft().clone());
        let authenticator = Arc::clone(&self.authenticator);
        self.lifecycle.spawn_part("sharing limits", async move {
            soft.run_until_cancelled(rates.share()).await;
            rates.leave().await;
        });
        self.lifecycle.spawn_loop("sharing failures", async move { authenticator.share_failures().await });
    }

    /// No part of which anything depends.
    fn export_spans(&self) {
        let (Some(settings), Some(queue)) = (self.traces.clone(), traces::queue()) else { return };
        tracing::info!("traces are sent to {}", settings.endpoint.origin().ascii_serialization());
        let client = self.client.to(Upstream::Collector);
        let export = Arc::new(SpanExport::new(client, settings, queue, Arc::clone(&self.clock)));
        let (last, soft) = (Arc::clone(&export), self.lifecycle.soft().clone());
        self.lifecycle.spawn(in_job("exporting spans", async move {
            soft.run_until_cancelled(export.run()).await;
        }));
        self.lifecycle.finally(in_job("exporting spans", async move { last.finish().await }));
    }

    fn keep_the_audit_log(&self) {
        let (head, soft) = (self.audit_head(), self.lifecycle.soft().clone());
        let dependencies = Arc::clone(&self.dependencies);
        self.lifecycle.spawn_part("keeping the audit log's head", async move {
            let told = |kept| dependencies.kept_audit_head(kept);
            soft.run_until_cancelled(head.run(told)).await;
            head.try_keep().await;
            head.tell();
        });
        let links = AuditLinks {
            log: Arc::clone(&self.store),
            coordinator: Arc::clone(&self.coordinator),
            clock: Arc::clone(&self.clock),
            dependencies: Arc::clone(&self.dependencies),
            instance: self.instance.clone(),
        };
        let soft = self.lifecycle.soft().clone();
        self.lifecycle.spawn_part("linking the audit log", async move {
            soft.run_until_cancelled(links.run()).await;
            links.leave().await;
        });
        let check = AuditCheck {
            log: Arc::clone(&self.store),
            secret: Arc::clone(&self.secret),
            clock: Arc::clone(&self.clock),
            dependencies: Arc::clone(&self.dependencies),
        };
        self.lifecycle.spawn_loop("following the audit log", check.run());
        let (continuation, soft) = (self.continuation(), self.lifecycle.soft().clone());
        // It ends once the log is anchored.
        self.lifecycle.spawn(in_job("anchoring the audit log", async move {
            if let Some(Err(error)) = soft.run_until_cancelled(continuation.keep()).await {
                tracing::warn!(error = %Causes(&error), "the audit log was not anchored, the next start tries again");
            }
        }));
    }

    fn keep_the_keys(&self) {
        let usage = UsageJob {
            authenticator: Arc::clone(&self.authenticator),
            meter: Arc::clone(&self.usage),
            store: Arc::clone(&self.store),
        };
        let soft = self.lifecycle.soft().clone();
        self.lifecycle.spawn_part("storing what was counted", async move {
            soft.run_until_cancelled(usage.run()).await;
            usage.flush().await;
        });
        let reseal = Reseal { keyring: Arc::clone(&self.keyring), clock: Arc::clone(&self.clock) };
        self.lifecycle.spawn_loop("sealing anew", reseal.run());
        let alerts = ExpiryAlerts {
            settings: self.notice.clone(),
            keyring: Arc::clone(&self.keyring),
            client: self.client.to(Upstream::Notice),
            clock: Arc::clone(&self.clock),
        };
        self.lifecycle.spawn_loop("telling that keys end", alerts.run());
    }
}
