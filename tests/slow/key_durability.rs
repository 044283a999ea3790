//! A gateway is killed again and again while keys are made and revoked: what was acknowledged holds, and nothing revoked is alive.
//!
//! `DURABILITY_KILLS` sets how often; `docs/keys.md` has the long form.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{ADMIN, Gateway, command};

const WRITERS: usize = 16;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn kills() -> usize {
    std::env::var("DURABILITY_KILLS").map_or(8, |text| text.parse().unwrap())
}

/// What was acknowledged.
#[derive(Default)]
pub struct Ledger {
    pub made: Mutex<Vec<(String, String)>>,
    pub revoked: Mutex<Vec<String>>,
}

async fn answered(http: &Client, method: Method, url: String) -> Option<Value> {
    let request = http.request(method, url).bearer_auth(ADMIN).body("{}");
    let answer = request.send().await.ok().filter(|answer| answer.status() == 200)?;
    serde_json::from_str(&answer.text().await.ok()?).ok()
}

/// Makes keys, and revokes every second one; a pause is made before each.
pub async fn write(base: Arc<Mutex<String>>, ledger: Arc<Ledger>, stop: Arc<AtomicBool>, pause: Duration) {
    let http = Client::builder().tls_certs_only([]).timeout(Duration::from_secs(10)).build().unwrap();
    let mut turn = 0;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(pause).await;
        let at = base.lock().unwrap().clone();
        let Some(made) = answered(&http, Method::POST, format!("{at}/admin/tokens")).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let (id, key) =
            (made["id"].as_str().unwrap().to_owned(), made["mcp_key"].as_str().unwrap().to_owned());
        turn += 1;
        if turn % 2 == 0 {
            ledger.made.lock().unwrap().push((id, key));
            continue;
        }
        // Unless it is acknowledged, it may be either.
        if answered(&http, Method::DELETE, format!("{at}/admin/tokens/{id}")).await.is_some() {
            ledger.revoked.lock().unwrap().push(key);
        }
    }
}

/// How many of the keys that were made are lost, and how many that were revoked are alive, asked of these gateways by turns.
pub async fn missing(gateways: &[Gateway], ledger: &Ledger) -> (usize, usize) {
    let (made, revoked) = (ledger.made.lock().unwrap().clone(), ledger.revoked.lock().unwrap().clone());
    let keys = made.iter().map(|(_, key)| (key, 200)).chain(revoked.iter().map(|key| (key, 401)));
    let asked = keys.enumerate().map(|(number, (key, expected))| {
        let [_, a, b, c] = u32::try_from(number).unwrap().to_be_bytes();
        let request = gateways[number % gateways.len()].caller_with(key).request(Method::GET, "/api/me");
        // Each from an address of its own: wrong keys are counted.
        let request = request.header("X-Forwarded-For", format!("10.{a}.{b}.{c}"));
        async move { (expected, request.send().await.unwrap().status().as_u16()) }
    });
    let answers: Vec<(u16, u16)> = futures_util::stream::iter(asked).buffer_unordered(64).collect().await;
    let wrong = |of: u16| answers.iter().filter(|(expected, is)| *expected == of && is != expected).count();
    (wrong(200), wrong(401))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_key_is_lost_and_no_revoked_one_is_alive() {
    let settings = [
        ("MCP_ADMIN_TOKEN", ADMIN),
        ("RUST_LOG", "warn,taskgate::cli=info"),
        ("TASKGATE_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let mut gateway = Gateway::with(&settings);
    let folder = gateway.folder.clone();
    let base = Arc::new(Mutex::new(gateway.base.clone()));
    let (ledger, stop) = (Arc::<Ledger>::default(), Arc::<AtomicBool>::default());
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(Arc::clone(&base), Arc::clone(&ledger), Arc::clone(&stop), Duration::ZERO));
    }
    for number in 0..kills() {
        tokio::time::sleep(Duration::from_millis(300 + (number as u64 * 37) % 200)).await;
        gateway.child.kill().unwrap();
        gateway = Gateway::on(folder.clone(), &settings);
        gateway.base.clone_into(&mut base.lock().unwrap());
    }
    stop.store(true, Ordering::Relaxed);
    writers.join_all().await;
    let missing = missing(std::slice::from_ref(&gateway), &ledger).await;
    assert_eq!(missing, (0, 0), "an acknowledged key is lost, or a revoked one alive");
    gateway.child.kill().unwrap();
    let verified = command(folder.path()).args(["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let (made, revoked) = (ledger.made.lock().unwrap().len(), ledger.revoked.lock().unwrap().len());
    assert!(made > kills() && revoked > kills(), "{made} and {revoked}");
    println!("{} kills: {made} keys kept, {revoked} revoked, all as acknowledged", kills());
}
