//! What is on other gateways on the store: the legacy stream that a post is for, what is open there. Their words begin with a byte
//! of their own, so that they are told from those of the protocol.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::{AppState, Exchange};
use crate::{
    http::error::Refusal,
    model::{Principal, StoreMillis, Workspace},
    stores::BUS_PATIENCE,
};

/// What every word here begins with.
const MARK: u8 = b'H';
/// How long the others are waited for where all are asked.
const ALL_WITHIN: Duration = Duration::from_millis(300);
/// Rows that one gateway tells of.
const MOST_ROWS: usize = 10_000;

/// What one gateway asks of another.
#[derive(Debug, Serialize, Deserialize)]
pub enum EdgeQuestion {
    /// Take a post for a legacy stream; its body stands behind.
    Post(LegacyPost),
    /// Tell what is open.
    List(Whose),
    /// End what is open under that id.
    End(String, Whose),
}

/// A post for a legacy stream, from a caller who was let in and counted.
#[derive(Debug, Serialize, Deserialize)]
pub struct LegacyPost {
    pub session_id: String,
    /// What the key that was shown is known by.
    pub key: ([u8; 32], Option<[u8; 32]>),
    pub request_id: String,
    pub client_address: std::net::IpAddr,
    pub client: Option<String>,
}

/// The answer to a post: it is that of the gateway that was asked. The body stands behind.
#[derive(Debug, Serialize, Deserialize)]
pub struct LegacyWord {
    pub status: u16,
    /// Whether a call came of it, which is told of where it runs.
    pub is_observed: bool,
}

/// Whose streams and calls: one user's, or everybody's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Whose(Option<(String, String)>);

/// An open stream or a waiting call, as one gateway tells another of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenRow {
    pub id: String,
    pub user_id: String,
    pub transport: String,
    pub era: Option<String>,
    pub client: Option<String>,
    pub opened_at: i64,
    pub last_activity_at: i64,
}

/// What is open on all gateways, oldest first.
pub struct OpenEverywhere {
    pub rows: Vec<OpenRow>,
    /// By gateway, where it is another.
    pub elsewhere: Vec<(String, String)>,
    /// Whether one did not say.
    pub is_partial: bool,
}

impl Whose {
    /// That user's.
    pub fn of(principal: &Principal) -> Self {
        Self(Some((principal.workspace.as_str().to_owned(), principal.user_id.to_string())))
    }

    /// Everybody's.
    pub const fn all() -> Self {
        Self(None)
    }

    /// Whether it is theirs.
    pub fn has(&self, exchange: &Exchange) -> bool {
        self.0.as_ref().is_none_or(|(workspace, user)| exchange.holder.is(&Workspace::new(workspace), user))
    }
}

impl OpenRow {
    fn of(exchange: &Exchange) -> Self {
        Self {
            id: exchange.id.to_string(),
            user_id: exchange.holder.user_id().to_owned(),
            transport: exchange.transport().to_owned(),
            era: exchange.era().map(str::to_owned),
            client: exchange.client.clone(),
            opened_at: exchange.opened_at.0,
            last_activity_at: exchange.last_activity_at().0,
        }
    }

    pub const fn opened_at(&self) -> StoreMillis {
        StoreMillis(self.opened_at)
    }

    pub const fn last_activity_at(&self) -> StoreMillis {
        StoreMillis(self.last_activity_at)
    }
}

/// A head and the bytes behind it.
pub fn packed(head: &impl Serialize, body: &[u8]) -> Bytes {
    let head = serde_json::to_vec(head).unwrap_or_default();
    let mut bytes = BytesMut::with_capacity(head.len() + body.len() + 5);
    bytes.put_u8(MARK);
    bytes.put_u32(head.len() as u32);
    bytes.put_slice(&head);
    bytes.put_slice(body);
    bytes.freeze()
}

/// Reads what was packed; nothing when it is something else.
pub fn unpacked<T: for<'a> Deserialize<'a>>(bytes: &Bytes) -> Option<(T, Bytes)> {
    let (&[MARK, a, b, c, d], rest) = bytes.split_first_chunk::<5>()? else { return None };
    let (head, body) = rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
    Some((serde_json::from_slice(head).ok()?, bytes.slice_ref(body)))
}

impl AppState {
    /// The name of the other gateway that a legacy session id is of.
    pub(in crate::http) fn owner_elsewhere<'a>(&self, session_id: &'a str) -> Option<&'a str> {
        let (instance, _) = session_id.split_once('-')?;
        let is_name =
            (1..=32).contains(&instance.len()) && instance.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let bus = self.bus.as_ref()?;
        (is_name && instance != bus.instance()).then_some(instance)
    }

    /// Has another gateway take a post for one of its streams.
    pub(in crate::http) async fn post_elsewhere(
        &self,
        to: &str,
        post: LegacyPost,
        body: &[u8],
    ) -> Result<(LegacyWord, Bytes), Refusal> {
        let bus = self.bus.as_ref().ok_or_else(Refusal::stream_not_found)?;
        let answer = bus.ask(to, packed(&EdgeQuestion::Post(post), body), BUS_PATIENCE).await?;
        unpacked(&answer).ok_or_else(Refusal::owner_unreachable)
    }

    /// What is open here.
    pub(in crate::http) fn open_here(&self, whose: &Whose) -> Vec<OpenRow> {
        let open = self.open_exchanges.list();
        open.iter().filter(|exchange| whose.has(exchange)).map(OpenRow::of).take(MOST_ROWS).collect()
    }

    /// What is open on all gateways on the store.
    pub(in crate::http) async fn open_everywhere(&self, whose: &Whose) -> OpenEverywhere {
        let mut all =
            OpenEverywhere { rows: self.open_here(whose), elsewhere: Vec::new(), is_partial: false };
        if let Some(bus) = &self.bus {
            let said = bus.ask_all(packed(&EdgeQuestion::List(whose.clone()), &[]), ALL_WITHIN).await;
            all.is_partial = said.is_partial;
            for (from, answer) in said.answers {
                match unpacked::<Vec<OpenRow>>(&answer) {
                    Some((rows, _)) => {
                        all.elsewhere.extend(rows.iter().map(|row| (from.clone(), row.id.clone())));
                        all.rows.extend(rows);
                    }
                    None => all.is_partial = true,
                }
            }
        }
        all.rows.sort_by_key(|row| row.opened_at);
        all
    }

    /// Has another gateway end what is open there under that id.
    pub(in crate::http) async fn end_on(&self, to: &str, id: &str, whose: &Whose) -> Result<(), Refusal> {
        let Some(bus) = &self.bus else { return Ok(()) };
        let question = EdgeQuestion::End(id.to_owned(), whose.clone());
        bus.ask(to, packed(&question, &[]), BUS_PATIENCE).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_read_and_nothing_else_is() {
        let words = packed(&EdgeQuestion::List(Whose::all()), b"body");
        let (question, body) = unpacked::<EdgeQuestion>(&words).unwrap();
        assert!(matches!(question, EdgeQuestion::List(Whose(None))));
        assert_eq!(&body[..], b"body");
        for wrong in [&b""[..], b"H", b"{\"Input\":[]}", b"H\xff\xff\xff\xffx", b"H\0\0\0\x01{"] {
            assert!(unpacked::<EdgeQuestion>(&Bytes::copy_from_slice(wrong)).is_none(), "{wrong:?}");
        }
    }
}
