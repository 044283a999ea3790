//! What is known of keys while the server is away: a verdict is good for five seconds, then nobody can tell. Nobody is told that a key
//! is wrong which nobody looked up.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use secrecy::SecretString;
use taskgate::{
    auth::{ApiKey, AuthError, Authenticator, NewKey},
    clock::{Clock, ManualClock},
    model::{Effects, KeyChange, KeyRecord, Workspace},
    secrets::SecretKey,
    stores::{KeyStore, redis::RedisStore},
};

use crate::{
    fixtures::{NOW, audit_key},
    on_redis::server::RedisServer,
};

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const FRESH_MILLIS: i64 = 5_000;

struct Gateway {
    store: Arc<RedisStore>,
    clock: Arc<ManualClock>,
    authenticator: Authenticator,
    key: ApiKey,
    record: KeyRecord,
}

impl Gateway {
    async fn start(server: &RedisServer) -> Self {
        let secret = Arc::new(SecretKey::new("k".repeat(32).into(), None));
        let (store, clock) = (Arc::new(server.store("tg", audit_key())), Arc::new(ManualClock::at(NOW)));
        let key = ApiKey::generate();
        let (record, effects) = key.record(&secret, NewKey::default(), "test", NOW);
        let change = KeyChange { record: record.clone(), effects, replay: None };
        store.change_key(change).await.unwrap();
        let statics = [SecretString::from("static-key")];
        let authenticator = Authenticator::new(secret, store.clone(), clock.clone(), &statics, None);
        let authenticator = authenticator.sharing(Some(store.clone()));
        Self { store, clock, authenticator, key, record }
    }

    /// The word on a text, which has to come in time.
    async fn word(&self, text: &str) -> &'static str {
        let asked = Instant::now();
        let word = match self.authenticator.authenticate(Some(text), ADDRESS).await {
            Ok(_) => "opens",
            Err(AuthError::Store(error)) if error.to_string() == "the store cannot be reached" => {
                "cannot tell"
            }
            Err(AuthError::Invalid) => "wrong",
            Err(error) => panic!("{error:?}"),
        };
        assert!(asked.elapsed() < Duration::from_millis(1_200), "{:?}", asked.elapsed());
        word
    }

    async fn revoke(&self) {
        let before = self.store.key(&Workspace::default(), &self.record.id).await.unwrap().unwrap();
        let record = KeyRecord { revoked_at: Some(self.clock.now()), version: before.version + 1, ..before };
        let change = KeyChange { record, effects: Effects::default(), replay: None };
        self.store.change_key(change).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_opens_for_five_seconds_without_the_store_and_then_nobody_can_tell() {
    let server = RedisServer::start(&[]);
    let gateway = Gateway::start(&server).await;
    let (text, id) = (gateway.key.expose(), gateway.record.id.as_str());
    assert_eq!(gateway.word(text).await, "opens");
    assert!(gateway.authenticator.standing(id).await.unwrap().is_some());
    server.signal("-STOP");
    gateway.clock.advance(FRESH_MILLIS - 1);
    assert_eq!(gateway.word(text).await, "opens", "the verdict is not five seconds old");
    assert!(gateway.authenticator.standing(id).await.is_ok());
    gateway.clock.advance(1);
    for _ in 0..3 {
        assert_eq!(gateway.word(text).await, "cannot tell");
        assert_eq!(
            gateway.word(ApiKey::generate().expose()).await,
            "cannot tell",
            "not even that it is wrong"
        );
    }
    assert!(gateway.authenticator.standing(id).await.is_err());
    assert_eq!(gateway.word("static-key").await, "opens", "nobody is asked for that");
    assert_eq!(gateway.word("malformed").await, "wrong");
    server.signal("-CONT");
    let began = Instant::now();
    while gateway.word(text).await != "opens" {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(gateway.word(ApiKey::generate().expose()).await, "wrong");
    assert!(
        gateway.authenticator.check_address(ADDRESS).is_ok(),
        "what nobody could tell counts as no failure"
    );
}

#[tokio::test]
async fn a_key_that_was_revoked_behind_a_partition_opens_nothing_after_five_seconds() {
    let server = RedisServer::start(&[]);
    let [here, there] = [Gateway::start(&server).await, Gateway::start(&server).await];
    let text = here.key.expose();
    assert_eq!(here.word(text).await, "opens");
    let record = here.store.key(&Workspace::default(), &here.record.id).await.unwrap().unwrap();
    Gateway { record, ..there }.revoke().await;
    // It heard of nothing, and reaches nobody.
    server.signal("-STOP");
    here.clock.advance(FRESH_MILLIS);
    assert_eq!(here.word(text).await, "cannot tell");
    server.signal("-CONT");
    let began = Instant::now();
    while here.word(text).await != "wrong" {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn ten_wrong_keys_at_any_gateway_are_answered_and_the_next_is_not() {
    let server = RedisServer::start(&[]);
    let gateways = [Gateway::start(&server).await, Gateway::start(&server).await];
    let mut words = Vec::new();
    for turn in 0..14 {
        let wrong = ApiKey::generate();
        let answer = gateways[turn % 2].authenticator.authenticate(Some(wrong.expose()), ADDRESS).await;
        words.push(match answer {
            Err(AuthError::Invalid) => "wrong",
            Err(AuthError::TooManyFailures(exceeded)) if (1..=6).contains(&exceeded.retry_after_seconds) => {
                "locked"
            }
            other => panic!("{other:?}"),
        });
    }
    let (first, rest) = words.split_at(10);
    assert!(
        first.iter().all(|word| *word == "wrong") && rest.iter().all(|word| *word == "locked"),
        "{words:?}"
    );
}
