//! The way back to the caller while a call runs: progress and log messages on the call's own stream.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::{Value, json, value::RawValue};
use tokio_util::sync::CancellationToken;

use crate::{
    mcp::{
        context::{Protocol, RequestContext},
        jsonrpc::notification,
        revision::Capabilities,
        session::{SessionSettings, Stream},
    },
    model::{Capability, ClientChannel, LogLevel},
};

/// How long a caller whose connection broke may take to resume its stream.
const RESUMES_WITHIN: Duration = Duration::from_secs(5);

/// The channel of a call whose messages go to the call's own stream.
pub(crate) struct StreamChannel {
    stream: Arc<Stream>,
    cancel: CancellationToken,
    progress_token: Option<Box<RawValue>>,
    capabilities: Capabilities,
    wanted: Wanted,
}

/// Which log messages the caller wants.
enum Wanted {
    /// What `_meta` said; nothing when it said nothing.
    Said(Option<LogLevel>),
    /// What the session set, `info` until it does.
    Session(Arc<SessionSettings>, Arc<str>),
}

impl StreamChannel {
    pub(crate) fn new(
        context: &RequestContext,
        protocol: &Protocol,
        progress_token: Option<&str>,
        settings: &Arc<SessionSettings>,
    ) -> Self {
        let (capabilities, wanted) = match protocol {
            Protocol::Stateless(meta) => (meta.capabilities, Wanted::Said(meta.log_level)),
            Protocol::Session(None) => (Capabilities::default(), Wanted::Said(None)),
            Protocol::Session(Some(session)) => {
                (session.capabilities, Wanted::Session(Arc::clone(settings), Arc::clone(&session.digest)))
            }
        };
        let progress_token = progress_token.and_then(|raw| RawValue::from_string(raw.to_owned()).ok());
        let (stream, cancel) = (Arc::clone(&context.stream), context.cancel.clone());
        Self { stream, cancel, progress_token, capabilities, wanted }
    }
}

impl ClientChannel for StreamChannel {
    fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        let Some(token) = &self.progress_token else { return };
        let mut params = json!({"progressToken": token, "progress": progress});
        if let Some(total) = total {
            params["total"] = total.into();
        }
        if let Some(message) = message {
            params["message"] = message.into();
        }
        self.stream.push(notification("notifications/progress", &params));
    }

    fn log(&self, level: LogLevel, logger: &str, data: Value) {
        let least = match &self.wanted {
            Wanted::Said(level) => *level,
            Wanted::Session(settings, digest) => Some(settings.log_level(digest).unwrap_or(LogLevel::Info)),
        };
        if least.is_some_and(|least| level >= least) {
            let params = json!({"level": level, "logger": logger, "data": data});
            self.stream.push(notification("notifications/message", &params));
        }
    }

    fn supports(&self, capability: Capability) -> bool {
        self.capabilities.has(capability)
    }

    fn close_stream(&self) {
        self.stream.disconnect();
    }

    fn left(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.cancel.run_until_cancelled(self.stream.until_read(false)).await;
        })
    }

    fn is_back(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            let back = tokio::time::timeout(RESUMES_WITHIN, self.stream.until_read(true));
            matches!(self.cancel.run_until_cancelled(back).await, Some(Ok(())))
        })
    }
}
