//! The admin API, a key and itself, and the headers of every authenticated answer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADMIN, Answer, Gateway, KEY, admin, rows, send, with_admin};

async fn make(gateway: &Gateway, body: Value) -> Value {
    let answer = send(admin(gateway).request(Method::POST, "/admin/tokens").body(body.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer.json()
}

fn key_of(made: &Value) -> String {
    made["mcp_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_made_shown_once_listed_changed_and_deleted() {
    let gateway = with_admin(&[]);
    let made =
        make(&gateway, json!({"github_token": "ghp_secret", "user_id": "alice", "description": "laptop"}))
            .await;
    assert_eq!(made["scopes"], json!(["board:read", "board:write", "pr:read", "pr:write"]));
    assert!(made["created_at"].as_str().unwrap().ends_with('Z') && made["expires_at"].is_null());
    let (key, id) = (key_of(&made), made["id"].as_str().unwrap());
    let other = make(&gateway, json!({})).await;
    assert_eq!(other["user_id"], other["id"]);
    let caller = gateway.caller_with(&key);
    caller.tool("ping", json!({})).await.unwrap();
    let listed = send(admin(&gateway).request(Method::GET, "/admin/tokens?user_id=alice")).await;
    assert!(!listed.text.contains(&key) && !listed.text.contains("ghp_secret"), "{listed:?}");
    let tokens = listed.json()["tokens"].clone();
    assert_eq!((tokens.as_array().unwrap().len(), &tokens[0]["github_token_prefix"]), (1, &json!("ghp_")));
    assert_eq!(tokens[0]["key_prefix"], key[..8]);
    let path = format!("/admin/tokens/{id}");
    let change = json!({"scopes": ["board:read"], "rate_limit": 5, "github_token": null, "expires_in": 3600});
    let changed = send(admin(&gateway).request(Method::PATCH, &path).body(change.to_string())).await.json();
    assert_eq!((&changed["rate_limit"], &changed["github_token_prefix"]), (&json!(5), &Value::Null));
    assert_eq!(changed["description"], "laptop", "what is not named stays");
    let refused = caller.tool("create_task", json!({"title": "x"})).await.unwrap_err();
    assert_eq!(refused["code"], "insufficient_scope", "a change counts from the next call on");
    let deleted = send(admin(&gateway).request(Method::DELETE, &path)).await;
    assert_eq!(deleted.json(), json!({"status": "deleted", "id": id}));
    assert_eq!(caller.legacy("ping", json!({})).await.status, 401);
    for method in [Method::DELETE, Method::GET] {
        assert_eq!(send(admin(&gateway).request(method, &path)).await.status, 404);
    }
}

#[tokio::test]
async fn the_key_itself_may_stand_in_the_path() {
    let gateway = with_admin(&[]);
    let made = make(&gateway, json!({"user_id": "alice"})).await;
    let path = format!("/admin/tokens/{}", key_of(&made));
    assert_eq!(send(admin(&gateway).request(Method::GET, &path)).await.json()["id"], made["id"]);
    let deleted = send(admin(&gateway).request(Method::DELETE, &path)).await;
    assert_eq!(deleted.json()["id"], made["id"]);
}

#[tokio::test]
async fn bad_input_names_its_field_and_changes_nothing() {
    let gateway = with_admin(&[]);
    let made = make(&gateway, json!({"user_id": "alice"})).await;
    let path = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    let before = rows(&gateway.database());
    let long = "x".repeat(256);
    for (field, body) in [
        ("github_token", json!({"github_token": ""}).to_string()),
        ("github_token", json!({"github_token": long}).to_string()),
        ("github_token", json!({"github_token": "a b"}).to_string()),
        ("github_token", json!({"github_token": 5}).to_string()),
        ("github_host", json!({"github_token": "ghp_x", "github_host": "evil.example"}).to_string()),
        ("github_host", json!({"github_host": "github.com"}).to_string()),
        ("scopes[1]", json!({"scopes": ["board:read", "root"]}).to_string()),
        ("scopes", json!({"scopes": "board:read"}).to_string()),
        ("expires_in", json!({"expires_in": 0}).to_string()),
        ("expires_in", json!({"expires_in": -60}).to_string()),
        ("expires_in", json!({"expires_in": 1.5}).to_string()),
        ("expires_in", json!({"expires_in": 400_000_000}).to_string()),
        ("rate_limit", json!({"rate_limit": 0}).to_string()),
        ("description", json!({"description": "x".repeat(501)}).to_string()),
        ("expires_at", json!({"expires_at": "2020-01-01T00:00:00Z"}).to_string()),
        ("body", String::from("not json")),
        ("body", String::from("[\"ghp_x\"]")),
        ("body", String::from("{} {}")),
    ] {
        for (method, path) in [(Method::POST, "/admin/tokens"), (Method::PATCH, &path)] {
            let answer = send(admin(&gateway).request(method, path).body(body.clone())).await;
            assert_eq!(answer.status, 422, "{body}: {answer:?}");
            assert_eq!(
                (answer.json()["field"].as_str(), &answer.json()["code"]),
                (Some(field), &json!("invalid_field"))
            );
            assert!(!answer.text.contains(&long), "what may be a secret is not sent back");
        }
    }
    for query in ["limit=0", "limit=x", "format=xml", "nothing=1"] {
        let answer = send(admin(&gateway).request(Method::GET, &format!("/admin/audit?{query}"))).await;
        assert_eq!(answer.status, 422, "{query}: {answer:?}");
    }
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn an_idempotency_key_gives_the_same_answer_and_makes_one_key() {
    let gateway = with_admin(&[]);
    let ask = |name: &'static str, body: Value| {
        let request = admin(&gateway).request(Method::POST, "/admin/tokens").body(body.to_string());
        send(request.header("Idempotency-Key", name))
    };
    let (body, other) = (json!({"user_id": "alice"}), json!({"user_id": "bob"}));
    let answers = futures_util::future::join_all((0..8).map(|_| ask("one", body.clone()))).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text),
        "{answers:?}"
    );
    let listed = send(admin(&gateway).request(Method::GET, "/admin/tokens?user_id=alice")).await;
    assert_eq!(listed.json()["tokens"].as_array().unwrap().len(), 1);
    let mismatch = ask("one", other.clone()).await;
    assert_eq!((mismatch.status.as_u16(), &mismatch.json()["code"]), (422, &json!("idempotency_mismatch")));
    assert_eq!(ask("two", other).await.status, 200);
    let database = std::fs::read(gateway.database()).unwrap();
    let log = std::fs::read(gateway.folder.path().join("taskgate.db-wal")).unwrap();
    let key = key_of(&answers[0].json());
    assert!(![database, log].concat().windows(key.len()).any(|bytes| bytes == key.as_bytes()), "kept sealed");
}

#[tokio::test]
async fn a_holder_looks_at_its_key_and_rotates_it() {
    let gateway = with_admin(&[]);
    let made = make(&gateway, json!({"user_id": "alice"})).await;
    let caller = gateway.caller_with(&key_of(&made));
    caller.agent("worker").await;
    let me = send(caller.request(Method::GET, "/api/me")).await.json();
    assert_eq!((&me["user_id"], &me["key"]["id"]), (&json!("alice"), &made["id"]));
    let rotate = caller.request(Method::POST, "/api/me/rotate").body(r#"{"grace_seconds": 1}"#);
    let rotated = send(rotate).await.json();
    assert_eq!(rotated["id"], made["id"]);
    let renewed = gateway.caller_with(&key_of(&rotated));
    renewed
        .tool("request_next_task", json!({"agent_id": "worker"}))
        .await
        .expect("the agent is still its own");
    assert_eq!(send(caller.request(Method::GET, "/api/me")).await.status, 200, "within its time of grace");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(send(caller.request(Method::GET, "/api/me")).await.status, 401);
    assert_eq!(send(renewed.request(Method::GET, "/api/me")).await.status, 200);
    let fixed = send(gateway.caller().request(Method::POST, "/api/me/rotate")).await;
    assert_eq!(fixed.status, 403, "a static key is changed where it is set: {fixed:?}");
    assert_eq!(send(gateway.caller().request(Method::GET, "/api/me")).await.json()["key"], Value::Null);
}

#[tokio::test]
async fn a_text_that_was_replaced_replaces_nothing() {
    let gateway = with_admin(&[]);
    let made = make(&gateway, json!({"user_id": "alice"})).await;
    let stolen = gateway.caller_with(&key_of(&made));
    let path = format!("/admin/tokens/{}/rotate", made["id"].as_str().unwrap());
    let rotated = send(admin(&gateway).request(Method::POST, &path)).await.json();
    assert_eq!(send(stolen.request(Method::GET, "/api/me")).await.status, 200, "within its time of grace");
    let taken = send(stolen.request(Method::POST, "/api/me/rotate").body(r#"{"grace_seconds": 0}"#)).await;
    assert_eq!(taken.status, 403, "{taken:?}");
    let owner = gateway.caller_with(&key_of(&rotated));
    let rotate = || owner.request(Method::POST, "/api/me/rotate").header("Idempotency-Key", "mine");
    let own = send(rotate()).await;
    assert_eq!(own.status, 200);
    assert_eq!(send(rotate()).await.text, own.text, "a lost answer is given again to the text it replaced");
    assert_eq!(send(owner.request(Method::POST, "/api/me/rotate")).await.status, 403);
}

#[tokio::test]
async fn whatever_is_no_id_is_refused_as_json() {
    let gateway = with_admin(&[]);
    for path in ["/admin/tokens/%ff", "/sessions/%ff"] {
        let answer = send(admin(&gateway).request(Method::DELETE, path)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["field"]), (422, &json!("id")), "{path}");
    }
}

#[tokio::test]
async fn without_an_admin_token_there_is_no_admin_api() {
    let gateway = Gateway::start();
    for key in [KEY, ADMIN] {
        let answer = send(gateway.caller_with(key).request(Method::GET, "/admin/tokens")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("admin_not_configured")));
    }
}

#[tokio::test]
async fn guessing_the_admin_token_is_stopped_and_who_has_it_goes_on() {
    let gateway = with_admin(&[]);
    let owner = admin(&gateway);
    assert_eq!(send(owner.request(Method::GET, "/admin/tokens")).await.status, 200);
    let mut statuses = Vec::new();
    for guess in 0..12 {
        let guess = gateway.caller_with(&format!("guess-{guess}"));
        statuses.push(send(guess.request(Method::GET, "/admin/tokens")).await.status.as_u16());
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(send(owner.request(Method::GET, "/admin/tokens")).await.status, 200);
}

#[tokio::test]
async fn every_authenticated_answer_says_what_is_left() {
    let gateway = with_admin(&[("RATE_LIMIT_ENABLED", "true")]);
    let number =
        |answer: &Answer, name: &str| -> i64 { answer.headers[name].to_str().unwrap().parse().unwrap() };
    let caller = gateway.caller();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    for (turn, path) in ["/api/me", "/sessions", "/mcp", "/"].into_iter().enumerate() {
        let answer = send(caller.request(Method::GET, path)).await;
        assert_eq!(number(&answer, "x-ratelimit-limit"), 70, "{path}");
        assert_eq!(number(&answer, "x-ratelimit-remaining"), 69 - turn as i64, "{path}");
        assert!((now..now + 70).contains(&number(&answer, "x-ratelimit-reset")), "{path}");
    }
    let mut last = None;
    for _ in 0..80 {
        last = Some(send(caller.request(Method::GET, "/api/me")).await);
    }
    let refused = last.unwrap();
    assert_eq!((refused.status.as_u16(), number(&refused, "x-ratelimit-remaining")), (429, 0));
    assert_eq!(number(&refused, "retry-after"), 1);
    assert_eq!(refused.json()["code"], "rate_limited");
    let admin = send(admin(&gateway).request(Method::GET, "/admin/tokens")).await;
    assert_eq!(number(&admin, "x-ratelimit-limit"), 70, "the admin API is limited too");
    assert!(
        reqwest::get(format!("{}/health", gateway.base))
            .await
            .unwrap()
            .headers()
            .get("x-ratelimit-limit")
            .is_none()
    );
    let own = make(&gateway, json!({"rate_limit": 600})).await;
    let answer = send(gateway.caller_with(&key_of(&own)).request(Method::GET, "/api/me")).await;
    assert_eq!(number(&answer, "x-ratelimit-limit"), 610);
}

#[tokio::test]
async fn a_key_that_ends_soon_says_so() {
    let gateway = with_admin(&[]);
    let soon = make(&gateway, json!({"expires_in": 3600})).await;
    let later = make(&gateway, json!({"expires_in": 8 * 86_400})).await;
    let header = |made: Value| {
        let caller = gateway.caller_with(&key_of(&made));
        async move { send(caller.request(Method::GET, "/api/me")).await.headers.get("x-key-expires-at").cloned() }
    };
    assert_eq!(header(soon.clone()).await.unwrap().to_str().unwrap(), soon["expires_at"].as_str().unwrap());
    assert!(header(later).await.is_none());
}

#[tokio::test]
async fn calls_are_counted_over_a_change_of_the_key() {
    let gateway = with_admin(&[]);
    let made = send(admin(&gateway).request(Method::POST, "/admin/tokens").body("{}")).await.json();
    let path = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    let call = || send(gateway.caller_with(&key_of(&made)).request(Method::GET, "/api/me"));
    for _ in 0..5 {
        call().await;
    }
    send(admin(&gateway).request(Method::PATCH, &path).body(r#"{"scopes": ["board:read"]}"#)).await;
    call().await;
    let begun = std::time::Instant::now();
    loop {
        let uses = send(admin(&gateway).request(Method::GET, &path)).await.json()["uses"].clone();
        if uses == 6 {
            break;
        }
        assert!(begun.elapsed().as_secs() < 8, "{uses}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}
