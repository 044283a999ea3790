//! `docs/security.md` names tests that there are, and what it says of the sources is so.

use std::{fs, path::Path};

#[test]
fn every_promise_names_a_test_that_there_is() {
    let page = fs::read_to_string("docs/security.md").unwrap();
    let section = page.split("## What is promised").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<_> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 20, "the search has gone blind");
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let mut source = None;
        let quoted: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(quoted.first().is_some_and(|file| file.starts_with("tests/")), "no test: {row}");
        for word in quoted {
            if word.starts_with("tests/") {
                source = Some(fs::read_to_string(word).unwrap());
            } else if word.contains('_') {
                let named = [format!("fn {word}("), format!("fn {word}<")];
                let is_there =
                    source.as_ref().is_some_and(|source| named.iter().any(|name| source.contains(name)));
                assert!(is_there, "there is no {word}: {row}");
            }
        }
    }
}

#[test]
fn the_sources_start_no_program() {
    let mut source = String::new();
    super::errors::sources(Path::new("src"), &mut source);
    assert!(source.contains("process::ExitCode"), "the search has gone blind");
    for word in ["process::Command", "Command::new(", "posix_spawn", "execve("] {
        assert!(!source.contains(word), "src names {word}");
    }
    assert!(fs::read_to_string("Cargo.toml").unwrap().contains("unsafe_code = \"forbid\""));
}
