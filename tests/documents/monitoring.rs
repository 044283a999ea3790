//! What Prometheus and Grafana are given, held to the table of metrics, to the operators' page and to the tests of the rules.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use taskgate::telemetry::metrics::{Declaration, TABLE};

const RULES: [&str; 2] = ["deploy/monitoring/rules/recording.yml", "deploy/monitoring/rules/alerts.yml"];
const DASHBOARD: &str = "deploy/monitoring/grafana/dashboards/dashboard.json";
/// Labels that Prometheus, and its rules, have besides those of a metric.
const OF_PROMETHEUS: [&str; 6] = ["job", "instance", "le", "alertname", "alertstate", "severity"];

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

/// The values of a member of a rule or a test, each on its own line.
fn values<'a>(text: &'a str, member: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(member)?.strip_prefix(": ")).collect()
}

/// Every member of that name, wherever it stands.
fn members<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(all) => {
            found.extend(all.get(name).and_then(Value::as_str));
            all.values().for_each(|member| members(member, name, found));
        }
        Value::Array(all) => all.iter().for_each(|item| members(item, name, found)),
        _ => {}
    }
}

/// The expressions of the dashboard.
fn shown() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let mut found = Vec::new();
    members(&dashboard, "expr", &mut found);
    members(&dashboard, "definition", &mut found);
    found.into_iter().map(str::to_owned).collect()
}

