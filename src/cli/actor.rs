//! Who acts at the command line.

/// As the audit log and the logs name whoever runs a command.
pub(super) const ACTOR: &str = "command-line";
