//! Which traces are recorded, as `OTEL_TRACES_SAMPLER` says. Of a share the trace's id decides, so that every system that asks for the
//! same share records the same traces.

use super::context::TraceParent;
use crate::config::TraceSampler;

/// The bits of an id that are random, whoever made it (W3C, level 2).
const RANDOM_BITS: u32 = 56;

/// The choice of traces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampler {
    follows_parent: bool,
    /// Of 2^56 ids, those from this one on are recorded.
    threshold: u64,
}

impl Sampler {
    pub(super) fn new(settings: TraceSampler) -> Self {
        let all = (1_u64 << RANDOM_BITS) as f64;
        let threshold = ((1.0 - settings.share.clamp(0.0, 1.0)) * all).round() as u64;
        Self { follows_parent: settings.follows_parent, threshold }
    }

    /// Whether the trace of that id is recorded; `parent`: what the caller does.
    pub(super) fn records(&self, trace_id: u128, parent: Option<&TraceParent>) -> bool {
        match parent {
            Some(parent) if self.follows_parent => parent.is_sampled,
            _ => (trace_id as u64) & ((1 << RANDOM_BITS) - 1) >= self.threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::traces::tracer::new_trace_id;

    fn recorded(share: f64) -> usize {
        let sampler = Sampler::new(TraceSampler { follows_parent: true, share });
        (0..20_000).filter(|_| sampler.records(new_trace_id(), None)).count()
    }

    #[test]
    fn of_a_share_as_many_are_recorded_as_it_says() {
        assert_eq!(recorded(0.0), 0);
        assert_eq!(recorded(1.0), 20_000);
        let tenth = recorded(0.1);
        assert!((1_700..=2_300).contains(&tenth), "{tenth}");
    }

    #[test]
    fn a_parent_decides_where_it_is_asked() {
        let text = |flags| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0{flags}");
        let (sampled, not) = (TraceParent::read(&text(1), None), TraceParent::read(&text(0), None));
        for share in [0.0, 1.0] {
            let sampler = |follows_parent| Sampler::new(TraceSampler { follows_parent, share });
            assert!(sampler(true).records(1, sampled.as_ref()));
            assert!(!sampler(true).records(1, not.as_ref()));
            assert_eq!(sampler(false).records(1, sampled.as_ref()), share > 0.0);
            assert_eq!(sampler(false).records(1, not.as_ref()), share > 0.0);
        }
    }
}
