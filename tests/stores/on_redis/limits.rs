//! Limits that several gateways keep together on a real server: what they admit in all, and what they do while it is away.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use taskgate::{
    auth::{ApiKey, Authenticator, NewKey},
    clock::{Clock, SystemClock},
    config::LimitSettings,
    limits::{FailureLimiter, RateLimiter, RatedKey},
    model::{KeyChange, Workspace},
    secrets::SecretKey,
    stores::{KeyStore, RateAsk, RateStore, redis::RedisStore},
};
use tokio::{task::JoinSet, time::sleep};

use crate::{fixtures::audit_key, on_redis::server::RedisServer};

const PER_MINUTE: u32 = 6_000;
const BURST: u32 = 600;
const CAPACITY: f64 = 6_600.0;
const LIMIT: LimitSettings = LimitSettings { enabled: true, per_minute: PER_MINUTE, burst: BURST };

/// Gateways' limiters on one server, each with a store of its own.
struct Gateways {
    limiters: Vec<Arc<RateLimiter>>,
    admitted: AtomicU32,
    calls: AtomicU32,
    slow: AtomicU32,
    longest_micros: AtomicU64,
    began: Instant,
    _sharing: JoinSet<()>,
}

impl Gateways {
    async fn start(server: &RedisServer, count: usize, settings: LimitSettings) -> Arc<Self> {
        let (mut limiters, mut sharing, mut stores) = (Vec::new(), JoinSet::new(), Vec::new());
        for _ in 0..count {
            let store = Arc::new(server.store("tg", audit_key()));
            let (rates, clock): (Arc<dyn RateStore>, _) = (store.clone(), Arc::new(SystemClock::new()));
            let limiter = Arc::new(RateLimiter::new(settings).shared(Some(rates), clock, ""));
            stores.push(store);
            limiters.push(limiter);
        }
        // A process says that it is there once there is a workspace.
        let other = RateAsk {
            name: String::from("other"),
            capacity: 1,
            period: Duration::from_secs(1),
            ..RateAsk::default()
        };
        stores[0].lease_calls(&Workspace::default(), &[other], SystemClock::new().store_now()).await.unwrap();
        until("they know of each other", async || {
            stores[0].instances().await.is_ok_and(|all| all.len() == count)
        })
        .await;
        for limiter in &limiters {
            let limiter = Arc::clone(limiter);
            sharing.spawn(async move { limiter.share().await });
        }
        // Each looks at once how many there are.
        sleep(Duration::from_millis(100)).await;
        Arc::new(Self {
            limiters,
            admitted: AtomicU32::new(0),
            calls: AtomicU32::new(0),
            slow: AtomicU32::new(0),
            longest_micros: AtomicU64::new(0),
            began: Instant::now(),
            _sharing: sharing,
        })
    }

    /// Calls under one key through all of them, for that long, as fast as each answers.
    async fn hammer(self: &Arc<Self>, lasting: Duration) {
        let mut callers = JoinSet::new();
        for caller in 0..self.limiters.len() * 3 {
            let all = Arc::clone(self);
            callers.spawn(async move {
                let until = Instant::now() + lasting;
                while Instant::now() < until {
                    all.call(caller % all.limiters.len()).await;
                }
            });
        }
        callers.join_all().await;
    }

