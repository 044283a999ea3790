//! Answers to reviews: a reply in a thread, and whether it is resolved. Each is noted in the audit log before it is sent, and
//! sent once; the same reply given again is found at the thread's end and not sent a second time.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::{
    PullRequestAddress, ReviewError, Reviews,
    cache::ReadingKey,
    position::ReadingPlace,
    reading::{Plan, Source},
};
use crate::{
    github::{Credential, GithubError},
    model::{Actor, Principal, RequestId, UnixMillis},
};

const THREAD_END: &str = include_str!("queries/thread_end.graphql");
const REPLY: &str = include_str!("queries/reply.graphql");
const RESOLVE: &str = include_str!("queries/resolve.graphql");
const UNRESOLVE: &str = include_str!("queries/unresolve.graphql");
/// How long the same reply is a repeat.
const REPEAT_MILLIS: i64 = 600_000;
const REPLY_NEEDS: &str = "`Pull requests: write` (classic: `repo`)";
const RESOLVE_NEEDS: &str = "`Pull requests: write` and `Contents: write` (classic: `repo`)";

/// Who answers, in which call.
#[derive(Clone, Copy, Debug)]
pub struct ReviewAnswerer<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// The call, for the audit log.
    pub request_id: &'a RequestId,
}

/// What a reply answers.
#[derive(Clone, Debug)]
pub enum ReplyTo {
    /// A thread.
    Thread(String),
    /// The thread of a comment: its id of GraphQL, or its number of REST.
    Comment(String),
}

/// A reply as it stands on GitHub.
#[derive(Clone, Debug)]
pub struct Replied {
    /// The thread.
    pub thread_id: String,
    /// Its comment.
    pub comment_id: String,
    /// The comment's number of REST.
    pub rest_id: Option<u64>,
    /// Where to see it.
    pub url: String,
    /// Whether it stood there before.
    pub already: bool,
}

