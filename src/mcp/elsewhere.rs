//! What is on another gateway: the call that a client cancels, the question that it answers, the newest stream of a session. Any
//! gateway is told, and brings word to the one it is for.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::server::{Reply, Server};
use crate::{
    mcp::{
        jsonrpc::{spelled_alike, to_json},
        session::{AllPlaces, PlaceNews, Session},
    },
    stores::{BUS_PATIENCE, Bus},
};

/// How long the others are waited for where all are told.
const ALL_WITHIN: Duration = Duration::from_millis(300);
/// How often the others are told how far the news of streams has come, so that who missed some hears of it.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The answers to a word: it was taken, or more is wanted.
const TAKEN: &[u8] = b"1";
const WANTS_ALL: &[u8] = b"0";

/// What one gateway has to say to another.
#[derive(Serialize, Deserialize)]
enum Word {
    /// A client's answer to a question: session, id, whether it is a result, and that as it was written.
    Input(String, String, bool, String),
    /// A client cancels a request of that session with that id.
    Cancel(String, String),
    /// Streams began to be read or are read no more.
    News(PlaceNews),
    /// All that are read.
    All(AllPlaces),
}

impl Server {
    /// Takes a client's answer to what it was asked, whichever gateway asked.
    pub(super) fn take_input(
        self: &Arc<Self>,
        session: &Session,
        id: &str,
        outcome: Result<&str, &str>,
    ) -> Reply {
        let inputs = &self.parts.pending_inputs;
        let (Some(bus), Some(instance)) = (self.parts.bus.clone(), inputs.elsewhere(id)) else {
            inputs.answer(&session.digest, id, outcome);
            return Reply::None;
        };
        let (is_result, text) = match outcome {
            Ok(result) => (true, result),
            Err(error) => (false, error),
        };
        let word = said(&Word::Input(session.digest.to_string(), id.to_owned(), is_result, text.to_owned()));
        Reply::Elsewhere(Box::pin(async move { bus.ask(&instance, word, BUS_PATIENCE).await.map(drop) }))
    }

    /// Cancels a request of a session, wherever it runs.
    pub(super) fn cancel(&self, session: &Session, raw_id: &str) -> Reply {
        let id = spelled_alike(raw_id);
        if self.in_flight.cancel(&session.digest, &id) {
            return Reply::None;
        }
        let Some(bus) = self.parts.bus.clone() else { return Reply::None };
        let word = said(&Word::Cancel(session.digest.to_string(), id.into_owned()));
        Reply::Elsewhere(Box::pin(async move {
            bus.ask_all(word, ALL_WITHIN).await;
            Ok(())
        }))
    }

    /// Hears what another gateway has to say; answers it.
    pub fn hear(&self, from: &str, word: &[u8]) -> Bytes {
        let streams = &self.parts.streams;
        let is_taken = match serde_json::from_slice(word) {
            Ok(Word::Input(session, id, is_result, text)) => {
                let outcome = if is_result { Ok(text.as_str()) } else { Err(text.as_str()) };
                self.parts.pending_inputs.answer(&session, &id, outcome);
                true
            }
            Ok(Word::Cancel(session, id)) => {
                self.in_flight.cancel(&session.into(), &id);
                true
            }
            Ok(Word::News(news)) => {
                let sessions = news.sessions();
                let is_all = streams.places().hear(from, news);
                self.end_too_many(&sessions);
                is_all
            }
            Ok(Word::All(all)) => {
                let sessions: Vec<_> = all.places.iter().map(|place| place.session.clone()).collect();
                streams.places().hear_all(from, all);
                self.end_too_many(&sessions);
                true
            }
            // A newer gateway's.
            Err(_) => true,
        };
        Bytes::from_static(if is_taken { TAKEN } else { WANTS_ALL })
    }

    /// Tells the other gateways which streams are read here, until it is dropped.
    pub async fn tell_of_streams(self: Arc<Self>) {
        let Some(bus) = self.parts.bus.clone() else { return std::future::pending().await };
        let places = self.parts.streams.places();
        places.share();
        loop {
            let _ = tokio::time::timeout(TELL_EVERY, places.changed.notified()).await;
            let news = places.take_news();
            let last = news.last;
            // Who is not known to live is told once it is.
            if let Ok(others) = bus.others().await {
                places.keep(&others);
                let word = said(&Word::News(news));
                join_all(others.iter().map(|other| self.tell(&*bus, other, word.clone()))).await;
            }
            places.told(last);
        }
    }

    fn end_too_many(&self, sessions: &[String]) {
        for session in sessions {
            self.parts.streams.end_too_many(session);
        }
    }

    async fn tell(&self, bus: &dyn Bus, other: &str, news: Bytes) {
        if matches!(bus.ask(other, news, ALL_WITHIN).await, Ok(answer) if answer == WANTS_ALL) {
            let all = said(&Word::All(self.parts.streams.places().all()));
            // Who does not hear it asks for it again.
            let _ = bus.ask(other, all, ALL_WITHIN).await;
        }
    }
}

fn said(word: &Word) -> Bytes {
    to_json(word).into()
}
