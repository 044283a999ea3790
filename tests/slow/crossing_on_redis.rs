//! Callers in all transports at three gateways on one Redis, all of which are killed and started again, or stand still: each
//! answer comes once, to who called, and what died with a gateway is told.
//!
//! A short form runs with the other tests; `docs/several-machines.md` has the long form.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    across::{
        http::{HttpCaller, client},
        machines::{MACHINES, Machines},
        sse::{SseCaller, SseLine, posts},
        tally::{End, Tally},
    },
    race::run::number,
};

/// How long one stands still.
const STILL: Duration = Duration::from_millis(2_500);
/// Callers in each transport.
const CALLERS: usize = 8;

fn line(machines: &Machines, key: &str, name: &str) -> SseLine {
    SseLine {
        name: name.to_owned(),
        key: key.to_owned(),
        places: Arc::clone(&machines.places),
        http: client(),
    }
}

/// Has callers in all transports call until they are told to stop.
async fn callers(machines: &Machines, tallies: &[Arc<Tally>; 3], stop: &Arc<AtomicBool>) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for number in 0..CALLERS {
        let key = machines.key(&format!("user-{number}")).await;
        let line = line(machines, &key, &format!("sse-{number}"));
        let mut caller = SseCaller { line, tally: Arc::clone(&tallies[0]), stream: None, next: 1 };
        let over = Arc::clone(stop);
        running.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                caller.round().await;
            }
        });
        for (tally, has_session) in [(&tallies[1], true), (&tallies[2], false)] {
            let mut caller = HttpCaller {
                name: format!("http-{number}-{has_session}"),
                key: key.clone(),
                places: Arc::clone(&machines.places),
                tally: Arc::clone(tally),
                http: client(),
                has_session,
                session: None,
                next: 1,
            };
            let over = Arc::clone(stop);
            running.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    caller.round().await;
                }
            });
        }
    }
    running
}

fn at(sorted: &[Duration], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3
}

/// Prints what became of the calls; how many answers were lost, doubled and crossed.
#[expect(clippy::print_stdout, reason = "the counts are what a long run is for")]
fn tell(tallies: &[Arc<Tally>; 3], run: &str, [own, other]: &[Vec<Duration>; 2]) -> [usize; 3] {
    for (name, tally) in ["HTTP+SSE", "sessions", "stateless"].iter().zip(tallies) {
        println!("{name}: {tally}");
    }
    let all = [End::Answered, End::Refused, End::Cut, End::Lost, End::Doubled, End::Crossed];
    let [answered, refused, cut, lost, doubled, crossed] =
        all.map(|end| tallies.iter().map(|tally| tally.count(end)).sum::<usize>());
    let unexplained: Vec<_> = tallies.iter().flat_map(|tally| tally.unexplained()).collect();
    for told in &unexplained {
        println!("nobody had died: {told}");
    }
    println!(
        "{run}: {answered} answers, {refused} refused and {cut} cut off, {} of them though nobody had died, \
         {lost} lost, {doubled} doubled, {crossed} crossed; a post for a stream of its gateway took {:.2} ms (99 %: {:.2}), \
         by way of another {:.2} (99 %: {:.2})",
        unexplained.len(),
        at(own, 0.5),
        at(own, 0.99),
        at(other, 0.5),
        at(other, 0.99)
    );
    [lost, doubled, crossed]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_comes_once_to_its_own_caller_while_gateways_die() {
    let calls = number("REDIS_CROSSING_CALLS", 3_000);
    let kill_every = Duration::from_secs(number("REDIS_CROSSING_KILL_SECONDS", 1) as u64);
    let mut machines = Machines::start();
    let (tallies, stop) = (<[Arc<Tally>; 3]>::default(), Arc::<AtomicBool>::default());
    let (begun, mut faults) = (Instant::now(), 0);
    let running = callers(&machines, &tallies, &stop).await;
    let made = || tallies.iter().map(|tally| tally.count(End::Answered)).sum::<usize>();
    while made() < calls || faults < 2 * MACHINES {
        tokio::time::sleep(kill_every).await;
        match faults % 4 {
            3 => machines.kill_redis(),
            // For longer than the others take it for alive.
            1 => machines.pause(faults % MACHINES, STILL).await,
            _ => machines.kill(faults % MACHINES),
        }
        faults += 1;
    }
    stop.store(true, Ordering::Relaxed);
    running.join_all().await;
    let took = begun.elapsed().as_secs_f64();
    let key = machines.key("prober").await;
    let [own, other] = posts(&line(&machines, &key, "prober"), (calls / 10).clamp(200, 5_000)).await;
    let [lost, doubled, crossed] =
        tell(&tallies, &format!("{faults} deaths and stops, {took:.0} s"), &[own, other]);
    assert_eq!([lost, doubled, crossed], [0, 0, 0]);
    for tally in &tallies {
        let answered = tally.count(End::Answered);
        assert!(answered > calls / 20, "the run was none: {tally}");
        // On a machine that is busy a wait may be over though all live; the caller is told so, and it is rare.
        assert!(tally.unexplained().len() <= 2 + answered / 1_000, "{:?}", tally.unexplained());
    }
}
