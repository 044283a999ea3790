//! What every command has: who acts, and what it comes to.

/// As the audit log and the logs name whoever runs a command.
pub(super) const ACTOR: &str = "command-line";

/// A command's failure is printed for a person, with its causes; nothing branches on it.
pub(super) type CommandOutcome = Result<(), Box<dyn std::error::Error>>;
