//! The bus itself: a question goes to the channel of who is asked, its answer to the channel of who asks.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use dashmap::{DashMap, DashSet};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{Mutex, Notify, mpsc, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    frame::{BusFrame, FrameFault, FrameKind},
    listening::{ChannelEar, listen},
    played::Played,
};
use crate::{
    stores::{
        BUS_PATIENCE, Bus, BusError, BusMessage, BusParts, BusQuestion, StoreError, redis::link::RedisLink,
    },
    telemetry::metrics::{BUS_FRAMES, BusOutcome},
};

/// Bytes of a frame that go over a channel. What is more is kept for whoever hears of it.
const MOST_INLINE: usize = 32 * 1024;
/// Largest frame: a body of 1 MiB, or a list of what is open.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// How long the server keeps one for who is to hear it.
const KEPT_SECONDS: u64 = 30;
/// Frames that wait to be opened, and questions that wait to be taken up.
const MOST_WAITING: usize = 1_024;
/// Kept frames that are fetched at a time.
const MOST_FETCHED: usize = 16;
/// Questions of this gateway that wait for their answer.
const MOST_ASKED: usize = 16_384;
/// Between two tries to be heard by a gateway that lives and does not listen: its connection is being made anew.
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// What stands before a frame, and before the name of one that is kept.
const INLINE: u8 = b'=';
const KEPT: u8 = b'@';

/// The way to the other gateways by the server.
pub(in super::super) struct RedisBus {
    link: Arc<RedisLink>,
    prefix: String,
    instance: String,
    parts: BusParts,
    /// Whoever waits for an answer, by the question.
    waiting: DashMap<BusQuestion, oneshot::Sender<Bytes>>,
    /// Gateways that were heard, or heard something: what else has a name on the server are commands, which hear nothing.
    known: DashSet<String>,
    questions: Mutex<mpsc::Receiver<BusMessage>>,
    played: Played,
    /// What hears the channel, which ends with the bus.
    hearing: OnceLock<JoinSet<()>>,
}

/// A question's place among those that wait.
struct AskingPlace<'a>(&'a RedisBus, BusQuestion);

impl Drop for AskingPlace<'_> {
    fn drop(&mut self) {
        self.0.waiting.remove(&self.1);
    }
}

impl RedisBus {
    /// A bus under the name of the link's instance; every name on the server begins with `prefix`. Needs a runtime.
    pub(in super::super) fn begin(link: Arc<RedisLink>, prefix: &str, parts: BusParts) -> Arc<Self> {
        let (asked, questions) = mpsc::channel(MOST_WAITING);
        let (heard, frames) = mpsc::channel(MOST_WAITING);
        let bus = Arc::new(Self {
            prefix: prefix.to_owned(),
            instance: link.instance().to_owned(),
            link,
            parts,
            waiting: DashMap::new(),
            known: DashSet::new(),
            questions: Mutex::new(questions),
            played: Played::default(),
            hearing: OnceLock::new(),
        });
        let mut hearing = JoinSet::new();
        let ear = ChannelEar { heard, ended: Arc::new(Notify::new()) };
        hearing.spawn(listen(Arc::clone(&bus.link), bus.channel(&bus.instance), ear));
        hearing.spawn(take(Arc::downgrade(&bus), frames, asked));
        bus.hearing.set(hearing).expect("a new bus hears nothing yet");
        bus
    }

    fn channel(&self, instance: &str) -> String {
        format!("{}:i:{instance}", self.prefix)
    }

    fn know(&self, instance: &str) {
        if !self.known.contains(instance) {
            self.known.insert(instance.to_owned());
        }
    }

    fn kept_name(&self, name: &str) -> String {
        format!("{}:b:{name}", self.prefix)
    }

    /// Says it to a gateway; whether one of that name listens.
    async fn say(&self, to: &str, packed: &[u8]) -> Result<bool, StoreError> {
        let asked = redis::cmd("SPUBLISH").arg(self.channel(to)).arg(packed).to_owned();
        let listeners: i64 = self.link.send(&asked).await?;
        if listeners > 0 {
            BUS_FRAMES.add(BusOutcome::Sent);
            self.know(to);
        }
        Ok(listeners > 0)
    }

    /// The frame as it goes over the channel of `to`.
    async fn pack(&self, to: &str, frame: &BusFrame) -> Result<Vec<u8>, BusError> {
        if frame.words.len() > MOST_BYTES {
            return Err(BusError::TooLarge);
        }
        let said = (self.instance.as_str(), self.parts.clock.store_now());
        let sealed = frame.seal(&self.parts.sealer, &self.channel(to), said);
        if sealed.len() <= MOST_INLINE {
            return Ok([&[INLINE], sealed.as_slice()].concat());
        }
        let name = uuid::Uuid::new_v4().simple().to_string();
        let kept =
            redis::cmd("SET").arg(self.kept_name(&name)).arg(sealed).arg("EX").arg(KEPT_SECONDS).to_owned();
        self.link.send::<()>(&kept).await?;
        Ok([&[KEPT], name.as_bytes()].concat())
    }

    /// Has a gateway hear it, if that listens in time.
    async fn tell(&self, to: &str, packed: &[u8]) -> Result<(), BusError> {
        while !self.say(to, packed).await? {
            if !self.known.contains(to) || !self.others().await?.iter().any(|other| other == to) {
                self.known.remove(to);
                return Err(BusError::Gone);
            }
            sleep(TRY_AGAIN).await;
        }
        Ok(())
    }

