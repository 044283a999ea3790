//! What is sent is as Linear's schema has it and costs no more than one query may.

use std::fs;

use crate::support::linear::{complexity, problem};

const FOLDER: &str = "src/boards/linear/queries";

/// Documents by the name of their file.
fn documents() -> Vec<(String, String)> {
    let files = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let read = files.map(|path| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
    });
    read.collect()
}

#[test]
fn every_document_is_as_the_schema_has_it() {
    let documents = documents();
    assert!(documents.len() >= 16, "{}", documents.len());
    for (name, document) in &documents {
        assert_eq!(problem(document, None), None, "{name}");
    }
    let (_, issues) = documents.iter().find(|(name, _)| name == "issues.graphql").unwrap();
    for (right, wrong) in [
        ("trashed", "trash"),
        ("$filter: IssueFilter!", "$filter: TeamFilter!"),
        ("orderBy: updatedAt", "orderBy: newest"),
        ("state { id name type }", "state"),
        ("first: 100", "first: \"100\""),
        ("includeArchived", "archived"),
    ] {
        assert!(problem(&issues.replace(right, wrong), None).is_some(), "{wrong}");
    }
}

#[test]
fn no_document_costs_more_than_one_query_may() {
    for (name, document) in documents() {
        let points = complexity(&document);
        assert!((1..=9_000).contains(&points), "{name} costs {points} points");
    }
}

#[test]
fn an_issue_is_asked_for_in_the_same_words_everywhere() {
    let parts = |text: &str| text.split_once("fragment Parts").map(|(_, parts)| parts.trim().to_owned());
    let mut all: Vec<_> = documents().iter().filter_map(|(_, text)| parts(text)).collect();
    assert_eq!(all.len(), 3);
    all.dedup();
    assert_eq!(all.len(), 1);
}
