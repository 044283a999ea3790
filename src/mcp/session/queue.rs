//! Messages in their order: those a reader has taken, kept for reading again, then those it has not. Their numbers rise
//! from 1.

use std::collections::VecDeque;

use bytes::Bytes;

/// Messages of one queue.
pub(super) const MAX_MESSAGES: usize = 256;
/// Bytes kept in one queue for reading again, or while nobody reads.
const MAX_BYTES: usize = 256 * 1024;
/// Bytes that wait for a reader: some of the longest answers, for they may be ready at the same moment.
const MAX_UNREAD_BYTES: usize = 4 * MAX_BYTES;

/// Messages of one stream.
#[derive(Debug)]
pub(super) struct Queue {
    messages: VecDeque<Bytes>,
    bytes: usize,
    /// Bytes of `messages` that were taken.
    taken_bytes: usize,
    /// Number of the first message in `messages`.
    first: u64,
    /// Number of the next message to be taken.
    cursor: u64,
}

impl Default for Queue {
    fn default() -> Self {
        Self { messages: VecDeque::new(), bytes: 0, taken_bytes: 0, first: 1, cursor: 1 }
    }
}

impl Queue {
    /// Bytes of all of them.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of the next message to be taken.
    pub(super) fn next(&self) -> u64 {
        self.cursor
    }

    pub(super) fn push(&mut self, message: Bytes) {
        self.bytes += message.len();
        self.messages.push_back(message);
    }

    /// The next message with its number.
    pub(super) fn take(&mut self) -> Option<(u64, Bytes)> {
        let message = self.messages.get(self.taken()).cloned()?;
        let number = self.cursor;
        self.cursor += 1;
        self.taken_bytes += message.len();
        Some((number, message))
    }

    /// Goes on after that number; `false` when what follows it is no longer kept, or never was.
    pub(super) fn seek_after(&mut self, number: u64) -> bool {
        let end = self.first + self.messages.len() as u64;
        let Some(next) = number.checked_add(1).filter(|next| (self.first..=end).contains(next)) else {
            return false;
        };
        self.cursor = next;
        self.taken_bytes = self.messages.iter().take(self.taken()).map(Bytes::len).sum();
        true
    }

    /// Drops the oldest message; answers its bytes.
    pub(super) fn drop_first(&mut self) -> usize {
        let was_taken = self.has_taken();
        let Some(dropped) = self.messages.pop_front() else { return 0 };
        self.bytes -= dropped.len();
        if was_taken {
            self.taken_bytes -= dropped.len();
        }
        self.first += 1;
        self.cursor = self.cursor.max(self.first);
        dropped.len()
    }

    /// Whether messages are kept that were taken.
    pub(super) fn has_taken(&self) -> bool {
        self.first < self.cursor
    }

    /// Whether a message waits to be taken.
    pub(super) fn has_unread(&self) -> bool {
        self.taken() < self.messages.len()
    }

    /// Whether as much waits for a reader as may. One message may be of any size.
    pub(super) fn is_behind(&self) -> bool {
        let (messages, bytes) = self.unread();
        messages >= MAX_MESSAGES || bytes > MAX_UNREAD_BYTES
    }

    /// Whether there is room for messages of any kind.
    pub(super) fn has_room(&self) -> bool {
        let (messages, bytes) = self.unread();
        messages < MAX_MESSAGES / 2 && bytes < MAX_UNREAD_BYTES / 2
    }

    /// Whether there is more than may be kept.
    pub(super) fn is_full(&self) -> bool {
        self.messages.len() > MAX_MESSAGES || (self.bytes > MAX_BYTES && self.messages.len() > 1)
    }

    fn taken(&self) -> usize {
        (self.cursor - self.first) as usize
    }

    fn unread(&self) -> (usize, usize) {
        (self.messages.len() - self.taken(), self.bytes - self.taken_bytes)
    }
}
