//! Who changes keys, for the audit log.

/// Who acts, in which call.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// A key id, `admin` or `command-line`.
    pub name: &'a str,
    /// The call.
    pub request_id: &'a str,
}
