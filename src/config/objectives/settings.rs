//! `TASKGATE_OBJECTIVE_*`.

use std::time::Duration;

use super::Share;
use crate::config::SettingsReader;

/// What the time of the latency objective may be: the ends of the histograms' buckets in whole milliseconds, so that what is seen
/// in a histogram and what is counted for the objective are the same.
pub const LATENCY_BOUNDS_MS: [u64; 14] =
    [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

/// The objectives.
#[derive(Clone, Copy, Debug)]
pub struct ObjectiveSettings {
    /// Share of calls that do not fail by the gateway's fault.
    pub availability: Share,
    /// Share of calls that are answered in time.
    pub latency: Share,
    /// That time, one of [`LATENCY_BOUNDS_MS`].
    pub answered_within: Duration,
}

impl ObjectiveSettings {
    pub(in crate::config) fn read(reader: &mut SettingsReader) -> Self {
        Self {
            availability: reader.one_of("TASKGATE_OBJECTIVE_AVAILABILITY", Share::EXPECTED),
            latency: reader.one_of("TASKGATE_OBJECTIVE_LATENCY", Share::EXPECTED),
            answered_within: answered_within(reader),
        }
    }
}

fn answered_within(reader: &mut SettingsReader) -> Duration {
    let bounds = LATENCY_BOUNDS_MS.map(|bound| bound.to_string());
    let choices: Vec<_> = bounds.iter().map(String::as_str).zip(LATENCY_BOUNDS_MS).collect();
    let chosen = reader.choice("TASKGATE_OBJECTIVE_LATENCY_MS", &choices);
    Duration::from_millis(chosen.unwrap_or(LATENCY_BOUNDS_MS[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    /// The objectives of those settings, and what is wrong with them.
    fn read(pairs: &[(&str, &str)]) -> (ObjectiveSettings, Vec<String>) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = Settings::load(SettingsReader::new([].into(), pairs), false);
        let faults = loaded.faults.into_iter().map(|fault| format!("{}: {}", fault.key, fault.message));
        (loaded.settings.objectives, faults.collect())
    }

    #[test]
    fn a_share_is_in_percent_and_leaves_a_budget_that_can_be_watched() {
        const NAME: &str = "TASKGATE_OBJECTIVE_AVAILABILITY";
        let exactly = |share: Share| share.ratio().to_string();
        assert_eq!(exactly(read(&[]).0.availability), "0.999");
        for (given, ratio) in
            [("99.9", "0.999"), ("95", "0.95"), ("99.95%", "0.9995"), (" 99.999 ", "0.99999"), ("99", "0.99")]
        {
            let (objectives, faults) = read(&[(NAME, given)]);
            assert_eq!((exactly(objectives.availability), faults), (ratio.to_owned(), vec![]), "{given}");
        }
        for wrong in ["100", "94.9", "0.999", "99,9", "nan", "inf", "-99", "all", "99.9999"] {
            let (_, faults) = read(&[(NAME, wrong)]);
            assert_eq!(
                faults,
                [format!("{NAME}: expected {}, got `{wrong}`", Share::EXPECTED)],
                "{wrong} is taken"
            );
        }
    }

    #[test]
    fn a_time_is_an_end_of_a_bucket() {
        const NAME: &str = "TASKGATE_OBJECTIVE_LATENCY_MS";
        assert_eq!(read(&[]).0.answered_within, Duration::from_millis(2_500));
        assert_eq!(read(&[(NAME, "250")]).0.answered_within, Duration::from_millis(250));
        let (_, faults) = read(&[(NAME, "300")]);
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].contains("expected one of 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500"),
            "{faults:?}"
        );
    }
}
