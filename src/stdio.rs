//! The stdio transport: one JSON-RPC message a line, both eras, nothing but protocol on standard output. It ends with
//! its input, once what was asked is answered.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    auth::local_principal,
    clock::Clock,
    log_context::{self, LogContext},
    mcp::{
        FaultKind, Incoming, JsonRpcResponse, ProtocolFault, Reply, RequestContext, Server, Session, Stream,
        StreamReader,
    },
    model::{Principal, RequestId, Transport},
};

/// Longest line taken.
const MAX_LINE_BYTES: u64 = 1024 * 1024;
/// How long running calls may take once the input has ended, and their answers may lie unread.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

struct Conversation {
    server: Arc<Server>,
    principal: Arc<Principal>,
    clock: Arc<dyn Clock>,
    stream: Arc<Stream>,
    session: Option<Arc<Session>>,
    calls: TaskTracker,
}

/// What the log lines of a call say: which it was, and whose.
struct Called(RequestId, Arc<Principal>);

impl LogContext for Called {
    fn fields(&self, field: &mut dyn FnMut(&'static str, &str)) {
        field("request_id", self.0.as_str());
        field("user", &self.1.user_id);
        field("key", &self.1.key_prefix);
    }
}

/// Talks on `input` and `output` until the input ends or `stop` fires; fires `stop` itself at the end of the input, for
/// that is the end of the process too.
pub async fn serve(
    server: Arc<Server>,
    clock: Arc<dyn Clock>,
    input: impl AsyncBufRead + Unpin,
    output: impl AsyncWrite + Unpin + Send,
    stop: CancellationToken,
) -> io::Result<()> {
    let stream: Arc<Stream> = Arc::default();
    let mut conversation = Conversation {
        server,
        principal: Arc::new(local_principal()),
        clock,
        stream: Arc::clone(&stream),
        session: None,
        calls: TaskTracker::new(),
    };
    let reader = stream.attach();
    let listen = async {
        let heard = tokio::select! {
            heard = conversation.listen(input) => heard,
            () = stop.cancelled() => Ok(()),
        };
        // Subscriptions end with the input; other calls may finish.
        stop.cancel();
        conversation.calls.close();
        let mut read = stream.next_unread();
        while tokio::time::timeout(LAST_ANSWERS, conversation.calls.wait()).await.is_err()
            && std::mem::replace(&mut read, stream.next_unread()) != read
        {}
        stream.end();
        heard
    };
    let speak = async {
        let spoken = speak(reader, output).await;
        // Who cannot be answered need not be heard.
        stop.cancel();
        spoken
    };
    let (heard, spoken) = tokio::join!(listen, speak);
    heard.and(spoken)
}

async fn speak(reader: StreamReader, mut output: impl AsyncWrite + Unpin) -> io::Result<()> {
    while let Some((_, message)) = reader.next().await {
        output.write_all(&message).await?;
        output.write_all(b"\n").await?;
        output.flush().await?;
    }
    Ok(())
}

impl Conversation {
    async fn listen(&mut self, mut input: impl AsyncBufRead + Unpin) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            // A client that writes on without reading waits; what it asked for is not lost.
            self.stream.room().await;
            let read = tokio::io::AsyncReadExt::take(&mut input, MAX_LINE_BYTES + 1)
                .read_until(b'\n', &mut line)
                .await?;
            if read == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') && read as u64 > MAX_LINE_BYTES {
                skip_line(&mut input).await?;
                self.refuse(&ProtocolFault::new(FaultKind::InvalidRequest, "the line is longer than 1 MiB"));
            } else if !line.trim_ascii().is_empty() {
                self.hear(&Bytes::copy_from_slice(line.trim_ascii()));
            }
        }
    }

    fn hear(&mut self, body: &Bytes) {
        let incoming = Incoming::read(body, None);
        match incoming.and_then(|incoming| incoming.within(self.session.clone())) {
            Ok(incoming) => self.carry(incoming),
            Err(fault) => self.refuse(&fault),
        }
    }

    fn context(&self) -> RequestContext {
        RequestContext {
            principal: Arc::clone(&self.principal),
            request_id: RequestId::accept(None, self.clock.now()),
            transport: Transport::Stdio,
            stream: Arc::clone(&self.stream),
            cancel: CancellationToken::new(),
        }
    }

    fn carry(&mut self, incoming: Incoming<'_>) {
        let context = self.context();
        let called = Arc::new(Called(context.request_id.clone(), Arc::clone(&self.principal)));
        match self.server.receive(incoming, context, None) {
            // One process hears all of it.
            Reply::None | Reply::Elsewhere(_) => {}
            Reply::Ready(answer) => self.say(answer),
            Reply::Initialized(answer, session) => {
                self.server.open_on((&self.stream, &self.principal), &mut self.session, session);
                self.say(answer);
            }
            Reply::Pending(running) => {
                let stream = Arc::clone(&self.stream);
                let answered = async move {
                    if let Some(answer) = running.await {
                        stream.room().await;
                        stream.push(answer.body.whole());
                    }
                };
                self.calls.spawn(log_context::within(called, answered));
            }
        }
    }

    fn say(&self, answer: JsonRpcResponse) {
        self.stream.push(answer.body.whole());
    }

    fn refuse(&self, fault: &ProtocolFault) {
        if let Some(answer) = JsonRpcResponse::refusal(fault) {
            self.say(answer);
        }
    }
}

/// Reads to the end of a line, keeping nothing of it.
async fn skip_line(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
    loop {
        let read = input.fill_buf().await?;
        let end = read.iter().position(|byte| *byte == b'\n');
        let (done, length) = (end.is_some() || read.is_empty(), end.map_or(read.len(), |end| end + 1));
        input.consume(length);
        if done {
            return Ok(());
        }
    }
}