    /// Takes what came over the channel, or says what has to be fetched for it.
    fn open(&self, packed: &[u8], asked: &mpsc::Sender<BusMessage>) -> Option<String> {
        match packed.split_first() {
            Some((&INLINE, sealed)) => self.take_frame(sealed, asked),
            Some((&KEPT, name)) if is_name(name) => {
                return std::str::from_utf8(name).ok().map(|name| self.kept_name(name));
            }
            _ => BUS_FRAMES.add(BusOutcome::Unsealed),
        }
        None
    }

    async fn take_kept(self: Arc<Self>, name: String, asked: mpsc::Sender<BusMessage>) {
        match self.fetch(&name).await {
            Some(sealed) => self.take_frame(&sealed, &asked),
            None => BUS_FRAMES.add(BusOutcome::Dropped),
        }
    }

    async fn fetch(&self, name: &str) -> Option<Bytes> {
        let sized: usize = self.link.send(redis::cmd("STRLEN").arg(name)).await.ok()?;
        if sized > MOST_BYTES + MOST_INLINE {
            return None;
        }
        let mut asked = redis::pipe();
        asked.cmd("GET").arg(name).cmd("UNLINK").arg(name).ignore();
        let (sealed,): (Option<Vec<u8>>,) =
            self.link.ask(async |connection| asked.query_async(connection).await).await.ok()?;
        sealed.map(Bytes::from)
    }

    fn take_frame(&self, sealed: &[u8], asked: &mpsc::Sender<BusMessage>) {
        let (now, channel) = (self.parts.clock.store_now(), self.channel(&self.instance));
        let (from, frame) = match BusFrame::open(&self.parts.sealer, &channel, sealed, now) {
            Ok(opened) => opened,
            Err(FrameFault::Unsealed) => return BUS_FRAMES.add(BusOutcome::Unsealed),
            Err(FrameFault::Old) => return BUS_FRAMES.add(BusOutcome::Old),
        };
        let BusFrame { kind, question, words, .. } = frame;
        self.know(&from);
        let is_taken = match kind {
            FrameKind::Answer => {
                self.waiting.remove(&question).is_some_and(|(_, waiting)| waiting.send(words).is_ok())
            }
            FrameKind::Question if !self.played.is_new(question, now.0) => {
                return BUS_FRAMES.add(BusOutcome::Repeated);
            }
            FrameKind::Question => asked.try_send(BusMessage { from, question, words }).is_ok(),
        };
        BUS_FRAMES.add(if is_taken { BusOutcome::Received } else { BusOutcome::Dropped });
    }
}

/// Names of kept frames are ours to make.
fn is_name(name: &[u8]) -> bool {
    name.len() == 32 && name.iter().all(u8::is_ascii_hexdigit)
}

/// Opens what was heard, in its order but for what has to be fetched, until nobody has the bus any more.
async fn take(bus: Weak<RedisBus>, mut frames: mpsc::Receiver<Bytes>, asked: mpsc::Sender<BusMessage>) {
    let mut fetching = FuturesUnordered::new();
    loop {
        let packed = tokio::select! {
            packed = frames.recv() => packed,
            Some(()) = fetching.next() => continue,
        };
        let (Some(packed), Some(bus)) = (packed, bus.upgrade()) else { return };
        match bus.open(&packed, &asked) {
            Some(name) if fetching.len() < MOST_FETCHED => fetching.push(bus.take_kept(name, asked.clone())),
            Some(_) => BUS_FRAMES.add(BusOutcome::Dropped),
            None => {}
        }
    }
}

#[async_trait]
impl Bus for RedisBus {
    fn instance(&self) -> &str {
        &self.instance
    }

    async fn others(&self) -> Result<Vec<String>, StoreError> {
        let mut living = self.link.instances().await?;
        living.retain(|other| *other != self.instance);
        Ok(living)
    }

    async fn ask(&self, to: &str, words: Bytes, within: Duration) -> Result<Bytes, BusError> {
        if self.waiting.len() >= MOST_ASKED {
            return Err(BusError::TooLarge);
        }
        let question = uuid::Uuid::new_v4().into_bytes();
        let until = self.parts.clock.store_now().plus(within.as_millis() as i64);
        let frame = BusFrame { kind: FrameKind::Question, question, until, words };
        let (answer, answered) = oneshot::channel();
        self.waiting.insert(question, answer);
        let _place = AskingPlace(self, question);
        let asked = async {
            let packed = self.pack(to, &frame).await?;
            self.tell(to, &packed).await?;
            answered.await.map_err(|_| BusError::Silent)
        };
        timeout(within, asked).await.unwrap_or(Err(BusError::Silent))
    }

    async fn next(&self) -> BusMessage {
        match self.questions.lock().await.recv().await {
            Some(message) => message,
            // What fills it lives as long as the bus.
            None => std::future::pending().await,
        }
    }

    async fn answer(&self, message: &BusMessage, words: Bytes) {
        let until = self.parts.clock.store_now().plus(BUS_PATIENCE.as_millis() as i64);
        let frame = BusFrame { kind: FrameKind::Answer, question: message.question, until, words };
        let answered = async {
            let packed = self.pack(&message.from, &frame).await?;
            self.tell(&message.from, &packed).await
        };
        if !matches!(timeout(BUS_PATIENCE, answered).await, Ok(Ok(()))) {
            BUS_FRAMES.add(BusOutcome::Unheard);
        }
    }
}
