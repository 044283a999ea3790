//! The Markdown of a comment, from texts of others: nothing in them closes its fence, or begins a heading, a field or a rule of
//! its own outside of fences. The input is author, path, text and code, with a NUL between them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use taskgate::reviews::fuzzing::shown;

/// How lines outside of fences begin.
const OURS: [&str; 13] = [
    "# Pull Request Review Comments", "## Review Comment by ", "**File:** ", "**Line:** ", "**Status:** ", "**Thread:** ",
    "**Posted:** ", "**Pending:** ", "**Minimized:** ", "**Comment:**", "**Code Snippet:**", "---", "More comments follow",
];

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(4, '\0');
    let mut next = || parts.next().unwrap_or_default();
    let (author, path, body, code) = (next(), next(), next(), next());
    let comment = json!({"id": "C", "url": author, "body": body, "diffHunk": code, "createdAt": path, "updatedAt": path,
        "authorAssociation": author, "author": {"login": author}, "isMinimized": !path.is_empty(), "minimizedReason": body});
    let comments = json!({"totalCount": 1, "pageInfo": {"hasNextPage": false}, "edges": [{"cursor": "a", "node": comment}]});
    let thread = json!({"id": path, "path": path, "diffSide": author, "subjectType": body, "resolvedBy": {"login": author},
        "isResolved": body.len() % 2 == 0, "isOutdated": body.len() % 3 == 0, "comments": comments});
    let threads = json!({"pageInfo": {"hasNextPage": false}, "edges": [{"cursor": "b", "node": thread}]});
    let data = json!({"repository": {"pullRequest": {"reviewThreads": threads}}});
    let (items, markdown) = shown(data.to_string().as_bytes()).expect("a discussion");
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&items).expect("a JSON array").len(), 1);
    let mut fence: Option<usize> = None;
    // A lone carriage return ends a line in Markdown, too.
    for line in markdown.split(['\n', '\r']) {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            Some(opened) if ticks >= opened && line.trim().len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => assert!(line.is_empty() || OURS.iter().any(|ours| line.starts_with(ours)), "{line:?} in {markdown}"),
        }
    }
    assert_eq!(fence, None, "{markdown}");
});
