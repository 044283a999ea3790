//! The requests of a reading: the next page of every section at once, and what is left of long threads.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use serde::Serialize;

use super::{
    Source,
    wire::{DiscussionPage, InRepository, OneThread, SomeThreads, ThreadNode},
};
use crate::github::GithubError;

const DISCUSSION: &str = include_str!("../queries/discussion.graphql");
const THREAD_COMMENTS: &str = include_str!("../queries/thread_comments.graphql");
const THREADS: &str = include_str!("../queries/threads.graphql");

/// The most a page has of anything at GitHub.
pub(super) const MOST_OF_A_PAGE: u32 = 100;

/// What one request came to.
pub(super) enum ReadingStep {
    /// A page of each section that was asked for; none when the token does not see the pull request.
    Page(Result<Option<DiscussionPage>, Arc<GithubError>>),
    /// More comments of the thread with that id, which may be gone.
    Comments(String, Result<Option<ThreadNode>, Arc<GithubError>>),
    /// These threads anew, those that are gone left out.
    Threads(Result<Vec<ThreadNode>, Arc<GithubError>>),
}

/// The sections of a page, each from where on.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageVariables {
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) size: u32,
    /// Comments of each thread.
    pub(super) within: u32,
    pub(super) threads: bool,
    pub(super) threads_after: Option<String>,
    pub(super) reviews: bool,
    pub(super) reviews_after: Option<String>,
    pub(super) conversation: bool,
    pub(super) conversation_after: Option<String>,
}

#[derive(Serialize)]
struct CommentsVariables<'a> {
    id: &'a str,
    size: u32,
    after: Option<String>,
}

#[derive(Serialize)]
struct ThreadsVariables {
    ids: Vec<String>,
    within: u32,
}

/// Asks for a page.
pub(super) fn page(source: Source, variables: PageVariables) -> BoxFuture<'static, ReadingStep> {
    async move {
        let answer: Result<InRepository<DiscussionPage>, _> = source.page(DISCUSSION, &variables).await;
        ReadingStep::Page(answer.map(InRepository::pull_request))
    }
    .boxed()
}

/// Asks for what is left of a thread.
pub(super) fn comments(
    source: Source,
    id: String,
    after: Option<String>,
    size: u32,
) -> BoxFuture<'static, ReadingStep> {
    async move {
        let variables = CommentsVariables { id: &id, size, after };
        let answer: Result<OneThread, _> = source.page(THREAD_COMMENTS, &variables).await;
        ReadingStep::Comments(id, answer.map(|answer| answer.node))
    }
    .boxed()
}

/// Asks for threads anew.
pub(super) fn threads(source: Source, ids: Vec<String>) -> BoxFuture<'static, ReadingStep> {
    async move {
        let variables = ThreadsVariables { ids, within: MOST_OF_A_PAGE };
        let answer: Result<SomeThreads, _> = source.query(THREADS, &variables).await;
        ReadingStep::Threads(answer.map(|answer| answer.nodes.into_iter().flatten().collect()))
    }
    .boxed()
}
