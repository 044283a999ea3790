//! What is known of a discussion made new with as little as possible: one light query tells what changed, and that alone is
//! read again.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Plan, Source, pages::SectionState, reader::Reader, steps, wire::InRepository};
use crate::{
    github::GithubError,
    reviews::discussion::{Discussion, RemarkKind, ReviewThread, TextMark},
};

const CHANGES: &str = include_str!("../queries/changes.graphql");
/// Texts at the end of a thread or a section that the light query looks at; GitHub's most.
const LOOKED_AT: usize = 100;
/// Threads that are read again by their ids in one request.
const THREADS_AT_ONCE: usize = 25;
/// With more of them the whole is read again.
const MOST_CHANGED: usize = 100;

#[derive(Serialize)]
struct ChangesVariables<'a> {
    owner: &'a str,
    name: &'a str,
    number: u64,
    after: Option<String>,
    conversation: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangedDiscussion {
    review_decision: Option<String>,
    review_threads: LightThreads,
    reviews: Option<LightTexts>,
    comments: Option<LightTexts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LightThreads {
    page_info: LightPageInfo,
    edges: Vec<Option<LightEdge>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LightPageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct LightEdge {
    cursor: String,
    node: Option<LightThread>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LightThread {
    id: String,
    is_resolved: bool,
    is_outdated: bool,
    line: Option<u64>,
    comments: LightTexts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LightTexts {
    total_count: usize,
    nodes: Vec<Option<LightText>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LightText {
    updated_at: String,
    is_minimized: bool,
    #[serde(default)]
    state: String,
}

/// `known`, which was all there was, as it is now. None says that the whole has to be read again.
pub(in crate::reviews) async fn freshen(
    source: &Source,
    plan: &Plan,
    known: &Arc<Discussion>,
) -> Result<Option<Arc<Discussion>>, Arc<GithubError>> {
    let Some((threads, last, requests)) = changes(source, plan).await? else { return Ok(None) };
    let same_reviews = last.reviews.is_some_and(|texts| texts.are(&known.review_marks));
    let same_talk = last.comments.is_none_or(|texts| texts.are(&known.conversation_marks));
    let of_id: HashMap<_, _> = known.threads.iter().map(|thread| (thread.id.as_str(), thread)).collect();
    let (mut merged, mut changed) = (Vec::with_capacity(threads.len()), Vec::new());
    for (cursor, light) in threads {
        let same = of_id.get(light.id.as_str()).filter(|thread| light.is(thread));
        let thread = same.map_or_else(
            || ReviewThread { id: light.id.clone(), ..ReviewThread::default() },
            |thread| (*thread).clone(),
        );
        if same.is_none() {
            changed.push(light.id);
        }
        merged.push(ReviewThread { cursor, ..thread });
    }
    let is_same = changed.is_empty() && same_reviews && same_talk && merged.len() == known.threads.len();
    if is_same && last.review_decision == known.decision {
        return Ok(Some(Arc::clone(known)));
    }
    let requests = requests + changed.len().div_ceil(THREADS_AT_ONCE) as u32;
    if changed.len() > MOST_CHANGED || requests >= plan.max_requests {
        return Ok(None);
    }
    let mut reader = Reader::new(source, plan, plan.max_requests - requests);
    reader.threads = merged;
    reader.decision = last.review_decision;
    reader.unreadable = known.unreadable;
    reader.sections.threads = SectionState::Done;
    reader.keep_remarks(known, same_reviews, same_talk);
    let begun = changed.chunks(THREADS_AT_ONCE).map(|ids| steps::threads(source.clone(), ids.to_vec()));
    let fresh = reader.run(begun.collect()).await?;
    Ok(fresh.rest.is_none().then(|| Arc::new(fresh)))
}

/// Every thread as the light query shows it with its cursor, the end of the last page, and how many requests it took.
async fn changes(
    source: &Source,
    plan: &Plan,
) -> Result<Option<(Vec<(String, LightThread)>, ChangedDiscussion, u32)>, Arc<GithubError>> {
    let (mut threads, mut after, mut requests) = (Vec::new(), None, 0);
    loop {
        let address = &source.address;
        let variables = ChangesVariables {
            owner: &address.owner,
            name: &address.repo,
            number: address.number,
            after,
            conversation: plan.conversation,
        };
        let answer: InRepository<ChangedDiscussion> = source.query(CHANGES, &variables).await?;
        let mut page = answer.pull_request().ok_or(GithubError::NotFound)?;
        requests += 1;
        for edge in std::mem::take(&mut page.review_threads.edges).into_iter().flatten() {
            let Some(node) = edge.node else { return Ok(None) };
            threads.push((edge.cursor, node));
        }
        let info = &page.review_threads.page_info;
        if !info.has_next_page {
            return Ok(Some((threads, page, requests)));
        }
        if requests >= plan.max_requests {
            return Ok(None);
        }
        after = std::mem::take(&mut page.review_threads.page_info.end_cursor);
    }
}

impl LightThread {
    /// Whether it is what was read before.
    fn is(&self, known: &ReviewThread) -> bool {
        let marks: Vec<_> = known
            .comments
            .iter()
            .map(|comment| TextMark {
                updated_at: comment.written.updated_at.clone(),
                is_minimized: comment.written.minimized.is_some(),
                state: if comment.written.pending { "PENDING" } else { "SUBMITTED" }.to_owned(),
            })
            .collect();
        (self.is_resolved, self.is_outdated, self.line) == (known.is_resolved, known.is_outdated, known.line)
            && self.comments.are(&marks)
    }
}

impl LightTexts {
    /// Whether these are the ends of what was read before.
    fn are(&self, known: &[TextMark]) -> bool {
        let end = &known[known.len().saturating_sub(LOOKED_AT)..];
        self.total_count == known.len()
            && self.nodes.len() == end.len()
            && self.nodes.iter().zip(end).all(|(text, mark)| text.as_ref().is_some_and(|text| text.is(mark)))
    }
}

impl LightText {
    fn is(&self, mark: &TextMark) -> bool {
        (&self.updated_at, self.is_minimized, &self.state)
            == (&mark.updated_at, mark.is_minimized, &mark.state)
    }
}

impl Reader<'_> {
    /// Takes over the remarks that are as they were; the others are read again.
    fn keep_remarks(&mut self, known: &Discussion, same_reviews: bool, same_talk: bool) {
        let is_review = |kind: &RemarkKind| matches!(kind, RemarkKind::Review { .. });
        if same_reviews {
            self.sections.reviews = SectionState::Done;
            self.review_marks.clone_from(&known.review_marks);
            self.reviews = known.remarks.iter().filter(|remark| is_review(&remark.kind)).cloned().collect();
        }
        if same_talk {
            self.sections.conversation = SectionState::Done;
            self.conversation_marks.clone_from(&known.conversation_marks);
            self.conversation =
                known.remarks.iter().filter(|remark| !is_review(&remark.kind)).cloned().collect();
        }
    }
}
