//! 64 tokens at once on two hosts: each goes to its own host and nowhere else, and each answer to its own asker.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;
use secrecy::SecretString;
use serde_json::Value;
use taskgate::{
    config::{GithubAddress, NetworkSettings},
    github::{Credential, Github, GithubError},
};

use crate::{
    stand_in::{ask, github},
    tls_proxy::{Passed, TlsProxy},
};

const TOKENS: usize = 64;
const CALLS: usize = 20;

/// Who asks at which host, as the answer to either API.
fn echo(passed: &Passed) -> String {
    let said = format!("{} at {}", passed.authorization.trim_start_matches("Bearer "), passed.host);
    match passed.path.as_str() {
        "/api/graphql" | "/graphql" => format!(r#"{{"data": {{"viewer": {{"login": "{said}"}}}}}}"#),
        _ => format!(r#""{said}""#),
    }
}

fn both_hosts(proxy: &TlsProxy) -> Github {
    let address = |host: &str, rest: &str, graphql: &str| GithubAddress {
        host: host.to_owned(),
        rest: rest.parse().unwrap(),
        graphql: graphql.parse().unwrap(),
    };
    let network = NetworkSettings {
        proxy: Some(SecretString::from(format!("http://{}", proxy.address))),
        extra_roots: Some(proxy.authority.as_str().into()),
        ..NetworkSettings::default()
    };
    let hosts = vec![
        address("ghe.example.com", "https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql"),
        address("github.com", "https://api.github.com", "https://api.github.com/graphql"),
    ];
    github(hosts, network)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_crosses_to_another_host_or_another_asker() {
    let proxy = TlsProxy::new(&["api.github.com", "ghe.example.com"], echo).await;
    let github = both_hosts(&proxy);
    let of = |number: usize| {
        let (host, api) =
            [("github.com", "api.github.com"), ("ghe.example.com", "ghe.example.com")][number % 2];
        (SecretString::from(format!("token-{number}")), host, format!("token-{number} at {api}"))
    };
    let users = (0..TOKENS).map(async |number| {
        let (token, host, expected) = of(number);
        let credential = Credential::token(token.clone(), Arc::from(host));
        for call in 0..CALLS {
            let said: Value = if call % 2 == 0 {
                github.get(&ask(&credential, 60), &["same"], &[]).await.unwrap()
            } else {
                github.login_of(host, &token).await.unwrap().into()
            };
            assert_eq!(said, expected);
        }
    });
    join_all(users).await;
    let passed = proxy.passed();
    assert_eq!(passed.len(), TOKENS * CALLS);
    let mut counts = BTreeMap::<_, usize>::new();
    for passed in &passed {
        let token = passed.authorization.strip_prefix("Bearer ").unwrap();
        *counts.entry(format!("{token} at {}", passed.host)).or_default() += 1;
    }
    let expected: BTreeMap<_, _> = (0..TOKENS).map(|number| (of(number).2, CALLS)).collect();
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn a_host_that_is_not_configured_is_not_asked() {
    let proxy = TlsProxy::new(&["api.github.com", "ghe.example.com", "evil.example"], echo).await;
    let github = both_hosts(&proxy);
    let credential = Credential::token(SecretString::from("t"), "evil.example".into());
    let failed = github.get::<Value>(&ask(&credential, 5), &["x"], &[]).await;
    assert!(matches!(failed, Err(GithubError::UnknownHost(_))), "{failed:?}");
    assert!(proxy.passed().is_empty());
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let proxy = TlsProxy::new(&["api.github.com"], echo).await;
    let network = NetworkSettings {
        proxy: Some(SecretString::from(format!("http://{}", proxy.address))),
        ..NetworkSettings::default()
    };
    let own = GithubAddress {
        host: String::from("github.com"),
        rest: "https://api.github.com".parse().unwrap(),
        graphql: "https://api.github.com/graphql".parse().unwrap(),
    };
    let credential = Credential::token(SecretString::from("t"), "github.com".into());
    let failed = github(vec![own], network).get::<Value>(&ask(&credential, 5), &["x"], &[]).await;
    assert!(matches!(failed, Err(GithubError::Unreachable(_))), "{failed:?}");
    assert!(proxy.passed().is_empty() && proxy.connections() > 0);
}

#[tokio::test]
async fn this_machine_and_what_no_proxy_names_are_asked_without_the_proxy() {
    let proxy = TlsProxy::new(&["localhost", "api.github.com"], echo).await;
    for (base, without_proxy) in
        [("https://127.0.0.1:1", ""), ("https://api.github.invalid", "github.invalid")]
    {
        let network = NetworkSettings {
            proxy: Some(SecretString::from(format!("http://{}", proxy.address))),
            without_proxy: without_proxy.to_owned(),
            ..NetworkSettings::default()
        };
        let github = github(vec![crate::stand_in::address("github.com", base)], network);
        let credential = Credential::token(SecretString::from("t"), "github.com".into());
        let failed = github.get::<Value>(&ask(&credential, 2), &["x"], &[]).await;
        assert!(matches!(failed, Err(GithubError::Unreachable(_))), "{failed:?}");
    }
    assert_eq!(proxy.connections(), 0);
}
