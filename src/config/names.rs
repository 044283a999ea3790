//! The names of settings among those of everybody else. A name that was meant for us and is not known is
//! worth a word: what it says has no effect.

use std::net::IpAddr;

use super::{
    host::host_name,
    table::{SETTINGS, Setting},
};

/// A name that is read for want of one of ours.
pub(super) struct BorrowedName {
    /// Whose value it becomes.
    pub(super) own: &'static str,
    /// What platforms and shells set.
    pub(super) name: &'static str,
    /// What goes before its value.
    pub(super) prefix: &'static str,
}

/// Names that are read for want of ours, the stronger of two first.
pub(super) const BORROWED: [BorrowedName; 6] = [
    BorrowedName { own: "MCP_HOST", name: "HOST", prefix: "" },
    BorrowedName { own: "MCP_PORT", name: "PORT", prefix: "" },
    BorrowedName { own: "TASKGATE_PUBLIC_URL", name: PLATFORM_HOSTS[0], prefix: "https://" },
    BorrowedName { own: "TASKGATE_PUBLIC_URL", name: PLATFORM_HOSTS[1], prefix: "https://" },
    BorrowedName { own: "HTTPS_PROXY", name: "https_proxy", prefix: "" },
    BorrowedName { own: "NO_PROXY", name: "no_proxy", prefix: "" },
];
/// The name by which a platform lets others reach a program: Render's, and that of Hugging Face Spaces.
pub(super) const PLATFORM_HOSTS: [&str; 2] = ["RENDER_EXTERNAL_HOSTNAME", "SPACE_HOST"];
/// Set by Cloud Run, where nothing lasts longer than the instance.
pub(super) const CLOUD_RUN: &str = "K_SERVICE";
/// Names of others that may be meant for us: whoever gives one is told what comes of it.
const MISTAKEN: [&str; 2] = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"];
/// Beginnings that others use too: a name is taken for ours when it is this close to one of ours.
const SHARED: [&str; 4] = ["MCP_", "CORS_", "RATE_LIMIT_", "KANBAN_"];
/// Names that `docker-compose.yml` reads from the same `.env`.
pub const COMPOSE_NAMES: [&str; 9] = [
    "TASKGATE_PUBLISH_ADDRESS",
    "TASKGATE_HTTPS_PORT",
    "TASKGATE_HTTP_PORT",
    "TASKGATE_SUBNET",
    "PLANKA_SECRET_KEY",
    "PLANKA_DB_PASSWORD",
    "PLANKA_UI_PORT",
    "GRAFANA_PASSWORD",
    "GRAFANA_PORT",
];
/// Letters that may be wrong for a name to be close.
const CLOSE: usize = 2;

/// The setting of that name.
pub(super) fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Whether a secret of that name is given as the path of a file.
pub(super) fn is_secret_file(name: &str) -> bool {
    name.strip_suffix("_FILE").and_then(setting).is_some_and(|setting| setting.secret)
}

/// Whether this program reads that name.
pub(super) fn is_read(name: &str) -> bool {
    setting(name).is_some() || is_secret_file(name) || BORROWED.iter().any(|borrowed| borrowed.name == name)
}

/// Whether anything is said about what that name holds.
pub(super) fn takes_part(name: &str) -> bool {
    is_read(name) || name == CLOUD_RUN || MISTAKEN.contains(&name)
}

/// Whether a value is meant for us. Kubernetes sets `MCP_PORT=tcp://10.43.1.2:8080` for a Service called
/// `mcp`, and shells set `HOST` to a machine's name: no reason to stop.
pub(super) fn is_meant(name: &str, value: &str) -> bool {
    match name {
        "MCP_PORT" | "PORT" => !value.contains("://"),
        "HOST" => address(value).is_some(),
        _ if PLATFORM_HOSTS.contains(&name) => host_name(value).is_some(),
        _ => true,
    }
}

/// The address to listen on that is written so.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok()
}

/// What to say about a name that looks like one of ours and is none.
pub(super) fn problem(name: &str, value: &str) -> Option<String> {
    if is_read(name) || COMPOSE_NAMES.contains(&name) {
        return None;
    }
    if let Some(plain) = name.strip_suffix("_FILE").and_then(setting) {
        return Some(format!("only secrets may be given as a file: set {}", plain.name));
    }
    if let Some(upper) = setting(&name.to_ascii_uppercase()) {
        return Some(format!("names are in capitals, so it has no effect: set {}", upper.name));
    }
    if let Some(problem) = problem_of_traces(name, value) {
        return Some(problem);
    }
    let is_ours = name.starts_with("TASKGATE_") && !is_of_kubernetes(name, value);
    if !is_ours && !SHARED.iter().any(|start| name.starts_with(start)) {
        return None;
    }
    let nearest = nearest(name);
    let meant = nearest.map_or_else(String::new, |name| format!(", did you mean {name}?"));
    (is_ours || nearest.is_some()).then(|| format!("there is no such setting, so it has no effect{meant}"))
}

