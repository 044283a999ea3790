//! The OpenAPI document names every route that is not MCP, and `/docs` works without a network.

use std::{collections::BTreeSet, io::Read};

use serde_json::Value;
use taskgate::http::{Access, ROUTES, openapi_json};

use crate::support::{Answer, Gateway};

/// MCP.
const LEFT_OUT: [&str; 3] = ["/mcp", "/sse", "/sse/messages"];

/// A route's path as OpenAPI writes it, which knows no rest of a path.
fn written(path: &str) -> String {
    path.replace("{*", "{")
}

#[test]
fn every_route_and_method_stands_in_the_document_and_no_other() {
    let document: Value = serde_json::from_str(openapi_json()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((path.clone(), method.to_uppercase()));
            let access = ROUTES.iter().find(|route| written(&route.path) == *path).map(|route| route.access);
            let security = operation["security"].to_string();
            let (key, admin) = (security.contains("key"), security.contains("admin"));
            let expected = match access {
                Some(Access::Public | Access::Sender(_) | Access::Scraper) | None => (false, false),
                Some(Access::SignedIn | Access::Viewer | Access::Manager | Access::Administrator) => {
                    panic!("{path} is of the dashboard")
                }
                Some(Access::Key) => (true, false),
                Some(Access::Admin) => (false, true),
                Some(Access::KeyOrAdmin | Access::Optional) => (true, true),
            };
            assert_eq!((key, admin), expected, "{method} {path} says {security}");
        }
    }
    let is_described = |path: &str| !LEFT_OUT.contains(&path) && !path.starts_with("/dashboard");
    let routes = ROUTES.iter().filter(|route| is_described(&route.path));
    let routed: BTreeSet<_> = routes
        .flat_map(|route| route.methods.iter().map(|m| (written(&route.path), (*m).to_owned())))
        .collect();
    assert_eq!(described, routed);
}

#[tokio::test]
async fn the_docs_load_everything_from_here_and_nothing_else() {
    let gateway = Gateway::with(&[("TASKGATE_PUBLIC_URL", "http://127.0.0.1/gate")]);
    let get = |path: &str| {
        let url = format!("{}/gate{path}", gateway.base);
        async move { Answer::of(reqwest::get(url).await.unwrap()).await }
    };
    let page = get("/docs").await;
    assert_eq!((page.status.as_u16(), &page.headers["content-type"]), (200, &"text/html".parse().unwrap()));
    let files = page
        .text
        .split(['"', '\''])
        .filter(|text| ["js", "css"].map(Some).contains(&text.rsplit_once('.').map(|(_, end)| end)));
    let files: Vec<_> = files.map(|file| file.trim_start_matches("./")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in &files {
        assert!(!file.contains("//"), "{file} is loaded from elsewhere");
        assert_eq!(get(&format!("/docs/{file}")).await.status, 200, "{file}");
    }
    assert!(get("/docs/swagger-initializer.js").await.text.contains("/gate/openapi.json"));
    assert_eq!(get("/docs/../../etc/passwd").await.status, 404);
    assert_eq!(get("/docs/%2e%2e%2fCargo.toml").await.status, 404);
    let document = get("/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], "/gate");
}

#[tokio::test]
async fn the_docs_are_compressed_for_who_takes_gzip() {
    let gateway = Gateway::start();
    let get = |encoding: &'static str| {
        let client = reqwest::Client::builder().no_gzip().build().unwrap();
        let request = client.get(format!("{}/docs/swagger-ui.css", gateway.base));
        request.header("Accept-Encoding", encoding).send()
    };
    let plain = get("identity").await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    let plain = plain.bytes().await.unwrap();
    for _ in 0..2 {
        let packed = get("gzip, br").await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert_eq!(packed.headers()["content-type"], "text/css");
        let packed = packed.bytes().await.unwrap();
        assert!(packed.len() * 4 < plain.len(), "{} of {}", packed.len(), plain.len());
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
    }
}