/// The expressions, as text, with the names that rules record.
fn expressions() -> (Vec<String>, BTreeSet<String>) {
    let mut all = shown();
    let mut recorded = BTreeSet::new();
    for path in RULES {
        let text = read(path);
        recorded.extend(values(&text, "record").into_iter().map(str::to_owned));
        // An expression may go on over some lines, and stands before what else a rule has.
        let rules = text.split("expr:").skip(1);
        all.extend(rules.map(|rest| {
            let ends = ["- record:", "- alert:", "for:", "labels:", "- name:"];
            let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
            rest[..end].to_owned()
        }));
    }
    (all, recorded)
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Each metric an expression names, with what stands in its braces.
fn named(expression: &str) -> Vec<(&str, &str)> {
    let starts = expression.match_indices(|c: char| is_of_a_name(c));
    let starts = starts.filter(|(at, _)| !expression[..*at].ends_with(is_of_a_name));
    let words = starts.map(|(at, _)| {
        let word = expression[at..].split(|c| !is_of_a_name(c)).next().unwrap();
        let rest = &expression[at + word.len()..];
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        (word, inside.unwrap_or_default())
    });
    let is_metric = |word: &str| word.contains("taskgate_") || word.starts_with("process_");
    words.filter(|(word, _)| is_metric(word)).collect()
}

/// The metric of that name, of which a histogram has three.
fn metric(name: &str) -> Option<Declaration> {
    let bare = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
    let all = || TABLE.iter().map(|metric| metric.declaration());
    all().find(|metric| metric.name == name).or_else(|| all().find(|metric| Some(metric.name) == bare))
}

/// What is wrong with the matchers of a metric.
fn unknown(metric: &Declaration, matchers: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for matcher in matchers.split("\",").filter(|matcher| !matcher.is_empty()) {
        let (name, value) = matcher.split_once('"').unwrap();
        let (name, value) = (name.trim().trim_end_matches(['=', '~', '!']), value.trim_end_matches('"'));
        if OF_PROMETHEUS.contains(&name) {
            continue;
        }
        let Some(label) = metric.labels.iter().find(|label| label.name == name) else {
            wrong.push(format!("{} has no label {name}", metric.name));
            continue;
        };
        let words = label.fixed().unwrap_or_default();
        let plain = value.split('|').filter(|word| !word.contains(['.', '[', '$', '(']));
        let strange = plain.filter(|word| !words.is_empty() && !words.contains(word));
        wrong.extend(strange.map(|word| format!("{} has no {name}={word}", metric.name)));
    }
    wrong
}

#[test]
fn rules_and_dashboard_name_metrics_and_labels_that_there_are() {
    let (expressions, recorded) = expressions();
    assert!(expressions.len() > 80, "the search has gone blind: {}", expressions.len());
    let mut wrong = Vec::new();
    for (name, matchers) in expressions.iter().flat_map(|expression| named(expression)) {
        match metric(name) {
            Some(metric) => wrong.extend(unknown(&metric, matchers)),
            None if recorded.contains(name) => {}
            None => wrong.push(format!("there is no {name}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_rules_and_dashboard_add_up_by_is_a_label() {
    let known: BTreeSet<_> =
        TABLE.iter().flat_map(|metric| metric.declaration().labels).map(|label| label.name).collect();
    for expression in expressions().0 {
        let lists = ["by (", "on (", "without ("].into_iter().flat_map(|word| expression.split(word).skip(1));
        for name in lists.flat_map(|rest| rest.split(')').next().unwrap().split(',').map(str::trim)) {
            assert!(known.contains(name) || OF_PROMETHEUS.contains(&name), "{name} in {expression}");
        }
    }
}

#[test]
fn every_metric_is_shown_or_watched() {
    let (expressions, _) = expressions();
    let used: BTreeSet<_> = expressions.iter().flat_map(|expression| named(expression)).collect();
    let used: BTreeSet<_> =
        used.into_iter().filter_map(|(name, _)| metric(name)).map(|metric| metric.name).collect();
    let all: BTreeSet<_> = TABLE.iter().map(|metric| metric.declaration().name).collect();
    let unused: Vec<_> = all.difference(&used).collect();
    assert!(unused.is_empty(), "nobody looks at {unused:#?}");
}

#[test]
fn every_alert_is_explained_in_the_page_and_shown_to_fire_and_to_clear() {
    let (alerts, tests, page) =
        (read(RULES[1]), read("deploy/monitoring/rules/alerts_test.yml"), read("docs/operations.md"));
    let names = values(&alerts, "alert");
    assert!(names.len() > 15, "{names:?}");
    for member in ["severity", "summary", "runbook_url"] {
        let said = if member == "severity" {
            alerts.matches("labels: {severity: ").count()
        } else {
            values(&alerts, member).len()
        };
        assert_eq!(said, names.len(), "an alert has no {member}");
    }
    assert_eq!(alerts.matches("description: >-").count(), names.len(), "an alert has no description");
    for (name, address) in names.iter().zip(values(&alerts, "runbook_url")) {
        assert!(address.ends_with(&format!("/docs/operations.md#{}", name.to_lowercase())), "{address}");
        let of_it: Vec<_> =
            tests.split("- eval_time:").filter(|test| values(test, "alertname") == [*name]).collect();
        assert!(of_it.iter().any(|test| test.contains("exp_labels:")), "no test shows {name} firing");
        assert!(of_it.iter().any(|test| test.contains("exp_alerts: []")), "no test shows {name} clear");
    }
    let section = page.split("\n## Alerts\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let explained: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(explained, names, "docs/operations.md explains other alerts, or in another order");
    let severities = alerts.split("labels: {severity: ").skip(1).map(|rest| rest.split('}').next().unwrap());
    for ((name, severity), part) in names.iter().zip(severities).zip(section.split("### ").skip(1)) {
        assert!(part.contains(&format!("`{severity}`. ")), "{name} is {severity}");
    }
}

#[test]
fn panels_have_numbers_of_their_own_a_unit_and_the_chosen_source() {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    assert_eq!((&dashboard["uid"], &dashboard["id"]), (&Value::from("taskgate"), &Value::Null));
    let panels = dashboard["panels"].as_array().unwrap();
    let numbers: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(numbers.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = &panel["title"];
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{title} says nothing");
        let at = &panel["gridPos"];
        assert!(at["x"].as_u64().unwrap() + at["w"].as_u64().unwrap() <= 24, "{title} is off the screen");
    }
    let mut sources = Vec::new();
    members(&dashboard, "uid", &mut sources);
    let own = ["taskgate", "${datasource}", "-- Grafana --"];
    assert!(sources.iter().all(|uid| own.contains(uid)), "an installation has no other source: {sources:?}");
}
