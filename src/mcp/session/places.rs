//! Where the standalone streams of sessions are read, over all gateways: those read here, of which the others are told, and those
//! they told of. A message for a session goes out where its newest stream is.
//!
//! What each gateway tells is numbered. Who missed a number is told everything anew.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

/// How long whoever opens a stream waits for the others to hear of it.
const HEARD_WITHIN: Duration = Duration::from_millis(300);
/// Changes that wait to be told; beyond them everything is told anew.
const MOST_CHANGES: usize = 4_096;

/// A stream that is read somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct StreamPlace {
    /// Later is newer, on whatever gateway.
    pub(crate) opened_at: i64,
    /// Its number there.
    pub(crate) number: u64,
    pub(crate) session: String,
}

/// A stream began to be read, or is read no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PlaceChange {
    Opened(StreamPlace),
    Closed(StreamPlace),
}

/// Changes in their order, and the number of the last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlaceNews {
    pub(crate) last: u64,
    pub(crate) changes: Vec<PlaceChange>,
}

impl PlaceNews {
    /// The sessions of streams that were opened.
    pub(crate) fn sessions(&self) -> Vec<String> {
        let opened = self.changes.iter().filter_map(|change| match change {
            PlaceChange::Opened(place) => Some(place.session.clone()),
            PlaceChange::Closed(_) => None,
        });
        opened.collect()
    }
}

/// Everything that is read on a gateway, as of the change of that number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AllPlaces {
    pub(crate) last: u64,
    pub(crate) places: Vec<StreamPlace>,
}

/// What is read where.
#[derive(Debug)]
pub(crate) struct StreamPlaces {
    /// Whether there are others to tell.
    is_shared: AtomicBool,
    here: Mutex<PlacesHere>,
    elsewhere: Mutex<PlacesElsewhere>,
    pub(crate) changed: Notify,
    /// The number of the last change that all were told of.
    told: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct PlacesHere {
    places: HashMap<u64, StreamPlace>,
    /// Number of the last change.
    last: u64,
    untold: VecDeque<PlaceChange>,
}

#[derive(Debug, Default)]
struct PlacesElsewhere {
    /// By gateway, with the number of the last change heard.
    gateways: HashMap<String, HeardPlaces>,
    by_session: HashMap<String, Vec<(i64, String, u64)>>,
}

#[derive(Debug, Default)]
struct HeardPlaces {
    last: u64,
    places: HashMap<u64, StreamPlace>,
}

impl Default for StreamPlaces {
    fn default() -> Self {
        Self {
            is_shared: AtomicBool::default(),
            here: Mutex::default(),
            elsewhere: Mutex::default(),
            changed: Notify::default(),
            told: watch::Sender::new(0),
        }
    }
}

impl StreamPlaces {
    fn here(&self) -> MutexGuard<'_, PlacesHere> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elsewhere(&self) -> MutexGuard<'_, PlacesElsewhere> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on there are others to tell.
    pub(crate) fn share(&self) {
        self.is_shared.store(true, Ordering::Relaxed);
    }

    /// A stream is read here. Answers the number of that change, where somebody is to be told.
    pub(crate) fn open(&self, place: StreamPlace) -> Option<u64> {
        if !self.is_shared.load(Ordering::Relaxed) {
            return None;
        }
        let mut here = self.here();
        here.places.insert(place.number, place.clone());
        let number = here.tell(PlaceChange::Opened(place));
        drop(here);
        self.changed.notify_one();
        Some(number)
    }

    /// It is read no more.
    pub(crate) fn close(&self, number: u64) {
        let mut here = self.here();
        let Some(place) = here.places.remove(&number) else { return };
        here.tell(PlaceChange::Closed(place));
        drop(here);
        self.changed.notify_one();
    }

    /// Returns once the others heard of that change, or had their time.
    pub(crate) async fn until_told(&self, change: u64) {
        let mut told = self.told.subscribe();
        let heard = told.wait_for(|told| *told >= change);
        let _ = tokio::time::timeout(HEARD_WITHIN, heard).await;
    }

    /// What is to be told, which is told from here on.
    pub(crate) fn take_news(&self) -> PlaceNews {
        let mut here = self.here();
        PlaceNews { last: here.last, changes: here.untold.drain(..).collect() }
    }

    /// Everything that is read here.
    pub(crate) fn all(&self) -> AllPlaces {
        let here = self.here();
        AllPlaces { last: here.last, places: here.places.values().cloned().collect() }
    }

    /// All heard of the changes up to that one, or had their time.
    pub(crate) fn told(&self, last: u64) {
        self.told.send_replace(last);
    }

    /// Takes what a gateway tells; `false` when something before it was missed.
    pub(crate) fn hear(&self, from: &str, news: PlaceNews) -> bool {
        let mut elsewhere = self.elsewhere();
        let Some(heard) = elsewhere.gateways.get_mut(from) else { return false };
        if news.last <= heard.last {
            return true;
        }
        if heard.last + news.changes.len() as u64 != news.last {
            return false;
        }
        heard.last = news.last;
        for change in news.changes {
            elsewhere.apply(from, change);
        }
        true
    }

