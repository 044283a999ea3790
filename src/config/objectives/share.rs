//! A share of all calls, given in percent.

use std::str::FromStr;

/// A share between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(f64);

/// Beneath the least, an alert at 14.4 times the errors that are allowed could never fire; at 100 none would be allowed.
const PERCENT: std::ops::RangeInclusive<f64> = 95.0..=99.999;

impl Share {
    /// What may be given for one.
    pub(super) const EXPECTED: &str = "a percentage from 95 to 99.999, such as 99.9";

    /// The share as a number from 0 to 1.
    pub const fn ratio(self) -> f64 {
        self.0
    }
}

impl FromStr for Share {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bare = text.trim().trim_end_matches('%').trim_end();
        let percent: f64 = bare.parse().map_err(|_| ())?;
        // By thousandths, so that 99.9 is 0.999 and not the number beside it.
        if PERCENT.contains(&percent) { Ok(Self((percent * 1e3).round() / 1e5)) } else { Err(()) }
    }
}
