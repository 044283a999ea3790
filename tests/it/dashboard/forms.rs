//! The table of what a form may be from: method, `Origin`, `Sec-Fetch-Site`, token and type. Only a form of a page of ours, of the same
//! session, writes.

use reqwest::{Method, StatusCode};

use super::refusals::{asked, screens};
use crate::support::{ADMIN, Answer, Browser, KEY, rows, urlencoded, with_admin};

const CORS: &str = "https://app.example";
const TYPES: [&str; 5] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json",
    "",
];

/// What a page of another site, or one of ours that is old, may send.
struct Sent<'a> {
    origin: Option<&'a str>,
    site: Option<&'a str>,
    token: &'a str,
    kind: &'a str,
}

impl Sent<'_> {
    async fn to(&self, browser: &Browser, path: &str) -> Answer {
        let request = browser.request(Method::POST, path).body(urlencoded(&[("token", self.token)]));
        let headers = [("Origin", self.origin), ("Sec-Fetch-Site", self.site)];
        let given = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let request = given.fold(request, |request, (name, value)| request.header(name, value));
        let request = if self.kind.is_empty() { request } else { request.header("Content-Type", self.kind) };
        Answer::of(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn only_a_form_of_a_page_of_ours_writes() {
    let gateway = with_admin(&[("CORS_ALLOW_ORIGINS", CORS)]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(ADMIN).await.status, 200);
    let mut another = Browser::new(&gateway);
    assert_eq!(another.sign_in(ADMIN).await.status, 200);
    let (own, right, foreign) = (gateway.base.clone(), browser.token.clone(), another.token.clone());
    let tls = own.replace("http://", "https://");
    let origins = [Some(&*own), None, Some("null"), Some("https://evil.example"), Some(CORS), Some(&*tls)];
    let sites = [None, Some("same-origin"), Some("same-site"), Some("cross-site"), Some("none")];
    let before = rows(&gateway.database());
    let mut refused = 0;
    for origin in origins {
        for site in sites {
            for token in [&*right, "", "AAAA", &*foreign] {
                for kind in TYPES {
                    let is_right = origin == Some(&own)
                        && matches!(site, None | Some("same-origin"))
                        && token == right
                        && kind == TYPES[0];
                    if is_right {
                        continue;
                    }
                    let case = format!("{origin:?} {site:?} {token} {kind}");
                    let answer = Sent { origin, site, token, kind }.to(&browser, "/dashboard/sign-out").await;
                    let expected = [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST];
                    assert!(expected.contains(&answer.status), "{case}: {answer:?}");
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 6 * 5 * 4 * 5 - 2);
    assert_eq!(rows(&gateway.database()), before);
    assert!(browser.is_signed_in().await);
    for site in [None, Some("same-origin")] {
        let mut fresh = Browser::new(&gateway);
        assert_eq!(fresh.sign_in(ADMIN).await.status, 200);
        let (token, kind) = (fresh.token.clone(), TYPES[0]);
        let sent = Sent { origin: Some(&own), site, token: &token, kind };
        assert_eq!(sent.to(&fresh, "/dashboard/sign-out").await.status, 303);
    }
}

#[tokio::test]
async fn every_act_refuses_a_form_without_its_token_and_every_other_method() {
    let gateway = with_admin(&[]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(ADMIN).await.status, 200);
    let before = rows(&gateway.database());
    let mut bare = browser.clone();
    bare.token.clear();
    for route in screens() {
        for method in ["PUT", "PATCH", "DELETE"] {
            let path = route.path.replace("{id}", "T-1").replace("{key}", "T-1");
            let request = browser.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
            assert_eq!(request.send().await.unwrap().status(), 405, "{method} {path}");
        }
        if route.methods.contains(&"POST") {
            let answer = asked(&bare, route, "POST").send().await.unwrap();
            assert_eq!(answer.status(), 403, "{}", route.path);
        }
    }
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn a_form_that_is_too_large_or_unreadable_is_a_page_that_repeats_nothing() {
    let gateway = with_admin(&[]);
    let mut browser = Browser::new(&gateway);
    let large = "x".repeat(64 * 1024);
    let request = browser.form("/dashboard/sign-in", &[("credential", &large)]);
    assert_eq!(browser.send(request).await.status, 413);
    let request = browser.form("/dashboard/sign-in", &[("other", KEY)]);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let unreadable = browser.form("/dashboard/sign-in", &[]).body(vec![0xff, b'=', 0xfe]);
    assert_eq!(browser.send(unreadable).await.status, 400);
}
