//! A caller of HTTP+SSE whose stream is at one gateway and whose messages go to others: the answers come on its stream.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use reqwest::{Client, Response};

use super::{
    http::{AT_ONCE, BOUND},
    machines::{MACHINES, Places, another, any},
    tally::{End, Tally, answer, call, initialize},
};

pub struct SseCaller {
    pub line: SseLine,
    pub tally: Arc<Tally>,
    pub stream: Option<SseStream>,
    pub next: u64,
}

/// Whose messages they are.
pub struct SseLine {
    pub name: String,
    pub key: String,
    pub places: Arc<Places>,
    pub http: Client,
}

/// An open stream, and what was sent for it.
pub struct SseStream {
    response: Response,
    text: String,
    endpoint: String,
    at: usize,
    opened: Instant,
    sent: HashMap<u64, Sent>,
}

struct Sent {
    token: String,
    state: SentState,
}

#[derive(PartialEq, Eq)]
enum SentState {
    /// Its answer has to come.
    Awaited,
    /// Its message was refused: the answer may come.
    Doubtful,
    Answered,
}

/// What a gateway says to a message: to be answered, or why not.
type Posted = (u64, usize, Instant, Result<(), (End, String)>);

impl SseLine {
    /// A stream at that gateway.
    pub async fn open(&self, at: usize) -> Option<SseStream> {
        let opened = Instant::now();
        let request = self.http.get(format!("{}/sse", self.places.base(at))).bearer_auth(&self.key);
        let response = request.send().await.ok().filter(|response| response.status() == 200)?;
        let mut stream = SseStream {
            response,
            text: String::new(),
            endpoint: String::new(),
            at,
            opened,
            sent: HashMap::new(),
        };
        stream.endpoint = stream.data().await?;
        let request = self.http.post(format!("{}{}", self.places.base(at), stream.endpoint));
        let begun = request.bearer_auth(&self.key).body(initialize().to_string()).send().await.ok()?;
        if begun.status() != 202 {
            return None;
        }
        stream.data().await?;
        Some(stream)
    }

    /// Posts a call for a stream to that gateway.
    async fn post(&self, to: usize, endpoint: String, id: u64, token: String) -> Posted {
        let (began, url) = (Instant::now(), format!("{}{endpoint}", self.places.base(to)));
        let request = self.http.post(url).bearer_auth(&self.key).timeout(BOUND);
        let said = match request.body(call(id, &token).to_string()).send().await {
            Ok(response) if response.status() == 202 => Ok(()),
            Ok(response) => {
                let status = response.status();
                Err((End::Refused, format!("{status} {}", response.text().await.unwrap_or_default())))
            }
            Err(error) if error.is_timeout() => Err((End::Lost, error.to_string())),
            Err(error) => Err((End::Cut, format!("{error:?}"))),
        };
        (id, to, began, said)
    }
}

impl SseStream {
    /// What is in the next event; nothing when the stream ended.
    async fn data(&mut self) -> Option<String> {
        loop {
            while let Some(end) = self.text.find('\n') {
                let line: String = self.text.drain(..=end).collect();
                if let Some(data) = line.strip_prefix("data: ") {
                    return Some(data.trim_end().to_owned());
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    fn awaited(&self) -> usize {
        self.sent.values().filter(|sent| sent.state == SentState::Awaited).count()
    }

    /// Takes a message of the stream; how a call ended by it.
    fn take(&mut self, message: &str) -> Option<End> {
        let Some((id, token)) = answer(message) else { return Some(End::Crossed) };
        let Some(sent) = self.sent.get_mut(&id).filter(|sent| sent.token == token) else {
            return Some(End::Crossed);
        };
        match std::mem::replace(&mut sent.state, SentState::Answered) {
            SentState::Awaited => Some(End::Answered),
            // It counted as refused.
            SentState::Doubtful => None,
            SentState::Answered => Some(End::Doubled),
        }
    }
}

impl SseCaller {
    /// Some calls at once, none of them to the gateway of the stream.
    pub async fn round(&mut self) {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => match tokio::time::timeout(BOUND, self.line.open(any(MACHINES))).await {
                Ok(Some(stream)) => stream,
                _ => return tokio::time::sleep(Duration::from_millis(20)).await,
            },
        };
        let first = self.next;
        self.next += AT_ONCE;
        // What was answered is remembered for a while, should it come again.
        stream.sent.retain(|id, _| *id + 10_000 > first);
        for id in first..self.next {
            let token = format!("{}-{id}", self.line.name);
            stream.sent.insert(id, Sent { token, state: SentState::Awaited });
        }
        if self.answers(&mut stream, first).await {
            self.stream = Some(stream);
        }
    }

    /// Sends them and waits for the answers; whether the stream goes on.
    async fn answers(&self, stream: &mut SseStream, first: u64) -> bool {
        let post = |id| {
            let token = format!("{}-{id}", self.line.name);
            self.line.post(another(stream.at), stream.endpoint.clone(), id, token)
        };
        let mut posts: FuturesUnordered<_> = (first..self.next).map(post).collect();
        let until = tokio::time::Instant::now() + BOUND;
        while !posts.is_empty() || stream.awaited() > 0 {
            tokio::select! {
                Some(posted) = posts.next() => self.posted(stream, posted),
                said = tokio::time::timeout_at(until, stream.data()) => match said {
                    Ok(Some(message)) => {
                        if let Some(end) = stream.take(&message) {
                            self.tally.add(end);
                        }
                    }
                    Ok(None) => {
                        self.over(stream, End::Cut);
                        return false;
                    }
                    Err(_) => {
                        self.over(stream, End::Lost);
                        return false;
                    }
                },
            }
        }
        true
    }

    fn posted(&self, stream: &mut SseStream, (id, to, began, said): Posted) {
        let Err((end, told)) = said else { return };
        let sent = stream.sent.get_mut(&id).expect("it was sent");
        if sent.state == SentState::Awaited {
            sent.state = SentState::Doubtful;
            let has_reason = [to, stream.at].iter().any(|at| self.line.places.had_died(*at, began));
            self.tally.failed(end, has_reason, || format!("{}: {told}", sent.token));
        }
    }

    /// The stream says no more.
    fn over(&self, stream: &SseStream, end: End) {
        let has_reason = self.line.places.had_died(stream.at, stream.opened);
        for sent in stream.sent.values().filter(|sent| sent.state == SentState::Awaited) {
            self.tally.failed(end, has_reason, || format!("{}: its stream is over", sent.token));
        }
    }
}

/// How long posts took to be accepted: at the gateway of their stream, and by way of another.
pub async fn posts(line: &SseLine, pairs: usize) -> [Vec<Duration>; 2] {
    let mut took = [Vec::new(), Vec::new()];
    let mut stream = line.open(0).await.expect("a stream");
    for id in 0..2 * pairs as u64 {
        let at = [0, 1 + (id as usize / 2) % (MACHINES - 1)][id as usize % 2];
        let (_, _, began, said) = line.post(at, stream.endpoint.clone(), id + 1, format!("{id}")).await;
        said.expect("it is accepted");
        took[usize::from(at != 0)].push(began.elapsed());
        stream.data().await.expect("an answer");
    }
    took.map(|mut times| {
        times.sort_unstable();
        times
    })
}
