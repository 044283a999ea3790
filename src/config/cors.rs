//! Which web pages may call.

use url::Url;

use super::{
    SettingsReader,
    host::{has_user, host_name, is_loopback_host},
};

/// Which `Origin` values are accepted.
#[derive(Clone, Debug)]
pub enum OriginRule {
    /// Loopback origins and these.
    Listed(Vec<String>),
    /// Any; never with credentials.
    Any,
}

/// `CORS_*`.
#[derive(Clone, Debug)]
pub struct CorsSettings {
    /// Whether CORS headers are sent. Foreign origins are refused either way.
    pub enabled: bool,
    /// Which origins are accepted.
    pub origins: OriginRule,
}

impl CorsSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        const NAME: &str = "CORS_ALLOW_ORIGINS";
        let mut listed = Vec::new();
        let mut any = false;
        for text in reader.list(NAME) {
            if text == "*" {
                any = true;
                reader.warn(NAME, "`*` lets every web page call with a key it knows");
                continue;
            }
            match written_origin(&text) {
                Ok(origin) => listed.push(origin),
                Err(problem) => reader.fault(NAME, format!("`{text}` never matches: {problem}")),
            }
        }
        if any && !listed.is_empty() {
            reader.warn(NAME, "what stands beside `*` changes nothing");
        }
        let origins = if any { OriginRule::Any } else { OriginRule::Listed(listed) };
        Self { enabled: reader.flag("CORS_ENABLED"), origins }
    }
}

impl OriginRule {
    /// Whether a page of that origin may call.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(listed) => listed.iter().any(|known| known == origin) || is_loopback(origin),
        }
    }
}

/// What an operator wrote as browsers send it; else what is wrong. Browsers write the origin of a web page in
/// one way only; what applications make up (`tauri://localhost`) is compared as it is.
fn written_origin(text: &str) -> Result<String, &'static str> {
    const EXPECTED: &str =
        "expected origins such as https://app.example, a scheme and a host with or without a port";
    if text.eq_ignore_ascii_case("null") {
        return Err("every sandboxed page and local file has that origin, so it cannot be let in");
    }
    if text.contains('*') {
        return Err("`*` stands for nothing within an origin: write each one, or `*` alone for all");
    }
    let url = Url::parse(text).map_err(|_| EXPECTED)?;
    match url.scheme() {
        "http" | "https" => {
            let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            let named = url.host_str().and_then(host_name).is_some() && url.port() != Some(0);
            let is_origin = is_bare && named && !has_user(&url) && text.contains("://");
            if is_origin { Ok(url.origin().ascii_serialization()) } else { Err(EXPECTED) }
        }
        "file" | "data" | "blob" | "about" => Err("pages of that scheme have the origin `null`"),
        "ws" | "wss" | "ftp" => Err("no page has that scheme: expected http:// or https://"),
        scheme => {
            let host = text.get(scheme.len()..).and_then(|rest| rest.strip_prefix("://"));
            let host = host.filter(|host| is_made_up_host(host)).ok_or(EXPECTED)?;
            Ok(format!("{scheme}://{host}"))
        }
    }
}

/// The host, with or without a port, of a scheme that is no web page's.
fn is_made_up_host(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"/\\?#@:,\"'`<>".contains(&byte);
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    !host.is_empty() && host.bytes().all(is_plain) && port.is_none_or(is_port)
}

fn is_loopback(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    host.is_some_and(is_loopback_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        for (written, sent) in [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example:443/", "https://app.example"),
            ("http://app.example:8080", "http://app.example:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
            ("tauri://localhost", "tauri://localhost"),
            ("TAURI://localhost", "tauri://localhost"),
            ("app://obsidian.md", "app://obsidian.md"),
            ("capacitor://localhost:8100", "capacitor://localhost:8100"),
            ("vscode-webview://1a2b3c", "vscode-webview://1a2b3c"),
            (
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            ),
        ] {
            assert_eq!(written_origin(written).as_deref(), Ok(sent), "{written}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in [
            "app.example",
            "app.example:8080",
            "localhost:3000",
            "https:app.example",
            "https://*.example.com",
            "https://app.example/page",
            "https://app.example?x",
            "https://app.example#x",
            "https://user@app.example",
            "https://app.example:0",
            "https://app.example:99999",
            "https://",
            "tauri://",
            "tauri://localhost/",
            "tauri://localhost:0",
            "tauri:localhost",
            "tauri://*",
            "null",
            "file://",
            "file:///home/me",
            "wss://app.example",
        ] {
            assert!(written_origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pages_of_this_machine_may_always_call() {
        let rule = OriginRule::Listed(Vec::new());
        for origin in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1"] {
            assert!(rule.allows(origin), "{origin}");
        }
        for origin in
            ["http://localhost.evil.example", "ftp://localhost", "http://localhost@evil", "tauri://localhost"]
        {
            assert!(!rule.allows(origin), "{origin}");
        }
    }
}
