//! What took rights away lately: keys that changed, sessions that ended, sign-outs that this process acknowledged or heard of. A server that
//! lost them gets them back.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{
    model::{KeyRecord, Workspace},
    stores::{SessionRow, SignOut},
};

/// How long what was heard of is remembered, and how many bytes of it.
const REMEMBERED: Duration = Duration::from_secs(600);
const MOST_BYTES: usize = 4 << 20;

/// Something by which somebody may do less than before.
#[derive(Clone, Debug)]
pub(in super::super) enum TakenRight {
    /// A key that was revoked, rotated or changed otherwise.
    Key(Box<KeyRecord>),
    /// An MCP session that ended.
    Session(SessionRow),
    /// A session of the dashboard that ended, or all of a holder.
    SignOut(SignOut),
}

impl TakenRight {
    pub(super) fn workspace(&self) -> &Workspace {
        match self {
            Self::Key(key) => &key.workspace,
            Self::Session(session) => &session.workspace,
            Self::SignOut(sign_out) => &sign_out.workspace,
        }
    }

    /// What it is, and of what.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Key(key) => format!("key {}", key.id),
            Self::Session(session) => format!("session {}", session.digest),
            Self::SignOut(sign_out) => format!("sign-out of {}", sign_out.holder),
        }
    }

    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        match self {
            Self::Key(key) => {
                let token = key.sealed_github_token.as_ref().map_or(0, |token| token.sealed.len());
                size_of::<KeyRecord>() + key.description.len() + key.user_id.len() + token + 256
            }
            Self::Session(row) => {
                let subscriptions: usize = row.subscriptions.iter().map(String::len).sum();
                size_of::<SessionRow>() + row.user_id.len() + subscriptions
            }
            Self::SignOut(sign_out) => size_of::<SignOut>() + sign_out.holder.len() + 64,
        }
    }

    /// Whether it tells of the same as an earlier one, and takes its place.
    fn is_of_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one.id == other.id && one.workspace == other.workspace,
            (Self::Session(one), Self::Session(other)) => {
                one.digest == other.digest && one.workspace == other.workspace
            }
            (Self::SignOut(one), Self::SignOut(other)) => {
                (&one.holder, &one.ended, &one.workspace) == (&other.holder, &other.ended, &other.workspace)
            }
            _ => false,
        }
    }
}

/// Rights that were taken lately, the oldest first.
#[derive(Debug, Default)]
pub(in super::super) struct TakenRights {
    taken: VecDeque<(Instant, TakenRight)>,
    bytes: usize,
}

/// Looked through for one of the same, from the newest on.
const LOOKED_THROUGH: usize = 64;

impl TakenRights {
    pub(in super::super) fn add(&mut self, right: TakenRight) {
        let newest = self.taken.len().saturating_sub(LOOKED_THROUGH);
        let same = self.taken.range(newest..).position(|(_, known)| right.is_of_same(known));
        if let Some((_, old)) = same.and_then(|place| self.taken.remove(newest + place)) {
            self.bytes = self.bytes.saturating_sub(old.bytes());
        }
        self.bytes += right.bytes();
        self.taken.push_back((Instant::now(), right));
        self.drop_old();
    }

    /// Those of a workspace, the oldest first.
    pub(super) fn of(&mut self, workspace: &Workspace) -> Vec<TakenRight> {
        self.drop_old();
        let theirs = self.taken.iter().filter(|(_, right)| right.workspace() == workspace);
        theirs.map(|(_, right)| right.clone()).collect()
    }

    fn drop_old(&mut self) {
        while let Some((at, _)) = self.taken.front()
            && (at.elapsed() > REMEMBERED || self.bytes > MOST_BYTES)
        {
            let gone = self.taken.pop_front();
            self.bytes = self.bytes.saturating_sub(gone.map_or(0, |(_, right)| right.bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::StoreMillis, stores::EndedSessions};

    fn sign_out(holder: &str) -> TakenRight {
        TakenRight::SignOut(SignOut {
            workspace: Workspace::default(),
            holder: holder.to_owned(),
            ended: EndedSessions::MadeBefore(StoreMillis(1)),
            forget_at: StoreMillis(2),
        })
    }

    #[test]
    fn the_newest_are_remembered_once_and_within_bounds() {
        let mut rights = TakenRights::default();
        for _ in 0..3 {
            rights.add(sign_out("the same"));
        }
        assert_eq!(rights.of(&Workspace::default()).len(), 1);
        assert!(rights.of(&Workspace::new("other")).is_empty());
        for number in 0..2_000 {
            rights.add(sign_out(&format!("{number}{}", "x".repeat(10_000))));
        }
        let left = rights.of(&Workspace::default());
        assert!(rights.bytes <= MOST_BYTES && (300..500).contains(&left.len()), "{}", left.len());
        let newest = left.last().unwrap();
        assert!(newest.is_of_same(&sign_out(&format!("1999{}", "x".repeat(10_000)))));
    }
}
