//! The refusal matrix, generated from the route table: every route that needs a key, every credential that is none, in
//! every era. Refused with the right status, and nothing is written.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use taskgate::http::{Access, ROUTES, Route};

use crate::support::{
    ADMIN, Answer, Gateway, KEY, METRICS_TOKEN, OTHER_KEY, WEBHOOK_SECRET, create_key, http, modern_meta,
    revoke_key, rows,
};

/// Settings with which every route is there.
const EVERY_WAY_IN: [(&str, &str); 6] = [
    ("MCP_ADMIN_TOKEN", ADMIN),
    ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET),
    ("LINEAR_WEBHOOK_SECRET", "linear-secret-for-tests-0123456789"),
    ("PLANKA_WEBHOOK_TOKEN", "planka-token-for-tests-0123456789"),
    ("TASKGATE_METRICS_TOKEN", METRICS_TOKEN),
    ("TASKGATE_TRUSTED_PROXIES", "127.0.0.1"),
];

/// One way to have no right to be here.
enum Credential {
    None,
    Header(String),
    Query(String),
}

fn credentials(revoked: &str) -> Vec<(&'static str, Credential)> {
    let bearer = |text: &str| Credential::Header(format!("Bearer {text}"));
    let mut wrong_checksum = revoked.to_owned();
    wrong_checksum.pop();
    wrong_checksum.push(if revoked.ends_with('0') { '1' } else { '0' });
    vec![
        ("no token", Credential::None),
        ("an empty token", bearer("")),
        ("another scheme", Credential::Header(String::from("Basic YWxpY2U6c2VjcmV0"))),
        ("a bare token", Credential::Header(KEY.to_owned())),
        ("garbage", bearer("nonsense")),
        ("a wrong checksum", bearer(&wrong_checksum)),
        ("an unknown key", bearer(taskgate::auth::ApiKey::generate().expose())),
        ("a revoked key", bearer(revoked)),
        ("?token=", Credential::Query(format!("token={KEY}"))),
        ("?api_key=", Credential::Query(format!("api_key={KEY}"))),
        ("a GitHub token", bearer("ghp_0123456789abcdefghijklmnopqrstuvwxyz")),
        ("the admin token", bearer(ADMIN)),
        ("the metrics token", bearer(METRICS_TOKEN)),
        ("another's key with a blank", bearer(&format!("{KEY} x"))),
        ("a key where the admin token is asked for", bearer(KEY)),
    ]
}

/// Bodies that would write if they were let in, one for each era and shape.
fn bodies() -> Vec<(&'static str, Value)> {
    let call = json!({"name": "create_task", "arguments": {"title": "must not be there"}});
    let mut stateless = call.clone();
    stateless["_meta"] = modern_meta(json!({}));
    let initialize = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    vec![
        ("initialize", json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize})),
        ("legacy", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})),
        ("modern", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": stateless})),
        ("batch", json!([{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}])),
    ]
}

/// How such a credential is refused on such a route; `None` where it is right.
fn refusal(access: Access, credential: &str) -> Option<(u16, &'static str)> {
    let unauthenticated = Some((401, "unauthenticated"));
    let is_no_bearer = matches!(
        credential,
        "no token" | "an empty token" | "another scheme" | "a bare token" | "?token=" | "?api_key="
    );
    match (access, credential) {
        (Access::Public, _)
        | (Access::Optional, "no token" | "?token=" | "?api_key=")
        | (Access::Admin | Access::KeyOrAdmin | Access::Optional, "the admin token")
        | (Access::Scraper, "the metrics token") => None,
        (Access::Key | Access::KeyOrAdmin | Access::Optional, "a key where the admin token is asked for") => {
            None
        }
        (Access::Admin, _) if !is_no_bearer => Some((403, "forbidden")),
        _ => unauthenticated,
    }
}

