//! Streams whose entries are numbered by ourselves: the id of an entry is its place, then `-0`.

use crate::stores::{StoreError, redis::RedisStore};

/// Entries read at once.
pub(super) const PART: usize = 500;

/// An entry as it is read: its id, and its fields, names and values by turns.
pub(super) struct StreamEntry {
    pub(super) id: String,
    fields: Vec<Vec<u8>>,
}

/// Which part of a stream, as ids; `is_backward`: from its end on.
pub(super) struct StreamPart {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) count: usize,
    pub(super) is_backward: bool,
}

impl StreamPart {
    /// From that place on; none is before the smallest one.
    pub(super) fn from_place(place: i64, count: usize) -> Self {
        let from = if place <= 0 { String::from("-") } else { place.to_string() };
        Self { from, to: String::from("+"), count, is_backward: false }
    }

    /// Back from that place, or from the end.
    pub(super) fn back_from(place: Option<i64>, count: usize) -> Self {
        let to = place.map_or_else(|| String::from("+"), |place| place.to_string());
        Self { from: String::from("-"), to, count, is_backward: true }
    }

    /// The command that reads it from that stream.
    pub(super) fn of(&self, stream: &str) -> redis::Cmd {
        let (word, first, second) = if self.is_backward {
            ("XREVRANGE", &self.to, &self.from)
        } else {
            ("XRANGE", &self.from, &self.to)
        };
        let mut command = redis::cmd(word);
        command.arg(stream).arg(first).arg(second).arg("COUNT").arg(self.count);
        command
    }

    /// Goes on behind the entries that were read. False: there are no more.
    pub(super) fn go_on(&mut self, read: usize, last: Option<&str>) -> bool {
        let Some(last) = last.filter(|_| read == self.count) else { return false };
        let behind = format!("({last}");
        if self.is_backward {
            self.to = behind;
        } else {
            self.from = behind;
        }
        true
    }
}

/// As the server answers.
pub(super) type RawEntry = (String, Vec<Vec<u8>>);

impl StreamEntry {
    pub(super) fn of((id, fields): RawEntry) -> Self {
        Self { id, fields }
    }

    /// Its place.
    pub(super) fn place(&self) -> i64 {
        place(&self.id)
    }

    /// How long it is.
    pub(super) fn bytes(&self) -> usize {
        self.fields.iter().map(Vec::len).sum()
    }

    /// The value under that name; nothing where there is none.
    pub(super) fn field(&self, name: &str) -> &[u8] {
        let pairs = self.fields.chunks_exact(2);
        let mut named = pairs.filter(|pair| pair.first().is_some_and(|found| found == name.as_bytes()));
        named.find_map(|pair| pair.get(1)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The place in an id.
pub(super) fn place(id: &str) -> i64 {
    id.split('-').next().and_then(|place| place.parse().ok()).unwrap_or(i64::MAX)
}

impl RedisStore {
    /// A part of a stream.
    pub(super) async fn entries(
        &self,
        stream: &str,
        part: &StreamPart,
    ) -> Result<Vec<StreamEntry>, StoreError> {
        let found: Vec<RawEntry> = self.link.send(&part.of(stream)).await?;
        Ok(found.into_iter().map(StreamEntry::of).collect())
    }
}
