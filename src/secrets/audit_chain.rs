//! Following the audit log's chain from its beginning, the first record or a checkpoint, to its head.
//!
//! Links are made under the secret key of their time. An anchor, a record made under the current key once the old one is
//! given no more, holds a digest of all records before it: so they need no key any more, and after it only the current
//! key counts.

use std::collections::BTreeMap;

use super::{Anchor, ChainKeys, Checkpoint, Head, LogDigest};
use crate::model::AuditEntry;

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// The place is not the one after the record before.
    #[error("record {0}: records before this one are missing, or were moved")]
    Gap(i64),
    /// The link does not fit.
    #[error(
        "record {0}: this record, or the one before it, is not what was written; if the secret key was rotated since, give the \
         old one as MCP_SECRET_KEY_OLD"
    )]
    Broken(i64),
    /// The link was made under the old key, after an anchor.
    #[error(
        "record {0}: this record, or the one before it, was made under the old secret key after that was given up"
    )]
    Outdated(i64),
    /// What an anchor says of the records before it does not fit.
    #[error("record {0}: the records before this anchor are not those it was made for")]
    OtherRecords(i64),
    /// The checkpoint the log begins after is not sealed under a key that is given, and no anchor vouches for it.
    #[error(
        "the log does not begin where its archive ended, at record {0}: the seal of that place does not fit"
    )]
    OtherStart(i64),
    /// The head kept apart is of a record that is not there.
    #[error("the end of the log is missing: the head names record {0}")]
    Cut(i64),
    /// The head kept apart is of a record that was archived.
    #[error("the head names record {0}, which is in an archive: name that file too")]
    Archived(i64),
    /// There are records, and no head was kept.
    #[error("there is no head to compare with: records may be missing at the end")]
    NoHead,
    /// The head kept apart has another link than the record.
    #[error("the log is not the one its head was taken from, at record {0}")]
    OtherHead(i64),
}

enum Made {
    Current,
    Old,
    Unknown,
}

/// Records whose links fit no given key.
struct Doubt {
    first: i64,
    last: i64,
}

/// Follows a chain.
pub struct ChainCheck {
    keys: ChainKeys,
    head: Option<Head>,
    head_seen: bool,
    start: Option<Checkpoint>,
    start_vouched: bool,
    last: i64,
    link: Vec<u8>,
    digest: LogDigest,
    /// Digests that anchors speak of, by place, as they are come by.
    wanted: BTreeMap<i64, Option<LogDigest>>,
    /// Whether the current key alone counts from here on.
    anchored: bool,
    /// Whether a link since the last anchor was made under the old key.
    old_seen: bool,
    doubt: Option<Doubt>,
}

impl ChainCheck {
    /// A check of a log that begins after `start`, or at its first record, and has these anchors.
    pub fn new(keys: ChainKeys, head: Option<Head>, start: Option<Checkpoint>, anchors: &[Anchor]) -> Self {
        let mut wanted: BTreeMap<_, _> = anchors.iter().map(|anchor| (anchor.until, None)).collect();
        let last = start.as_ref().map_or(0, |start| start.sequence);
        let digest = start.as_ref().map(|start| start.digest).unwrap_or_default();
        if let Some(here) = wanted.get_mut(&last) {
            *here = Some(digest);
        }
        Self {
            head_seen: start
                .as_ref()
                .zip(head.as_ref())
                .is_some_and(|(start, head)| (start.sequence, start.link) == (head.sequence, head.link)),
            start_vouched: start.as_ref().is_none_or(|start| start.is_sealed_by(&keys.current)),
            link: start.as_ref().map(|start| start.link.to_vec()).unwrap_or_default(),
            keys,
            head,
            start,
            last,
            digest,
            wanted,
            anchored: false,
            old_seen: false,
            doubt: None,
        }
    }

