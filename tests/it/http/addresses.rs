//! Under which names, paths and methods the gateway answers, and for whom.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::json;
use taskgate::http::{Access, ROUTES};

use crate::support::{
    ADMIN, Answer, BEYOND_LOOPBACK, Gateway, METRICS_TOKEN, WEBHOOK_SECRET, command, http, outside_address,
    within_two_seconds,
};

/// The status of `GET /api/me` without a key and with that header: 401 says that the name was let in.
async fn status_with(gateway: &Gateway, name: &str, value: &str) -> u16 {
    let request = http().get(format!("{}/api/me", gateway.base)).header(name, value);
    Answer::of(request.send().await.unwrap()).await.status.as_u16()
}

/// What `taskgate config` says of that setting.
fn config_with(name: &str, value: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path()).arg("config").env(name, value).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let is_fault = text.contains(&format!("# fault: {name}: "));
    assert_eq!(output.status.code(), Some(if is_fault { 78 } else { 0 }), "{name}={value}: {text}");
    text
}

#[tokio::test]
async fn a_host_may_be_written_with_a_port_as_a_url_in_brackets_or_in_any_script() {
    let hosts = "Gate.Example:8443, https://other.example/x,[2001:db8::1]:443,bücher.example";
    let gateway = Gateway::with(&[("TASKGATE_ALLOWED_HOSTS", hosts)]);
    for host in [
        "gate.example",
        "GATE.example.:1",
        "other.example:443",
        "[2001:DB8:0:0::1]",
        "xn--bcher-kva.example",
        "[::1]:80",
        "[::ffff:127.0.0.1]",
        "localhost.",
    ] {
        assert_eq!(status_with(&gateway, "Host", host).await, 401, "{host}");
    }
    for host in [
        "[::1]evil.com",
        "[::1].evil.com",
        "[::1]@evil.com",
        "localhost@evil.com",
        "localhost:80@evil.com",
        "evil.com:gate.example",
        "gate.example.evil.com",
        "[gate.example]",
        "::1",
        "localhost:99999",
    ] {
        assert_eq!(status_with(&gateway, "Host", host).await, 421, "{host}");
    }
}

#[tokio::test]
async fn a_request_line_with_a_url_means_the_name_in_it() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let gateway = Gateway::start();
    for (line, hosts, status) in [
        ("http://localhost/api/me", &["localhost"][..], "401"),
        ("http://evil.example/api/me", &["localhost"], "421"),
        ("http://localhost/api/me", &["evil.example"], "421"),
        ("http://localhost/api/me", &["localhost", "evil.example"], "421"),
        ("/api/me", &["localhost", "localhost"], "421"),
        ("/api/me", &[], "421"),
    ] {
        let hosts = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect::<Vec<_>>().concat();
        let mut socket = tokio::net::TcpStream::connect(&gateway.address).await.unwrap();
        let request = format!("GET {line} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{line} {hosts}: {answer}");
    }
}

#[tokio::test]
async fn the_address_that_is_announced_is_answered() {
    let Some(own) = outside_address().map(|address| address.to_string()) else { return };
    let [secret, token] = BEYOND_LOOPBACK;
    let gateway = Gateway::with(&[("MCP_HOST", &own), secret, token]);
    assert_eq!(status_with(&gateway, "Host", &gateway.address).await, 401);
    assert_eq!(status_with(&gateway, "Host", "192.0.2.1").await, 421);
}

#[tokio::test]
async fn any_origin_may_be_listed_that_an_application_can_have() {
    let listed =
        "tauri://localhost, app://obsidian.md,https://App.Example:443/,chrome-extension://abcdefghijklmnop";
    let gateway = Gateway::with(&[("CORS_ALLOW_ORIGINS", listed)]);
    for origin in [
        "tauri://localhost",
        "app://obsidian.md",
        "https://app.example",
        "chrome-extension://abcdefghijklmnop",
    ] {
        assert_eq!(status_with(&gateway, "Origin", origin).await, 401, "{origin}");
    }
    for origin in
        ["tauri://other", "tauri://localhost:1", "app://localhost", "https://app.example:8443", "null"]
    {
        assert_eq!(status_with(&gateway, "Origin", origin).await, 403, "{origin}");
    }
}

