//! The slice of one key: what was leased and not spent, what the store last said, and what was admitted without it. No clock and no
//! store in here: moments are nanoseconds since the process began to count.

use std::time::Duration;

use crate::stores::{RateAsk, RateLease};

/// Nanoseconds, since the process began to count or in all.
pub(super) type Nanos = i64;

pub(super) const MILLI: Nanos = 1_000_000;
/// How long calls are kept that were leased: a rate is never exceeded by more than comes again in this time.
pub(super) const LIFE: Nanos = 1_000 * MILLI;
/// A slice that was spent sooner than this is too small.
const SHORT: Nanos = 500 * MILLI;
/// Nobody asks again sooner where there was nothing.
const PAUSE: Nanos = 25 * MILLI;
/// Calls of a slice, as long as nobody wants more.
const SLICE: u32 = 64;
/// So much of a process's part of the rate is leased at once.
const PARTS: u32 = 4;

/// A rate: calls at once, and the time from one call to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyRate {
    pub(super) capacity: u32,
    pub(super) period: Nanos,
}

impl KeyRate {
    /// The time in which all of it comes again.
    fn whole(self) -> Nanos {
        self.period.saturating_mul(self.capacity.into())
    }

    /// The largest slice of one process of `sharing`.
    fn most(self, sharing: u32) -> u32 {
        (self.capacity / (PARTS * sharing.max(1))).max(1)
    }
}

/// How the limits are shared now.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) is_away: bool,
    /// Processes.
    pub(super) sharing: u32,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakenCall {
    /// Admitted; so many are left.
    Admitted(u32),
    /// Refused; the next one is due after this time.
    Refused(Nanos),
    /// Only the store knows.
    Unknown,
}

/// The slice of one key.
#[derive(Debug)]
pub(super) struct Slice {
    rate: KeyRate,
    left: u32,
    size: u32,
    leased_at: Nanos,
    is_used: bool,
    /// Whether it is in the queue of those that ask, or was asked for.
    pub(super) is_queued: bool,
    asked: Asked,
    none_before: Nanos,
    /// Up to when the rate is spoken for, as the store last said and by what was admitted alone since.
    spoken: Nanos,
    owed: u32,
    /// Whether it is in the list of those that owe.
    pub(super) is_owing: bool,
}

/// What was asked for, and is under way.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    left: u32,
    owed: u32,
    want: u32,
}

impl Slice {
    /// Nothing yet.
    pub(super) fn new(rate: KeyRate) -> Self {
        Self {
            rate,
            left: 0,
            size: 0,
            leased_at: 0,
            is_used: false,
            is_queued: false,
            asked: Asked::default(),
            none_before: Nanos::MIN,
            spoken: Nanos::MIN,
            owed: 0,
            is_owing: false,
        }
    }

    /// Counts a call.
    pub(super) fn take(&mut self, now: Nanos, rate: KeyRate, view: View) -> TakenCall {
        self.rate = rate;
        if self.left > 0 {
            self.left -= 1;
            self.is_used = true;
            return TakenCall::Admitted(self.remaining(now));
        }
        if view.is_away {
            return self.take_alone(now, view.sharing);
        }
        if now < self.none_before {
            return TakenCall::Refused(self.spoken + rate.period - rate.whole() - now);
        }
        self.is_used = true;
        TakenCall::Unknown
    }

    /// Counts a call by this process's part of the rate, as if all others used theirs up.
    pub(super) fn take_alone(&mut self, now: Nanos, sharing: u32) -> TakenCall {
        let each = self.rate.period.saturating_mul(sharing.max(1).into());
        let whole = self.rate.whole().max(each);
        let spoken = self.spoken.max(now) + each;
        if spoken - now > whole {
            return TakenCall::Refused(spoken - now - whole);
        }
        self.spoken = spoken;
        self.owed = self.owed.saturating_add(1);
        TakenCall::Admitted(u32::try_from((whole - (spoken - now)) / each).unwrap_or(u32::MAX))
    }

    /// Whether more should be leased beside the calls.
    pub(super) fn runs_out(&self, now: Nanos) -> bool {
        !self.is_queued && self.left < (self.size / PARTS).max(1) && now >= self.none_before
    }

    /// Whether what is left was leased too long ago.
    pub(super) fn is_over(&self, now: Nanos) -> bool {
        !self.is_queued && self.left > 0 && now - self.leased_at >= LIFE
    }

    /// Whether anything is left of what was leased.
    pub(super) fn is_leased(&self) -> bool {
        self.left > 0
    }

    /// Has the next ask give back what is left, whoever still calls.
    pub(super) fn leave(&mut self) {
        (self.is_used, self.leased_at) = (false, self.leased_at - LIFE);
    }

    /// Whether the store has to hear of calls that it did not lease.
    pub(super) fn owes(&self) -> bool {
        self.owed > 0
    }

