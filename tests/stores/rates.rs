//! Limits that processes on several machines keep together. The server's clock times them: what is asserted of a refill holds however
//! long a step takes.

use std::{
    net::Ipv6Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use taskgate::{
    model::Workspace,
    stores::{FAILURE_EVERY, RateAsk, RateLease, RateStore},
};

use crate::{
    backends::{Fresh, redis_alone, redis_in_a_cluster, sqlite_in_memory},
    fixtures::STORE,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn backends() -> [(Fresh, Arc<dyn RateStore>); 2] {
    [redis_alone(), redis_in_a_cluster()].map(|fresh| {
        let rates = Arc::clone(&fresh.store).rates().expect("Redis keeps limits for all");
        (fresh, rates)
    })
}

/// Of a rate of 100 calls that nothing comes back to while a test runs.
fn ask(name: &str, want: u32) -> RateAsk {
    RateAsk { name: name.to_owned(), capacity: 100, period: HOUR, want, ..RateAsk::default() }
}

async fn one(rates: &dyn RateStore, ask: RateAsk) -> (u32, u64) {
    let leases = rates.lease_calls(&Workspace::default(), &[ask], STORE).await.unwrap();
    let RateLease { calls, room } = leases[0];
    // What came again meanwhile is less than a second's worth.
    (calls, (room.as_secs() + 3_600 / 2) / 3_600)
}

#[test]
fn a_file_is_on_one_machine() {
    assert!(sqlite_in_memory().store.rates().is_none());
}

#[tokio::test]
async fn calls_are_leased_once_given_back_and_owed() {
    for (_fresh, rates) in backends() {
        assert_eq!(one(&*rates, ask("a", 60)).await, (60, 40));
        assert_eq!(one(&*rates, ask("a", 60)).await, (40, 0), "fewer, if there are fewer");
        assert_eq!(one(&*rates, ask("a", 1)).await, (0, 0));
        assert_eq!(one(&*rates, RateAsk { back: 30, ..ask("a", 0) }).await, (0, 30));
        assert_eq!(one(&*rates, RateAsk { back: 5, owed: 20, ..ask("a", 10) }).await, (10, 5));
        assert_eq!(one(&*rates, RateAsk { owed: 1_000_000, ..ask("a", 1) }).await, (0, 0));
        assert_eq!(
            one(&*rates, RateAsk { back: 100, ..ask("a", 0) }).await,
            (0, 100),
            "no debt is beyond it"
        );
        assert_eq!(
            one(&*rates, RateAsk { back: 100, ..ask("a", 0) }).await,
            (0, 100),
            "and nothing above it"
        );
    }
}

#[tokio::test]
async fn names_workspaces_and_rates_are_apart() {
    for (_fresh, rates) in backends() {
        let asks: Vec<_> = (0..64_u32).map(|number| ask(&number.to_string(), number)).collect();
        let leased = rates.lease_calls(&Workspace::default(), &asks, STORE).await.unwrap();
        assert!(leased.iter().map(|lease| lease.calls).eq(0..64));
        let twice = [ask("x", 60), ask("x", 60)];
        let leased = rates.lease_calls(&Workspace::new("other"), &twice, STORE).await.unwrap();
        assert_eq!([leased[0].calls, leased[1].calls], [60, 40], "one after the other");
        assert_eq!(one(&*rates, ask("x", 100)).await, (100, 0), "of another workspace");
        let smaller = RateAsk { capacity: 10, period: 10 * HOUR, ..ask("x", 1) };
        assert_eq!(one(&*rates, smaller).await.0, 0, "a rate that was lowered is used up all the same");
    }
}

#[tokio::test]
async fn what_comes_again_is_what_the_time_is_worth() {
    for (_fresh, rates) in backends() {
        let began = Instant::now();
        let (mut leased, period) = (0, Duration::from_micros(500));
        while leased < 300 {
            let ask = RateAsk { capacity: 50, period, ..ask("fast", 64) };
            leased += one(&*rates, ask).await.0;
            let most = 50.0 + began.elapsed().as_secs_f64() / period.as_secs_f64();
            assert!(f64::from(leased) <= most, "{leased} of {most}");
        }
    }
}

#[tokio::test]
async fn ten_failures_lock_a_network_for_all() {
    for (_fresh, rates) in backends() {
        let [bad, other] = [1, 2].map(|last| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
        for count in 1..=10 {
            let counted = rates.count_failures(&[bad, other], STORE).await.unwrap();
            assert!(counted.iter().all(|counted| counted.was_within));
            assert_eq!(counted[0].locked_for.is_some(), count == 10, "{count}");
            if count == 9 {
                assert!(rates.locked_networks(STORE).await.unwrap().is_empty());
            }
        }
        let counted = rates.count_failures(&[bad], STORE).await.unwrap();
        assert!(!counted[0].was_within && counted[0].locked_for.unwrap() <= FAILURE_EVERY);
        let mut locked = rates.locked_networks(STORE).await.unwrap();
        locked.sort();
        assert_eq!(locked.iter().map(|(network, _)| *network).collect::<Vec<_>>(), [bad, other]);
        assert!(locked.iter().all(|(_, left)| *left > Duration::ZERO && *left <= FAILURE_EVERY));
        let later = STORE.plus(FAILURE_EVERY.as_millis() as i64 + 1);
        assert!(rates.locked_networks(later).await.unwrap().is_empty(), "until there may be another");
    }
}

#[tokio::test]
async fn nothing_of_a_rate_stays_for_long() {
    let (fresh, rates) = backends().into_iter().next().unwrap();
    let network = [Ipv6Addr::LOCALHOST];
    rates.count_failures(&network, STORE).await.unwrap();
    one(&*rates, RateAsk { period: Duration::from_secs(1), ..ask("a", 3) }).await;
    let server = fresh.server();
    for (name, seconds) in [("tg:{default}:f:::1", 6), ("tg:{default}:l:a", 3)] {
        let left = server.put::<i64>(&["TTL", name]);
        assert!((100..=120 + seconds).contains(&left), "{name}: {left}");
    }
}
