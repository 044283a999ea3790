//! The page that Prometheus reads, and when there is anything on it.

use super::{
    label::{KnownNames, know},
    lines::PageLines,
    objective::hold_to,
    table::{BUILD_INFO, START_TIME, TABLE},
    values::Version,
};
use crate::{config::ObjectiveSettings, model::UnixMillis};

/// The type of the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Has everything counted from now on, which is when the process has started. The names of the first call count.
pub fn turn_on(names: KnownNames, objectives: &ObjectiveSettings, now: UnixMillis) {
    know(names);
    for metric in TABLE {
        metric.turn_on();
    }
    hold_to(objectives);
    BUILD_INFO.set(Version, 1.0);
    START_TIME.set((), now.0 as f64 / 1e3);
}

/// Every metric with its series as they are now.
pub fn page() -> String {
    let mut lines = PageLines::default();
    for metric in TABLE {
        metric.write(&mut lines);
    }
    lines.0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        config::{Settings, SettingsReader},
        http::ROUTES,
        mcp::method_names,
    };

    /// The metrics of a gateway with one tool, `ping`: one set of names for all tests, as they may share a process.
    pub(crate) fn turn_all_on() {
        let routes = ROUTES.iter().map(|route| route.path.as_str()).collect();
        let names = KnownNames { routes, methods: method_names().collect(), tools: vec!["ping"] };
        let loaded = Settings::load(SettingsReader::new([].into(), [].into()), false);
        turn_on(names, &loaded.settings.objectives, UnixMillis(0));
    }
}
