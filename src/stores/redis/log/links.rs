//! Linking the audit log. A record is appended under a MAC, as its script has no key; here it gets its link, in the order of the
//! places. Any process may do it, and any number of them: a link is put only where the newest one is that it goes on from.

use super::{
    records::{KeptRecord, RECORDS},
    streams::{StreamEntry, StreamPart},
};
use crate::{
    model::{Workspace, hex, unhex},
    stores::{
        LinkTurn, Linking, StoreError,
        redis::{
            RedisStore,
            change::ATTEMPTS,
            row::{PartSize, unreadable},
            script::{ScriptArguments, script},
        },
    },
};

script!(LINK, "log/link");
script!(TURN, "log/turn"; " flags=allow-oom");

/// How far a log is linked.
#[derive(Clone, Copy)]
pub(super) struct LinkedPart {
    /// The newest record with a link.
    pub(super) newest: i64,
    /// Whether what follows it is not what a process with our keys wrote.
    pub(super) in_doubt: bool,
}

/// The newest link, as it is kept: its place and itself.
#[derive(Default)]
struct NewestLink {
    text: String,
    place: i64,
    link: Vec<u8>,
}

impl NewestLink {
    fn read(text: String) -> Result<Self, StoreError> {
        let parts = text
            .split_once(' ')
            .and_then(|(place, link)| Some((place.parse().ok()?, unhex::<32>(link)?.to_vec())));
        let (place, link) = parts.ok_or_else(|| unreadable("link of the audit log"))?;
        Ok(Self { text, place, link })
    }
}

/// Links that are to be put behind the newest.
#[derive(Default)]
struct NewLinks {
    links: Vec<[u8; 32]>,
    /// Of the last record among those.
    mac: Vec<u8>,
}

impl RedisStore {
    /// Links what is not linked yet, if it is that process's turn. A record that no process with our secret key wrote, or with the
    /// one before it while that is given, is left as it is, and so are those after it.
    pub(super) async fn link_in_turn(
        &self,
        workspace: &Workspace,
        turn: LinkTurn<'_>,
    ) -> Result<Linking, StoreError> {
        let LinkTurn { by, now, lasts_millis } = turn;
        let arguments = ScriptArguments::default().bytes(by).number(now.0).number(lasts_millis);
        let (others_millis, newest, linked): (Option<i64>, i64, i64) =
            self.run(workspace, &TURN, arguments).await?;
        let found = Linking { newest, linked, others_millis, ..Linking::default() };
        if others_millis.is_some() || newest <= linked {
            return Ok(found);
        }
        Ok(match self.linked_part(workspace).await {
            Ok(part) => {
                let doubted = part.in_doubt.then_some(part.newest + 1);
                Linking { newest: newest.max(part.newest), linked: part.newest, doubted, ..found }
            }
            Err(error) => Linking { failed: Some(error), ..found },
        })
    }

    /// Links what is not linked yet for who is about to read, whosever turn it is; without memory for links what has one can be read.
    pub(super) async fn readable_part(&self, workspace: &Workspace) -> Result<LinkedPart, StoreError> {
        match self.linked_part(workspace).await {
            Err(StoreError::Full(_)) => {
                let (_, newest) = self.newest_link(workspace).await?;
                Ok(LinkedPart { newest: newest.place, in_doubt: false })
            }
            part => part,
        }
    }

    /// Links what was there at the beginning.
    async fn linked_part(&self, workspace: &Workspace) -> Result<LinkedPart, StoreError> {
        let (goal, mut newest) = self.newest_link(workspace).await?;
        let (mut failed, mut size) = (0, PartSize::first());
        while newest.place < goal {
            let new = self.new_links(workspace, &newest, &mut size).await?;
            if new.links.is_empty() {
                let again = self.newest_link(workspace).await?.1;
                if again.text == newest.text {
                    return Ok(LinkedPart { newest: newest.place, in_doubt: true });
                }
                newest = again;
                continue;
            }
            failed = if self.put_links(workspace, &newest, new).await? { 0 } else { failed + 1 };
            if failed == ATTEMPTS {
                return Err(StoreError::Busy);
            }
            newest = self.newest_link(workspace).await?.1;
        }
        Ok(LinkedPart { newest: newest.place, in_doubt: false })
    }

    /// The place of the newest record, and the newest link.
    async fn newest_link(&self, workspace: &Workspace) -> Result<(i64, NewestLink), StoreError> {
        let mut asked = redis::cmd("HMGET");
        asked.arg(self.name(workspace, "seq")).arg("audit").arg("linked");
        let (place, linked): (Option<i64>, Option<String>) = self.link.send(&asked).await?;
        if let Some(linked) = &linked {
            self.heads(workspace, |heads| heads.linked.clone_from(linked));
        }
        Ok((place.unwrap_or(0), linked.map(NewestLink::read).transpose()?.unwrap_or_default()))
    }

    /// The links of the records behind the newest link, as far as each is in its place and of one of our keys.
    async fn new_links(
        &self,
        workspace: &Workspace,
        newest: &NewestLink,
        size: &mut PartSize,
    ) -> Result<NewLinks, StoreError> {
        let part = StreamPart::from_place(newest.place + 1, size.rows());
        let entries = self.entries(&self.name(workspace, RECORDS), &part).await?;
        size.learn(entries.len(), entries.iter().map(StreamEntry::bytes).sum());
        let mut before = newest.link.clone();
        let mut new = NewLinks::default();
        for (place, entry) in (newest.place + 1..).zip(&entries) {
            let kept = KeptRecord::read(entry).ok().filter(|kept| {
                let mut keys = std::iter::once(&self.audit).chain(&self.old_audit);
                entry.id == format!("{place}-0") && keys.any(|key| kept.is_of(key, workspace))
            });
            let Some(kept) = kept else { break };
            let link = self.audit.link(&before, place, workspace.as_str(), &kept.record);
            before = link.to_vec();
            new.links.push(link);
            new.mac = kept.mac;
        }
        Ok(new)
    }

    /// Puts links; says whether they still went on from the newest.
    async fn put_links(
        &self,
        workspace: &Workspace,
        newest: &NewestLink,
        new: NewLinks,
    ) -> Result<bool, StoreError> {
        let last = new.links.last().map(|link| hex(link)).unwrap_or_default();
        let arguments = ScriptArguments::default()
            .bytes(newest.text.as_str())
            .bytes(format!("{} {last}", newest.place + new.links.len() as i64))
            .number(newest.place + 1)
            .bytes(new.mac)
            .each(&new.links, |arguments, link| arguments.bytes(link.as_slice()));
        let (put,): (bool,) = self.run(workspace, &LINK, arguments).await?;
        Ok(put)
    }
}
