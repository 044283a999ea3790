//! The pages of usage, audit and health: who sees them, that they show what was done, and what they say of a bad query.

use reqwest::Method;

use crate::support::{ADMIN, Browser, Gateway, KEY, create_key, send, with_admin, within_two_seconds};

const XSS: &str = "\"><script>alert(1)</script>";

async fn signed_in(gateway: &Gateway, credential: &str) -> Browser {
    let mut browser = Browser::new(gateway);
    browser.sign_in(credential).await;
    browser
}

#[tokio::test]
async fn figures_are_for_whom_they_are_meant() {
    let gateway = with_admin(&[]);
    let key = |scopes: &str| create_key(gateway.folder.path(), &["--user", "ana", "--scopes", scopes]);
    for (credential, health, others) in [
        (KEY.to_owned(), 200, 403),
        (key("pr:read"), 403, 403),
        (key("board:read,board:manage"), 200, 403),
        (key("admin"), 200, 200),
        (ADMIN.to_owned(), 200, 200),
    ] {
        let mut browser = signed_in(&gateway, &credential).await;
        for (path, expected) in [("health", health), ("usage", others), ("audit", others)] {
            let page = browser.open(&format!("/dashboard/{path}")).await;
            assert_eq!(page.status, expected, "{path}: {page:?}");
            let link = page.text.contains(&format!("href=\"/dashboard/{path}\""));
            assert_eq!(link, expected == 200, "{path}: {page:?}");
        }
    }
}

#[tokio::test]
async fn usage_shows_the_calls_that_were_made() {
    let gateway = with_admin(&[]);
    let mut browser = signed_in(&gateway, ADMIN).await;
    let empty = browser.open("/dashboard/usage").await;
    assert!(empty.text.contains("No call in 24 hours"), "{empty:?}");
    let key = create_key(gateway.folder.path(), &["--user", XSS, "--description", "laptop"]);
    let caller = gateway.caller_with(&key);
    for _ in 0..3 {
        caller.tool("ping", serde_json::json!({})).await.unwrap();
    }
    let shown = |path: &'static str, words: [&'static str; 2]| {
        let browser = browser.clone();
        async move {
            let page = browser.clone().open(path).await;
            assert_eq!(page.status, 200, "{page:?}");
            assert_eq!(page.text.matches("<script").count(), 1, "{page:?}");
            words.iter().all(|word| page.text.contains(word))
        }
    };
    for (path, words) in [
        ("/dashboard/usage", ["laptop", "3 calls, no errors, 0 over a limit"]),
        ("/dashboard/usage?window=30d&by=tool", ["ping", "role=\"img\""]),
        ("/dashboard/usage?by=user", ["alert(1)", "Show as a table"]),
    ] {
        let mut tries = 0;
        while !shown(path, words).await {
            tries += 1;
            assert!(tries < 80, "{path}: {:?}", browser.open(path).await);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    let mut own = signed_in(&gateway, &key).await;
    assert!(own.open("/dashboard/me").await.text.contains("3 calls"), "one's own");
    for query in ["window=1h", "by=nobody", "by=key&by=user"] {
        let page = browser.open(&format!("/dashboard/usage?{query}")).await;
        assert_eq!(page.status, 422, "{page:?}");
    }
}

#[tokio::test]
async fn audit_is_filtered_names_keys_and_goes_on_where_it_ended() {
    let gateway = with_admin(&[]);
    let mut browser = signed_in(&gateway, ADMIN).await;
    for number in 0..60 {
        let once = format!("{number:032}");
        let description = format!("{XSS} {number}");
        let form = [("description", &*description), ("board:read", "on"), ("once", &once)];
        let form = browser.form("/dashboard/keys", &[&form[..], &[("token", &browser.token)]].concat());
        assert_eq!(send(form).await.status, 200);
    }
    let page = browser.open("/dashboard/audit?action=key.").await;
    assert_eq!(page.text.matches("<code>key.create</code>").count(), 50, "{page:?}");
    assert!(page.text.contains("alert(1)") && !page.text.contains("<script>alert"), "{page:?}");
    assert!(page.text.contains("audit verify"), "{page:?}");
    let older = page.text.split("/dashboard/audit?actor=").nth(1).unwrap().split('"').next().unwrap();
    let older = older.replace("&amp;", "&").replace("&#38;", "&");
    let rest = browser.open(&format!("/dashboard/audit?actor={older}")).await;
    assert_eq!(rest.text.matches("<code>key.create</code>").count(), 10, "{rest:?}");
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("actor", XSS).finish();
    let none = browser.open(&format!("/dashboard/audit?{query}&hours=1")).await;
    assert!(none.text.contains("Nothing fits") && !none.text.contains("<script>alert"), "{none:?}");
    for query in ["hours=0", "hours=x", "cursor=x", "hours=99999999999999999999"] {
        let page = browser.open(&format!("/dashboard/audit?{query}")).await;
        assert_eq!(page.status, 422, "{page:?}");
    }
}

#[tokio::test]
async fn health_shows_what_is_open_and_an_administrator_ends_it() {
    let gateway = with_admin(&[]);
    let key = create_key(gateway.folder.path(), &["--user", "ana"]);
    let stream = gateway.caller_with(&key).request(Method::GET, "/sse").header("Accept", "text/event-stream");
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let (mut own, mut other) = (signed_in(&gateway, &key).await, signed_in(&gateway, KEY).await);
    let page = own.open("/dashboard/health").await;
    assert!(page.text.contains("All is well") && page.text.contains("1 open stream"), "{page:?}");
    assert!(page.text.contains("<bdi>ana</bdi></td>") && !page.text.contains("/end\""), "{page:?}");
    let page = other.open("/dashboard/health").await;
    assert!(page.text.contains("No stream and no waiting call"), "{page:?}");
    let mut browser = signed_in(&gateway, ADMIN).await;
    let page = browser.open("/dashboard/health").await;
    let id = page.text.split("/health/streams/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let path = format!("/dashboard/health/streams/{id}/end");
    assert_eq!(other.submit(&path, &[]).await.status, 403);
    assert_eq!(browser.submit(&path, &[]).await.status, 303);
    while stream.chunk().await.unwrap_or(None).is_some() {}
    within_two_seconds("it is gone", || {
        let mut browser = browser.clone();
        async move { browser.open("/dashboard/health").await.text.contains("No stream") }
    })
    .await;
    assert_eq!(browser.submit(&path, &[]).await.status, 404);
}
