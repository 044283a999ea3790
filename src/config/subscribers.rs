//! Who is told what happens to tasks. Nobody, unless an address is named.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{SettingsReader, host::is_loopback_host, url::safe_url};

const NAME: &str = "TASKGATE_BOARD_WEBHOOK_URL";
/// Each address is followed by a job of its own.
const MOST_ADDRESSES: usize = 16;

/// `TASKGATE_BOARD_WEBHOOK_URL`.
#[derive(Clone, Debug, Default)]
pub struct SubscriberSettings {
    /// Where events of tasks are posted. Secret: such addresses often hold a token.
    pub addresses: Vec<SecretString>,
}

impl SubscriberSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let Some(list) = reader.secret(NAME) else { return Self::default() };
        let mut addresses: Vec<&str> = list.expose_secret().split(',').map(str::trim).collect();
        if addresses.contains(&"") {
            reader.fault(NAME, "has an empty item: take out the comma that is too many");
            addresses.retain(|address| !address.is_empty());
        }
        if addresses.len() > MOST_ADDRESSES {
            reader.fault(
                NAME,
                format!("names {} addresses, {MOST_ADDRESSES} are told at most", addresses.len()),
            );
        }
        for (at, address) in addresses.iter().enumerate() {
            safe_url(reader, NAME, address);
            if addresses[..at].contains(address) {
                reader.fault(NAME, "names the same address twice");
            }
        }
        Self { addresses: addresses.into_iter().map(SecretString::from).collect() }
    }

    /// Whether one of them is on another machine.
    pub(super) fn go_beyond_loopback(&self) -> bool {
        let is_here = |address: &SecretString| {
            let url = Url::parse(address.expose_secret()).ok();
            url.is_some_and(|url| url.host_str().is_some_and(is_loopback_host))
        };
        !self.addresses.iter().all(is_here)
    }
}
