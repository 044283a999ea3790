//! What a store on Redis is made of.

use super::RedisAddress;
use crate::secrets::AuditKey;

/// What a store on Redis is made of: where it is, under whose keys, and who works on it.
pub struct RedisParts {
    /// The server.
    pub address: RedisAddress,
    /// What every name there begins with.
    pub prefix: String,
    /// Makes the audit log's MACs and links.
    pub audit: AuditKey,
    /// Of the secret key before, as long as that is given.
    pub old_audit: Option<AuditKey>,
    /// This process among those on the store: 8 random hex characters.
    pub instance: String,
    /// Replicas that have to have a decision before anybody is told of it.
    pub replicas: u32,
    /// Whether scripts can read which server they run on. Else only a new connection may be to another.
    pub has_identity: bool,
}