    /// Looks at the next record.
    pub fn follow(&mut self, entry: &AuditEntry) -> Result<(), ChainFault> {
        let sequence = entry.sequence;
        if sequence != self.last + 1 {
            return Err(ChainFault::Gap(sequence));
        }
        let made = self.made(entry);
        match made {
            Made::Current => {}
            Made::Old if self.anchored => return Err(ChainFault::Outdated(sequence)),
            Made::Old => {
                self.old_seen = true;
                // Who only has the old key cannot begin the log among records of the current one.
                let follows = |start: &Checkpoint| start.sequence == self.last && self.keys.sealed(start);
                self.start_vouched |= self.start.as_ref().is_some_and(follows);
            }
            Made::Unknown if self.anchored => return Err(ChainFault::Broken(sequence)),
            Made::Unknown => {
                let first = self.doubt.as_ref().map_or(sequence, |doubt| doubt.first);
                self.doubt = Some(Doubt { first, last: sequence });
            }
        }
        if let Some(anchor) = Anchor::of(entry).filter(|_| !matches!(made, Made::Unknown)) {
            self.anchor(sequence, anchor, matches!(made, Made::Current))?;
        }
        if let Some(head) = self.head.as_ref().filter(|head| head.sequence == sequence) {
            if head.link != entry.link {
                return Err(ChainFault::OtherHead(sequence));
            }
            self.head_seen = true;
        }
        self.last = sequence;
        self.link = entry.link.to_vec();
        self.digest.follow(entry);
        if let Some(wanted) = self.wanted.get_mut(&sequence) {
            *wanted = Some(self.digest);
        }
        Ok(())
    }

    fn made(&self, entry: &AuditEntry) -> Made {
        match &self.keys.old {
            _ if self.keys.current.has_linked(entry, &self.link) => Made::Current,
            Some(old) if old.has_linked(entry, &self.link) => Made::Old,
            _ => Made::Unknown,
        }
    }

    fn anchor(&mut self, sequence: i64, anchor: Anchor, is_current: bool) -> Result<(), ChainFault> {
        if anchor.until < self.start.as_ref().map_or(0, |start| start.sequence) {
            // What it speaks of was archived: so it says nothing of what is here.
            return Ok(());
        }
        if self.wanted.get(&anchor.until).copied().flatten() != Some(anchor.digest) {
            return Err(ChainFault::OtherRecords(sequence));
        }
        self.start_vouched = true;
        // Where the old key made links, it would have made those that do not fit too.
        if !(is_current && self.old_seen) {
            self.doubt.take_if(|doubt| doubt.last <= anchor.until);
        }
        self.anchored |= is_current;
        self.old_seen = false;
        Ok(())
    }

    /// The last place looked at, with its link and digest.
    pub fn here(&self) -> (i64, [u8; 32], LogDigest) {
        (self.last, self.link.as_slice().try_into().unwrap_or_default(), self.digest)
    }

    /// Whether a seal made under the old key says anything of an archive: no longer once the current key vouches for what
    /// came before, with an anchor or with the place the log begins after.
    pub fn old_seals_count(&self) -> bool {
        let taken_over = self.start.as_ref().is_some_and(|start| start.is_sealed_by(&self.keys.current));
        !self.anchored && !taken_over
    }

    /// After the last record there is so far: its place. Of the head nothing is said.
    pub fn so_far(&self) -> Result<i64, ChainFault> {
        if let Some(doubt) = &self.doubt {
            return Err(ChainFault::Broken(doubt.first));
        }
        if !self.start_vouched {
            return Err(ChainFault::OtherStart(self.first()));
        }
        Ok(self.last)
    }

    /// The place the log begins after.
    fn first(&self) -> i64 {
        self.start.as_ref().map_or(0, |start| start.sequence)
    }

