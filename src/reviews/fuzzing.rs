//! The way of the fuzz targets into this room (`tests/fuzz`): GitHub's JSON in, what a caller reads out. No gateway has it.

use super::{
    PullRequestAddress, ReviewFilter, ReviewOutput,
    discussion::Discussion,
    position::ReadingPlace,
    reading::items_of,
    showing::{Showing, show},
};

/// The data of a GraphQL answer as JSON items and as Markdown; `None` if it holds no pull request.
pub fn shown(json: &[u8]) -> Option<(String, String)> {
    let (threads, remarks) = items_of(json)?;
    let discussion = Discussion {
        begun_at: ReadingPlace::START,
        threads,
        remarks,
        rest: None,
        decision: None,
        unreadable: 0,
        review_marks: Vec::new(),
        conversation_marks: Vec::new(),
    };
    let address = PullRequestAddress::of("github.com", "o", "r", "1")?;
    let (output, from) = (ReviewOutput::Both, &ReadingPlace::START);
    let showing =
        Showing { address: &address, filter: &ReviewFilter::ALL, output, most_chars: 100_000, from };
    let fetched = show(&showing, &discussion)?;
    fetched.items.zip(fetched.markdown)
}
