//! What a command comes to.

/// A command's failure is printed for a person, with its causes; nothing branches on it.
pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;
