//! Signing in and out: who is let in by what, what they see, and what ends it.

use reqwest::Method;

use crate::support::{
    ADMIN, Browser, Gateway, KEY, admin, anonymous, create_key, revoke_key, rows, send, urlencoded,
    with_admin, within_two_seconds,
};

const URLENCODED: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn nobody_sees_a_page_before_signing_in_and_then_the_one_that_was_asked_for() {
    let gateway = Gateway::start();
    let mut browser = Browser::new(&gateway);
    let asked = browser.open("/dashboard?why=a%22%3E%3Cscript%3E").await;
    assert_eq!(asked.status, 401, "{asked:?}");
    assert!(asked.text.contains("name=\"next\" value=\"/dashboard?why=a%22%3E%3Cscript%3E\""), "{asked:?}");
    assert!(!asked.headers.contains_key("www-authenticate") && !asked.headers.contains_key("set-cookie"));
    let form = [("credential", KEY), ("next", "/dashboard?why=x")];
    let signed_in = browser.submit("/dashboard/sign-in", &form).await;
    assert_eq!(signed_in.status, 303, "{signed_in:?}");
    assert_eq!(signed_in.headers["location"], "/dashboard?why=x");
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"), "{cookie}");
    assert!(cookie.starts_with("taskgate-") && !cookie.contains("static"), "{cookie}");
    let page = browser.open("/dashboard").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("aria-current=\"page\"") && page.text.contains("static-"), "{page:?}");
    for elsewhere in ["https://evil.example", "//evil.example", "/mcp", "/dashboard/nothing"] {
        let form = [("credential", KEY), ("next", elsewhere)];
        let answer = browser.submit("/dashboard/sign-in", &form).await;
        assert_eq!(answer.headers["location"], "/dashboard", "{elsewhere}");
    }
}

#[tokio::test]
async fn each_way_in_gives_its_role_and_no_more() {
    let gateway = with_admin(&[]);
    let key = |scopes: &str| create_key(gateway.folder.path(), &["--user", "ana", "--scopes", scopes]);
    for (credential, status, name) in [
        (KEY.to_owned(), 200, "static-"),
        (ADMIN.to_owned(), 200, "Administrator"),
        (key("admin"), 200, "ana"),
        (key("board:read,board:manage"), 200, "ana"),
        (key("board:read"), 200, "ana"),
        (key("pr:read"), 403, "ana"),
        (key("board:manage"), 403, "ana"),
    ] {
        let mut browser = Browser::new(&gateway);
        let page = browser.sign_in(&credential).await;
        assert_eq!(page.status, status, "{page:?}");
        assert!(page.text.contains(name), "{name}: {page:?}");
    }
}

#[tokio::test]
async fn a_wrong_credential_is_the_same_page_which_repeats_nothing_and_too_many_lock_the_address() {
    let gateway = Gateway::start();
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in("  ").await.status, 401);
    for number in 0..10 {
        let answer = browser.sign_in("a-wrong-credential").await;
        assert_eq!(answer.status, 401, "{number}");
        assert!(answer.text.contains("This opens nothing here") && !answer.text.contains("a-wrong"));
    }
    let locked = browser.sign_in("a-wrong-credential").await;
    assert_eq!(locked.status, 429, "{locked:?}");
    let wait: u64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert!(!gateway.log_contains("a-wrong-credential"));
}

#[tokio::test]
async fn a_sign_out_ends_the_session_in_every_process_and_is_audited() {
    let gateway = with_admin(&[]);
    let other = Gateway::on(gateway.folder.clone(), &[("MCP_ADMIN_TOKEN", ADMIN)]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(ADMIN).await.status, 200);
    let stolen = browser.cookies.clone();
    let mut elsewhere = Browser::new(&other);
    // Another process listens at another port: there the cookie has another name.
    let name = format!("taskgate-{}", other.base.rsplit(':').next().unwrap());
    elsewhere.cookies.insert(name, stolen.values().next().unwrap().clone());
    assert!(elsewhere.is_signed_in().await);
    let out = browser.submit("/dashboard/sign-out", &[]).await;
    assert_eq!(out.status, 303, "{out:?}");
    assert_eq!(out.headers["clear-site-data"], "\"cache\"");
    let link = out.headers["location"].to_str().unwrap().to_owned();
    assert!(browser.open(&link).await.text.contains("You are signed out."));
    assert!(
        !elsewhere.clone().open(&link).await.text.contains("signed out"),
        "who is in is told no such thing"
    );
    assert!(browser.cookies.is_empty());
    browser.cookies = stolen;
    assert!(!browser.is_signed_in().await, "the cookie alone opens nothing any more");
    within_two_seconds("the other process hears of it", || {
        let mut elsewhere = elsewhere.clone();
        async move { !elsewhere.is_signed_in().await }
    })
    .await;
    let again = Gateway::on(gateway.folder.clone(), &[("MCP_ADMIN_TOKEN", ADMIN)]);
    let mut later = Browser::new(&again);
    let name = format!("taskgate-{}", again.base.rsplit(':').next().unwrap());
    later.cookies.insert(name, elsewhere.cookies.values().next().unwrap().clone());
    assert!(!later.is_signed_in().await, "a process that starts later knows of it");
    let audit = send(admin(&gateway).request(Method::GET, "/admin/audit?action=dashboard.")).await.json();
    let actions: Vec<_> =
        audit["records"].as_array().unwrap().iter().map(|record| &record["action"]).collect();
    assert_eq!(actions, ["dashboard.sign_out", "dashboard.sign_in"]);
}

