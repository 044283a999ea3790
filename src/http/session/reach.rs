//! How a browser reaches the gateway: whether what it sends is encrypted on the way, which decides what a cookie may be. A browser that
//! lies about it harms itself alone.

use axum::http::{HeaderMap, HeaderName, header};

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
        let forwarded = text(headers, &FORWARDED_PROTO).and_then(|list| list.rsplit(',').next());
        if let Some(scheme) = forwarded
            && scheme.trim().eq_ignore_ascii_case("https")
        {
            return Self::Encrypted;
        }
        let public = listen.public_url.as_ref().filter(|url| url.scheme() == "https");
        if public
            .is_some_and(|url| url.host_str().zip(host_name(host)).is_some_and(|(own, asked)| own == asked))
        {
            return Self::Encrypted;
        }
        if host_name(host).is_some_and(|name| is_loopback_name(&name)) {
            return Self::OwnMachine(port(host));
        }
        // Browsers send this to nobody whom others can listen to.
        if headers.contains_key(&FETCH_SITE) { Self::Encrypted } else { Self::InClear }
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
        let is_own = |own: String| own.eq_ignore_ascii_case(origin);
        if !public.is_some_and(is_own) && !is_own(format!("{}://{host}", self.scheme())) {
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
