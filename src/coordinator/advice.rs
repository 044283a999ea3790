//! What to try when an agent is blocked: templates by what the text says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a blocker is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[expect(missing_docs, reason = "the words speak for themselves")]
pub enum Severity {
    Low,
    #[default]
    Medium,
    High,
}

impl Severity {
    /// The word as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Advice on a blocker.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suggestions {
    /// What it looks like.
    pub kind: &'static str,
    /// What to try, in order.
    pub resolution_steps: Vec<&'static str>,
    /// Whether a person should be told now.
    pub escalation_needed: bool,
}

const KINDS: [(&str, &[&str], &[&str]); 5] = [
    (
        "credentials",
        &[
            "credential",
            "token",
            "password",
            "permission",
            "forbidden",
            "unauthorized",
            "401",
            "403",
            "access",
        ],
        &[
            "Name the exact resource and the permission that is missing in a comment on the task.",
            "Ask the owner of that resource to grant it; never paste a secret into a report.",
            "Take another task meanwhile with request_next_task.",
        ],
    ),
    (
        "dependency",
        &[
            "depends",
            "dependency",
            "waiting for",
            "blocked by",
            "upstream",
            "not merged",
            "missing module",
            "install",
        ],
        &[
            "Find the task or package you wait for and write its key or name in a comment.",
            "If nobody works on it, create it with create_task and an honest priority.",
            "Stub the interface if that lets part of the work go on, and say so.",
        ],
    ),
    (
        "failing_test",
        &["test", "assert", "failing", "flaky", "ci ", "build fails", "compile"],
        &[
            "Run the one failing case alone and note its full output.",
            "Check whether it fails without your change; if so, say which commit broke it.",
            "Reduce it to the smallest input that fails before changing code.",
        ],
    ),
    (
        "unclear_requirement",
        &["unclear", "ambiguous", "which", "requirement", "specification", "not sure", "decide", "should it"],
        &[
            "Write the question with the answers you can see and the one you would choose.",
            "Ask the person who wrote the task; name what each answer would change.",
            "Do the part that every answer has in common.",
        ],
    ),
    (
        "environment",
        &["environment", "disk", "memory", "network", "timeout", "docker", "version", "port", "connection"],
        &[
            "Note the versions, the command and its full output.",
            "Try the same in a clean checkout or container.",
            "Say what the machine lacks, in one line somebody can act on.",
        ],
    ),
];

const GENERAL: [&str; 3] = [
    "Write what you tried, what you expected and what happened.",
    "Split off the part that is blocked with create_task, so that the rest can go on.",
    "Ask a person when one more try would only repeat the last.",
];

/// Advice on a blocker described by `text`.
pub fn suggestions(text: &str, severity: Severity) -> Suggestions {
    let text = text.to_lowercase();
    let hits = |words: &[&str]| words.iter().filter(|word| text.contains(**word)).count();
    let best = KINDS.iter().map(|kind| (hits(kind.1), kind)).rev().max_by_key(|(count, _)| *count);
    let (kind, steps) = match best {
        Some((count, (kind, _, steps))) if count > 0 => (*kind, *steps),
        _ => ("general", &GENERAL[..]),
    };
    Suggestions { kind, resolution_steps: steps.to_vec(), escalation_needed: severity == Severity::High }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_what_the_text_says() {
        assert_eq!(
            suggestions("403 Forbidden: my token lacks permission", Severity::Low).kind,
            "credentials"
        );
        assert_eq!(
            suggestions("it is unclear which format is meant", Severity::Low).kind,
            "unclear_requirement"
        );
        assert_eq!(suggestions("stuck", Severity::High).kind, "general");
        assert!(suggestions("stuck", Severity::High).escalation_needed);
    }
}
