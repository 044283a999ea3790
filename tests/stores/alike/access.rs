//! Keys, sessions, sign-outs, one-time codes, deliveries of webhooks and followers.

use taskgate::{
    auth::{ApiKey, NewKey},
    model::{
        Effects, Event, EventKind, KeyChange, KeyHashes, KeyRecord, PreviousKey, Replay, StoredHashes,
        Workspace,
    },
    secrets::SecretKey,
    stores::{
        DeliveryLease, EndedSessions, KeyFilter, KeysByEnd, OneTimeCode, SessionChange, SessionRow, SignOut,
        WebhookDelivery,
    },
};

use super::{Step, World, workspace};
use crate::fixtures::{NOW, STORE};

fn hash(of: u8) -> [u8; 32] {
    [of % 6 + 1; 32]
}

/// An id is one workspace's alone.
fn key_id(workspace: &Workspace, of: u8) -> String {
    format!("k{}-{}", of % 6, workspace.as_str())
}

/// The hash of a text that came later; no two keys have the same.
fn rotated(workspace: &Workspace, key: u8, text: u8) -> u8 {
    let first = if *workspace == Workspace::default() { 128 } else { 64 };
    first + (key % 6) * 8 + text % 8
}

impl World {
    pub(super) async fn access(&mut self, step: &Step) -> String {
        let workspace = workspace(step.d);
        match step.which % 12 {
            0..=2 => self.change_key(&workspace, step).await,
            3 | 4 => self.keys(&workspace, step).await,
            5 | 6 => self.change_session(&workspace, step).await,
            7 => self.sessions(&workspace).await,
            8 => self.sign(&workspace, step).await,
            9 => self.code(&workspace, step).await,
            10 => self.follow(&workspace, step).await,
            _ => self.taken_once(&workspace, step).await,
        }
    }

    fn told(&self, workspace: &Workspace, step: &Step) -> Effects {
        let event = Event::about(EventKind::Key, &key_id(workspace, step.a), "key.test", self.now().wall);
        Effects { events: vec![event], ..Effects::default() }
    }

    async fn change_key(&self, workspace: &Workspace, step: &Step) -> String {
        let id = key_id(workspace, step.a);
        let known = self.store.key(workspace, &id).await.unwrap();
        let secret = SecretKey::new("k".repeat(32).into(), None);
        let new = NewKey { user_id: format!("u{}", step.b % 2), ..NewKey::default() };
        let (made, _) = ApiKey::generate().record(&secret, new, "test", NOW);
        let mut record = known.unwrap_or(KeyRecord {
            workspace: workspace.clone(),
            id: id.clone(),
            // A hash is one key's alone.
            hashes: StoredHashes::new(vec![[(step.a % 6) * 8 + workspace.as_str().len() as u8; 32]]),
            prefix: String::from("tg_00000"),
            version: 0,
            ..made
        });
        record.version += 1 + i64::from(step.d.is_multiple_of(11));
        match step.b % 4 {
            0 => record.expires_at = (step.c.is_multiple_of(2)).then(|| NOW.plus(i64::from(step.c) * 8)),
            1 => record.revoked_at = Some(self.now().wall),
            2 => {
                let hashes = std::mem::replace(
                    &mut record.hashes,
                    StoredHashes::new(vec![[rotated(workspace, step.a, step.c); 32]]),
                );
                record.previous = Some(PreviousKey { hashes, until: NOW.plus(900), is_over: false });
                record.turn += 1;
            }
            _ => record.description = format!("text {}", step.c),
        }
        let replay = (step.c.is_multiple_of(5)).then(|| Replay {
            name: format!("r{}", step.c % 2),
            asked: vec![step.a],
            sealed: vec![step.b],
            until: self.now().store.plus(50),
        });
        let change = KeyChange { record, effects: self.told(workspace, step), replay };
        format!("{:?}", self.store.change_key(change).await)
    }

    async fn keys(&self, workspace: &Workspace, step: &Step) -> String {
        let (store, now) = (&self.store, self.now());
        if step.a.is_multiple_of(4) {
            let used = vec![
                (key_id(workspace, step.b), u64::from(step.c), now.wall),
                (key_id(workspace, step.c), 1, now.wall),
            ];
            return format!("{:?}", store.count_uses(workspace, used).await);
        }
        let filter = KeyFilter {
            user_id: (step.b.is_multiple_of(3)).then(|| String::from("u1")),
            after: (step.c.is_multiple_of(3)).then(|| key_id(workspace, step.c)),
            unrevoked: step.b.is_multiple_of(2),
            ends_before: (step.c.is_multiple_of(4)).then(|| NOW.plus(1_000)),
            limit: (step.c.is_multiple_of(2)).then_some(u32::from(step.b % 4)),
        };
        let of = step.c % 6;
        let keys = store.keys(workspace, filter).await;
        let part = store
            .keys_by_end(workspace, KeysByEnd { user_id: None, offset: u32::from(of / 2), limit: 3 })
            .await;
        let shown = KeyHashes { current: [of * 8 + 7; 32], old: Some([of * 8 + 128 + step.b % 8; 32]) };
        let by_hash = store.key_by_hash(shown).await;
        let live = store.count_live(workspace, now.wall).await;
        let replay = store.replay(workspace, &format!("r{}", step.a % 2), now.store).await;
        if step.a.is_multiple_of(5) {
            store.forget_replays(workspace, now.store).await.unwrap();
        }
        format!("{}\n{}\n{}\n{live:?} {replay:?}", plain(&keys), plain(&part), plain(&by_hash))
    }

