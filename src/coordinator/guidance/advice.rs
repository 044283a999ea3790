//! What to try when an agent is blocked: templates by what the text says.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Severity;

/// Advice on a blocker.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suggestions {
    /// What it looks like.
    pub kind: &'static str,
    /// What to try, in order.
    pub resolution_steps: Vec<String>,
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

/// Who knows about a kind of work, by a word of the task's labels or the agent's role.
const FIELDS: [(&str, &str); 8] = [
    ("database", "Show the schema and the query with its plan to somebody who knows the database."),
    ("backend", "Note the request, the answer and the server's log line for one failing call."),
    ("api", "Note the request and answer of one call, and what the outline says they should be."),
    ("frontend", "Note the browser, its console output and the steps that lead there."),
    ("test", "Name the test, its seed and how often it fails in ten runs."),
    ("devops", "Note the host, the image and the command, and whether it works elsewhere."),
    ("security", "Say which check refuses and why it is right or wrong; do not work around it."),
    ("documentation", "Quote the sentence that is missing or wrong and write the one you would put there."),
];

/// Advice on a blocker described by `text`, on a task with these labels, for an agent of that role.
pub fn suggestions(text: &str, labels: &[String], role: &str, severity: Severity) -> Suggestions {
    let text = text.to_lowercase();
    let hits = |words: &[&str]| words.iter().filter(|word| text.contains(**word)).count();
    let best = KINDS.iter().map(|kind| (hits(kind.1), kind)).rev().max_by_key(|(count, _)| *count);
    let (kind, decisions) = match best {
        Some((count, (kind, _, decisions))) if count > 0 => (*kind, *decisions),
        _ => ("general", &GENERAL[..]),
    };
    let field = format!("{} {role}", labels.join(" ")).to_lowercase();
    let known = FIELDS.iter().find(|(word, _)| field.contains(word)).map(|(_, decision)| *decision);
    Suggestions {
        kind,
        resolution_steps: decisions.iter().copied().chain(known).map(str::to_owned).collect(),
        escalation_needed: severity == Severity::High,
    }
}

impl Suggestions {
    /// The steps as a list of lines.
    pub fn lines(&self) -> String {
        self.resolution_steps.iter().map(|step| format!("- {step}")).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_what_the_text_says() {
        assert_eq!(
            suggestions("403 Forbidden: my token lacks permission", &[], "", Severity::Low).kind,
            "credentials"
        );
        assert_eq!(
            suggestions("it is unclear which format is meant", &[], "", Severity::Low).kind,
            "unclear_requirement"
        );
        assert_eq!(suggestions("stuck", &[], "", Severity::High).kind, "general");
        let advice = suggestions("stuck", &[String::from("database")], "Writer", Severity::High);
        assert!(
            advice.escalation_needed && advice.lines().contains("schema"),
            "labels add what their field asks for"
        );
    }
}
