//! Word between processes: heard once, by who is meant, and by nobody who has not the secret key.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use taskgate::{
    clock::{Clock, SystemClock},
    model::Moment,
    secrets::{Purpose, SecretKey},
    stores::{
        Bus, BusError, BusParts, Store, StoreTime,
        redis::{RedisAddress, RedisParts, RedisStore},
    },
};

use tokio::task::JoinSet;

use super::server::{RedisServer, parts, unused_port};
use crate::fixtures::audit_key;

const WITHIN: Duration = Duration::from_secs(1);

/// A process on that server, whose clock is ahead of the store's time by that.
async fn bus(server: &RedisServer, secret: &str, ahead: i64) -> Arc<dyn Bus> {
    bus_of(server.store("tg", audit_key()), secret, ahead).await
}

async fn bus_of(store: RedisStore, secret: &str, ahead: i64) -> Arc<dyn Bus> {
    let sealer = SecretKey::new(secret.repeat(32).into(), None).sealer(Purpose::Bus);
    let (clock, machine) = (SystemClock::new(), SystemClock::new().read());
    clock.go_on(store.begin_time(Box::new(move || machine), 0).await.unwrap());
    store.open_bus(BusParts { sealer, clock: Arc::new(Ahead(clock, ahead)) }).unwrap()
}

/// One that hears already.
async fn listening(server: &RedisServer) -> Arc<dyn Bus> {
    heard(server, bus(server, "k", 0).await).await
}

async fn heard(server: &RedisServer, bus: Arc<dyn Bus>) -> Arc<dyn Bus> {
    let channel = format!("tg:i:{}", bus.instance());
    until(|| server.put::<Vec<String>>(&["PUBSUB", "SHARDCHANNELS"]).contains(&channel)).await;
    bus
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(5), "in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn running<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinSet<T> {
    let mut set = JoinSet::new();
    set.spawn(work);
    set
}

/// Answers each question with its length and who asked.
fn answering(bus: &Arc<dyn Bus>) -> JoinSet<()> {
    let bus = Arc::clone(bus);
    running(async move {
        loop {
            let message = bus.next().await;
            let answer = format!("{} of {}", message.words.len(), message.from);
            bus.answer(&message, answer.into()).await;
        }
    })
}

#[tokio::test]
async fn a_server_whose_certificate_is_of_a_ca_of_its_own_carries_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new([String::from("localhost")]).unwrap();
    let pem = certificate.self_signed(&key).unwrap().pem();
    let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&cert_file, &pem).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let (port, cert, key) =
        (unused_port().to_string(), cert_file.to_str().unwrap(), key_file.to_str().unwrap());
    let tls =
        ["--tls-port", &port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"];
    let server = RedisServer::start(&[&tls[..], &["--tls-ca-cert-file", cert]].concat());
    let of = || {
        let address = RedisAddress::parse(&format!("rediss://localhost:{port}")).unwrap();
        let address = address.with_ca(pem.clone().into_bytes()).unwrap();
        RedisStore::new(RedisParts { address, ..parts(&server.url(), "tg", audit_key()) }).unwrap()
    };
    let one = heard(&server, bus_of(of(), "k", 0).await).await;
    let other = heard(&server, bus_of(of(), "k", 0).await).await;
    let _answering = answering(&other);
    let answer = one.ask(other.instance(), vec![7; 9].into(), WITHIN).await.unwrap();
    assert_eq!(answer, format!("9 of {}", one.instance()));
}

#[tokio::test]
async fn a_question_of_any_size_is_answered() {
    let server = RedisServer::start(&[]);
    let (one, other) = (listening(&server).await, listening(&server).await);
    let _answering = answering(&other);
    for bytes in [0, 1, 30_000, 33_000, 1_048_576] {
        let answer = one.ask(other.instance(), vec![7; bytes].into(), 9 * WITHIN).await.unwrap();
        assert_eq!(answer, format!("{bytes} of {}", one.instance()));
    }
    let most = one.ask(other.instance(), vec![7; 4 * 1024 * 1024 + 1].into(), WITHIN).await;
    assert!(matches!(most, Err(BusError::TooLarge)), "{most:?}");
    let asked = (0..500).map(|number: usize| {
        let (one, other) = (&one, &other);
        async move { (number, one.ask(other.instance(), vec![1; number].into(), WITHIN).await.unwrap()) }
    });
    for (number, answer) in futures_util::future::join_all(asked).await {
        assert_eq!(answer, format!("{number} of {}", one.instance()), "answers are not mixed up");
    }
    assert!(server.put::<Vec<String>>(&["KEYS", "tg:b:*"]).is_empty(), "what was heard is not kept");
}

