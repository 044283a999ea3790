//! The contract on a real Planka, in a project of its own that is gone afterwards. It is asked for by name:
//! `PLANKA_BASE_URL=... PLANKA_API_KEY=... cargo test --test boards a_real_planka -- --ignored`; the key is that of an administrator or
//! a project owner. The same way is tried on the fake each time.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use taskgate::{
    boards::{PlankaBoard, PlankaSetup},
    clock::SystemClock,
    config::{NetworkSettings, PlankaBoardSettings, PlankaCredential, PlankaName, StatusNames},
    model::TaskStatus,
    net::HttpClient,
};

use super::{
    person::list,
    setup::{Place, open},
};
use crate::{contract, person::Person};

/// A person at a server, who uses its API.
struct AtServer {
    base: String,
    key: String,
    board: String,
    http: reqwest::Client,
}

impl AtServer {
    async fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let mut request =
            self.http.request(method, format!("{}/api/{path}", self.base)).header("x-api-key", &self.key);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }
}

#[async_trait]
impl Person for AtServer {
    async fn moves(&self, task_id: &str, status: TaskStatus) {
        let board = self.ask(Method::GET, &format!("boards/{}", self.board), &Value::Null).await;
        let lists = board["included"]["lists"].as_array().unwrap();
        let list = lists.iter().find(|one| one["name"] == list(status)).unwrap();
        let change = json!({"listId": list["id"], "position": 65_536});
        self.ask(Method::PATCH, &format!("cards/{task_id}"), &change).await;
    }

    async fn deletes(&self, task_id: &str) {
        self.ask(Method::DELETE, &format!("cards/{task_id}"), &Value::Null).await;
    }

    async fn comments(&self, task_id: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let mut before = String::new();
        loop {
            let page =
                self.ask(Method::GET, &format!("cards/{task_id}/comments{before}"), &Value::Null).await;
            let items = page["items"].as_array().unwrap();
            let Some(last) = items.last() else { break };
            before = format!("?beforeId={}", last["id"].as_str().unwrap());
            texts.extend(items.iter().map(|comment| {
                let text = comment["text"].as_str().unwrap();
                text.split("[//]: #").next().unwrap_or_default().trim().to_owned()
            }));
        }
        texts.reverse();
        texts
    }

    fn sees_edits(&self) -> bool {
        true
    }

    async fn records(&self, _: &str) -> usize {
        0
    }
}

async fn keeps_the_contract(base: &str, key: &str) {
    let name = format!("taskgate contract {}", std::process::id());
    let settings = PlankaBoardSettings {
        base_url: base.parse().unwrap(),
        public_url: base.parse().unwrap(),
        credential: PlankaCredential::ApiKey(SecretString::from(key)),
        project: Some(PlankaName::Name(name.clone())),
        board: PlankaName::Name(name),
    };
    let client = HttpClient::new(NetworkSettings::default());
    let setup = PlankaSetup::new(client, settings.clone(), StatusNames::default());
    setup.wait(Duration::from_secs(10), |_| ()).await.unwrap();
    let made = setup.prepare(None).await.unwrap();
    let id = |kind: &str| made.iter().find(|one| one.kind == kind).unwrap().id.clone();
    let (project, board) = (id("project"), id("board"));
    let http = reqwest::Client::new();
    let (base, key) = (base.trim_end_matches('/').to_owned(), key.to_owned());
    let person = AtServer { base, key, board: board.clone(), http };
    let opened: PlankaBoard = open(settings, Arc::new(SystemClock::new()));
    contract::kept_by(&opened, &person).await;
    person.ask(Method::DELETE, &format!("boards/{board}"), &Value::Null).await;
    person.ask(Method::DELETE, &format!("projects/{project}"), &Value::Null).await;
}

#[tokio::test]
async fn the_way_to_a_real_server_leads_to_the_fake_too() {
    let place = Place::whole();
    keeps_the_contract(&place.planka.url, &place.key).await;
    place.planka.change(|world| assert_eq!((world.all("projects").len(), world.all("boards").len()), (1, 1)));
}

#[tokio::test]
#[ignore = "asks the real Planka that PLANKA_BASE_URL and PLANKA_API_KEY name"]
#[expect(clippy::disallowed_methods, reason = "which server is asked is no setting of a gateway here")]
async fn a_real_planka_keeps_the_contract() {
    let of = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    keeps_the_contract(&of("PLANKA_BASE_URL"), &of("PLANKA_API_KEY")).await;
}
