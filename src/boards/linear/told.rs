//! What the comments below issues say of claims, for a gateway that has no record of them. Only what a gateway with the same
//! secret key signed counts.

use super::{LinearBoard, client::LinearError, writing::read_mark};
use crate::model::{ClaimMark, ToldClaim};

/// Pages of 100 comments that are looked through for a mark, those that changed last first.
const MOST_PAGES: usize = 5;

impl LinearBoard {
    /// The claim on that issue that comments tell of.
    pub(super) async fn told(&self, id: &str) -> Result<Option<ToldClaim>, LinearError> {
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let Some(page) = self.api.comments(id, after.as_deref()).await? else { return Ok(None) };
            let marked = page.nodes.iter().filter_map(|comment| read_mark(&self.mark_key, id, &comment.body));
            if let Some((mark, text)) = ClaimMark::newest(marked, |(mark, _)| mark) {
                return Ok(Some(ToldClaim { task_id: id.to_owned(), mark, text }));
            }
            after = page.page_info.end_cursor.filter(|_| page.page_info.has_next_page);
            if after.is_none() {
                break;
            }
        }
        Ok(None)
    }
}
