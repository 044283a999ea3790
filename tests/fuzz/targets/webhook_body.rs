//! Bodies of webhooks, which are signed before they are read, as JSON and as a form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgate::http::webhook_url;

fuzz_target!(|body: &[u8]| {
    let _ = webhook_url(false, body);
    let _ = webhook_url(true, body);
});
