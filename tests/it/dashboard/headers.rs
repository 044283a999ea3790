//! What every page says to a browser, and what is refused as a page.

use reqwest::{Method, header::HeaderMap};

use crate::support::{Answer, Gateway, http};

async fn get(gateway: &Gateway, path: &str) -> Answer {
    Answer::of(http().get(format!("{}{path}", gateway.base)).send().await.unwrap()).await
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn assert_is_a_protected_page(answer: &Answer, case: &str) {
    let headers = &answer.headers;
    assert_eq!(value(headers, "content-type"), "text/html; charset=utf-8", "{case}: {answer:?}");
    let policy = value(headers, "content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    assert_eq!(nonce.len(), 22, "{policy}");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "trusted-types 'none'"] {
        assert!(policy.contains(part), "{case}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{case}: {policy}");
    assert_eq!(answer.text.matches("<script").count(), 1, "{case}");
    assert!(answer.text.contains(&format!("nonce=\"{nonce}\"")), "{case}");
    for (name, expected) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ] {
        assert_eq!(value(headers, name), expected, "{case}: {name}");
    }
    assert!(!headers.contains_key("access-control-allow-origin"), "{case}");
}

#[tokio::test]
async fn every_answer_to_a_person_is_a_page_with_the_same_headers_whatever_it_says() {
    let gateway = Gateway::with(&[("CORS_ALLOW_ORIGINS", "https://app.example")]);
    let ask = |method: Method, path: &str| http().request(method, format!("{}{path}", gateway.base));
    for (case, status, request) in [
        ("sign-in", 200, ask(Method::GET, "/dashboard/sign-in")),
        ("no such page", 404, ask(Method::GET, "/dashboard/nothing")),
        ("no such asset", 404, ask(Method::GET, "/dashboard/assets/style-0000000000.css")),
        ("a method that is none", 405, ask(Method::PUT, "/dashboard/sign-in")),
        ("another name", 421, ask(Method::GET, "/dashboard/sign-in").header("Host", "evil.example")),
        (
            "another origin",
            403,
            ask(Method::GET, "/dashboard/sign-in").header("Origin", "https://evil.example"),
        ),
        (
            "an origin that may call the API",
            200,
            ask(Method::GET, "/dashboard/sign-in").header("Origin", "https://app.example"),
        ),
        (
            "its preflight",
            405,
            ask(Method::OPTIONS, "/dashboard/sign-in")
                .header("Origin", "https://app.example")
                .header("Access-Control-Request-Method", "POST"),
        ),
    ] {
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{case}: {answer:?}");
        assert_is_a_protected_page(&answer, case);
    }
    let (first, second) =
        (get(&gateway, "/dashboard/sign-in").await, get(&gateway, "/dashboard/sign-in").await);
    let policy = |answer: &Answer| value(&answer.headers, "content-security-policy").to_owned();
    assert_ne!(policy(&first), policy(&second), "a nonce is used once");
}

#[tokio::test]
async fn what_a_page_loads_is_kept_for_ever_under_a_name_of_its_content() {
    let gateway = Gateway::with(&[("TASKGATE_PUBLIC_URL", "https://gate.example/gate")]);
    let page = get(&gateway, "/dashboard/sign-in").await;
    let links = page.text.split('"').filter(|text| text.contains("/assets/"));
    let links: Vec<_> = links.map(str::to_owned).collect();
    assert_eq!(links.len(), 3, "{links:?}");
    // Shows answers as they come.
    let plain = reqwest::Client::builder().tls_certs_only([]).no_gzip().build().unwrap();
    for link in links {
        assert!(link.starts_with("/gate/dashboard/assets/"), "{link}");
        let asset = get(&gateway, &link).await;
        assert_eq!(asset.status, 200, "{link}");
        assert!(value(&asset.headers, "cache-control").ends_with("max-age=31536000, immutable"), "{link}");
        let tag = value(&asset.headers, "etag").to_owned();
        let again = http().get(format!("{}{link}", gateway.base)).header("If-None-Match", tag);
        assert_eq!(again.send().await.unwrap().status(), 304, "{link}");
        let packed = plain.get(format!("{}{link}", gateway.base)).header("Accept-Encoding", "gzip");
        assert_eq!(value(packed.send().await.unwrap().headers(), "content-encoding"), "gzip", "{link}");
    }
}
