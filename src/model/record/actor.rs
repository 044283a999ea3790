//! Who acts, as the audit log names it.

use std::borrow::Cow;

use super::AuditRecord;
use crate::model::UnixMillis;

/// Whoever acts, in which call.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// A key id, `admin`, `command-line`, or `system` for the gateway itself.
    pub name: &'a str,
    /// The id of the call.
    pub request_id: &'a str,
}

impl Actor<'_> {
    /// The record of what it did to `target`.
    pub fn audit(
        self,
        action: impl Into<Cow<'static, str>>,
        target: impl Into<String>,
        at: UnixMillis,
    ) -> AuditRecord {
        AuditRecord {
            actor: self.name.to_owned(),
            action: action.into(),
            target: target.into(),
            request_id: self.request_id.to_owned(),
            at,
        }
    }
}
