//! The rules of the dashboard's templates and script: what others wrote is escaped and shown whole, and nothing is in a page that its
//! policy would have to make an exception for.

use std::fs;

use super::files;

const TEMPLATES: &str = "src/http/dashboard/templates";
const SCRIPT: &str = "src/http/dashboard/static/app.js";

/// A template without its comments.
fn templates() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in files(TEMPLATES.as_ref(), "html") {
        let mut text = fs::read_to_string(&path).unwrap();
        while let Some((before, rest)) = text.split_once("{#") {
            let (_, after) = rest.split_once("#}").expect("a comment ends");
            text = format!("{before}{after}");
        }
        found.push((path.display().to_string(), text));
    }
    assert!(found.len() > 5, "{} templates", found.len());
    found
}

/// The parts of a text between two marks.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |part| Some(part.split_once(close)?.0.trim()))
}

/// The tags of a page, with what stands for an expression within them.
fn tags(text: &str) -> Vec<String> {
    let mut plain = text.to_owned();
    for (open, close, stands) in [("{%", "%}", " "), ("{{", "}}", "X")] {
        while let Some((before, rest)) = plain.split_once(open) {
            let (_, after) = rest.split_once(close).expect("it ends");
            plain = format!("{before}{stands}{after}");
        }
    }
    between(&plain, "<", ">").map(str::to_owned).collect()
}

/// The names of a tag's attributes, and what stands after the sign of equality.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.split_whitespace().last().unwrap_or_default().to_owned();
        let end = after.get(1..).and_then(|value| value.find('"')).map_or(after.len(), |at| at + 2);
        found.push((name, after[..end].to_owned()));
        rest = &after[end..];
    }
    found
}

#[test]
fn every_text_of_a_template_is_made_visible_and_none_is_trusted() {
    for (path, text) in templates() {
        for expression in between(&text, "{{", "}}") {
            assert!(expression.ends_with("|visible"), "{path}: {{{{ {expression} }}}} lacks |visible");
        }
        for trusted in ["|safe", "| safe", "escape \"none\"", "{% filter", "autoescape"] {
            assert!(!text.contains(trusted), "{path}: {trusted}");
        }
    }
}

#[test]
fn every_attribute_is_quoted_and_none_is_style_or_script() {
    let mut seen = 0;
    for (path, text) in templates() {
        for tag in tags(&text) {
            for (name, value) in attributes(&tag) {
                let is_quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
                assert!(is_quoted, "{path}: {name}={value} in <{tag}> is not in double quotes");
                let is_script = name.starts_with("on") || value.contains("javascript:");
                assert!(!is_script && name != "style", "{path}: {name} in <{tag}>");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen} attributes");
}

#[test]
fn one_script_is_loaded_by_a_nonce_and_nothing_from_elsewhere() {
    let mut scripts = 0;
    for (path, text) in templates() {
        for tag in tags(&text) {
            let name = tag.split_whitespace().next().unwrap_or_default();
            if name == "script" {
                scripts += 1;
                assert!(tag.contains("nonce=") && tag.contains("src="), "{path}: <{tag}>");
            }
            let loads = ["script", "link", "img", "iframe", "object", "embed", "style", "base", "source"];
            let is_ours = tag.contains("/assets/");
            assert!(!loads.contains(&name) || is_ours, "{path}: <{tag}> loads what is not ours");
        }
    }
    assert_eq!(scripts, 1);
}

#[test]
fn the_script_makes_no_markup_and_runs_no_text() {
    let script = fs::read_to_string(SCRIPT).unwrap();
    let refused = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"];
    for word in refused.iter().chain(&["DOMParser", "createContextualFragment", "localStorage"]) {
        assert!(!script.contains(word), "{word} in {SCRIPT}");
    }
    assert!(script.lines().count() <= super::MOST_LINES);
}
