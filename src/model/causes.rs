//! An error with all that caused it, for logs: what callers are told has the first sentence alone.

use std::{error::Error, fmt};

/// Prints the error and its causes, a colon between them; a cause that only says the same again is left out.
pub struct Causes<'a, E: ?Sized>(pub &'a E);

impl<E: Error + ?Sized> fmt::Display for Causes<'_, E> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        out.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if text != said {
                write!(out, ": {text}")?;
            }
            said = text;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn every_cause_is_named_once() {
        let disk = Layer("database or disk is full", None);
        let store = Layer("the disk is full", Some(Box::new(disk)));
        let again = Layer("the disk is full", Some(Box::new(store)));
        assert_eq!(Causes(&again).to_string(), "the disk is full: database or disk is full");
    }
}