    /// Takes everything that a gateway has.
    pub(crate) fn hear_all(&self, from: &str, all: AllPlaces) {
        let mut elsewhere = self.elsewhere();
        if elsewhere.gateways.get(from).is_some_and(|heard| heard.last > all.last) {
            return;
        }
        elsewhere.forget(from);
        elsewhere.gateways.insert(from.to_owned(), HeardPlaces { last: all.last, ..HeardPlaces::default() });
        for place in all.places {
            elsewhere.apply(from, PlaceChange::Opened(place));
        }
    }

    /// Forgets what gateways have that live no more.
    pub(crate) fn keep(&self, living: &[String]) {
        let mut elsewhere = self.elsewhere();
        let gone: Vec<_> =
            elsewhere.gateways.keys().filter(|known| !living.contains(known)).cloned().collect();
        for gateway in gone {
            elsewhere.forget(&gateway);
        }
    }

    /// The newest stream of that session that is read elsewhere, as it is compared with one of this gateway.
    pub(crate) fn newest(&self, session: &str) -> Option<(i64, String)> {
        if !self.is_shared.load(Ordering::Relaxed) {
            return None;
        }
        let elsewhere = self.elsewhere();
        let places = elsewhere.by_session.get(session)?;
        places.iter().max().map(|(at, gateway, _)| (*at, gateway.clone()))
    }

    /// How many streams of that session are read elsewhere, and how many of them are newer than `than`.
    pub(crate) fn count(&self, session: &str, than: i64) -> (usize, usize) {
        let elsewhere = self.elsewhere();
        let places = elsewhere.by_session.get(session).map(Vec::as_slice).unwrap_or_default();
        (places.len(), places.iter().filter(|(at, ..)| *at > than).count())
    }
}

impl PlacesHere {
    fn tell(&mut self, change: PlaceChange) -> u64 {
        self.last += 1;
        if self.untold.len() >= MOST_CHANGES {
            // The others find that they missed some.
            self.untold.pop_front();
        }
        self.untold.push_back(change);
        self.last
    }
}

impl PlacesElsewhere {
    fn apply(&mut self, gateway: &str, change: PlaceChange) {
        let Some(heard) = self.gateways.get_mut(gateway) else { return };
        match change {
            PlaceChange::Opened(place) => {
                let of = self.by_session.entry(place.session.clone()).or_default();
                of.push((place.opened_at, gateway.to_owned(), place.number));
                heard.places.insert(place.number, place);
            }
            PlaceChange::Closed(place) => {
                heard.places.remove(&place.number);
                self.drop_place(gateway, &place);
            }
        }
    }

    fn drop_place(&mut self, gateway: &str, place: &StreamPlace) {
        if let Some(of) = self.by_session.get_mut(&place.session) {
            of.retain(|(_, known, number)| known != gateway || *number != place.number);
            if of.is_empty() {
                self.by_session.remove(&place.session);
            }
        }
    }

    fn forget(&mut self, gateway: &str) {
        let Some(heard) = self.gateways.remove(gateway) else { return };
        for place in heard.places.values() {
            self.drop_place(gateway, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u64, opened_at: i64) -> StreamPlace {
        StreamPlace { opened_at, number, session: String::from("s") }
    }

    fn newest(places: &StreamPlaces) -> Option<(i64, String)> {
        places.newest("s")
    }

    #[test]
    fn what_one_gateway_tells_the_other_knows_until_it_is_closed() {
        let (one, other) = (StreamPlaces::default(), StreamPlaces::default());
        one.share();
        other.share();
        assert_eq!(one.open(place(1, 10)), Some(1));
        let news = one.take_news();
        assert!(!other.hear("one", news), "nothing was heard of it before");
        other.hear_all("one", one.all());
        assert_eq!(newest(&other), Some((10, String::from("one"))));
        one.open(place(2, 20));
        one.close(1);
        assert!(other.hear("one", one.take_news()));
        assert_eq!(newest(&other), Some((20, String::from("one"))));
        assert_eq!(other.count("s", 15), (1, 1));
        one.close(2);
        let lost = one.take_news();
        one.open(place(3, 30));
        assert!(!other.hear("one", one.take_news()), "one change was missed: {lost:?}");
        other.hear_all("one", one.all());
        assert_eq!((newest(&other), other.count("s", 0).0), (Some((30, String::from("one"))), 1));
        assert!(other.hear("one", lost), "what is old changes nothing");
        assert_eq!(other.count("s", 0).0, 1);
    }

    #[test]
    fn who_is_gone_has_no_streams() {
        let places = StreamPlaces::default();
        places.share();
        places.hear_all("one", AllPlaces { last: 1, places: vec![place(1, 10)] });
        places.hear_all("other", AllPlaces { last: 1, places: vec![place(1, 20)] });
        places.keep(&[String::from("one")]);
        assert_eq!(newest(&places), Some((10, String::from("one"))));
        assert!(
            !places.hear("other", PlaceNews { last: 2, changes: vec![PlaceChange::Closed(place(1, 20))] })
        );
        assert_eq!(places.count("s", 0), (1, 1));
    }

    #[test]
    fn who_is_alone_tells_nobody() {
        let places = StreamPlaces::default();
        assert_eq!(places.open(place(1, 10)), None);
        places.close(1);
        assert!(places.take_news().changes.is_empty());
    }
}
