//! How far each section of a discussion was read.

use super::steps::PageVariables;
use crate::reviews::{PullRequestAddress, discussion::Remark, position::ReadingPlace};

/// One section: behind which cursor its next page begins, or that there is none.
#[derive(Clone, Debug)]
pub(super) enum SectionState {
    Next(Option<String>),
    Done,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Sections {
    pub(super) threads: SectionState,
    pub(super) reviews: SectionState,
    pub(super) conversation: SectionState,
}

impl SectionState {
    /// Takes note of the page that was read.
    pub(super) fn advance(&mut self, next: Option<String>) {
        *self = next.map_or(Self::Done, |cursor| Self::Next(Some(cursor)));
    }

    /// Where it goes on, if it does.
    pub(super) fn rest(&self) -> Option<&Option<String>> {
        match self {
            Self::Next(after) => Some(after),
            Self::Done => None,
        }
    }

    /// Leaves `room` of the remarks that were read, and says where the section goes on, if it does.
    pub(super) fn cut(
        &self,
        remarks: &mut Vec<Remark>,
        room: usize,
        place: fn(Option<String>) -> ReadingPlace,
    ) -> Option<ReadingPlace> {
        if remarks.len() <= room {
            return self.rest().cloned().map(place);
        }
        remarks.truncate(room);
        Some(place(remarks.last().map(|remark| remark.written.cursor.clone())))
    }
}

impl Sections {
    /// The sections from a place on.
    pub(super) fn from(place: &ReadingPlace, conversation: bool) -> Self {
        let last = if conversation { SectionState::Next(None) } else { SectionState::Done };
        let (threads, reviews, conversation) = match place {
            ReadingPlace::Threads(after) => {
                (SectionState::Next(after.clone()), SectionState::Next(None), last)
            }
            ReadingPlace::Inside { thread_cursor, .. } => {
                (SectionState::Next(Some(thread_cursor.clone())), SectionState::Next(None), last)
            }
            ReadingPlace::Reviews(after) => (SectionState::Done, SectionState::Next(after.clone()), last),
            ReadingPlace::Conversation(after) if conversation => {
                (SectionState::Done, SectionState::Done, SectionState::Next(after.clone()))
            }
            ReadingPlace::Conversation(_) => (SectionState::Done, SectionState::Done, SectionState::Done),
        };
        Self { threads, reviews, conversation }
    }

    /// The next page of every section that has one.
    pub(super) fn next_page(&self, of: &PullRequestAddress, size: u32, within: u32) -> Option<PageVariables> {
        let after = |section: &SectionState| section.rest().cloned().flatten();
        let (threads, reviews) = (self.threads.rest().is_some(), self.reviews.rest().is_some());
        let conversation = self.conversation.rest().is_some();
        (threads || reviews || conversation).then(|| PageVariables {
            owner: of.owner.clone(),
            name: of.repo.clone(),
            number: of.number,
            size,
            within,
            threads,
            threads_after: after(&self.threads),
            reviews,
            reviews_after: after(&self.reviews),
            conversation,
            conversation_after: after(&self.conversation),
        })
    }
}
