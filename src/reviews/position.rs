//! Where a reading of a pull request goes on: the section, and how far into it. Callers carry it as an opaque cursor, which
//! is checked when it comes back like any argument.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::PullRequestAddress;
use crate::{model::hex, secrets::sha256};

/// The longest cursor that is read.
pub const MOST_CURSOR: usize = 4_000;

/// A place between two things that were said. The sections come in this order.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields)]
pub(super) enum ReadingPlace {
    /// Among threads: behind the one with that cursor; before the first without.
    #[serde(rename = "t")]
    Threads(Option<String>),
    /// Within a thread.
    #[serde(rename = "i")]
    Inside {
        /// Its cursor among threads.
        #[serde(rename = "a")]
        thread_cursor: String,
        #[serde(rename = "t")]
        thread_id: String,
        /// The cursor of the comment before the place.
        #[serde(rename = "c")]
        comment_cursor: String,
    },
    /// Among summaries of reviews.
    #[serde(rename = "r")]
    Reviews(Option<String>),
    /// Among comments below the pull request.
    #[serde(rename = "c")]
    Conversation(Option<String>),
}

impl ReadingPlace {
    /// Before everything.
    pub(super) const START: Self = Self::Threads(None);
}

/// A place together with the reading it was cut from, whose cache may hold what follows.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Bookmark {
    #[serde(rename = "p")]
    pub(super) place: ReadingPlace,
    /// Where that reading began.
    #[serde(rename = "b")]
    pub(super) begun_at: ReadingPlace,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    /// Digest of the pull request.
    of: String,
    #[serde(rename = "m")]
    bookmark: Bookmark,
}

impl Bookmark {
    /// The cursor a caller is given.
    pub(super) fn to_cursor(&self, address: &PullRequestAddress) -> String {
        let marked = Marked { of: digest(address), bookmark: self.clone() };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&marked).expect("a place is plain JSON"))
    }

    /// The bookmark of a cursor that was given for this pull request.
    pub(super) fn from_cursor(cursor: &str, address: &PullRequestAddress) -> Option<Self> {
        let json = (cursor.len() <= MOST_CURSOR).then(|| URL_SAFE_NO_PAD.decode(cursor).ok())??;
        let marked: Marked = serde_json::from_slice(&json).ok()?;
        (marked.of == digest(address)).then_some(marked.bookmark)
    }
}

fn digest(address: &PullRequestAddress) -> String {
    hex(&sha256(address.folded())[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_into_no_other_pull_request() {
        let address = PullRequestAddress::parse("https://github.com/o/r/pull/7").unwrap();
        let other = PullRequestAddress::parse("https://github.com/o/r/pull/8").unwrap();
        let inside = ReadingPlace::Inside {
            thread_cursor: String::from("Y3Vyc29yOjE="),
            thread_id: String::from("PRRT_1"),
            comment_cursor: String::from("Y3Vyc29yOjk="),
        };
        for place in [
            ReadingPlace::START,
            inside,
            ReadingPlace::Reviews(None),
            ReadingPlace::Conversation(Some(String::from("x"))),
        ] {
            let bookmark = Bookmark { place, begun_at: ReadingPlace::START };
            let cursor = bookmark.to_cursor(&address);
            assert_eq!(Bookmark::from_cursor(&cursor, &address), Some(bookmark));
            assert_eq!(Bookmark::from_cursor(&cursor, &other), None);
            assert_eq!(Bookmark::from_cursor(&cursor[1..], &address), None);
        }
        for cursor in ["", "x", "e30", &"A".repeat(MOST_CURSOR + 1)] {
            assert_eq!(Bookmark::from_cursor(cursor, &address), None);
        }
    }
}
