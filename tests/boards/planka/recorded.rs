//! The fake answers what was asked of the real server 2.1.1 as that did: the same statuses, exits, names, kinds and counts.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::planka::FakePlanka;

const RECORDED: &str = include_str!("../../data/planka/recorded-2.1.1.jsonl");
#[derive(Deserialize)]
struct Recorded {
    req: (String, String, Value),
    status: u16,
    exit: Option<String>,
    resp: Value,
}

/// Ids, tokens and signatures of the recording, with those of the fake in their place.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    /// A text of the recording as the fake has it.
    fn own(&self, text: &str) -> String {
        let mut words = self.0.iter().collect::<Vec<_>>();
        words.sort_by_key(|(recorded, _)| std::cmp::Reverse(recorded.len()));
        words.into_iter().fold(text.to_owned(), |text, (recorded, own)| text.replace(recorded, own))
    }

    /// Learns what the fake calls what the recording names.
    fn learn(&mut self, recorded: &Value, own: &Value) {
        match (recorded, own) {
            (Value::Object(recorded), Value::Object(own)) => {
                for (name, value) in recorded {
                    let is_name = name == "id" || name == "signature" || name == "pendingToken";
                    if let (true, Some(value), Some(own)) =
                        (is_name, value.as_str(), own.get(name).and_then(Value::as_str))
                    {
                        self.0.insert(value.to_owned(), own.to_owned());
                    }
                    self.learn(value, own.get(name).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(recorded), Value::Array(own)) => {
                recorded.iter().zip(own).for_each(|(recorded, own)| self.learn(recorded, own));
            }
            _ => {}
        }
    }
}

/// Where two answers differ in names, kinds or counts.
fn differences(at: &str, recorded: &Value, own: &Value, found: &mut Vec<String>) {
    match (recorded, own) {
        (Value::Object(recorded), Value::Object(own)) => {
            for name in recorded.keys().chain(own.keys()).collect::<BTreeSet<_>>() {
                match (recorded.get(name), own.get(name)) {
                    (Some(recorded), Some(own)) => differences(&format!("{at}.{name}"), recorded, own, found),
                    _ => found.push(format!("{at}.{name}")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(own)) => {
            if recorded.len() != own.len() {
                found.push(format!("{at}: {} and {}", recorded.len(), own.len()));
            }
            recorded.iter().zip(own).for_each(|(recorded, own)| differences(at, recorded, own, found));
        }
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => {}
        (recorded, own) if recorded == own => {}
        _ => found.push(format!("{at}: {recorded} and {own}")),
    }
}

/// What is null until the first change, and what the gateway never looks at.
fn is_passing(difference: &str) -> bool {
    ["updatedAt", "apiKeyPrefix", "isSubscribed"].iter().any(|name| difference.contains(&format!(".{name}:")))
}

#[tokio::test]
async fn the_fake_answers_what_was_recorded_as_the_server_did() {
    let planka = FakePlanka::start();
    let (admin, _) = planka.user("admin", "admin");
    planka.change(|world| {
        let locked = json!(["email", "password", "name", "role", "username"]);
        world.change("users", &admin, &json!({"isDefaultAdmin": true, "lockedFieldNames": locked}));
        world.asks_terms = true;
        world.secrets.values_mut().for_each(|secrets| {
            (secrets.password, secrets.has_accepted) = ("admin-pass-1".into(), false);
        });
    });
    let (http, mut names, mut token) = (reqwest::Client::new(), Names::default(), String::new());
    let mut compared = 0;
    for line in RECORDED.lines() {
        let Recorded { req: (method, path, body), status, exit, resp } = serde_json::from_str(line).unwrap();
        let body = names.own(&body.to_string());
        let url = format!("{}{}", planka.url, names.own(&path));
        let mut request = http.request(method.parse().unwrap(), url);
        // Those without an exit were sent by nobody.
        if exit.is_some() {
            request = request.bearer_auth(&token);
        }
        if body != "null" {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let own_exit = answer.headers().get("x-exit").map(|exit| exit.to_str().unwrap().to_owned());
        let own_status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let own: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let exit = exit.unwrap_or_default();
        assert_eq!((own_status, own_exit.unwrap_or_default()), (status, exit), "{method} {path}: {own}");
        let mut found = Vec::new();
        differences("", &resp, &own, &mut found);
        found.retain(|difference| !is_passing(difference));
        assert!(found.is_empty(), "{method} {path}: {found:#?}");
        names.learn(&resp, &own);
        if path.starts_with("/api/access-tokens") && method == "POST" && status == 200 {
            own["item"].as_str().unwrap().clone_into(&mut token);
        }
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}
