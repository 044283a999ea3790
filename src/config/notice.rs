//! Who is told that a key ends soon. Off unless one of these is set.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    SettingsReader,
    host::{has_user, is_loopback_host},
    url::safe_url,
};

/// `TASKGATE_ON_EXPIRY_URL`, `SMTP_URL`, `SMTP_FROM`.
#[derive(Clone, Debug)]
pub struct NoticeSettings {
    /// Where a JSON notice is posted. Secret: such addresses often hold a token.
    pub webhook: Option<SecretString>,
    /// The mail server, and who mails.
    pub mail: Option<(SecretString, String)>,
}

impl NoticeSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let webhook = reader.secret("TASKGATE_ON_EXPIRY_URL");
        if let Some(url) = &webhook {
            safe_url(reader, "TASKGATE_ON_EXPIRY_URL", url.expose_secret());
        }
        let (server, from) = (reader.secret("SMTP_URL"), reader.text("SMTP_FROM"));
        if let Some(server) = &server {
            look_at_server(reader, server);
        }
        match (&server, &from) {
            (Some(_), from) if !from.as_deref().is_some_and(is_sender) => reader.fault(
                "SMTP_FROM",
                "SMTP_URL is set: expected the address that mails, such as taskgate@example.com",
            ),
            (None, Some(_)) if !reader.is_given("SMTP_URL_FILE") => {
                reader.fault("SMTP_FROM", "nothing is mailed without SMTP_URL: set that too, or neither");
            }
            _ => {}
        }
        Self { webhook, mail: server.zip(from) }
    }
}

/// What the mail library would refuse only when the first mail is due.
fn look_at_server(reader: &mut SettingsReader, server: &SecretString) {
    let url = Url::parse(server.expose_secret()).ok();
    let tls =
        |url: &Url| url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    let url = url.filter(|url| {
        let is_known = match (url.scheme(), tls(url).as_deref()) {
            ("smtp", tls) => matches!(tls, None | Some("required" | "opportunistic")),
            ("smtps", tls) => matches!(tls, None | Some("required")),
            _ => false,
        };
        is_known && url.host_str().is_some_and(|host| !host.is_empty()) && url.port() != Some(0)
    });
    let Some(url) = url else {
        return reader
            .fault("SMTP_URL", "expected smtps://user:password@host, or smtp://host:port?tls=required");
    };
    let is_here = url.host_str().is_some_and(is_loopback_host);
    let in_clear = url.scheme() == "smtp" && tls(&url).as_deref() != Some("required");
    if has_user(&url) && in_clear && !is_here {
        reader.warn(
            "SMTP_URL",
            "the password may go over the network in clear: use smtps://, or smtp:// with ?tls=required",
        );
    }
}

/// An address, with or without a name before it.
fn is_sender(text: &str) -> bool {
    text.parse::<lettre::message::Mailbox>().is_ok()
}
