//! Usage, the audit log and the event log.

use taskgate::{
    model::{AuditEntry, AuditRecord, Durations, Effects, Event, EventKind, UnixMillis, UsageRow, Workspace},
    stores::{AuditFilter, UsageBy, UsageQuery, UsageSeries},
};

use super::{Step, World, workspace};

const HOUR: i64 = 3_600_000;

impl World {
    pub(super) async fn log(&mut self, step: &Step) -> String {
        // A file numbers the records and events of all workspaces together.
        let workspace = if step.which % 8 < 4 { workspace(step.d) } else { Workspace::default() };
        match step.which % 8 {
            0 | 1 => self.used(&workspace, step).await,
            2 => self.usage(&workspace, step).await,
            3 => {
                let since = UnixMillis(i64::from(step.a % 6) * HOUR);
                format!("{:?}", self.store.forget_usage(&workspace, since, u32::from(step.b % 12)).await)
            }
            4 | 5 => self.record(&workspace, step).await,
            6 => self.audit(&workspace, step).await,
            _ => self.events(&workspace, step).await,
        }
    }

    async fn used(&self, workspace: &Workspace, step: &Step) -> String {
        let rows = (0..=step.c % 3).map(|more| {
            let mut durations = Durations::default();
            durations.add(std::time::Duration::from_millis(u64::from(step.a) * 3));
            UsageRow {
                workspace: workspace.clone(),
                hour: i64::from(step.a.wrapping_add(more) % 6),
                key_id: format!("k{}", step.b % 3),
                user_id: format!("u{}", step.b % 2),
                tool: format!("t{}", step.c % 3),
                calls: u64::from(step.b % 5),
                errors: u64::from(step.b % 2),
                limited: u64::from(step.c % 3),
                durations,
            }
        });
        format!("{:?}", self.store.add_usage(rows.collect()).await)
    }

    async fn usage(&self, workspace: &Workspace, step: &Step) -> String {
        let query = UsageQuery {
            since: UnixMillis(i64::from(step.a % 6) * HOUR),
            before_hour: if step.b.is_multiple_of(2) { i64::MAX } else { i64::from(step.b % 6) },
            by: [UsageBy::Key, UsageBy::User, UsageBy::Tool][usize::from(step.c % 3)],
            limit: usize::from(step.b % 4),
            offset: usize::from(step.c % 2),
        };
        let sums = self.store.usage(workspace, query).await;
        let series = UsageSeries {
            first_hour: i64::from(step.a % 4) - 1,
            part_hours: i64::from(step.b % 3) + 1,
            parts: usize::from(step.c % 4),
            key_id: (step.c.is_multiple_of(2)).then(|| String::from("k1")),
        };
        format!("{sums:?} {:?}", self.store.usage_series(workspace, series).await)
    }

    async fn record(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now().wall;
        let record = AuditRecord {
            actor: format!("actor {}", step.a % 2),
            action: ["task.claim", "key.make", "task.move"][usize::from(step.b % 3)].into(),
            target: format!("t{}", step.c % 2),
            request_id: format!("{}", step.c),
            at: now,
        };
        if step.a.is_multiple_of(2) {
            return format!("{:?}", self.store.append_audit(workspace, record).await);
        }
        let event = Event::about(EventKind::Claim, &record.target, "task.test", now);
        let effects =
            Effects { audit: vec![record.clone(), record], events: vec![event], ..Effects::default() };
        let write = taskgate::stores::ConditionalWrite { effects, ..Default::default() };
        format!("{:?}", self.store.commit_first(workspace, vec![write]).await)
    }

    async fn audit(&self, workspace: &Workspace, step: &Step) -> String {
        // A file has one chain, a server one for each workspace: places are its own.
        let all = self.store.audit(workspace, AuditFilter::default(), 100).await.unwrap();
        let place = |of: u8| all.get(usize::from(of % 12)).map(|entry| entry.sequence);
        let filter = AuditFilter {
            before: if step.a.is_multiple_of(2) { place(step.b) } else { None },
            after: if step.d.is_multiple_of(2) { place(step.d) } else { None },
            actor: (step.b.is_multiple_of(3)).then(|| String::from("actor 1")),
            action: (step.c.is_multiple_of(3)).then(|| String::from("task.")),
            target: (step.c.is_multiple_of(4)).then(|| String::from("t1")),
            since: (step.a.is_multiple_of(3)).then(|| self.now().wall.plus(-i64::from(step.b))),
            looks_at: None,
        };
        let found = self.store.audit(workspace, filter, u32::from(step.c % 4)).await.unwrap();
        let since = self.now().wall.plus(-i64::from(step.b));
        let first = self.store.first_audit_since(workspace, since).await.unwrap();
        let after = place(step.c).unwrap_or(i64::MIN);
        let after = self.store.audit_after(workspace, after, u32::from(step.b % 4)).await.unwrap();
        let last = self.store.last_audit(workspace).await.unwrap();
        let records =
            |entries: Vec<AuditEntry>| entries.into_iter().map(|entry| entry.record).collect::<Vec<_>>();
        let first = first.and_then(|first| all.iter().position(|entry| entry.sequence == first));
        format!("{:?} {first:?} {:?} {:?}", records(found), records(after), last.map(|entry| entry.record))
    }

    async fn events(&self, workspace: &Workspace, step: &Step) -> String {
        let all = self.store.events_after(workspace, 0, 1_000).await.unwrap();
        let last = self.store.last_event(workspace).await.unwrap();
        let place = all.events.get(usize::from(step.a % 8)).map_or(0, |stored| stored.sequence);
        let some = self.store.events_after(workspace, place, u32::from(step.b % 4)).await.unwrap();
        let events = some.events.iter().map(|stored| &stored.event).collect::<Vec<_>>();
        let said = format!("{} {:?} {} {}", all.events.len(), events, some.missed && place > 0, last > 0);
        if step.c.is_multiple_of(6) {
            self.store.trim_events(workspace, i64::from(step.b % 6)).await.unwrap();
        }
        said
    }
}
