//! How a browser reaches the gateway: whether what it sends is encrypted on the way, which decides what a cookie may be. A browser that
//! lies about it harms itself alone.

use axum::http::{HeaderMap, HeaderName, header};
use url::Url;

use crate::{
    config::{ListenSettings, host_name, is_loopback_name},
    http::error::Refusal,
    model::Code,
};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const HTTP_PORT: u16 = 80;

/// How a browser reaches the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowserReach {
    /// Over TLS, which somebody in front ends.
    Encrypted,
    /// Over plain HTTP that does not leave the browser's machine, at that port: cookies know no port.
    OwnMachine(u16),
    /// Over plain HTTP that others can read.
    InClear,
}

impl BrowserReach {
    /// How the request with those headers came.
    pub fn of(listen: &ListenSettings, headers: &HeaderMap) -> Self {
        let host = text(headers, &header::HOST).unwrap_or_default();
        let (name, forwarded) = (host_name(host), text(headers, &FORWARDED_PROTO));
        let scheme = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
        let public = listen.public_url.as_ref().filter(|url| url.scheme() == "https").and_then(Url::host_str);
        let is_public = public.zip(name.as_deref()).is_some_and(|(own, asked)| own == asked);
        let is_own_machine = name.as_deref().is_some_and(is_loopback_name);
        match scheme {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => Self::Encrypted,
            _ if is_own_machine && !is_public => Self::OwnMachine(port(host)),
            // Browsers send this to nobody whom others can listen to, and know better than a proxy behind another.
            _ if headers.contains_key(&FETCH_SITE) => Self::Encrypted,
            None if is_public => Self::Encrypted,
            _ => Self::InClear,
        }
    }

    /// Where clients reach the gateway from there: the public URL, or else the address that the browser itself used.
    pub fn own_url(&self, listen: &ListenSettings, headers: &HeaderMap) -> String {
        match &listen.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("{}://{}", self.scheme(), text(headers, &header::HOST).unwrap_or("localhost")),
        }
    }

    /// The scheme of its URLs.
    const fn scheme(&self) -> &'static str {
        match self {
            Self::Encrypted => "https",
            Self::OwnMachine(_) | Self::InClear => "http",
        }
    }

    /// Refuses a form that is not from a page of ours: its `Origin` must be there and be ours, and what the browser says of the site must
    /// be no other's. The list of origins that may call the API counts for nothing here.
    pub fn check_form(&self, listen: &ListenSettings, headers: &HeaderMap) -> Result<(), Refusal> {
        let refuse = |text: &str| Err(Refusal::new(Code::OriginNotAllowed, text));
        let Some(origin) = text(headers, &header::ORIGIN) else {
            return refuse("this form did not say which page it is from: send it from the dashboard");
        };
        let public = listen.public_url.as_ref().map(|url| url.origin().ascii_serialization());
        let host = text(headers, &header::HOST).unwrap_or_default();
        let asked = Url::parse(&format!("{}://{host}", self.scheme())).ok();
        // Without the port that a scheme has by itself, which some proxies write out.
        let asked = asked.map(|url| url.origin().ascii_serialization());
        let is_own = |own: String| own.eq_ignore_ascii_case(origin);
        if !public.is_some_and(is_own) && !asked.is_some_and(is_own) {
            return refuse(
                "this form is from another address than the gateway's own: behind a proxy, set TASKGATE_PUBLIC_URL to \
                 the URL that the browser shows",
            );
        }
        match headers.get(FETCH_SITE) {
            Some(site) if site != "same-origin" => refuse("this form is from another site"),
            _ => Ok(()),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    // Of two nobody knows which is meant.
    values.next().is_none().then_some(value)
}

fn port(host: &str) -> u16 {
    let after = host.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    after.and_then(|(_, port)| port.parse().ok()).unwrap_or(HTTP_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, SettingsReader};

    fn listen(public_url: &str) -> ListenSettings {
        let given = [(String::from("TASKGATE_PUBLIC_URL"), public_url.to_owned())].into();
        Settings::load(SettingsReader::new([].into(), given), false).settings.listen
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn what_encrypts_the_way_is_told_by_browser_proxy_and_public_url_in_this_order() {
        let (site, proto) = ("sec-fetch-site", "x-forwarded-proto");
        for (public, pairs, expected) in [
            ("", &[("host", "localhost:8080")][..], BrowserReach::OwnMachine(8080)),
            ("", &[("host", "127.0.0.1")], BrowserReach::OwnMachine(80)),
            ("", &[("host", "[::1]:9000"), (site, "none")], BrowserReach::OwnMachine(9000)),
            ("", &[("host", "localhost:8443"), (proto, "https")], BrowserReach::Encrypted),
            ("https://gate.example", &[("host", "localhost:8080")], BrowserReach::OwnMachine(8080)),
            ("https://localhost:8443", &[("host", "localhost:8443")], BrowserReach::Encrypted),
            ("https://gate.example", &[("host", "gate.example")], BrowserReach::Encrypted),
            ("https://gate.example", &[("host", "gate.example"), (proto, "http")], BrowserReach::InClear),
            (
                "https://gate.example",
                &[("host", "gate.example"), (proto, "http"), (site, "none")],
                BrowserReach::Encrypted,
            ),
            ("http://gate.example", &[("host", "gate.example")], BrowserReach::InClear),
            ("", &[("host", "gate.example"), (site, "same-origin")], BrowserReach::Encrypted),
            ("", &[("host", "gate.example"), (proto, "http, https")], BrowserReach::Encrypted),
            ("", &[("host", "gate.example")], BrowserReach::InClear),
        ] {
            assert_eq!(BrowserReach::of(&listen(public), &headers(pairs)), expected, "{public} {pairs:?}");
        }
    }

    #[test]
    fn a_form_is_ours_under_our_own_scheme_name_and_port_alone() {
        let check = |reach: BrowserReach, public: &str, host: &str, origin: &str| {
            reach.check_form(&listen(public), &headers(&[("host", host), ("origin", origin)])).is_ok()
        };
        let public = "https://gate.example";
        assert!(check(BrowserReach::Encrypted, public, "inner:8080", public));
        assert!(check(BrowserReach::Encrypted, "", "gate.example:443", public));
        assert!(check(BrowserReach::OwnMachine(9000), public, "localhost:9000", "http://localhost:9000"));
        assert!(!check(BrowserReach::Encrypted, "", "gate.example", "http://gate.example"));
        assert!(!check(BrowserReach::Encrypted, "", "gate.example", "https://gate.example:8443"));
        assert!(!check(BrowserReach::OwnMachine(9000), "", "localhost:9000", "http://localhost:9001"));
        assert!(!check(BrowserReach::Encrypted, "", "gate.example", "null"));
    }
}
