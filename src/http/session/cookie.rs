//! The cookie of a session: sealed, out of reach of scripts, and no wider than it has to be.

use axum::http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use super::BrowserReach;
use crate::{model::hex, secrets::sha256};

/// Cookies of one name that are looked at: others of the machine's own pages may have set some beside ours.
const MOST_LOOKED_AT: usize = 4;

/// The name of the cookie, and the path it is sent to.
fn place(reach: &BrowserReach, prefix: &str) -> (String, String) {
    let path = if prefix.is_empty() { String::from("/") } else { format!("{prefix}/dashboard") };
    let name = match reach {
        BrowserReach::OwnMachine(port) => format!("taskgate-{port}"),
        // A browser takes this name from nobody but the whole of this host, over TLS.
        BrowserReach::Encrypted | BrowserReach::InClear if prefix.is_empty() => {
            String::from("__Host-taskgate")
        }
        BrowserReach::Encrypted | BrowserReach::InClear => {
            format!("__Secure-taskgate-{}", hex(&sha256(prefix)[..4]))
        }
    };
    (name, path)
}

fn attributes(reach: &BrowserReach, path: &str) -> String {
    let secure = if matches!(reach, BrowserReach::OwnMachine(_)) { "" } else { "; Secure" };
    format!("; Path={path}; HttpOnly{secure}; SameSite=Lax")
}

/// The header that sets the cookie for so many seconds.
pub fn set_cookie(reach: &BrowserReach, prefix: &str, sealed: &SecretString, seconds: i64) -> HeaderValue {
    let ((name, path), sealed) = (place(reach, prefix), sealed.expose_secret());
    let text = format!("{name}={sealed}{}; Max-Age={}", attributes(reach, &path), seconds.max(0));
    let mut value = HeaderValue::try_from(text).expect("a cookie is made of visible ASCII");
    value.set_sensitive(true);
    value
}

/// The header that takes it away.
pub fn clear_cookie(reach: &BrowserReach, prefix: &str) -> HeaderValue {
    let (name, path) = place(reach, prefix);
    let text = format!("{name}={}; Max-Age=0", attributes(reach, &path));
    HeaderValue::try_from(text).expect("a cookie is made of visible ASCII")
}

/// What a request has as our cookie; more than one where somebody else set another.
pub fn sealed_cookies<'a>(reach: &BrowserReach, prefix: &str, headers: &'a HeaderMap) -> Vec<&'a str> {
    let (name, _) = place(reach, prefix);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).take(MOST_LOOKED_AT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_as_narrow_as_its_way_allows() {
        let set = |reach: BrowserReach, prefix| {
            let value = set_cookie(&reach, prefix, &"sealed".into(), 60);
            value.to_str().unwrap().to_owned()
        };
        for (reach, prefix, expected) in [
            (
                BrowserReach::Encrypted,
                "",
                "__Host-taskgate=sealed; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60",
            ),
            (
                BrowserReach::OwnMachine(8080),
                "",
                "taskgate-8080=sealed; Path=/; HttpOnly; SameSite=Lax; Max-Age=60",
            ),
            (
                BrowserReach::Encrypted,
                "/gate",
                "__Secure-taskgate-59431e60=sealed; Path=/gate/dashboard; HttpOnly; Secure; SameSite=Lax; Max-Age=60",
            ),
        ] {
            assert_eq!(set(reach, prefix), expected);
        }
    }

    #[test]
    fn every_cookie_of_our_name_is_looked_at_and_no_other() {
        let line = "a=b; taskgate-8080=one; taskgate-80=x; taskgate-8080=two";
        let headers = HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())]);
        assert_eq!(sealed_cookies(&BrowserReach::OwnMachine(8080), "", &headers), ["one", "two"]);
        assert!(sealed_cookies(&BrowserReach::Encrypted, "", &headers).is_empty());
    }
}
