//! A frame: what one gateway says to another. Sealed, and bound to the channel it goes over, to who says it and when: it is worth
//! nothing on another channel, under another name, or later.

use bytes::{Buf, BufMut, Bytes};

use crate::{model::StoreMillis, secrets::Sealer};

/// How long a frame is worth anything, whatever it is.
const GOOD_FOR_MILLIS: i64 = 10_000;
/// How the bytes are laid out.
const LAYOUT: u8 = 1;
/// Names of gateways are short.
const MOST_NAME: usize = 64;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// Its words are asked.
    Question = 1,
    /// They answer the question of the same name.
    Answer = 2,
}

/// What one gateway says to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BusFrame {
    pub(super) kind: FrameKind,
    pub(super) question: [u8; 16],
    /// When whoever asks waits no more.
    pub(super) until: StoreMillis,
    pub(super) words: Bytes,
}

/// Why a frame is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameFault {
    /// It is no frame, or nobody's who has the secret key, or for another channel.
    Unsealed,
    /// Nobody waits for it any more.
    Old,
}

/// A frame as it goes over a channel: who says it, when, and the sealed rest.
struct FrameEnvelope<'a> {
    from: &'a str,
    at: i64,
    sealed: &'a [u8],
}

fn bound(channel: &str, from: &str, at: i64) -> Vec<u8> {
    format!("{channel}\n{from}\n{at}").into_bytes()
}

impl BusFrame {
    /// The frame as bytes for that channel, said by `from`.
    pub(super) fn seal(&self, sealer: &Sealer, channel: &str, (from, now): (&str, StoreMillis)) -> Vec<u8> {
        let mut plain = Vec::with_capacity(self.words.len() + 25);
        plain.put_u8(self.kind as u8);
        plain.put_slice(&self.question);
        plain.put_i64(self.until.0);
        plain.put_slice(&self.words);
        let sealed = sealer.seal(&plain, &bound(channel, from, now.0));
        let mut bytes = Vec::with_capacity(sealed.len() + from.len() + 10);
        bytes.put_u8(LAYOUT);
        bytes.put_u8(from.len() as u8);
        bytes.put_slice(from.as_bytes());
        bytes.put_i64(now.0);
        bytes.put_slice(&sealed);
        bytes
    }

    /// Reads what came over that channel, and who said it.
    pub(super) fn open(
        sealer: &Sealer,
        channel: &str,
        bytes: &[u8],
        now: StoreMillis,
    ) -> Result<(String, Self), FrameFault> {
        let FrameEnvelope { from, at, sealed } = FrameEnvelope::read(bytes).ok_or(FrameFault::Unsealed)?;
        let plain = sealer.open(sealed, &bound(channel, from, at)).ok_or(FrameFault::Unsealed)?;
        let frame = Self::read(plain).ok_or(FrameFault::Unsealed)?;
        // Clocks of gateways differ by a little; none is trusted to be ahead by much.
        let is_good = now.0.saturating_sub(at).saturating_abs() <= GOOD_FOR_MILLIS && now <= frame.until;
        if is_good { Ok((from.to_owned(), frame)) } else { Err(FrameFault::Old) }
    }

    fn read(plain: Vec<u8>) -> Option<Self> {
        let mut rest = Bytes::from(plain);
        if rest.len() < 25 {
            return None;
        }
        let kind = match rest.get_u8() {
            1 => FrameKind::Question,
            2 => FrameKind::Answer,
            _ => return None,
        };
        let mut question = [0; 16];
        rest.copy_to_slice(&mut question);
        let until = StoreMillis(rest.get_i64());
        Some(Self { kind, question, until, words: rest })
    }
}

impl<'a> FrameEnvelope<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[LAYOUT, length], rest) = bytes.split_first_chunk::<2>()? else { return None };
        let length = usize::from(length);
        if length > MOST_NAME {
            return None;
        }
        let (from, rest) = rest.split_at_checked(length)?;
        let (at, sealed) = rest.split_first_chunk::<8>()?;
        Some(Self { from: std::str::from_utf8(from).ok()?, at: i64::from_be_bytes(*at), sealed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::{Purpose, SecretKey};

    const NOW: StoreMillis = StoreMillis(1_000_000);

    fn frame() -> BusFrame {
        let words = Bytes::from_static(b"take this");
        BusFrame { kind: FrameKind::Question, question: [7; 16], until: NOW.plus(1_000), words }
    }

    fn sealer(text: &str) -> Sealer {
        SecretKey::new(text.repeat(32).into(), None).sealer(Purpose::Bus)
    }

    #[test]
    fn a_frame_is_read_where_it_was_sent_to_and_nowhere_else() {
        let bytes = frame().seal(&sealer("k"), "tg:i:a", ("b", NOW));
        let open = |channel: &str, bytes: &[u8], now| BusFrame::open(&sealer("k"), channel, bytes, now);
        assert_eq!(open("tg:i:a", &bytes, NOW), Ok((String::from("b"), frame())));
        assert_eq!(open("tg:i:c", &bytes, NOW), Err(FrameFault::Unsealed));
        assert_eq!(BusFrame::open(&sealer("o"), "tg:i:a", &bytes, NOW), Err(FrameFault::Unsealed));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(open("tg:i:a", &changed, NOW), Err(FrameFault::Unsealed), "byte {place}");
            assert_eq!(open("tg:i:a", &bytes[..place], NOW), Err(FrameFault::Unsealed), "cut at {place}");
        }
    }

    #[test]
    fn a_frame_that_nobody_waits_for_is_old() {
        let bytes = frame().seal(&sealer("k"), "tg:i:a", ("b", NOW));
        let open = |now| BusFrame::open(&sealer("k"), "tg:i:a", &bytes, now).err();
        assert_eq!(open(NOW.plus(1_000)), None);
        assert_eq!(open(NOW.plus(1_001)), Some(FrameFault::Old));
        assert_eq!(open(NOW.plus(-10_001)), Some(FrameFault::Old), "said by a clock that is far ahead");
        let lasting = BusFrame { until: NOW.plus(1_000_000), ..frame() };
        let bytes = lasting.seal(&sealer("k"), "tg:i:a", ("b", NOW));
        let late = BusFrame::open(&sealer("k"), "tg:i:a", &bytes, NOW.plus(10_001));
        assert_eq!(late.err(), Some(FrameFault::Old));
    }
}