#[tokio::test]
async fn who_is_gone_or_says_nothing_is_told_within_the_time() {
    let server = RedisServer::start(&[]);
    let (one, other) = (listening(&server).await, listening(&server).await);
    let began = Instant::now();
    let silent = one.ask(other.instance(), Bytes::new(), WITHIN).await;
    assert!(matches!(silent, Err(BusError::Silent)), "{silent:?}");
    assert!(began.elapsed() < Duration::from_millis(1_200), "{:?}", began.elapsed());
    let began = Instant::now();
    let gone = one.ask("nobody", Bytes::new(), WITHIN).await;
    assert!(matches!(gone, Err(BusError::Gone)), "{gone:?}");
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn all_others_are_asked_at_once() {
    let server = RedisServer::start(&[]);
    let all = [listening(&server).await, listening(&server).await, listening(&server).await];
    let _answering = [answering(&all[1]), answering(&all[2])];
    let began = Instant::now();
    while all[0].others().await.unwrap().len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(5), "they are not known");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = all[0].ask_all(Bytes::from_static(b"all"), WITHIN).await;
    let mut from: Vec<_> = said.answers.iter().map(|(from, _)| from.as_str()).collect();
    let mut others = [all[1].instance(), all[2].instance()];
    from.sort_unstable();
    others.sort_unstable();
    assert_eq!((from, said.is_partial), (others.to_vec(), false));
    // One that answers nobody.
    let said = all[1].ask_all(Bytes::from_static(b"all"), Duration::from_millis(300)).await;
    assert_eq!((said.answers.len(), said.is_partial), (1, true));
}

#[tokio::test]
async fn a_channel_that_was_cut_is_heard_again_within_a_second() {
    let server = RedisServer::start(&[]);
    let (one, other) = (listening(&server).await, listening(&server).await);
    let _answering = answering(&other);
    while !one.others().await.unwrap().contains(&other.instance().to_owned()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    one.ask(other.instance(), Bytes::new(), WITHIN).await.unwrap();
    for _ in 0..3 {
        server.does(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        let answer = one.ask(other.instance(), Bytes::from_static(b"!"), WITHIN).await.unwrap();
        assert_eq!(answer, format!("1 of {}", one.instance()));
    }
}

/// A clock that is ahead of the machine's.
struct Ahead(SystemClock, i64);

impl Clock for Ahead {
    fn now(&self) -> taskgate::model::UnixMillis {
        self.0.now()
    }

    fn store_now(&self) -> taskgate::model::StoreMillis {
        self.0.store_now().plus(self.1)
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.now(), store: self.store_now() }
    }
}

#[tokio::test]
async fn nobody_is_believed_who_has_another_key_or_repeats_what_he_heard() {
    let server = RedisServer::start(&[]);
    let (one, other) = (listening(&server).await, listening(&server).await);
    let stranger = bus(&server, "s", 0).await;
    let channel = format!("tg:i:{}", other.instance());
    let mut spy = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd("SSUBSCRIBE").arg(&channel).query::<()>(&mut spy).unwrap();
    let mut asked = running({
        let (one, to) = (Arc::clone(&one), other.instance().to_owned());
        async move { one.ask(&to, Bytes::from_static(b"take this"), WITHIN).await }
    });
    let message = other.next().await;
    assert_eq!(&message.words[..], b"take this");
    other.answer(&message, Bytes::from_static(b"yes")).await;
    assert_eq!(&asked.join_next().await.unwrap().unwrap().unwrap()[..], b"yes");
    let (_, _, frame): (String, String, Vec<u8>) =
        redis::FromRedisValue::from_redis_value(spy.recv_response().unwrap()).unwrap();
    let secret = frame.windows(9).any(|part| part == b"take this");
    assert!(!secret, "nobody reads what is said");
    let mut out = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let mut publish = |frame: &[u8]| {
        let heard: i64 = redis::cmd("SPUBLISH").arg(&channel).arg(frame).query(&mut out).unwrap();
        assert!(heard > 0);
    };
    publish(&frame);
    publish(b"");
    publish(b"=");
    publish(b"@0123");
    publish(&[b"=".as_slice(), &[1; 400]].concat());
    for place in 0..frame.len() {
        let mut changed = frame.clone();
        changed[place] ^= 1;
        publish(&changed);
    }
    let refused =
        stranger.ask(other.instance(), Bytes::from_static(b"let me in"), Duration::from_millis(300));
    assert!(refused.await.is_err());
    let late = bus(&server, "k", -20_000).await;
    let refused = late.ask(other.instance(), Bytes::from_static(b"old"), Duration::from_millis(300));
    assert!(refused.await.is_err());
    let mut asked = running({
        let (one, to) = (Arc::clone(&one), other.instance().to_owned());
        async move { one.ask(&to, Bytes::from_static(b"the next"), WITHIN).await }
    });
    let message = other.next().await;
    assert_eq!(&message.words[..], b"the next", "nothing in between was believed");
    other.answer(&message, Bytes::new()).await;
    asked.join_next().await.unwrap().unwrap().unwrap();
}
