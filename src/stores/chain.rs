//! Following the audit log's chain from its first record to its head.

use super::{AuditEntry, AuditKey};

/// The newest link somebody kept apart from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its record's place.
    pub sequence: i64,
    /// The link.
    pub link: [u8; 32],
}

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// The place is not the one after the record before.
    #[error("records before this one are missing, or were moved")]
    Gap,
    /// The link does not fit.
    #[error(
        "this record, or the one before it, is not what was written; if the secret key was rotated since, give the old one as \
         MCP_SECRET_KEY_OLD"
    )]
    Broken,
    /// The head kept apart is of a record that is not there.
    #[error("the end of the log is missing: the head names record {0}")]
    Cut(i64),
    /// There are records, and no head was kept.
    #[error("there is no head to compare with: records may be missing at the end")]
    NoHead,
    /// The head kept apart has another link than the record.
    #[error("the log is not the one its head was taken from, at record {0}")]
    OtherHead(i64),
}

/// Follows a chain.
#[derive(Debug)]
pub struct ChainCheck {
    keys: Vec<AuditKey>,
    head: Option<Head>,
    last: i64,
    link: Vec<u8>,
    head_seen: bool,
}

impl ChainCheck {
    /// A check of links made with any of these keys.
    pub fn new(keys: Vec<AuditKey>, head: Option<Head>) -> Self {
        Self { keys, head, last: 0, link: Vec::new(), head_seen: false }
    }

    /// Looks at the next record.
    pub fn follow(&mut self, entry: &AuditEntry) -> Result<(), ChainFault> {
        if entry.sequence != self.last + 1 {
            return Err(ChainFault::Gap);
        }
        let made = |key: &AuditKey| {
            key.link(&self.link, entry.sequence, entry.workspace.as_str(), &entry.record) == entry.link
        };
        if !self.keys.iter().any(made) {
            return Err(ChainFault::Broken);
        }
        if let Some(head) = self.head.as_ref().filter(|head| head.sequence == entry.sequence) {
            if head.link != entry.link {
                return Err(ChainFault::OtherHead(head.sequence));
            }
            self.head_seen = true;
        }
        self.last = entry.sequence;
        self.link = entry.link.to_vec();
        Ok(())
    }

    /// After the last record: its place.
    pub fn end(self) -> Result<i64, ChainFault> {
        match self.head {
            Some(head) if !self.head_seen => Err(ChainFault::Cut(head.sequence)),
            None if self.last > 0 => Err(ChainFault::NoHead),
            _ => Ok(self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuditRecord, UnixMillis, Workspace};

    fn key(byte: u8) -> AuditKey {
        AuditKey::new(&zeroize::Zeroizing::new([byte; 32]))
    }

    fn chain(count: i64) -> Vec<AuditEntry> {
        let mut before = Vec::new();
        let entry = |sequence| {
            let record = AuditRecord {
                actor: String::from("a"),
                action: "key.create".into(),
                target: format!("t{sequence}"),
                request_id: String::from("r"),
                at: UnixMillis(sequence),
            };
            let link = key(1).link(&before, sequence, "default", &record);
            before = link.to_vec();
            AuditEntry { sequence, workspace: Workspace::default(), record, link }
        };
        (1..=count).map(entry).collect()
    }

    fn verdict(entries: &[AuditEntry], head: Option<&AuditEntry>) -> Result<i64, ChainFault> {
        let head = head.map(|entry| Head { sequence: entry.sequence, link: entry.link });
        let mut check = ChainCheck::new(vec![key(2), key(1)], head);
        entries.iter().try_for_each(|entry| check.follow(entry))?;
        check.end()
    }

    #[test]
    fn what_was_written_passes_under_an_old_key_too() {
        let entries = chain(5);
        assert_eq!(verdict(&entries, entries.last()), Ok(5));
        assert_eq!(verdict(&entries, Some(&entries[2])), Ok(5), "the log went on after the head was kept");
        assert_eq!(verdict(&[], None), Ok(0));
        assert_eq!(verdict(&entries, None), Err(ChainFault::NoHead));
    }

    #[test]
    fn a_change_a_gap_another_order_and_a_cut_end_are_found() {
        let entries = chain(5);
        let changed = |change: fn(&mut Vec<AuditEntry>)| {
            let mut entries = entries.clone();
            change(&mut entries);
            verdict(&entries, chain(5).last())
        };
        assert_eq!(changed(|e| e[2].record.target.push('x')), Err(ChainFault::Broken));
        assert_eq!(changed(|e| e[2].record.at = UnixMillis(9)), Err(ChainFault::Broken));
        assert_eq!(changed(|e| e[2].link[0] ^= 1), Err(ChainFault::Broken));
        assert_eq!(changed(|e| e[2].link = [0; 32]), Err(ChainFault::Broken));
        assert_eq!(changed(|e| drop(e.remove(2))), Err(ChainFault::Gap));
        assert_eq!(changed(|e| drop(e.remove(0))), Err(ChainFault::Gap));
        assert_eq!(changed(|e| e.swap(1, 2)), Err(ChainFault::Gap));
        assert_eq!(changed(|e| drop(e.pop())), Err(ChainFault::Cut(5)));
        assert_eq!(changed(Vec::clear), Err(ChainFault::Cut(5)));
        let other = chain(6);
        let mut forged = other.clone();
        forged[4].link = [7; 32];
        assert_eq!(verdict(&entries, Some(&forged[4])), Err(ChainFault::OtherHead(5)));
    }
}
