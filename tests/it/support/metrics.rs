//! The page of metrics, read as strictly as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use super::{Answer, Gateway, gateway::METRICS_TOKEN};

/// A page: each series, as it is written there, with its figure.
#[derive(Clone, Debug)]
pub struct MetricsPage(pub BTreeMap<String, f64>);

impl Gateway {
    /// The metrics of a gateway with [`METRICS_TOKEN`].
    pub async fn metrics(&self) -> MetricsPage {
        let asked = self.caller_with(METRICS_TOKEN).request(Method::GET, "/metrics").send();
        let answer = Answer::of(asked.await.unwrap()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        MetricsPage::read(&answer.text)
    }
}

impl MetricsPage {
    /// Fails on what is no line of the format, stands twice, or belongs to no metric that was described before.
    pub fn read(text: &str) -> Self {
        let (mut series, mut described) = (BTreeMap::new(), BTreeSet::new());
        let mut current = ("", "");
        assert!(text.ends_with('\n'), "the last line ends");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                assert!(described.insert(name) && !help.trim().is_empty(), "{line}");
                current = (name, "");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(name == current.0 && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
                current.1 = kind;
            } else {
                let (name, figure) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
                let bare = name.split('{').next().unwrap();
                let is_own = bare == current.0
                    || current.1 == "histogram"
                        && ["_bucket", "_sum", "_count"]
                            .iter()
                            .any(|end| bare == format!("{}{end}", current.0));
                assert!(is_own && !current.1.is_empty(), "{line} stands below {current:?}");
                assert_labels(name);
                let figure: f64 = figure.parse().unwrap_or_else(|_| panic!("{line}"));
                assert!(series.insert(name.to_owned(), figure).is_none(), "{line} stands twice");
            }
        }
        Self(series)
    }

    /// The figure of a series; 0 where there is none.
    pub fn of(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or(0.0)
    }

    /// The counts that have grown since, without those of asking for metrics and of the store.
    pub fn since(&self, before: &Self) -> BTreeMap<String, f64> {
        let is_meant = |name: &str| {
            let bare = name.split('{').next().unwrap();
            (bare.ends_with("_total") || bare.ends_with("_count"))
                && !bare.contains("_store_")
                && !bare.starts_with("process_")
                && !name.contains("route=\"/metrics\"")
        };
        let grown = self.0.iter().map(|(name, figure)| (name.clone(), figure - before.of(name)));
        grown.filter(|(name, more)| *more != 0.0 && is_meant(name)).collect()
    }
}

/// Labels as `{name="value",...}`; no value here needs an escape.
fn assert_labels(series: &str) {
    let Some((_, labels)) = series.split_once('{') else { return };
    let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{series}"));
    for label in labels.split("\",") {
        let (name, value) = label.split_once("=\"").unwrap_or_else(|| panic!("{series}"));
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{series}");
        let value = value.strip_suffix('"').unwrap_or(value);
        assert!(!value.is_empty() && !value.contains(['"', '\\', '\n']), "{series}");
    }
}
