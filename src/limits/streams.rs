//! How many streams are open: per key and in all. A permit gives its place back when it is dropped.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use dashmap::DashMap;

/// Counts open streams.
#[derive(Debug)]
pub struct StreamCaps {
    total: AtomicU32,
    of_key: DashMap<Arc<str>, u32>,
    max_total: u32,
    max_of_key: u32,
}

/// One stream's place.
#[derive(Debug)]
pub struct StreamPermit {
    caps: Arc<StreamCaps>,
    key_id: Arc<str>,
}

impl StreamCaps {
    /// Caps of that size.
    pub fn new(max_total: u32, max_of_key: u32) -> Arc<Self> {
        Arc::new(Self { total: AtomicU32::new(0), of_key: DashMap::new(), max_total, max_of_key })
    }

    /// A place for one more stream of that key, if there is one.
    pub fn open(self: &Arc<Self>, key_id: &Arc<str>) -> Option<StreamPermit> {
        let mut of_key = self.of_key.entry(Arc::clone(key_id)).or_insert(0);
        if *of_key >= self.max_of_key || self.total.load(Ordering::Relaxed) >= self.max_total {
            return None;
        }
        *of_key += 1;
        self.total.fetch_add(1, Ordering::Relaxed);
        Some(StreamPermit { caps: Arc::clone(self), key_id: Arc::clone(key_id) })
    }

    /// Streams open now.
    pub fn open_streams(&self) -> u32 {
        self.total.load(Ordering::Relaxed)
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.caps.total.fetch_sub(1, Ordering::Relaxed);
        self.caps.of_key.remove_if_mut(&self.key_id, |_, count| {
            *count -= 1;
            *count == 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_stream_makes_room() {
        let caps = StreamCaps::new(3, 2);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let first = caps.open(&a).unwrap();
        let _second = caps.open(&a).unwrap();
        assert!(caps.open(&a).is_none(), "two of a key");
        let _third = caps.open(&b).unwrap();
        assert!(caps.open(&b).is_none(), "three in all");
        drop(first);
        assert!(caps.open(&b).is_some());
        assert_eq!(caps.open_streams(), 2);
    }
}