#[tokio::test]
async fn a_key_that_is_revoked_rotated_away_or_expired_takes_its_sessions_along() {
    let gateway = with_admin(&[]);
    let folder = gateway.folder.path();
    let key = create_key(folder, &["--user", "ana", "--description", "laptop"]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(&key).await.status, 200);
    revoke_key(folder, "laptop");
    let gone = |browser: &Browser| {
        let mut browser = browser.clone();
        async move { !browser.is_signed_in().await }
    };
    within_two_seconds("its session is over", || gone(&browser)).await;

    let key = create_key(folder, &["--user", "ana"]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(&key).await.status, 200);
    let rotate = |body: &'static str| {
        gateway.caller_with(&key).request(Method::POST, "/api/me/rotate").body(body).send()
    };
    let made = rotate("{\"grace_seconds\": 3600}").await.unwrap().json::<serde_json::Value>().await.unwrap();
    assert!(browser.is_signed_in().await, "the text before opens as long as it has grace");
    let key = made["mcp_key"].as_str().unwrap().to_owned();
    crate::support::known::know(&key);
    let mut newer = Browser::new(&gateway);
    assert_eq!(newer.sign_in(&key).await.status, 200);
    let rotated = gateway.caller_with(&key).request(Method::POST, "/api/me/rotate").body("{}");
    let made = rotated.send().await.unwrap().json::<serde_json::Value>().await.unwrap();
    crate::support::known::know(made["mcp_key"].as_str().unwrap());
    within_two_seconds("its session is over", || gone(&browser)).await;

    let brief = create_key(folder, &["--user", "ana", "--expires", "2s"]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(&brief).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn a_session_goes_with_the_setting_it_was_opened_by() {
    let gateway = with_admin(&[]);
    let (mut administrator, mut static_key) = (Browser::new(&gateway), Browser::new(&gateway));
    assert_eq!(administrator.sign_in(ADMIN).await.status, 200);
    assert_eq!(static_key.sign_in(KEY).await.status, 200);
    let folder = gateway.folder.clone();
    drop(gateway);
    for (settings, is_admin, is_static) in [
        (vec![("MCP_ADMIN_TOKEN", ADMIN)], true, true),
        (vec![("MCP_ADMIN_TOKEN", "another-admin-token-0123456789")], false, true),
        (vec![("MCP_AUTH_TOKENS", "another-static-key-0123456789")], false, false),
    ] {
        let gateway = Gateway::on(folder.clone(), &settings);
        let name = format!("taskgate-{}", gateway.base.rsplit(':').next().unwrap());
        for (browser, expected) in [(&administrator, is_admin), (&static_key, is_static)] {
            let mut moved = Browser::new(&gateway);
            moved.cookies.insert(name.clone(), browser.cookies.values().next().unwrap().clone());
            assert_eq!(moved.is_signed_in().await, expected, "{settings:?}");
        }
    }
}

#[tokio::test]
async fn pages_ignore_a_bearer_and_the_api_ignores_a_cookie() {
    let gateway = with_admin(&[]);
    let mut browser = Browser::new(&gateway);
    let with_bearer = browser.request(Method::GET, "/dashboard").bearer_auth(ADMIN);
    assert_eq!(browser.send(with_bearer).await.status, 401);
    assert_eq!(browser.sign_in(ADMIN).await.status, 200);
    for path in ["/admin/tokens", "/api/me", "/mcp", "/sessions"] {
        let answer = browser.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        let called = browser.request(Method::GET, path).bearer_auth(KEY).header("Accept", "text/html");
        let called = called.send().await.unwrap();
        assert_ne!(called.status(), 401, "{path}: a cookie is not refused either");
    }
    let wrong = browser.request(Method::GET, "/dashboard").bearer_auth("nonsense");
    assert_eq!(browser.send(wrong).await.status, 200);
}

#[tokio::test]
async fn over_plain_http_from_another_machine_nobody_can_sign_in() {
    let gateway = Gateway::with(&[("TASKGATE_ALLOWED_HOSTS", "gate.example")]);
    let before = rows(&gateway.database());
    let mut browser = Browser::new(&gateway);
    let host = |request: reqwest::RequestBuilder| request.header("Host", "gate.example");
    for path in ["/dashboard/sign-in", "/dashboard"] {
        let page = host(browser.request(Method::GET, path));
        let page = browser.send(page).await;
        assert!(page.text.contains("not encrypted") && page.text.contains("ssh -L"), "{page:?}");
        assert!(!page.text.contains("<form"), "{page:?}");
    }
    let sent = browser.request(Method::POST, "/dashboard/sign-in").header("Origin", "http://gate.example");
    let sent = host(sent).header("Content-Type", URLENCODED).body(urlencoded(&[("credential", KEY)]));
    assert_eq!(browser.send(sent).await.status, 403);
    assert_eq!(rows(&gateway.database()), before);
    let proxied =
        host(browser.request(Method::POST, "/dashboard/sign-in")).header("X-Forwarded-Proto", "https");
    let proxied = proxied.header("Origin", "https://gate.example").header("Content-Type", URLENCODED);
    let proxied = proxied.body(urlencoded(&[("credential", KEY)]));
    let answer = browser.send(proxied).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-taskgate=") && cookie.contains("; Secure;"), "{cookie}");
}

#[tokio::test]
async fn behind_a_proxy_that_changes_the_host_a_form_is_told_of_the_setting_that_helps() {
    let shown = "https://gate.example";
    let gateway = Gateway::with(&[("CORS_ALLOW_ORIGINS", "https://app.example")]);
    // The proxy passes on its own name for the gateway, which is the address it listens at.
    let send = async |gateway: &Gateway| {
        let mut browser = Browser::new(gateway);
        let form = browser.form("/dashboard/sign-in", &[("credential", KEY)]).build().unwrap();
        let request = browser.request(Method::POST, "/dashboard/sign-in").header("Origin", shown);
        let request = request.header("Sec-Fetch-Site", "same-origin").header("X-Forwarded-Proto", "https");
        let body = form.body().unwrap().as_bytes().unwrap().to_vec();
        browser.send(request.header("Content-Type", URLENCODED).body(body)).await
    };
    let refused = send(&gateway).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("TASKGATE_PUBLIC_URL") && !refused.text.contains("CORS"), "{refused:?}");
    // What only reads is refused by the rule of the API still: no page of ours asks from elsewhere.
    let browser = Browser::new(&gateway);
    let read = browser.request(Method::GET, "/dashboard").header("Origin", "https://evil.example");
    assert_eq!(read.send().await.unwrap().status(), 403);
    let gateway = Gateway::with(&[("TASKGATE_PUBLIC_URL", shown)]);
    let signed_in = send(&gateway).await;
    assert_eq!(signed_in.status, 303, "what the sentence says helps: {signed_in:?}");
}

#[tokio::test]
async fn no_page_says_more_to_who_is_not_signed_in() {
    let gateway = Gateway::start();
    for path in ["/dashboard", "/dashboard/sign-in"] {
        let answer = anonymous(&gateway, path).await;
        assert!(!answer.text.contains("<nav") && !answer.text.contains("T-1"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn who_may_not_see_the_board_comes_to_the_own_key_and_others_to_the_overview() {
    let gateway = with_admin(&[]);
    let guest = create_key(gateway.folder.path(), &["--user", "ci", "--scopes", "pr:read"]);
    let pages = [
        (guest.as_str(), "", "/dashboard/me"),
        (&guest, "/dashboard", "/dashboard/me"),
        (&guest, "/dashboard/connect", "/dashboard/connect"),
        (KEY, "", "/dashboard"),
    ];
    for (credential, next, expected) in pages {
        let mut browser = Browser::new(&gateway);
        let fields = [("credential", credential), ("next", next)];
        let answer = browser.submit("/dashboard/sign-in", &fields).await;
        assert_eq!(answer.headers["location"], expected, "{next}");
        assert_eq!(browser.open(expected).await.status, 200);
    }
}
