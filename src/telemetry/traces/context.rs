//! Where a caller's own trace stands: `traceparent` and `tracestate` of W3C's Trace Context. What is not exactly that is as good as
//! none, and nobody is told: whoever sends it may be a proxy that no caller knows of.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use crate::model::TracePlace;

/// The header, and the member of `_meta`, that names the caller's span.
pub const W3C_PARENT: &str = "traceparent";
/// The one with what other systems keep in the trace.
pub const W3C_STATE: &str = "tracestate";
const PARENT_HEADER: HeaderName = HeaderName::from_static(W3C_PARENT);
const STATE_HEADER: HeaderName = HeaderName::from_static(W3C_STATE);
/// Characters of version 00.
const LENGTH: usize = 55;
/// Characters of `tracestate` that W3C has everybody keep; a longer one is dropped.
const MOST_STATE: usize = 512;
/// Members of it.
const MOST_MEMBERS: usize = 32;
const SAMPLED: u8 = 1;

/// A caller's span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// Where the caller is.
    pub place: TracePlace,
    /// Whether it records that.
    pub is_sampled: bool,
}

impl TraceParent {
    /// The span that headers name.
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(&PARENT_HEADER).iter();
        let parent = parents.next().filter(|_| parents.next().is_none())?;
        let states: Vec<_> =
            headers.get_all(&STATE_HEADER).iter().filter_map(|state| state.to_str().ok()).collect();
        Self::read(parent.to_str().ok()?, Some(&states.join(",")))
    }

    /// The span that a pair of texts names.
    pub fn read(parent: &str, state: Option<&str>) -> Option<Self> {
        let bytes = parent.as_bytes();
        let version = hex(parent.get(..2)?)?;
        let is_whole = match version {
            0 => bytes.len() == LENGTH,
            0xff => false,
            // A later version may go on after what this one has.
            _ => bytes.len() == LENGTH || bytes.get(LENGTH) == Some(&b'-'),
        };
        let is_parted = [2, 35, 52].iter().all(|at| bytes.get(*at) == Some(&b'-'));
        if !is_whole || !is_parted {
            return None;
        }
        let trace_id = hex(parent.get(3..35)?).filter(|id| *id != 0)?;
        let span_id = hex(parent.get(36..52)?).filter(|id| *id != 0)? as u64;
        let flags = hex(parent.get(53..LENGTH)?)? as u8;
        let state = state.filter(|state| is_state(state)).map(Arc::from);
        Some(Self { place: TracePlace { trace_id, span_id, state }, is_sampled: flags & SAMPLED != 0 })
    }
}

/// A number of lower-case hexadecimal digits.
fn hex(text: &str) -> Option<u128> {
    let are_digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    are_digits.then(|| u128::from_str_radix(text, 16).ok())?
}

/// Whether a text is members as W3C has them.
fn is_state(text: &str) -> bool {
    let members = || text.split(',').map(|member| member.trim_matches([' ', '\t']));
    let mut named = members().filter(|member| !member.is_empty());
    text.len() <= MOST_STATE
        && members().count() <= MOST_MEMBERS
        && named.clone().next().is_some()
        && named.all(is_member)
}

fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else { return false };
    let is_key = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let is_value = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b',' && byte != b'=';
    (1..=256).contains(&key.len())
        && key.bytes().all(is_key)
        && (1..=256).contains(&value.len())
        && value.bytes().all(is_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_parent_is_read_and_written_as_w3c_has_it() {
        let parent = TraceParent::read(PARENT, Some("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")).unwrap();
        assert!(parent.is_sampled);
        assert_eq!(parent.place.traceparent(), PARENT);
        assert_eq!(parent.place.state.as_deref(), Some("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
        let later = PARENT.replacen("00", "cc", 1);
        assert!(TraceParent::read(&format!("{later}-what-the-future-will-be-like"), None).is_some());
        assert!(!TraceParent::read(&format!("{}00", &PARENT[..53]), None).unwrap().is_sampled);
        assert!(TraceParent::read(&format!("{}03", &PARENT[..53]), None).unwrap().is_sampled);
    }

    #[test]
    fn what_is_no_parent_is_none() {
        for wrong in [
            "",
            "00",
            &PARENT[..54],
            &format!("{PARENT}-"),
            &format!("{PARENT}0"),
            &PARENT.to_uppercase(),
            &PARENT.replace('-', "_"),
            &PARENT.replacen("00", "ff", 1),
            &PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &PARENT.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &PARENT.replace("4bf9", "4bfg"),
            &PARENT.replace("4bf9", "+bf9"),
            &PARENT.replace("4bf9", "é4b"),
            &"é".repeat(28),
        ] {
            assert_eq!(TraceParent::read(wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn a_state_that_is_none_is_dropped_and_takes_no_parent_with_it() {
        let many = "a=1,".repeat(33);
        let long = format!("a={}", "x".repeat(257));
        for wrong in ["", ",", "a", "=1", "a=", "A=1", "a=1=2", "a=\u{e9}", "a=1,b", &many, &long] {
            assert_eq!(TraceParent::read(PARENT, Some(wrong)).unwrap().place.state, None, "{wrong}");
        }
    }

    #[test]
    fn two_parents_are_none() {
        let headers = |pairs: &[(HeaderName, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            TraceParent::of_headers(&pairs.collect())
        };
        let state = |value| (STATE_HEADER, value);
        let parent = headers(&[(PARENT_HEADER, PARENT), state("a=1"), state("b=2")]).unwrap();
        assert_eq!(parent.place.state.as_deref(), Some("a=1,b=2"));
        assert_eq!(headers(&[(PARENT_HEADER, PARENT), (PARENT_HEADER, PARENT)]), None);
        assert_eq!(headers(&[state("a=1")]), None);
    }
}