/// What to say about a name of OpenTelemetry's that others read and this program does not.
fn problem_of_traces(name: &str, value: &str) -> Option<String> {
    if name == "OTEL_TRACES_EXPORTER" && value.trim() == "none" {
        return Some(String::from("is not read: OTEL_SDK_DISABLED=true sends no traces"));
    }
    let rest = name.strip_prefix("OTEL_EXPORTER_OTLP_TRACES_")?;
    let plain = setting(&format!("OTEL_EXPORTER_OTLP_{rest}"))?;
    Some(format!("is not read, as nothing but traces is sent: set {}", plain.name))
}

/// The setting whose name is a letter or two away from that, if there is one.
fn nearest(name: &str) -> Option<&'static str> {
    let distances = SETTINGS.iter().map(|setting| (strsim::osa_distance(name, setting.name), setting.name));
    distances.filter(|(distance, _)| *distance <= CLOSE).min().map(|(_, name)| name)
}

/// The setting that was meant by a name which stands in a file of settings alone and is none.
pub(super) fn meant_in_file(name: &str) -> Option<&'static str> {
    let borrowed = BORROWED.iter().find(|borrowed| borrowed.name == name);
    borrowed.map(|borrowed| borrowed.own).or_else(|| nearest(&name.to_ascii_uppercase()))
}

/// Whether Kubernetes sets that name for a Service whose name begins as ours do.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    match name {
        "TASKGATE_PORT" => !is_number,
        _ => name.contains("_SERVICE_") || name.contains("_PORT_") || name.ends_with("_PORT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_meant_for_us_is_told_of() {
        for (name, meant) in [
            ("TASKGATE_PUBLIC_ULR", "TASKGATE_PUBLIC_URL"),
            ("TASKGATE_WORKSPACES", "no such setting"),
            ("TASKGATE_PORT", "no such setting"),
            ("MCP_POTR", "MCP_PORT"),
            ("MCP_AUTH_TOKEN", "MCP_AUTH_TOKENS"),
            ("MCP_ADMIN_TOKENS", "MCP_ADMIN_TOKEN"),
            ("CORS_ALLOWED_ORIGINS", "CORS_ALLOW_ORIGINS"),
            ("RATE_LIMIT_REQUEST_PER_MINUTE", "RATE_LIMIT_REQUESTS_PER_MINUTE"),
            ("TASKGATE_PUBLIC_URL_FILE", "only secrets"),
            ("MCP_PORT_FILE", "only secrets"),
            ("mcp_port", "set MCP_PORT"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "set OTEL_EXPORTER_OTLP_HEADERS"),
        ] {
            let said = problem(name, "8080").unwrap_or_default();
            assert!(said.contains(meant), "{name}: {said:?}");
        }
    }

    #[test]
    fn who_wants_no_traces_is_told_how() {
        assert!(
            problem("OTEL_TRACES_EXPORTER", "none").is_some_and(|said| said.contains("OTEL_SDK_DISABLED"))
        );
    }

    #[test]
    fn names_of_others_and_known_ones_are_not() {
        for (name, value) in [
            ("MCP_SECRET_KEY", "x"),
            ("MCP_SECRET_KEY_FILE", "/run/secrets/x"),
            ("HOST", "laptop"),
            ("PORT", "1"),
            ("host", "laptop"),
            ("MCP_SESSION_TIMEOUT", "1"),
            ("MCP_SERVER_NAME", "x"),
            ("MCP_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("MCP_SERVICE_HOST", "10.0.0.1"),
            ("TASKGATE_PORT", "tcp://10.0.0.1:80"),
            ("TASKGATE_PORT_8080_TCP", "tcp://10.0.0.1:80"),
            ("TASKGATE_SERVICE_PORT", "80"),
            ("TASKGATE_REDIS_SERVICE_PORT_TCP_REDIS", "6379"),
            ("TASKGATE_REDIS_PORT", "tcp://10.0.0.1:6379"),
            ("PATH", "/bin"),
            ("TASKGATE_SUBNET", "172.30.9"),
            ("GITHUB_API_URI", "x"),
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "x"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x"),
        ] {
            assert_eq!(problem(name, value), None, "{name}");
        }
    }
}
