//! What answered requests are counted by: the route's template, never the path.

use std::time::Instant;

use axum::http::{Method, StatusCode};

use crate::{
    http::router::{Access, ROUTES},
    telemetry::metrics::{
        ADMIN_CALLS, AdminAction, AdminOutcome, HTTP_REQUEST_DURATION, HTTP_REQUESTS, HttpMethod, RouteLabel,
        StatusClass, WEBHOOKS, WebhookOutcome,
    },
};

/// Counts an answered request.
pub(super) fn count(method: &Method, own_path: &str, status: StatusCode, started: Instant) {
    if !HTTP_REQUESTS.is_on() {
        return;
    }
    // Nearly all that is asked stands in the table as it is.
    let place = ROUTES.iter().position(|route| route.path == own_path);
    let place = place.or_else(|| ROUTES.iter().position(|route| route.has(own_path)));
    let class = StatusClass::of(status.as_u16());
    HTTP_REQUESTS.add((RouteLabel::at(place), HttpMethod::of(method.as_str()), class));
    HTTP_REQUEST_DURATION.observe(RouteLabel::at(place), started.elapsed());
    let Some(route) = place.and_then(|place| ROUTES.get(place)) else { return };
    match (route.access, class) {
        (Access::Admin, class) => ADMIN_CALLS.add((action(method, &route.path), outcome(class))),
        // What was taken is counted where it is known what became of it.
        (Access::Sender(sender), StatusClass::Refused | StatusClass::Failed) => {
            WEBHOOKS.add((sender.metric(), WebhookOutcome::Refused));
        }
        _ => {}
    }
}

const fn outcome(class: StatusClass) -> AdminOutcome {
    match class {
        StatusClass::Success | StatusClass::Redirect => AdminOutcome::Ok,
        StatusClass::Refused => AdminOutcome::Refused,
        StatusClass::Failed => AdminOutcome::Failed,
    }
}

fn action(method: &Method, template: &str) -> AdminAction {
    match (method.as_str(), template) {
        ("POST", "/admin/tokens") => AdminAction::CreateKey,
        ("GET", "/admin/tokens") => AdminAction::ListKeys,
        ("GET", "/admin/tokens/{id}") => AdminAction::ReadKey,
        ("PATCH", "/admin/tokens/{id}") => AdminAction::ChangeKey,
        ("DELETE", "/admin/tokens/{id}") => AdminAction::RevokeKey,
        ("POST", "/admin/tokens/{id}/rotate") => AdminAction::RotateKey,
        ("GET", "/admin/audit") => AdminAction::ReadAudit,
        ("GET", "/admin/usage") => AdminAction::ReadUsage,
        _ => AdminAction::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::{page, tests::turn_all_on};

    #[test]
    fn a_hundred_thousand_paths_and_methods_make_no_series() {
        turn_all_on();
        let answered = |method: &str, path: &str| {
            count(&method.parse().unwrap(), path, StatusCode::NOT_FOUND, Instant::now());
        };
        answered("GET", "/nothing");
        answered("GET", "/sessions/s");
        // Other tests may count at the same time.
        let series = || page().lines().filter(|line| line.contains("taskgate_http_")).count();
        let before = series();
        for number in 0..50_000 {
            answered("GET", &format!("/nothing/{number}"));
            answered("GET", &format!("/sessions/{number}"));
        }
        let text = page();
        assert_eq!(series(), before);
        for route in ["other", "/sessions/{id}"] {
            let labels = format!("route=\"{route}\",method=\"GET\",status=\"4xx\"");
            let line = format!("taskgate_http_requests_total{{{labels}}} 50001");
            assert!(text.lines().any(|shown| shown == line), "{line} is missing");
        }
    }

    #[test]
    fn every_call_of_the_administrator_has_an_action_of_its_own() {
        let mut actions = Vec::new();
        for route in ROUTES.iter().filter(|route| route.access == Access::Admin) {
            for method in &route.methods {
                let action = action(&method.parse().unwrap(), &route.path);
                assert!(
                    action != AdminAction::Other && !actions.contains(&action),
                    "{method} {}",
                    route.path
                );
                actions.push(action);
            }
        }
    }
}
