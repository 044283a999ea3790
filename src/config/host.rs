//! Host names as they are compared: ASCII, lower case, without port, brackets or a dot at the end. An address
//! is written in one way only.

use std::{borrow::Cow, net::IpAddr};

use url::Url;

/// The name in an authority as clients send it (`name`, `name:port`, `[address]:port`). The whole of it is
/// read: `None` if any part is not what it has to be.
pub fn host_name(authority: &str) -> Option<Cow<'_, str>> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let address: std::net::Ipv6Addr = address.parse().ok()?;
        return is_port(rest).then(|| IpAddr::V6(address).to_canonical().to_string().into());
    }
    let end = authority.find(':').unwrap_or(authority.len());
    let (name, port) = authority.split_at(end);
    let name = name.strip_suffix('.').unwrap_or(name);
    if !is_name(name) || !is_port(port) {
        return None;
    }
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if is_lower { Cow::Borrowed(name) } else { name.to_ascii_lowercase().into() })
}

/// Whether that name, as [`host_name`] gives it, means this machine.
pub fn is_loopback_name(name: &str) -> bool {
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether that authority means this machine.
pub(super) fn is_loopback_host(authority: &str) -> bool {
    host_name(authority).is_some_and(|name| is_loopback_name(&name))
}

/// What an operator wrote (a name, an address, either with a port, or a URL) as [`host_name`] gives it; else
/// what is wrong.
pub(super) fn written_host(text: &str) -> Result<String, &'static str> {
    const EXPECTED: &str = "expected names such as gate.example";
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().to_string());
    }
    if text.contains('*') {
        return Err("`*` stands for nothing here: write each name");
    }
    if text.contains(char::is_whitespace) {
        return Err(EXPECTED);
    }
    let is_url = text.contains("://");
    let url = if is_url { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
    let url = url.map_err(|_| EXPECTED)?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if has_user(&url) || !(is_url || is_bare) {
        return Err(EXPECTED);
    }
    // Of a scheme the URL standard does not know, the host is taken as it is.
    let name = url.host_str().and_then(host_name).ok_or(EXPECTED)?;
    Ok(name.into_owned())
}

/// Whether a URL carries a user or a password, which is then not to be shown.
pub(super) fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn is_name(name: &str) -> bool {
    let is_written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && name.bytes().all(is_written)
}

/// Nothing, or a colon and a port, which may be left out.
fn is_port(rest: &str) -> bool {
    let Some(port) = rest.strip_prefix(':') else { return rest.is_empty() };
    port.bytes().all(|byte| byte.is_ascii_digit()) && (port.is_empty() || port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_read_as_a_whole() {
        for (authority, name) in [
            ("gate.example", Some("gate.example")),
            ("GATE.example:8080", Some("gate.example")),
            ("gate.example.", Some("gate.example")),
            ("gate.example:", Some("gate.example")),
            ("127.0.0.1:80", Some("127.0.0.1")),
            ("[::1]", Some("::1")),
            ("[0:0::1]:80", Some("::1")),
            ("[::ffff:127.0.0.1]:80", Some("127.0.0.1")),
            ("[::1]evil.example", None),
            ("[::1].evil.example", None),
            ("[::1]:80:80", None),
            ("[::1", None),
            ("[localhost]", None),
            ("::1", None),
            ("localhost:80@evil.example", None),
            ("localhost@evil.example", None),
            ("localhost:99999", None),
            ("localhost:+80", None),
            ("localhost/evil", None),
            ("localhost evil", None),
            (".", None),
            (":80", None),
            ("", None),
        ] {
            assert_eq!(host_name(authority).as_deref(), name, "{authority}");
        }
    }

    #[test]
    fn what_an_operator_writes_is_reduced_to_the_name() {
        for (text, name) in [
            ("Gate.Example", "gate.example"),
            ("gate.example:8443", "gate.example"),
            ("gate.example.", "gate.example"),
            ("https://gate.example/team?x", "gate.example"),
            ("https://gate.example:8443", "gate.example"),
            ("[2001:DB8:0::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("HTTPS://Bücher.example:1/", "xn--bcher-kva.example"),
            ("my_service", "my_service"),
        ] {
            assert_eq!(written_host(text).as_deref(), Ok(name), "{text}");
        }
        for text in [
            "*",
            "*.example.com",
            "https://*.example.com",
            "a b",
            "gate.example:port",
            "gate.example:99999",
            "gate.example/path",
            "user:password@gate.example",
            "https://user@gate.example",
            "https://",
            "mailto:me@example.com",
            "[::1",
            ".",
        ] {
            assert!(written_host(text).is_err(), "{text}");
        }
    }
}