    async fn change_session(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now();
        let change = match step.c % 6 {
            0 => SessionChange::Keep,
            1 => SessionChange::LogLevel(format!("level {}", step.b % 3)),
            2 => SessionChange::Subscribe(format!("r{}", step.b % 3)),
            3 => SessionChange::Unsubscribe(format!("r{}", step.b % 3)),
            _ => SessionChange::End,
        };
        let fresh = SessionRow {
            workspace: workspace.clone(),
            user_id: format!("u{}", step.a % 2),
            digest: format!("d{}-{}", step.a % 6, workspace.as_str()),
            issued_at: STORE,
            version: 1,
            forget_at: now.store.plus(i64::from(step.b)),
            ..SessionRow::default()
        };
        format!("{:?}", self.store.change_session(fresh, change, now, self.told(workspace, step)).await)
    }

    async fn sessions(&self, workspace: &Workspace) -> String {
        let now = self.now().store;
        let mut rows = self.store.sessions(workspace, now).await.unwrap();
        rows.sort_by(|one, other| one.digest.cmp(&other.digest));
        let marks = self.store.session_marks(workspace, now).await;
        let one = self.store.session(workspace, "d1-default").await;
        self.store.forget_sessions(workspace, now).await.unwrap();
        format!("{rows:?} {marks:?} {one:?}")
    }

    async fn sign(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now().store;
        let ended = match step.c % 4 {
            0 => EndedSessions::MadeBefore(now),
            _ => EndedSessions::One(format!("s{}", step.b % 5)),
        };
        let out = SignOut {
            workspace: workspace.clone(),
            holder: format!("h{}", step.a % 2),
            ended,
            forget_at: now.plus(i64::from(step.b)),
        };
        let signed = self.store.sign_out(out, now, self.told(workspace, step)).await;
        let mut all: Vec<_> = self.store.sign_outs(workspace, now).await.unwrap();
        all.sort_by_key(|out| format!("{out:?}"));
        if step.c.is_multiple_of(3) {
            self.store.forget_sign_outs(workspace, now).await.unwrap();
        }
        format!("{signed:?} {all:?}")
    }

    async fn code(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now().store;
        if step.c.is_multiple_of(2) {
            let code = OneTimeCode {
                workspace: workspace.clone(),
                hash: hash(step.a),
                until: now.plus(i64::from(step.b)),
            };
            return format!("{:?}", self.store.put_code(code, now, self.told(workspace, step)).await);
        }
        let hashes =
            KeyHashes { current: hash(step.a), old: (step.c.is_multiple_of(3)).then(|| hash(step.b)) };
        let taken = self.store.take_code(workspace, hashes, now, self.told(workspace, step)).await;
        self.store.keep_address(&format!("http://{}", step.b)).await.unwrap();
        format!("{taken:?} {:?} {:?}", self.store.first_time("told").await, self.store.address().await)
    }

    async fn follow(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now().store;
        let instance = format!("i{}", step.a % 2);
        let lease = DeliveryLease { instance, now, until: now.plus(i64::from(step.b)) };
        let name = format!("f{}-{}", step.c % 2, workspace.as_str());
        if step.c.is_multiple_of(3) {
            return format!(
                "{:?}",
                self.store.move_follower(workspace, &name, i64::from(step.b), &lease).await
            );
        }
        let taken = self.store.take_follower(workspace, &name, &lease).await;
        format!("{:?}", taken.map(|place| place.is_some()))
    }

    async fn taken_once(&self, workspace: &Workspace, step: &Step) -> String {
        let now = self.now().store;
        let delivery = WebhookDelivery {
            workspace: workspace.clone(),
            sender: if step.a.is_multiple_of(2) { "github" } else { "linear" },
            id: format!("w{}", step.b % 4),
            forget_at: now.plus(i64::from(step.c)),
        };
        let taken = self.store.take_delivery(delivery, self.told(workspace, step)).await;
        if step.c.is_multiple_of(3) {
            self.store.forget_deliveries(workspace, now).await.unwrap();
        }
        let identity = format!("board {}", step.b % 3);
        let before = self.store.board_identity(workspace).await.unwrap();
        let kept = self.store.keep_board_identity(workspace, before.as_deref(), &identity).await;
        format!("{taken:?} {before:?} {kept:?}")
    }
}

/// Without the few things of a key that chance chose.
fn plain(said: &impl std::fmt::Debug) -> String {
    format!("{said:?}")
}
