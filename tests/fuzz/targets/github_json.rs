//! GitHub's JSON of a discussion: whatever comes, what is shown of it is JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgate::reviews::fuzzing::shown;

fuzz_target!(|json: &[u8]| {
    if let Some((items, _)) = shown(json) {
        let items: Vec<serde_json::Value> = serde_json::from_str(&items).expect("a JSON array");
        assert!(items.iter().all(|item| item["user"]["login"].as_str().is_some_and(|login| !login.is_empty())));
    }
});
