//! `Link` headers: whatever stands there, a target is a part of it between angle brackets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgate::github::next_link;

fuzz_target!(|header: &str| {
    if let Some(target) = next_link(header) {
        assert!(header.contains(target) && !target.contains('>'), "{header}");
    }
});