#[derive(Deserialize)]
struct AskedThread {
    node: Option<EndOfThread>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndOfThread {
    id: Option<String>,
    pull_request: Option<PullRequestOfThread>,
    comments: Option<LastComments>,
}

#[derive(Deserialize)]
struct PullRequestOfThread {
    number: u64,
    repository: NamedRepository,
    reviews: Option<Nodes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedRepository {
    name_with_owner: String,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct LastComments {
    nodes: Vec<Option<LastComment>>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LastComment {
    id: String,
    full_database_id: Option<String>,
    #[serde(default)]
    url: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    viewer_did_author: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplyAnswer {
    add_pull_request_review_thread_reply: Option<AddedReply>,
}

#[derive(Deserialize)]
struct AddedReply {
    comment: Option<LastComment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResolveAnswer {
    #[serde(alias = "unresolveReviewThread")]
    resolve_review_thread: Option<ResolvedThread>,
}

#[derive(Deserialize)]
struct ResolvedThread {
    thread: Option<EndOfThread>,
}

impl Reviews {
    /// Replies in a thread of a pull request, unless this caller did so in the last minutes with the same words.
    pub async fn reply(
        &self,
        by: ReviewAnswerer<'_>,
        address: PullRequestAddress,
        to: &ReplyTo,
        body: &str,
    ) -> Result<Replied, ReviewError> {
        let source = self.source(by.principal, address, self.patience()).await?;
        let thread_id = match to {
            ReplyTo::Thread(id) => id.clone(),
            ReplyTo::Comment(id) => self.thread_of(&source, id).await?,
        };
        let _only_one = self.locks.hold(*source.credential.digest(), &thread_id).await;
        let end = thread_end(&source, &thread_id).await?;
        let pull_request = end.pull_request.as_ref().ok_or(ReviewError::NoThread)?;
        if !pull_request.is(&source.address) {
            return Err(ReviewError::NoThread);
        }
        if let Some(said) = self.said_before(&end, body) {
            return Ok(said.replied(thread_id, true));
        }
        if pull_request.reviews.as_ref().is_some_and(|reviews| !reviews.nodes.is_empty()) {
            return Err(ReviewError::PendingReview);
        }
        let target = format!("{} {thread_id}", source.address.folded());
        self.audit(by, "review.reply", target).await?;
        let variables = json!({"thread": thread_id, "body": body});
        let sent = source.github.mutate::<ReplyAnswer>(&source.ask(), REPLY, &variables).await;
        self.invalidate(&source.address);
        let comment = match sent {
            Ok(answer) => answer.add_pull_request_review_thread_reply.and_then(|added| added.comment),
            Err(error @ GithubError::Unsure(_)) => {
                let end = thread_end(&source, &thread_id).await.ok();
                let said = end.and_then(|end| self.said_before(&end, body));
                return said.map(|said| said.replied(thread_id, false)).ok_or_else(|| error.into());
            }
            Err(error) => return Err(refused(error, REPLY_NEEDS)),
        };
        let comment =
            comment.ok_or(GithubError::Query { messages: vec![String::from("it gave no comment")] })?;
        Ok(comment.replied(thread_id, false))
    }

    /// Resolves a thread, or opens it again. One that is so already stays so.
    pub async fn set_resolved(
        &self,
        by: ReviewAnswerer<'_>,
        host: Option<&str>,
        thread_id: &str,
        resolved: bool,
    ) -> Result<(), ReviewError> {
        if let Some(host) = host {
            self.parts.github.host(host)?;
        }
        let credential: Credential = self.credential(by.principal, host).await?;
        let ask = self.patience().ask(&credential);
        let (document, action) =
            if resolved { (RESOLVE, "review.resolve") } else { (UNRESOLVE, "review.unresolve") };
        self.audit(by, action, format!("{} {thread_id}", credential.host())).await?;
        let variables = json!({"thread": thread_id});
        let answer: ResolveAnswer =
            self.parts.github.mutate(&ask, document, &variables).await.map_err(|error| match error {
                GithubError::NotFound => ReviewError::NoThread,
                error => refused(error, RESOLVE_NEEDS),
            })?;
        let thread = answer.resolve_review_thread.and_then(|resolved| resolved.thread);
        let pull_request = thread.and_then(|thread| thread.pull_request);
        if let Some(address) = pull_request.and_then(|pull_request| pull_request.address(credential.host())) {
            self.invalidate(&address);
        }
        Ok(())
    }

    /// The thread that has a comment.
    async fn thread_of(&self, source: &Source, comment: &str) -> Result<String, ReviewError> {
        let settings = &self.parts.settings;
        let plan = Plan {
            per_page: settings.per_page,
            max_requests: settings.max_pages,
            max_comments: settings.max_comments as usize,
            conversation: false,
            begin_at: ReadingPlace::START,
        };
        let discussion = self.read(ReadingKey::new(source, plan), source).await?;
        let rest_id = comment.parse::<u64>().ok();
        let found = discussion.threads.iter().find(|thread| {
            thread.comments.iter().any(|said| {
                said.written.id == comment || (rest_id.is_some() && said.written.rest_id == rest_id)
            })
        });
        found.map(|thread| thread.id.clone()).ok_or(ReviewError::NoComment)
    }

    /// What this caller said a short while ago at the end of a thread, in the same words.
    fn said_before(&self, end: &EndOfThread, body: &str) -> Option<LastComment> {
        let now = self.parts.clock.now().0;
        let is_recent = |comment: &&LastComment| {
            UnixMillis::from_rfc3339(&comment.created_at).is_some_and(|at| now - at.0 < REPEAT_MILLIS)
        };
        let comments = end.comments.as_ref()?.nodes.iter().rev().flatten();
        comments
            .filter(|comment| comment.viewer_did_author && words(&comment.body) == words(body))
            .find(is_recent)
            .cloned()
    }

    /// Notes what is about to be done.
    async fn audit(
        &self,
        by: ReviewAnswerer<'_>,
        action: &'static str,
        target: String,
    ) -> Result<(), ReviewError> {
        let actor = Actor { name: &by.principal.key_id, request_id: by.request_id.as_str() };
        let record = actor.audit(action, target, self.parts.clock.now());
        self.parts.audit.append_audit(&by.principal.workspace, record).await.map_err(ReviewError::Audit)
    }
}

async fn thread_end(source: &Source, thread_id: &str) -> Result<EndOfThread, ReviewError> {
    let asked: AskedThread =
        source.query(THREAD_END, &json!({"id": thread_id})).await.map_err(|error| match *error {
            GithubError::NotFound => ReviewError::NoThread,
            _ => ReviewError::Github(Arc::clone(&error)),
        })?;
    asked.node.filter(|node| node.id.is_some()).ok_or(ReviewError::NoThread)
}

fn refused(error: GithubError, needs: &'static str) -> ReviewError {
    match error {
        GithubError::Forbidden { message, .. } => ReviewError::MayNotWrite { message, needs },
        error => error.into(),
    }
}

/// A text as GitHub keeps it.
fn words(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

impl PullRequestOfThread {
    fn is(&self, address: &PullRequestAddress) -> bool {
        let name = format!("{}/{}", address.owner, address.repo);
        self.number == address.number && self.repository.name_with_owner.eq_ignore_ascii_case(&name)
    }

    fn address(&self, host: &str) -> Option<PullRequestAddress> {
        let (owner, repo) = self.repository.name_with_owner.split_once('/')?;
        PullRequestAddress::of(host, owner, repo, &self.number.to_string())
    }
}

impl LastComment {
    fn replied(self, thread_id: String, already: bool) -> Replied {
        let rest_id = self.full_database_id.and_then(|id| id.parse().ok());
        Replied { thread_id, comment_id: self.id, rest_id, url: self.url, already }
    }
}
