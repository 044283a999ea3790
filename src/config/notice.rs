//! Who is told that a key ends soon. Off unless one of these is set.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Reader;

/// `TASKGATE_ON_EXPIRY_URL`, `SMTP_URL`, `SMTP_FROM`.
#[derive(Clone, Debug)]
pub struct NoticeSettings {
    /// Where a JSON notice is posted. Secret: such addresses often hold a token.
    pub webhook: Option<SecretString>,
    /// The mail server, and who mails.
    pub mail: Option<(SecretString, String)>,
}

impl NoticeSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let webhook = reader.secret("TASKGATE_ON_EXPIRY_URL");
        if let Some(url) = &webhook {
            safe_url(reader, "TASKGATE_ON_EXPIRY_URL", url.expose_secret());
        }
        let (server, from) = (reader.secret("SMTP_URL"), reader.text("SMTP_FROM"));
        let named =
            |url: &SecretString| ["smtp://", "smtps://"].iter().any(|s| url.expose_secret().starts_with(s));
        if server.as_ref().is_some_and(|url| !named(url)) {
            reader.fault("SMTP_URL", "expected smtps://user:password@host, or smtp://host:port");
        }
        if server.is_some() && from.as_ref().is_none_or(|from| !from.contains('@')) {
            reader.fault(
                "SMTP_FROM",
                "SMTP_URL is set: expected the address that mails, such as taskgate@example.com",
            );
        }
        Self { webhook, mail: server.zip(from) }
    }
}

/// A URL that is https, or http on this machine.
pub(super) fn safe_url(reader: &mut Reader, name: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok();
    let safe = url.filter(|url| match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    });
    if safe.is_none() {
        reader.fault(name, "expected an https:// address (http:// only on this machine)");
    }
    safe
}