    /// After the last record: its place.
    pub fn end(self) -> Result<i64, ChainFault> {
        self.so_far()?;
        let start = self.first();
        match self.head {
            Some(head) if !self.head_seen && head.sequence == start => Err(ChainFault::OtherHead(start)),
            Some(head) if !self.head_seen && head.sequence < start => {
                Err(ChainFault::Archived(head.sequence))
            }
            Some(head) if !self.head_seen => Err(ChainFault::Cut(head.sequence)),
            None if self.last > 0 => Err(ChainFault::NoHead),
            _ => Ok(self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ANCHOR, AuditKey},
        *,
    };
    use crate::model::{AuditRecord, UnixMillis, Workspace};

    fn key(byte: u8) -> AuditKey {
        AuditKey::new(&zeroize::Zeroizing::new([byte; 32]))
    }

    /// Adds a record made under that key.
    fn add(entries: &mut Vec<AuditEntry>, made_with: u8, action: &'static str, target: String) {
        let sequence = entries.last().map_or(0, |last| last.sequence) + 1;
        let record = AuditRecord {
            actor: String::from("a"),
            action: action.into(),
            target,
            request_id: String::from("r"),
            at: UnixMillis(sequence),
        };
        let before = entries.last().map(|last| last.link.to_vec()).unwrap_or_default();
        let link = key(made_with).link(&before, sequence, "default", &record);
        entries.push(AuditEntry { sequence, workspace: Workspace::default(), record, link });
    }

    fn chain(made_with: &[u8]) -> Vec<AuditEntry> {
        let mut entries = Vec::new();
        for byte in made_with {
            add(&mut entries, *byte, "key.create", String::from("t"));
        }
        entries
    }

    fn digest(entries: &[AuditEntry]) -> LogDigest {
        let mut digest = LogDigest::default();
        digest.follow_all(entries);
        digest
    }

    fn anchor(entries: &mut Vec<AuditEntry>, made_with: u8) {
        let anchor = Anchor { until: entries.len() as i64, digest: digest(entries) };
        add(entries, made_with, ANCHOR, anchor.to_text());
    }

    /// Makes the links from there on anew, as who has that key can.
    fn forge(entries: &mut [AuditEntry], from: usize, made_with: u8) {
        for at in from..entries.len() {
            let before = if at == 0 { Vec::new() } else { entries[at - 1].link.to_vec() };
            let entry = &mut entries[at];
            entry.link = key(made_with).link(&before, entry.sequence, "default", &entry.record);
        }
    }

    /// Of a log that begins after `start`, whose head is that of its last record.
    fn judge(
        keys: (u8, Option<u8>),
        start: Option<Checkpoint>,
        entries: &[AuditEntry],
    ) -> Result<i64, ChainFault> {
        let keys = ChainKeys { current: key(keys.0), old: keys.1.map(key) };
        let head = entries.last().map(|entry| Head { sequence: entry.sequence, link: entry.link });
        let anchors: Vec<_> = entries.iter().filter_map(Anchor::of).collect();
        let mut check = ChainCheck::new(keys, head, start, &anchors);
        entries.iter().try_for_each(|entry| check.follow(entry))?;
        check.end()
    }

    #[test]
    fn what_was_written_passes_under_an_old_key_too() {
        assert_eq!(judge((1, None), None, &chain(&[1; 5])), Ok(5));
        assert_eq!(judge((2, Some(1)), None, &chain(&[1, 1, 2, 1, 2])), Ok(5));
        assert_eq!(judge((2, None), None, &[]), Ok(0));
        assert_eq!(judge((2, None), None, &chain(&[1, 2])), Err(ChainFault::Broken(1)));
    }

    #[test]
    fn a_change_a_gap_another_order_and_a_cut_end_are_found() {
        let kept = chain(&[1; 5]);
        let changed = |change: fn(&mut Vec<AuditEntry>)| {
            let mut entries = kept.clone();
            change(&mut entries);
            let last = kept.last().map(|entry| Head { sequence: entry.sequence, link: entry.link });
            let mut check = ChainCheck::new(ChainKeys { current: key(1), old: None }, last, None, &[]);
            entries.iter().try_for_each(|entry| check.follow(entry))?;
            check.end()
        };
        assert_eq!(changed(|_| ()), Ok(5));
        assert_eq!(changed(|e| e[2].record.target.push('x')), Err(ChainFault::Broken(3)));
        assert_eq!(changed(|e| e[2].record.at = UnixMillis(9)), Err(ChainFault::Broken(3)));
        assert_eq!(changed(|e| e[2].link[0] ^= 1), Err(ChainFault::Broken(3)));
        assert_eq!(changed(|e| e[2].link = [0; 32]), Err(ChainFault::Broken(3)));
        assert_eq!(changed(|e| drop(e.remove(2))), Err(ChainFault::Gap(4)));
        assert_eq!(changed(|e| drop(e.remove(0))), Err(ChainFault::Gap(2)));
        assert_eq!(changed(|e| e.swap(1, 2)), Err(ChainFault::Gap(3)));
        assert_eq!(changed(|e| drop(e.pop())), Err(ChainFault::Cut(5)));
        assert_eq!(changed(Vec::clear), Err(ChainFault::Cut(5)));
        assert_eq!(changed(|e| e[4].link = [7; 32]), Err(ChainFault::OtherHead(5)));
    }

    #[test]
    fn after_an_anchor_the_old_key_is_not_needed_and_makes_nothing() {
        let mut entries = chain(&[1, 1, 2, 1, 2]);
        anchor(&mut entries, 2);
        add(&mut entries, 2, "key.revoke", String::from("t"));
        for keys in [(2, None), (2, Some(1)), (2, Some(3)), (3, Some(2))] {
            assert_eq!(judge(keys, None, &entries), Ok(7), "{keys:?}");
        }
        let forged = |from: usize| {
            let mut forged = entries.clone();
            forged[from].record.target = String::from("forged");
            forge(&mut forged, from, 1);
            forged
        };
        assert_eq!(judge((2, Some(1)), None, &forged(6)), Err(ChainFault::Outdated(7)));
        for from in [6, 5, 0] {
            assert!(judge((2, None), None, &forged(from)).is_err(), "from {from}");
        }
        let mut changed = entries.clone();
        changed[1].record.target = String::from("changed");
        assert_eq!(judge((2, None), None, &changed), Err(ChainFault::OtherRecords(6)));
        assert_eq!(judge((2, Some(1)), None, &changed), Err(ChainFault::OtherRecords(6)));
    }

    #[test]
    fn what_was_changed_before_the_anchor_was_made_shows_as_long_as_the_old_key_is_given() {
        let mut entries = chain(&[1, 1, 1]);
        entries[1].record.target = String::from("changed");
        anchor(&mut entries, 2);
        assert_eq!(judge((2, Some(1)), None, &entries), Err(ChainFault::Broken(2)));
    }

    #[test]
    fn a_log_goes_on_after_a_checkpoint_and_after_no_other() {
        let mut entries = chain(&[1, 1, 1, 1]);
        let at = |key_byte, entries: &[AuditEntry]| {
            let last = entries.last().unwrap();
            Some(Checkpoint::sealed(&key(key_byte), last.sequence, last.link, digest(entries)))
        };
        let start = at(1, &entries[..2]);
        assert_eq!(judge((1, None), start.clone(), &entries[2..]), Ok(4));
        assert_eq!(judge((2, Some(1)), start.clone(), &entries[2..]), Ok(4));
        assert_eq!(judge((1, None), None, &entries[2..]), Err(ChainFault::Gap(3)));
        assert_eq!(judge((1, None), start.clone(), &entries[3..]), Err(ChainFault::Gap(4)));
        assert_eq!(judge((1, None), at(9, &entries[..2]), &entries[2..]), Err(ChainFault::OtherStart(2)));
        anchor(&mut entries, 2);
        add(&mut entries, 2, "key.revoke", String::from("t"));
        assert_eq!(judge((2, None), start, &entries[2..]), Ok(6), "an anchor vouches for it");
        let late = at(1, &entries[..5]);
        assert_eq!(judge((2, Some(1)), late, &entries[5..]), Err(ChainFault::OtherStart(5)));
        assert_eq!(judge((2, None), at(2, &entries[..5]), &entries[5..]), Ok(6));
    }
}
