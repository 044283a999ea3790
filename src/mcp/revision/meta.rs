//! `params._meta`: what 2026-07-28 requires of it, and what every era may put there.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::json;

use super::{capabilities::Capabilities, revision::Revision};
use crate::{
    mcp::jsonrpc::{FaultKind, Members, ProtocolFault, is_id},
    model::LogLevel,
    telemetry::traces::{TraceParent, W3C_PARENT, W3C_STATE},
};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
static TRACE_PARENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(W3C_PARENT));
static PROGRESS_TOKEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("progressToken"));
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// What a stateless request says of its sender.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestMeta {
    pub(crate) capabilities: Capabilities,
    pub(crate) log_level: Option<LogLevel>,
}

/// Whether the params carry a stateless request's `_meta`.
pub(crate) fn is_stateless(params: &Members<'_>) -> bool {
    // The cheap look first: nearly all legacy requests have no `_meta` at all.
    params.get("_meta").is_some_and(|raw| raw.contains(VERSION))
}

impl RequestMeta {
    /// Reads and checks `_meta`; answers the version's text with it.
    pub(crate) fn read<'a>(params: &Members<'a>) -> Result<(Self, std::borrow::Cow<'a, str>), ProtocolFault> {
        let raw = params.get("_meta").ok_or_else(|| invalid("`_meta` is missing"))?;
        let meta = Members::parse(raw, "_meta")
            .map_err(|fault| ProtocolFault { kind: FaultKind::InvalidMeta, ..fault })?;
        let version = meta.text(VERSION).ok_or_else(|| invalid(&format!("`_meta` lacks `{VERSION}`")))?;
        let declared =
            meta.get(CAPABILITIES).ok_or_else(|| invalid(&format!("`_meta` lacks `{CAPABILITIES}`")))?;
        let declared = Members::parse(declared, CAPABILITIES)
            .map_err(|fault| ProtocolFault { kind: FaultKind::InvalidMeta, ..fault })?;
        let log_level = meta.get(LOG_LEVEL).and_then(|raw| serde_json::from_str(raw).ok());
        Ok((Self { capabilities: Capabilities::declared(&declared), log_level }, version))
    }
}

/// Refuses a version that has no stateless requests, or that nobody knows.
pub(crate) fn check_version(version: &str) -> Result<(), ProtocolFault> {
    if Revision::parse(version).is_some_and(Revision::is_stateless) {
        return Ok(());
    }
    let text = format!("Unsupported protocol version: {version}");
    let data = json!({"supported": Revision::ALL.map(Revision::as_str), "requested": version});
    Err(ProtocolFault::new(FaultKind::UnsupportedVersion, text).with(data))
}

/// The progress token of any era, raw; `None` unless it is a string or a whole number.
pub(crate) fn progress_token(params: &Members<'_>) -> Option<Box<str>> {
    let may_hold = |raw: &&str| PROGRESS_TOKEN.find(raw.as_bytes()).is_some() || raw.contains('\\');
    let raw = params.get("_meta").filter(may_hold)?;
    let meta: Members<'_> = serde_json::from_str(raw).ok()?;
    let token = meta.get("progressToken")?;
    is_id(token).then(|| token.into())
}

/// The caller's span, in any era; `None` when it names none, or not as W3C has it.
pub(crate) fn trace_parent(params: &Members<'_>) -> Option<TraceParent> {
    let raw = params.get("_meta").filter(|raw| TRACE_PARENT.find(raw.as_bytes()).is_some())?;
    let meta: Members<'_> = serde_json::from_str(raw).ok()?;
    TraceParent::read(&meta.text(W3C_PARENT)?, meta.text(W3C_STATE).as_deref())
}

fn invalid(message: &str) -> ProtocolFault {
    ProtocolFault::new(FaultKind::InvalidMeta, format!("Invalid params: {message}"))
}
