//! What stands for a part of the audit log: a digest of its records, a checkpoint after which the log goes on when the
//! part before it was moved to an archive, and an anchor, a record that vouches for those before it.

use sha2::{Digest, Sha256};

use super::AuditKey;
use crate::model::{AuditEntry, hex, unhex};

/// What an anchor's record says was done.
pub const ANCHOR: &str = "audit.anchor";

/// A digest of all records up to one, those of archives too: it is made of the digest before that record and the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogDigest(pub [u8; 32]);

impl LogDigest {
    /// Takes in the next records.
    pub fn follow_all(&mut self, entries: &[AuditEntry]) {
        for entry in entries {
            self.follow(entry);
        }
    }

    /// Takes in the next record, its link too.
    pub fn follow(&mut self, entry: &AuditEntry) {
        let record = &entry.record;
        let texts =
            [entry.workspace.as_str(), &record.actor, &record.action, &record.target, &record.request_id];
        let mut hash = Sha256::new_with_prefix(self.0);
        hash.update(entry.sequence.to_be_bytes());
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(record.at.0.to_be_bytes());
        hash.update(entry.link);
        self.0 = hash.finalize().into();
    }
}

/// A place in the audit log, sealed by who has the secret key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The place of the last record before the log goes on.
    pub sequence: i64,
    /// The link of that record.
    pub link: [u8; 32],
    /// The digest of all records up to it.
    pub digest: LogDigest,
    /// A MAC over these.
    pub seal: [u8; 32],
}

impl Checkpoint {
    /// A checkpoint that this key seals.
    pub fn sealed(key: &AuditKey, sequence: i64, link: [u8; 32], digest: LogDigest) -> Self {
        Self { sequence, link, digest, seal: key.seal(sequence, &link, &digest.0) }
    }

    /// Whether it was sealed by this key.
    pub fn is_sealed_by(&self, key: &AuditKey) -> bool {
        key.seal(self.sequence, &self.link, &self.digest.0) == self.seal
    }
}

/// The keys links may be made with.
#[derive(Clone, Debug)]
pub struct ChainKeys {
    /// Of the current secret key.
    pub current: AuditKey,
    /// Of the one before, as long as that is given.
    pub old: Option<AuditKey>,
}

impl ChainKeys {
    /// Whether one of them sealed it.
    pub fn sealed(&self, checkpoint: &Checkpoint) -> bool {
        std::iter::once(&self.current).chain(&self.old).any(|key| checkpoint.is_sealed_by(key))
    }
}

/// What an anchor's record says in its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The last record it speaks of.
    pub until: i64,
    /// The digest of all records up to that.
    pub digest: LogDigest,
}

impl Anchor {
    /// As the target of a record.
    pub fn to_text(self) -> String {
        format!("{} {}", self.until, hex(&self.digest.0))
    }

    /// Of a record, if it is an anchor.
    pub fn of(entry: &AuditEntry) -> Option<Self> {
        let (until, digest) =
            entry.record.target.split_once(' ').filter(|_| entry.record.action == ANCHOR)?;
        Some(Self { until: until.parse().ok()?, digest: LogDigest(unhex(digest)?) })
    }
}
