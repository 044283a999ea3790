//! One call: its id, its way in, and the record it ends in.

use std::{fmt, sync::Arc, time::Duration};

use super::Code;
use crate::model::{Principal, UnixMillis, new_id, words::words};

/// Names a call in every answer, log line and error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

/// How keys of ours and of GitHub's begin: an id is logged.
const KEY_PREFIXES: [&[u8]; 3] = [b"mcp_", b"ghp_", b"github_pat_"];

impl RequestId {
    /// The caller's own id if it is 1-64 of `[A-Za-z0-9_.-]` and does not look like a key, else a fresh one.
    pub fn accept(offered: Option<&[u8]>, now: UnixMillis) -> Self {
        let usable = |id: &&[u8]| {
            (1..=64).contains(&id.len())
                && !KEY_PREFIXES.iter().any(|prefix| id.starts_with(prefix))
                && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        };
        match offered.filter(usable).and_then(|id| std::str::from_utf8(id).ok()) {
            Some(id) => Self(id.into()),
            None => Self(new_id(now).into()),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// How a call came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `POST /mcp`.
    StreamableHttp,
    /// `GET /sse` with `POST /sse/messages`.
    LegacySse,
    /// Standard input and output.
    Stdio,
}

/// Which of the two protocols a call speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28: every message says all of itself. `modern` where it is shown.
    Stateless,
    /// 2025-11-25 and older: `initialize` opens a session. `legacy` where it is shown.
    Sessions,
}

words!(Transport { StreamableHttp = "streamable_http", LegacySse = "legacy_sse", Stdio = "stdio" });
words!(Era { Stateless = "modern", Sessions = "legacy" });

/// What is left of a call when it has ended.
#[derive(Debug)]
pub struct CallRecord<'a> {
    /// Names the call.
    pub request_id: &'a RequestId,
    /// Who called.
    pub principal: &'a Principal,
    /// How it came in.
    pub transport: Transport,
    /// Which protocol.
    pub era: Era,
    /// The JSON-RPC method.
    pub method: &'a str,
    /// The tool, prompt or resource, if the method names one.
    pub name: &'a str,
    /// Why it failed, if it did.
    pub failure: Option<Code>,
    /// From the first byte understood to the answer.
    pub duration: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_caller_id_is_taken() {
        let now = UnixMillis(1_700_000_000_000);
        assert_eq!(RequestId::accept(Some(b"job-7.a_b"), now).as_str(), "job-7.a_b");
        for bad in [&b""[..], b"a b", b"x\n", &[b'a'; 65], "é".as_bytes()] {
            assert_eq!(RequestId::accept(Some(bad), now).as_str().len(), 36);
        }
    }
}