    /// Whether it does and is in no list of those that do; it is then.
    pub(super) fn begins_to_owe(&mut self) -> bool {
        self.owes() && !std::mem::replace(&mut self.is_owing, true)
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_idle(&self, now: Nanos) -> bool {
        !self.is_queued && !self.is_owing && self.left == 0 && self.owed == 0 && self.spoken <= now
    }

    /// What is to be asked for; `waiting`: calls that wait for the answer.
    pub(super) fn ask(&mut self, now: Nanos, waiting: u32, sharing: u32) -> RateAsk {
        let (lasted, most) = (now - self.leased_at, self.rate.most(sharing));
        let is_idle = !self.is_used && waiting == 0;
        let first = most.min(SLICE);
        self.size = match lasted {
            _ if self.size == 0 => first,
            0..SHORT => self.size.saturating_mul(2).min(most),
            LIFE.. => (self.size / 2).max(first),
            _ => self.size.clamp(1, most),
        };
        let want = if is_idle { 0 } else { self.size.max(waiting).max(self.left).min(self.rate.capacity) };
        let each = self.rate.period.saturating_mul(sharing.max(1).into()).max(1);
        // What came again since is owed no more.
        let still = (self.spoken.saturating_sub(now).max(0) as u64).div_ceil(each as u64);
        let owed = self.owed.min(u32::try_from(still).unwrap_or(u32::MAX));
        let back = self.left;
        if is_idle {
            self.left = 0;
        }
        self.asked = Asked { left: self.left, owed: std::mem::take(&mut self.owed).min(owed), want };
        let KeyRate { capacity, period } = self.rate;
        let period = Duration::from_nanos(period as u64);
        RateAsk { name: String::new(), capacity, period, back, owed, want }
    }

    /// Takes the store's answer. What was spent meanwhile was spent of it.
    pub(super) fn answered(&mut self, now: Nanos, lease: RateLease) {
        let Asked { left, want, .. } = std::mem::take(&mut self.asked);
        let spent = left.saturating_sub(self.left);
        self.left = lease.calls.saturating_sub(spent);
        self.owed = self.owed.saturating_add(spent.saturating_sub(lease.calls));
        let room = Nanos::try_from(lease.room.as_nanos()).unwrap_or(Nanos::MAX);
        self.spoken = now + self.rate.whole() - room.min(self.rate.whole());
        self.none_before = match want {
            0 => self.none_before,
            want if lease.calls < want => now + (self.rate.period - room).max(PAUSE),
            _ => Nanos::MIN,
        };
        (self.leased_at, self.is_used, self.is_queued) = (now, false, false);
    }

    /// There was no answer: what is left is still ours, whether the store did as asked or not.
    pub(super) fn unanswered(&mut self) {
        self.owed = self.owed.saturating_add(std::mem::take(&mut self.asked).owed);
        self.is_queued = false;
    }

    /// Calls left, as far as this process knows.
    pub(super) fn remaining(&self, now: Nanos) -> u32 {
        let room = self.rate.whole() - self.spoken.saturating_sub(now).max(0);
        let room = u32::try_from((room / self.rate.period).max(0)).unwrap_or(u32::MAX);
        room.saturating_add(self.left).min(self.rate.capacity)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: KeyRate = KeyRate { capacity: 70, period: 1_000 * MILLI };
    const HERE: View = View { is_away: false, sharing: 3 };
    const ALONE: View = View { is_away: true, sharing: 3 };

    /// What the store keeps of a rate.
    #[derive(Default)]
    struct Rate(Nanos);

    impl Rate {
        fn lease(&mut self, now: Nanos, rate: KeyRate, ask: &RateAsk) -> RateLease {
            let most = now + rate.whole();
            let spoken = (self.0 - rate.period * Nanos::from(ask.back)).max(now);
            let spoken = (spoken + rate.period * Nanos::from(ask.owed)).min(most);
            let calls = ((most - spoken) / rate.period).min(ask.want.into());
            self.0 = spoken + calls * rate.period;
            RateLease { calls: calls as u32, room: Duration::from_nanos((most - self.0) as u64) }
        }
    }

    fn ask(slice: &mut Slice, rate: &mut Rate, now: Nanos) -> RateAsk {
        let asked = slice.ask(now, 0, HERE.sharing);
        slice.answered(now, rate.lease(now, RATE, &asked));
        asked
    }

    #[test]
    fn a_slice_is_spent_and_leased_again_before_it_ends_and_what_nobody_uses_is_given_back() {
        let (mut slice, mut rate) = (Slice::new(RATE), Rate::default());
        assert_eq!(slice.take(0, RATE, HERE), TakenCall::Unknown);
        assert_eq!(ask(&mut slice, &mut rate, 0).want, 5, "a quarter of a third of 70");
        for left in (65..70).rev() {
            assert!(!slice.runs_out(0));
            assert_eq!(slice.take(0, RATE, HERE), TakenCall::Admitted(left));
        }
        assert!(slice.runs_out(0) && !slice.is_over(LIFE), "none is left");
        ask(&mut slice, &mut rate, LIFE);
        assert!(!slice.is_over(2 * LIFE - 1) && slice.is_over(2 * LIFE));
        let asked = ask(&mut slice, &mut rate, 2 * LIFE);
        assert_eq!((asked.back, asked.want), (5, 0));
        assert_eq!(slice.take(2 * LIFE, RATE, HERE), TakenCall::Unknown);
        assert_eq!(slice.remaining(2 * LIFE), 67, "five were used and two came again");
        assert!(!slice.is_idle(4 * LIFE) && slice.is_idle(5 * LIFE));
    }

    #[test]
    fn a_slice_that_does_not_last_grows_up_to_the_processs_part() {
        let fast = KeyRate { capacity: 6_000, period: 10 * MILLI };
        let (mut slice, mut rate, mut sizes) = (Slice::new(fast), Rate::default(), Vec::new());
        for turn in 0..5 {
            assert_eq!(slice.take(turn, fast, HERE), TakenCall::Unknown);
            let asked = slice.ask(turn, 0, HERE.sharing);
            slice.answered(turn, rate.lease(turn, fast, &asked));
            sizes.push(asked.want);
            while slice.is_leased() {
                slice.take(turn, fast, HERE);
            }
        }
        assert_eq!(sizes, [64, 128, 256, 500, 500]);
    }

    #[test]
    fn where_there_was_nothing_nobody_asks_before_something_comes_again() {
        let (mut slice, mut rate) = (Slice::new(RATE), Rate(RATE.whole()));
        slice.take(0, RATE, HERE);
        ask(&mut slice, &mut rate, 0);
        assert_eq!(slice.take(999 * MILLI, RATE, HERE), TakenCall::Refused(MILLI));
        assert!(!slice.runs_out(999 * MILLI) && slice.runs_out(1_000 * MILLI));
        assert_eq!(slice.take(1_000 * MILLI, RATE, HERE), TakenCall::Unknown);
    }

    #[test]
    fn alone_a_process_admits_its_part_of_what_was_left_and_owns_up_to_it() {
        let (mut slice, mut rate) = (Slice::new(RATE), Rate(40 * RATE.period));
        slice.take(0, RATE, HERE);
        ask(&mut slice, &mut rate, 0);
        let admitted = |slice: &mut Slice| matches!(slice.take(0, RATE, ALONE), TakenCall::Admitted(_));
        assert_eq!((0..100).filter(|_| admitted(&mut slice)).count(), 5 + 8);
        assert_eq!(slice.take(0, RATE, ALONE), TakenCall::Refused(2 * RATE.period));
        let asked = slice.ask(0, 0, HERE.sharing);
        assert_eq!(asked.owed, 8, "a third of the 25 that were left");
        slice.unanswered();
        assert!(slice.begins_to_owe() && !slice.begins_to_owe());
        let later = slice.ask(200 * RATE.period, 0, HERE.sharing);
        assert_eq!(later.owed, 0, "that came again long since");
    }

    proptest! {
        /// Calls and answers in any order, answers that never come, processes that go on alone for a while and those that end.
        #[test]
        fn no_more_is_admitted_than_the_rate_has(steps in prop::collection::vec((0..3_usize, 0..6_u8, 0..400_i64), 1..600)) {
            let mut slices = [(); 3].map(|()| Slice::new(RATE));
            let (mut rate, mut now, mut admitted) = (Rate::default(), 0, 0_i64);
            for (of, step, millis) in steps {
                let slice = &mut slices[of];
                match step {
                    0 => now += millis * MILLI,
                    1 | 2 => for _ in 0..millis / 8 {
                        admitted += i64::from(matches!(slice.take(now, RATE, HERE), TakenCall::Admitted(_)));
                    },
                    3 => {
                        let asked = slice.ask(now, (millis / 100) as u32, 3);
                        let lease = rate.lease(now, RATE, &asked);
                        for _ in 0..millis / 100 {
                            admitted += i64::from(matches!(slice.take(now, RATE, HERE), TakenCall::Admitted(_)));
                        }
                        slice.answered(now, lease);
                    }
                    4 => {
                        let asked = slice.ask(now, 0, 3);
                        if millis % 2 == 0 {
                            rate.lease(now, RATE, &asked);
                        }
                        slice.unanswered();
                    }
                    _ => slice.leave(),
                }
                prop_assert!(admitted <= 70 + now / RATE.period, "{admitted} by {now}");
            }
        }
    }
}
