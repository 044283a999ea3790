//! URLs of pull requests as people paste them: what is read is written the same way, names nothing that leads elsewhere, and is
//! read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgate::reviews::PullRequestAddress;

fuzz_target!(|text: &str| {
    let Some(address) = PullRequestAddress::parse(text) else { return };
    let written = address.to_string();
    assert_eq!(PullRequestAddress::parse(&written), Some(address.clone()));
    for name in [&address.owner, &address.repo] {
        assert!(!name.is_empty() && !name.contains(['/', '\\', '%', '?', '#', '@', ' ', '\r', '\n']) && name != "..", "{written}");
    }
    assert!(!address.host.contains(['/', '@', '?', '#', '\\']), "{written}");
});