#[test]
fn what_can_never_match_is_a_fault() {
    for (name, value) in [
        ("CORS_ALLOW_ORIGINS", "https://*.example.com"),
        ("CORS_ALLOW_ORIGINS", "app.example"),
        ("CORS_ALLOW_ORIGINS", "https://app.example/page"),
        ("CORS_ALLOW_ORIGINS", "null"),
        ("CORS_ALLOW_ORIGINS", "https://a.example,,https://b.example"),
        ("TASKGATE_ALLOWED_HOSTS", "*"),
        ("TASKGATE_ALLOWED_HOSTS", "*.example.com"),
        ("TASKGATE_ALLOWED_HOSTS", "gate.example/path"),
        ("TASKGATE_ALLOWED_HOSTS", "gate.example,"),
        ("TASKGATE_TRUSTED_PROXIES", "nginx"),
        ("TASKGATE_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TASKGATE_TRUSTED_PROXIES", "10.0.0.0-10.0.0.9"),
        ("TASKGATE_CLIENT_ADDRESS", "forwarded"),
        ("TASKGATE_CLIENT_ADDRESS", "forwarded:0"),
        ("TASKGATE_CLIENT_ADDRESS", "forwarded:17"),
        ("TASKGATE_CLIENT_ADDRESS", "forwarded:-1"),
        ("TASKGATE_CLIENT_ADDRESS", "peer:1"),
        ("TASKGATE_CLIENT_ADDRESS", "header:"),
        ("TASKGATE_CLIENT_ADDRESS", "header:X Real IP"),
        ("TASKGATE_CLIENT_ADDRESS", "header:X-Forwarded-For"),
        ("TASKGATE_CLIENT_ADDRESS", "header:Forwarded"),
        ("TASKGATE_CLIENT_ADDRESS", "header:Authorization"),
        ("TASKGATE_CLIENT_ADDRESS", "header:Proxy-Authorization"),
        ("TASKGATE_CLIENT_ADDRESS", "header:Mcp-Session-Id"),
        ("TASKGATE_CLIENT_ADDRESS", "X-Real-IP"),
        ("TASKGATE_PUBLIC_URL", "gate.example"),
        ("TASKGATE_PUBLIC_URL", "https://*.example"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example:0"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/#x"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/a//b"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/{x}"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/a b"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/%2f"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/*"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/;x"),
        ("TASKGATE_TRUSTED_PROXIES", "0.0.0.0"),
    ] {
        let text = config_with(name, value);
        assert!(text.contains(&format!("# fault: {name}: ")), "{name}={value}: {text}");
    }
    let text = config_with("TASKGATE_PUBLIC_URL", "https://user:hush-hush@gate.example");
    assert!(text.contains("# fault: TASKGATE_PUBLIC_URL") && !text.contains("hush-hush"), "{text}");
}

#[tokio::test]
async fn proxies_are_trusted_by_range_in_either_spelling() {
    for range in ["127.0.0.0/8", "10.0.0.0/8, ::ffff:127.0.0.0/104", "::ffff:127.0.0.1"] {
        let gateway = Gateway::with(&[("TASKGATE_TRUSTED_PROXIES", range)]);
        let mut statuses = Vec::new();
        for number in 0..12 {
            let request = gateway.caller_with("wrong").request(Method::GET, "/api/me");
            let request = request.header("X-Forwarded-For", format!("198.51.100.{number}"));
            statuses.push(request.send().await.unwrap().status().as_u16());
        }
        assert_eq!(statuses, [401; 12], "{range}: each of another address");
    }
    let gateway = Gateway::with(&[("TASKGATE_TRUSTED_PROXIES", "126.0.0.0/8")]);
    let mut last = 0;
    for number in 0..12 {
        let request = gateway.caller_with("wrong").request(Method::GET, "/api/me");
        let request = request.header("X-Forwarded-For", format!("198.51.100.{number}"));
        last = request.send().await.unwrap().status().as_u16();
    }
    assert_eq!(last, 429, "who is in no range is believed nothing");
}

/// Who is taken to call, for a request with these headers.
async fn client_of(gateway: &Gateway, headers: &[(&str, impl AsRef<[u8]>)]) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let id = format!("address-{}-end", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut request = gateway.caller().request(Method::GET, "/api/me").header("X-Request-Id", &id);
    for (name, value) in headers {
        request = request.header(*name, value.as_ref());
    }
    assert_eq!(request.send().await.unwrap().status(), 200);
    let line = || gateway.log_lines(&id).into_iter().find(|line| line["message"] == "client address");
    within_two_seconds("its address is logged", async || line().is_some()).await;
    line().expect("it was there")["client"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_platform_whose_proxies_have_no_address_says_where_the_callers_stands() {
    let chain = [("X-Forwarded-For", "6.6.6.6, 9.9.9.9"), ("X-Forwarded-For", "203.0.113.7:4123")];
    let real = [("X-Real-IP", "2001:db8::7")];
    let twice = [("X-Real-IP", "6.6.6.6"), ("X-Real-IP", "9.9.9.9")];
    for (settings, headers, client) in [
        ([("TASKGATE_CLIENT_ADDRESS", "peer"), ("RUST_LOG", "debug")], &chain[..], "127.0.0.1"),
        ([("TASKGATE_CLIENT_ADDRESS", "forwarded:1"), ("RUST_LOG", "debug")], &chain, "203.0.113.7"),
        ([("TASKGATE_CLIENT_ADDRESS", "Forwarded: 2"), ("RUST_LOG", "debug")], &chain, "9.9.9.9"),
        ([("TASKGATE_CLIENT_ADDRESS", "forwarded:4"), ("RUST_LOG", "debug")], &chain, "127.0.0.1"),
        ([("TASKGATE_CLIENT_ADDRESS", "forwarded:1"), ("RUST_LOG", "debug")], &real, "127.0.0.1"),
        ([("TASKGATE_CLIENT_ADDRESS", "header:x-real-ip"), ("RUST_LOG", "debug")], &real, "2001:db8::7"),
        ([("TASKGATE_CLIENT_ADDRESS", "header:X-Real-IP"), ("RUST_LOG", "debug")], &twice, "127.0.0.1"),
        ([("TASKGATE_CLIENT_ADDRESS", "header:X-Real-IP"), ("RUST_LOG", "debug")], &chain, "127.0.0.1"),
    ] {
        let gateway = Gateway::with(&settings);
        assert_eq!(client_of(&gateway, headers).await, client, "{settings:?} {headers:?}");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_is_believed_where_one_is_named() {
    let chain = [("X-Forwarded-For", "not an address, mcp_secret, 203.0.113.7")];
    for (proxies, client) in [("127.0.0.1", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")] {
        let gateway = Gateway::with(&[
            ("TASKGATE_CLIENT_ADDRESS", "forwarded:1"),
            ("TASKGATE_TRUSTED_PROXIES", proxies),
            ("RUST_LOG", "info,taskgate::client_address=debug"),
        ]);
        assert_eq!(client_of(&gateway, &chain).await, client, "{proxies}");
        let line = gateway.log_line("client address").await;
        assert_eq!((&line["hops"], &line["peer"]), (&json!("?, ?, 203.0.113.7"), &json!("127.0.0.1")));
        assert!(!gateway.log_contains("mcp_secret"));
    }
}

#[tokio::test]
async fn what_is_no_text_hides_no_hop_after_it() {
    let chain = [("X-Forwarded-For", &b"\xff\xfe, 203.0.113.7"[..])];
    for setting in [("TASKGATE_CLIENT_ADDRESS", "forwarded:1"), ("TASKGATE_TRUSTED_PROXIES", "127.0.0.1")] {
        let gateway = Gateway::with(&[setting, ("RUST_LOG", "debug")]);
        assert_eq!(client_of(&gateway, &chain).await, "203.0.113.7", "{setting:?}");
    }
}

#[test]
fn believing_everybody_is_warned_of_and_leaves_nothing_to_count_by_peer() {
    let text = config_with("TASKGATE_CLIENT_ADDRESS", "forwarded:1");
    assert!(text.contains("# warning: TASKGATE_CLIENT_ADDRESS: whoever connects is believed"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.env("TASKGATE_CLIENT_ADDRESS", "forwarded:1").env("TASKGATE_MAX_CONNECTIONS_PER_ADDRESS", "10");
    let text = String::from_utf8(command.arg("config").output().unwrap().stdout).unwrap();
    assert!(text.contains("# fault: TASKGATE_MAX_CONNECTIONS_PER_ADDRESS: never applies"), "{text}");
}

#[tokio::test]
async fn a_proxy_may_take_the_prefix_away_or_not() {
    for prefix in ["/team/gate", "/:team", "/mcp", "/a+b,c=d@e"] {
        let gateway = Gateway::with(&[("TASKGATE_PUBLIC_URL", &format!("https://gate.example{prefix}/"))]);
        let caller = gateway.caller();
        for path in [String::from("/api/me"), format!("{prefix}/api/me"), format!("{prefix}/api/me/")] {
            let answer = caller.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
        }
        for path in ["/ready", "/health"] {
            let request = http().get(format!("{}{prefix}{path}", gateway.base)).header("Host", "10.0.0.7");
            assert_eq!(request.send().await.unwrap().status(), 200, "{prefix}{path}");
        }
        let root = Answer::of(caller.request(Method::GET, "/").send().await.unwrap()).await.json();
        assert_eq!(root["endpoints"]["mcp"], format!("{prefix}/mcp"));
        for path in [String::from("/sse"), format!("{prefix}/sse"), format!("{prefix}/sse/")] {
            let mut stream = caller.request(Method::GET, &path).send().await.unwrap();
            let first = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
            let endpoint = first.split("data: ").nth(1).unwrap().trim();
            assert!(endpoint.starts_with(&format!("{prefix}/sse/messages?session_id=")), "{path}: {first}");
            for endpoint in [endpoint, endpoint.strip_prefix(prefix).unwrap()] {
                let body = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string();
                let posted = caller.request(Method::POST, endpoint).body(body).send().await.unwrap();
                assert_eq!(posted.status(), 202, "{endpoint}");
            }
        }
    }
}

#[tokio::test]
async fn a_slash_at_the_end_is_the_same_route_without_a_redirect() {
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN)]);
    let client = reqwest::Client::builder().tls_certs_only([]).redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    for route in ROUTES.iter().filter(|route| route.path != "/" && !route.path.starts_with("/docs")) {
        for method in &route.methods {
            let mut statuses = Vec::new();
            for slash in ["", "/"] {
                let path = route.path.replace("{id}", "00000000-0000-0000-0000-000000000000");
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let request = client.request(method, format!("{}{path}{slash}?limit=1", gateway.base));
                let key = if route.access == Access::Admin { ADMIN } else { crate::support::KEY };
                let request = request.bearer_auth(key).header("Accept", "text/event-stream").body("{}");
                statuses.push(request.send().await.unwrap().status().as_u16());
            }
            assert_eq!(statuses[0], statuses[1], "{method} {}", route.path);
        }
    }
    for path in ["/mcp//", "//mcp", "/mcp/x/", "//"] {
        let request = http().get(format!("{}{path}", gateway.base));
        assert_eq!(request.send().await.unwrap().status(), 404, "{path}");
    }
    let docs = client.get(format!("{}/docs", gateway.base)).send().await.unwrap();
    assert_eq!((docs.status().as_u16(), docs.headers()["location"].to_str().unwrap()), (308, "/docs/"));
}

#[tokio::test]
async fn every_refused_method_is_told_which_are_not() {
    let settings = [
        ("TASKGATE_PUBLIC_URL", "https://gate.example/gate"),
        ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("LINEAR_WEBHOOK_SECRET", "linear-secret-for-tests-0123456789"),
        ("PLANKA_WEBHOOK_TOKEN", "planka-token-for-tests-0123456789"),
        ("TASKGATE_METRICS_TOKEN", METRICS_TOKEN),
    ];
    let gateway = Gateway::with(&settings);
    for route in ROUTES.iter() {
        let pages = route.methods.contains(&"GET")
            && !["/mcp", "/sse", "/dashboard/stream"].contains(&route.path.as_str());
        let mut expected = route.methods.clone();
        expected.extend(pages.then_some("HEAD"));
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            for prefix in ["", "/gate"] {
                let path = route.path.replace("{id}", "x").replace("{*file}", "index.css");
                let request = gateway
                    .caller()
                    .request(Method::from_bytes(method.as_bytes()).unwrap(), &format!("{prefix}{path}"));
                let answer = request.send().await.unwrap();
                let case = format!("{method} {prefix}{path}");
                assert_eq!(answer.status() == 405, !expected.contains(&method), "{case}: {answer:?}");
                if answer.status() == 405 {
                    assert_eq!(answer.headers()["allow"].to_str().unwrap(), expected.join(", "), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn head_answers_like_get_without_the_page() {
    let gateway = Gateway::start();
    for path in ["/", "/health", "/ready", "/api/me", "/sessions", "/openapi.json", "/docs/", "/health/"] {
        let ask = |method: Method| gateway.caller().request(method, path).send();
        let (get, head) = (ask(Method::GET).await.unwrap(), ask(Method::HEAD).await.unwrap());
        assert_eq!((head.status(), get.status().as_u16()), (get.status(), 200), "{path}");
        assert_eq!(head.headers()["content-type"], get.headers()["content-type"], "{path}");
        assert_eq!(head.text().await.unwrap(), "", "{path}");
    }
}
