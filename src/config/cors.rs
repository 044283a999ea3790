//! Which web pages may call.

use url::Url;

use super::Reader;

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
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut listed = Vec::new();
        let mut any = false;
        for origin in reader.list("CORS_ALLOW_ORIGINS") {
            if origin == "*" {
                any = true;
                reader.warn("CORS_ALLOW_ORIGINS", "`*` lets every web page call with a key it knows");
                continue;
            }
            match Url::parse(&origin).map(|url| url.origin()) {
                Ok(parsed) if parsed.is_tuple() => listed.push(parsed.ascii_serialization()),
                _ => reader.fault(
                    "CORS_ALLOW_ORIGINS",
                    format!("expected origins such as https://app.example, got `{origin}`"),
                ),
            }
        }
        let origins = if any { OriginRule::Any } else { OriginRule::Listed(listed) };
        Self { enabled: reader.flag("CORS_ENABLED", true), origins }
    }
}

impl OriginRule {
    /// Whether a page of that origin may call.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(listed) => {
                listed.iter().any(|known| known == origin)
                    || Url::parse(origin).is_ok_and(|url| is_loopback(&url))
            }
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    local && matches!(url.scheme(), "http" | "https")
}
