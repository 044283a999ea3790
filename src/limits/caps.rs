//! How many of a kind are open: in all, and of one owner. A permit gives its place back when it is dropped.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts what is open, by owner.
#[derive(Debug)]
pub struct Caps<Owner: Eq + Hash> {
    counts: Mutex<OpenCounts<Owner>>,
    most: u32,
    most_of_one: u32,
}

#[derive(Debug)]
struct OpenCounts<Owner> {
    all: u32,
    of: HashMap<Owner, u32>,
}

/// Which cap one more would be beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// That of all.
    All,
    /// That of its owner.
    One,
}

/// One place.
#[derive(Debug)]
pub struct Permit<Owner: Eq + Hash> {
    caps: Arc<Caps<Owner>>,
    owner: Option<Owner>,
}

impl<Owner: Eq + Hash + Clone> Caps<Owner> {
    /// Caps of that size.
    pub fn new(most: u32, most_of_one: u32) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::new(OpenCounts { all: 0, of: HashMap::new() }), most, most_of_one })
    }

    /// A place for one more, if there is one. `owner`: none when it is not counted by itself.
    pub fn open(self: &Arc<Self>, owner: Option<Owner>) -> Result<Permit<Owner>, Beyond> {
        let mut counts = self.lock();
        if counts.all >= self.most {
            return Err(Beyond::All);
        }
        if let Some(owner) = &owner {
            let of_owner = counts.of.entry(owner.clone()).or_default();
            if *of_owner >= self.most_of_one {
                return Err(Beyond::One);
            }
            *of_owner += 1;
        }
        counts.all += 1;
        drop(counts);
        Ok(Permit { caps: Arc::clone(self), owner })
    }
}

impl<Owner: Eq + Hash> Caps<Owner> {
    /// How many are open now.
    pub fn count(&self) -> u32 {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, OpenCounts<Owner>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Owner: Eq + Hash> Drop for Permit<Owner> {
    fn drop(&mut self) {
        let mut counts = self.caps.lock();
        counts.all -= 1;
        let Some(owner) = &self.owner else { return };
        if let Some(of_owner) = counts.of.get_mut(owner) {
            *of_owner -= 1;
            if *of_owner == 0 {
                counts.of.remove(owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::network, *};

    #[test]
    fn an_address_has_its_share_and_those_that_are_not_counted_have_the_rest() {
        let caps = Caps::new(4, 2);
        let open = |address: &str| caps.open(Some(network(address.parse().unwrap())));
        let (first, _second) = (open("2001:db8::1").unwrap(), open("2001:db8::2").unwrap());
        assert_eq!(open("2001:db8::3").unwrap_err(), Beyond::One, "one /64 is one address");
        let _other = open("192.0.2.1").unwrap();
        let uncounted = caps.open(None).unwrap();
        assert_eq!(open("192.0.2.2").unwrap_err(), Beyond::All);
        drop(uncounted);
        drop(first);
        let _third = open("2001:db8::3").unwrap();
        let _mapped = open("::ffff:192.0.2.1").unwrap();
        assert_eq!(caps.open(None).unwrap_err(), Beyond::All);
        assert_eq!(caps.lock().of.len(), 2, "what is closed is forgotten");
    }

    #[test]
    fn a_dropped_stream_makes_room() {
        let caps = Caps::new(3, 2);
        let (a, b) = (Some("a"), Some("b"));
        let first = caps.open(a).unwrap();
        let _second = caps.open(a).unwrap();
        assert!(caps.open(a).is_err(), "two of a key");
        let _third = caps.open(b).unwrap();
        assert!(caps.open(b).is_err(), "three in all");
        assert!(caps.open(Some("c")).is_err());
        assert_eq!(caps.lock().of.len(), 2, "who is refused is not remembered");
        drop(first);
        assert!(caps.open(b).is_ok());
        assert_eq!(caps.count(), 2);
    }
}
