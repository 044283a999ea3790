//! Addresses that a request is sent to.

use url::Url;

use super::{
    SettingsReader,
    host::{host_name, is_loopback_host},
};

/// A URL that is https, or http on this machine; else a fault.
pub(super) fn safe_url(reader: &mut SettingsReader, name: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok();
    let safe = url.filter(|url| {
        let is_here = url.host_str().is_some_and(is_loopback_host);
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        is_safe && url.host_str().and_then(host_name).is_some() && url.port() != Some(0)
    });
    if safe.is_none() {
        reader.fault(name, "expected an https:// address (http:// only on this machine)");
    }
    safe
}
