//! Runs the walk of `docs/protocol.md`: every `sh` block in order, in one shell, against a gateway; after each, what
//! the `text` block below it says must be in what it printed.

use std::process::Command;

use crate::support::{Gateway, KEY};

/// The document's blocks: a command with the lines expected of it.
fn blocks() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string("docs/protocol.md").unwrap();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut parts = text.split("```");
    parts.next();
    for (position, part) in parts.enumerate() {
        if position % 2 == 1 {
            continue;
        }
        let (language, body) = part.split_once('\n').unwrap();
        match language {
            "sh" => found.push((body.to_owned(), Vec::new())),
            "text" => found
                .last_mut()
                .unwrap()
                .1
                .extend(body.lines().filter(|line| !line.is_empty()).map(str::to_owned)),
            other => panic!("a block of an unknown kind: {other}"),
        }
    }
    found
}

#[test]
fn every_command_of_the_walk_prints_what_the_document_says() {
    let gateway = Gateway::start();
    let blocks = blocks();
    assert!(blocks.len() >= 12, "the walk has {} steps", blocks.len());
    let script: Vec<_> =
        blocks.iter().map(|(command, _)| format!("{command}\necho; echo ---END-OF-STEP---\n")).collect();
    let output = Command::new("bash")
        .args(["-c", &script.concat()])
        .env("GATE", &gateway.base)
        .env("KEY", KEY)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    let mut steps = printed.split("---END-OF-STEP---");
    for (command, expected) in blocks {
        let printed = steps.next().unwrap_or_default();
        for line in expected {
            // `...` stands for what differs from run to run.
            let mut rest = printed;
            for piece in line.split("...") {
                let at = rest
                    .find(piece)
                    .unwrap_or_else(|| panic!("{command}\nshould print\n{line}\nbut printed\n{printed}"));
                rest = &rest[at + piece.len()..];
            }
        }
    }
}
