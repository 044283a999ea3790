//! Filters, as far as somebody filters.

use serde_json::Value;
use taskgate::model::UnixMillis;

use super::data::{Data, Issue, Label, Project, Team};

fn is_in(list: &Value, value: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|known| known == value))
}

/// Whether a text is what a comparator asks for.
fn compares(comparator: &Value, value: &str) -> bool {
    comparator.as_object().unwrap().iter().all(|(how, wanted)| match how.as_str() {
        "eq" => wanted == value,
        "eqIgnoreCase" => wanted.as_str().is_some_and(|wanted| wanted.eq_ignore_ascii_case(value)),
        "in" => is_in(wanted, value),
        "nin" => !is_in(wanted, value),
        other => panic!("nobody compared by {other} before"),
    })
}

pub fn is_team(filter: &Value, team: &Team) -> bool {
    filter.as_object().is_none_or(|filter| {
        filter.iter().all(|(name, comparator)| match name.as_str() {
            "id" => compares(comparator, &team.id),
            "key" => compares(comparator, &team.key),
            other => panic!("nobody asked for teams by {other} before"),
        })
    })
}

pub fn is_project(filter: &Value, project: &Project) -> bool {
    filter.as_object().is_none_or(|filter| {
        filter.iter().all(|(name, comparator)| match name.as_str() {
            "id" => compares(comparator, &project.id),
            "slugId" => compares(comparator, &project.slug),
            other => panic!("nobody asked for projects by {other} before"),
        })
    })
}

pub fn is_label(filter: &Value, label: &Label, data: &Data) -> bool {
    filter.as_object().unwrap().iter().all(|(name, comparator)| match name.as_str() {
        "or" => comparator.as_array().unwrap().iter().any(|filter| is_label(filter, label, data)),
        "name" => compares(comparator, &label.name),
        "team" if comparator["null"] == true => label.team.is_none(),
        "team" => label.team.is_some_and(|team| is_team(comparator, &data.teams[team])),
        other => panic!("nobody asked for labels by {other} before"),
    })
}

pub fn is_issue(filter: &Value, issue: &Issue, data: &Data) -> bool {
    filter.as_object().unwrap().iter().all(|(name, comparator)| match name.as_str() {
        "or" => comparator.as_array().unwrap().iter().any(|filter| is_issue(filter, issue, data)),
        "id" => compares(comparator, &issue.id),
        "team" => is_team(comparator, &data.teams[issue.team]),
        "project" => issue.project.is_some_and(|project| is_project(comparator, &data.projects[project])),
        "number" => comparator["eq"].as_u64() == Some(issue.number),
        "state" => compares(&comparator["type"], data.states[issue.state].kind),
        "updatedAt" => {
            let since = UnixMillis::from_rfc3339(comparator["gte"].as_str().unwrap()).unwrap();
            issue.updated_at >= since.0
        }
        other => panic!("nobody asked for issues by {other} before"),
    })
}