#[tokio::test]
async fn nobody_without_a_right_gets_in_anywhere() {
    let gateway = Gateway::with(&EVERY_WAY_IN);
    let revoked = create_key(gateway.folder.path(), &["--description", "to-be-revoked"]);
    let mut owner = gateway.caller();
    owner.initialize("2025-11-25", json!({})).await;
    let session = owner.session.clone().unwrap();
    assert_eq!(gateway.caller_with(&revoked).tool("ping", json!({})).await.unwrap()["echo"], "pong");
    revoke_key(gateway.folder.path(), "to-be-revoked");
    let kept = create_key(gateway.folder.path(), &["--description", "kept"]);
    let own =
        Answer::of(gateway.caller_with(&kept).request(Method::GET, "/api/me").send().await.unwrap()).await;
    let own_id = own.json()["key"]["id"].as_str().unwrap().to_owned();
    // What the right callers did is counted every 5 seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let before = rows(&gateway.database());
    let addresses = AtomicU32::new(0);
    let mut refused = 0;
    let is_screen = |route: &&Route| route.path.starts_with("/dashboard");
    // The dashboard has a table of its own: no bearer opens it.
    for route in ROUTES.iter().filter(|route| route.access != Access::Public && !is_screen(route)) {
        for method in &route.methods {
            for (name, credential) in credentials(&revoked) {
                let Some((status, code)) = refusal(route.access, name) else { continue };
                for (era, body) in bodies() {
                    // Another address each time: this is about rights, not about the limit on failures.
                    let n = addresses.fetch_add(1, Ordering::Relaxed);
                    let address = format!("198.51.{}.{}", n / 250, n % 250 + 1);
                    let path = route.path.replace("{id}", &own_id);
                    let mut url = format!("{}{path}?session_id=x", gateway.base);
                    if let Credential::Query(query) = &credential {
                        url = format!("{url}&{query}");
                    }
                    let mut request = http()
                        .request(Method::from_bytes(method.as_bytes()).unwrap(), url)
                        .header("X-Forwarded-For", address)
                        .header("Mcp-Session-Id", &session)
                        .body(body.to_string());
                    if let Credential::Header(value) = &credential {
                        request = request.header("Authorization", value);
                    }
                    if era == "modern" {
                        request = request
                            .header("MCP-Protocol-Version", "2026-07-28")
                            .header("Mcp-Method", "tools/call");
                    }
                    let answer = Answer::of(request.send().await.unwrap()).await;
                    let case = format!("{method} {} with {name} ({era})", route.path);
                    assert_eq!(answer.status, status, "{case}: {answer:?}");
                    assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401, "{case}");
                    assert_eq!(answer.json()["code"], code, "{case}");
                    assert!(
                        !answer.text.contains(KEY) && !answer.text.contains(&revoked),
                        "{case}: {answer:?}"
                    );
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 900, "{refused} cases");
    assert_eq!(gateway.caller_with(&kept).tool("ping", json!({})).await.unwrap()["echo"], "pong");
    assert_eq!(rows(&gateway.database()), before, "a refused call wrote something");
}

#[tokio::test]
async fn another_principals_session_is_not_found() {
    let gateway = Gateway::start();
    let mut owner = gateway.caller();
    owner.initialize("2025-11-25", json!({})).await;
    let mut thief = gateway.caller_with(OTHER_KEY);
    thief.session.clone_from(&owner.session);
    let before = rows(&gateway.database());
    let stolen =
        thief.legacy("tools/call", json!({"name": "create_task", "arguments": {"title": "x"}})).await;
    assert_eq!(stolen.status, 404, "{stolen:?}");
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(thief.in_session(method).send().await.unwrap().status(), 404);
    }
    let batch = thief.post(json!([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]).to_string()).await;
    assert_eq!(batch.status, 404);
    assert_eq!(rows(&gateway.database()), before);
    assert_eq!(owner.legacy("ping", json!({})).await.status, 200, "the owner's session still works");
}

#[tokio::test]
async fn an_address_that_keeps_failing_is_locked_before_any_look_up_but_known_keys_pass() {
    let gateway = Gateway::start();
    let known = gateway.caller();
    assert!(known.tool("ping", json!({})).await.is_ok());
    let guess = || gateway.caller_with("wrong").request(Method::POST, "/mcp").body("{}").send();
    for _ in 0..10 {
        assert_eq!(guess().await.unwrap().status(), 401);
    }
    let locked = guess().await.unwrap();
    assert_eq!(locked.status(), 429);
    let wait: u64 = locked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert!(known.tool("ping", json!({})).await.is_ok());
}

#[tokio::test]
async fn an_address_cannot_be_made_up_before_a_trusted_proxy() {
    let gateway = Gateway::with(&[("TASKGATE_TRUSTED_PROXIES", "127.0.0.1")]);
    let mut statuses = Vec::new();
    for number in 0..12 {
        let request = gateway.caller_with("wrong").request(Method::GET, "/api/me");
        let request = request.header("X-Forwarded-For", format!("10.0.0.{number}"));
        let nearest = ["203.0.113.7", "203.0.113.7:4123"][number % 2];
        let request = request.header("X-Forwarded-For", nearest).send();
        statuses.push(request.await.unwrap().status().as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[tokio::test]
async fn unknown_paths_are_a_json_404_for_anyone() {
    let gateway = Gateway::start();
    for path in [
        "/nothing",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/mcp",
        "/mcp//",
    ] {
        let answer = Answer::of(reqwest::get(format!("{}{path}", gateway.base)).await.unwrap()).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.json()["code"], "not_found");
    }
    let answer = gateway.caller().request(Method::PUT, "/mcp").send().await.unwrap();
    assert_eq!(answer.status(), 405);
    let answer = gateway.caller().request(Method::POST, "/sse").send().await.unwrap();
    assert_eq!(answer.status(), 405, "clients probe POST /sse and fall back on 405");
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused_but_not_for_health() {
    let gateway = Gateway::with(&[
        ("TASKGATE_ALLOWED_HOSTS", "gate.example"),
        ("CORS_ALLOW_ORIGINS", "https://app.example"),
    ]);
    let get = |path: &str, name: &'static str, value: &'static str| {
        http().get(format!("{}{path}", gateway.base)).header(name, value).send()
    };
    for (name, value, status) in [
        ("Host", "evil.example", 421),
        ("Host", "127.0.0.1.evil.example", 421),
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
        ("Origin", "http://localhost.evil.example", 403),
        ("Host", "gate.example:8080", 401),
        ("Host", "[::1]:80", 401),
        ("Origin", "https://app.example", 401),
        ("Origin", "http://localhost:3000", 401),
    ] {
        assert_eq!(get("/mcp", name, value).await.unwrap().status(), status, "{name}: {value}");
    }
    assert_eq!(get("/health", "Host", "10.0.0.7").await.unwrap().status(), 200);
    assert_eq!(get("/ready", "Host", "10.0.0.7").await.unwrap().status(), 200);
}

#[tokio::test]
async fn our_own_pages_may_call_under_any_of_our_names_and_a_refused_one_reads_nothing() {
    let gateway = Gateway::with(&[
        ("TASKGATE_PUBLIC_URL", "https://gate.example"),
        ("TASKGATE_ALLOWED_HOSTS", "other.example"),
    ]);
    for (host, origin, status) in [
        ("gate.example", "https://gate.example", 401),
        ("127.0.0.1", "https://gate.example", 401),
        ("other.example", "https://other.example", 401),
        ("other.example:8443", "https://other.example:8443", 401),
        ("other.example:443", "https://other.example", 401),
        ("other.example:80", "http://other.example", 401),
        ("other.example:443", "http://other.example", 403),
        ("other.example:80", "https://other.example", 403),
        ("other.example", "https://other.example:8443", 403),
        ("other.example", "https://evil.example", 403),
        ("evil.example", "https://evil.example", 421),
    ] {
        let request =
            http().get(format!("{}/api/me", gateway.base)).header("Host", host).header("Origin", origin);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{host} {origin}");
        let told = answer.headers.get("access-control-allow-origin").map(|told| told.to_str().unwrap());
        assert_eq!(told, (status == 401).then_some(origin), "{host} {origin}");
    }
}

#[tokio::test]
async fn watching_and_completing_need_the_scope_of_reading() {
    let gateway = Gateway::start();
    let key = create_key(gateway.folder.path(), &["--user", "u", "--scopes", "pr:read"]);
    let mut caller = gateway.caller_with(&key);
    caller.initialize("2025-11-25", json!({})).await;
    let template = json!({"type": "ref/resource", "uri": "taskgate://task/{id}"});
    for (method, params) in [
        ("resources/read", json!({"uri": "taskgate://board"})),
        ("resources/subscribe", json!({"uri": "taskgate://board"})),
        ("completion/complete", json!({"ref": template, "argument": {"name": "id", "value": "T"}})),
    ] {
        let answer = caller.legacy(method, params).await.json();
        assert_eq!(answer["error"]["data"]["code"], "insufficient_scope", "{method}: {answer}");
    }
}

#[tokio::test]
async fn a_key_is_no_request_id() {
    let gateway = Gateway::start();
    let key = create_key(gateway.folder.path(), &["--user", "u"]);
    let caller = gateway.caller_with(&key);
    let with_static = gateway.caller();
    for (caller, offered, is_taken) in
        [(&caller, key.as_str(), false), (&with_static, KEY, false), (&caller, "trace-7", true)]
    {
        let request = caller.request(Method::GET, "/api/me").header("X-Request-Id", offered);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.headers["x-request-id"] == offered, is_taken);
    }
}

/// Some 900 names a proxy, a framework or an attacker might give a header that says who somebody is.
fn header_names() -> Vec<String> {
    let before = "|X-|X_|X-Auth-|X-Forwarded-|X-Original-|X-Remote-|X-MCP-|X-GitHub-|X-Taskgate-|X-Amzn-|X-Goog-|CF-|Fly-|Proxy-|Sec-|HTTP_";
    let words = "User User-Id User_Id Username Email Auth Authenticated-User Token Access-Token Key Key-Id Api-Key Api_Key Admin \
        Admin-Token Is-Admin Scope Scopes Role Roles Groups Workspace Tenant Owner Agent-Id Github-Token Client-Ip Client-Cert \
        For Ip Real-Ip Method-Override HTTP-Method-Override Url Uri Path Prefix Rewrite-Url Proto Scheme Port Server Identity \
        Principal Subject Jwt Assertion Session Impersonate On-Behalf-Of";
    let names = before
        .split('|')
        .flat_map(|before| words.split_whitespace().map(move |word| format!("{before}{word}")));
    names.collect()
}

#[tokio::test]
async fn no_header_changes_who_is_calling() {
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN), ("RUST_LOG", "info")]);
    let alice = create_key(gateway.folder.path(), &["--user", "alice", "--scopes", "board:read"]);
    let caller = gateway.caller_with(&alice);
    let me = |name: &str, value: &str| {
        let request = caller.request(Method::GET, "/api/me");
        if name.is_empty() { request } else { request.header(name, value) }
    };
    let known = Answer::of(me("", "").send().await.unwrap()).await.json();
    let names = header_names();
    assert!(names.len() >= 500, "{}", names.len());
    for name in &names {
        for value in [ADMIN, "admin", &format!("Bearer {OTHER_KEY}")] {
            let answer = Answer::of(me(name, value).send().await.unwrap()).await;
            assert_eq!(answer.status, 200, "{name}: {answer:?}");
            let now = answer.json();
            for field in ["id", "user_id", "scopes"] {
                assert_eq!(now[field], known[field], "{name}");
            }
        }
        let request = caller.request(Method::GET, "/admin/tokens").header(name.as_str(), ADMIN);
        // After ten of them the address is locked.
        let status = request.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 403 | 429), "{name}: {status}");
    }
    // Not even to be somebody else before the limit on failed authentication.
    let gateway = Gateway::start();
    let mut statuses = Vec::new();
    for number in 0..12 {
        let request = gateway.caller_with("wrong").request(Method::GET, "/api/me");
        let request = request.header("X-Forwarded-For", format!("10.0.0.{number}"));
        let request = request.header("X-Real-Ip", format!("10.0.0.{number}"));
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}