    async fn call(&self, gateway: usize) {
        let (id, workspace): (Arc<str>, _) = ("key".into(), Workspace::default());
        let asked = Instant::now();
        let counted =
            self.limiters[gateway].count(RatedKey { workspace: &workspace, id: &id, own: None }).await;
        let took = asked.elapsed();
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.slow.fetch_add(u32::from(took > Duration::from_micros(50)), Ordering::SeqCst);
        self.longest_micros.fetch_max(took.as_micros() as u64, Ordering::SeqCst);
        match counted {
            Ok(_) => {
                self.admitted.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
            Err(_) => sleep(Duration::from_millis(1)).await,
        }
    }

    /// What was admitted, and the part of what the limit has by now.
    #[expect(clippy::print_stdout, reason = "figures for who looks")]
    fn admitted(&self, what: &str) -> (u32, f64) {
        let limit = CAPACITY + self.began.elapsed().as_secs_f64() * f64::from(PER_MINUTE) / 60.0;
        let admitted = self.admitted.load(Ordering::SeqCst);
        println!(
            "{} gateways, {what}: {admitted} of {limit:.0}; {} of {} calls over 50 us, the longest {} us",
            self.limiters.len(),
            self.slow.load(Ordering::SeqCst),
            self.calls.load(Ordering::SeqCst),
            self.longest_micros.load(Ordering::SeqCst),
        );
        (admitted, f64::from(admitted) / limit)
    }
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_gateways_admit_what_one_would() {
    for count in [3, 10] {
        let server = RedisServer::start(&[]);
        let gateways = Gateways::start(&server, count, LIMIT).await;
        gateways.hammer(Duration::from_secs(3)).await;
        let (_, part) = gateways.admitted("all at once");
        assert!((0.93..=1.0).contains(&part), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_idles_at_one_gateway_is_anothers() {
    let server = RedisServer::start(&[]);
    let gateways = Gateways::start(&server, 3, LimitSettings { per_minute: 60, burst: 0, ..LIMIT }).await;
    for gateway in 0..3 {
        gateways.call(gateway).await;
    }
    until("it is given back", async || {
        let spoken: i64 = server.put(&["GET", "tg:{default}:l:key"]);
        let [seconds, micros] = server.put::<[i64; 2]>(&["TIME"]);
        spoken - ((seconds - 1_767_225_600) * 1_000_000 + micros) <= 3_000_000
    })
    .await;
    for _ in 0..100 {
        gateways.call(2).await;
    }
    let admitted = gateways.admitted.load(Ordering::SeqCst);
    let most = 60 + gateways.began.elapsed().as_secs() as u32 + 1;
    assert!((60..=most).contains(&admitted), "{admitted} of {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_each_admits_its_part() {
    for is_killed in [false, true] {
        let mut server = RedisServer::start(&[]);
        let gateways = Gateways::start(&server, 3, LIMIT).await;
        gateways.hammer(Duration::from_millis(1_500)).await;
        gateways.admitted("before");
        if is_killed {
            server.kill();
        } else {
            server.signal("-STOP");
        }
        gateways.hammer(Duration::from_secs(3)).await;
        let (away, part) = gateways.admitted("away");
        assert!((0.9..=1.1).contains(&part), "{part}");
        if is_killed {
            server.start_again();
        } else {
            server.signal("-CONT");
        }
        gateways.hammer(Duration::from_secs(3)).await;
        let (back, part) = gateways.admitted("back");
        // A server without persistence has lost what was used.
        assert!(back > away && (is_killed || part <= 1.1), "{part}");
        assert!(gateways.longest_micros.load(Ordering::SeqCst) < 1_000_000, "nobody waits long");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_is_locked_by_one_is_locked_by_all_within_a_second() {
    let server = RedisServer::start(&[]);
    let mut sharing = JoinSet::new();
    let limiters = [(); 2].map(|()| {
        let store: Arc<dyn RateStore> = Arc::new(server.store("tg", audit_key()));
        let limiter = Arc::new(FailureLimiter::default().shared(Some(store), Arc::new(SystemClock::new())));
        let shared = Arc::clone(&limiter);
        sharing.spawn(async move { shared.share().await });
        limiter
    });
    let [wrong_keys, wrong_tokens, malformed]: [IpAddr; 3] =
        ["192.0.2.1", "2001:db8::1", "192.0.2.3"].map(|address| address.parse().unwrap());
    let mut counted = Vec::new();
    for limiter in limiters.iter().cycle().take(16) {
        counted.push(limiter.count_for_all(wrong_keys));
    }
    let within =
        futures_util::future::join_all(counted).await.iter().filter(|counted| counted.is_ok()).count();
    assert_eq!(within, 10, "to the very one, whoever counts it");
    for _ in 0..10 {
        limiters[0].count(wrong_tokens);
        limiters[0].count_here(malformed);
    }
    assert!(limiters[0].check(wrong_tokens).is_err() && limiters[0].check(malformed).is_err());
    let began = Instant::now();
    until("it is heard", async || {
        limiters
            .iter()
            .all(|limiter| limiter.check(wrong_keys).is_err() && limiter.check(wrong_tokens).is_err())
    })
    .await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(limiters[1].check(malformed).is_ok(), "what no store was asked for counts where it was shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_under_a_known_key_take_one_command_at_most() {
    let server = RedisServer::start(&[]);
    let settings = LimitSettings { enabled: true, per_minute: 6_000_000, burst: 0 };
    let gateways = Gateways::start(&server, 3, settings).await;
    let (secret, clock) =
        (Arc::new(SecretKey::new("k".repeat(32).into(), None)), Arc::new(SystemClock::new()));
    let store = Arc::new(server.store("tg", audit_key()));
    let key = ApiKey::generate();
    let (record, effects) = key.record(&secret, NewKey::default(), "test", clock.now());
    store.change_key(KeyChange { record, effects, replay: None }).await.unwrap();
    let authenticator =
        Authenticator::new(secret, store.clone(), clock, &[], None).sharing(Some(store.clone()));
    let address = IpAddr::from([192, 0, 2, 1]);
    let call = async || {
        assert!(authenticator.authenticate(Some(key.expose()), address).await.is_ok());
        gateways.call(0).await;
    };
    for _ in 0..50_000 {
        call().await;
    }
    server.does(&["CONFIG", "RESETSTAT"]);
    for _ in 0..1_000 {
        call().await;
    }
    let stats = server.asked(&["INFO", "commandstats"]);
    let of = |name: &str| {
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
        line.map_or(0, |rest| rest.split(',').next().unwrap().parse::<u32>().unwrap())
    };
    // A lease reads the rate with GET, which nothing else does; a look-up of the key does HMGET beside the head's.
    assert!(of("get") <= 1, "{stats}");
    assert_eq!(gateways.admitted.load(Ordering::SeqCst), 51_000);
}

#[tokio::test]
async fn a_clock_that_was_set_opens_and_locks_nothing() {
    let server = RedisServer::start(&[]);
    let store: RedisStore = server.store("tg", audit_key());
    let [seconds, _] = server.put::<[i64; 2]>(&["TIME"]);
    let ask = |want| RateAsk {
        name: String::from("key"),
        capacity: 100,
        period: Duration::from_secs(3_600),
        want,
        ..RateAsk::default()
    };
    let at = |ahead: i64| taskgate::model::StoreMillis((seconds + ahead) * 1_000);
    let lease = async |ahead, want| {
        store.lease_calls(&Workspace::default(), &[ask(want)], at(ahead)).await.map(|leases| leases[0].calls)
    };
    server.does(&["HSET", "tg:{default}:seq", "offset", "500000000"]);
    assert_eq!(lease(500_000, 60).await.unwrap(), 60);
    for ahead in [0, 400_000, 600_000] {
        assert!(lease(ahead, 60).await.is_err(), "a gateway's, or the server's: nobody knows");
    }
    assert_eq!(lease(500_000, 60).await.unwrap(), 40, "nothing was leased meanwhile");
    server.does(&["HSET", "tg:{default}:seq", "offset", "400000000"]);
    assert!(lease(500_000, 1).await.is_err());
    assert_eq!(lease(400_000, 1).await.unwrap(), 0, "a time that went back gives nothing");
}
