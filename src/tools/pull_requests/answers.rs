//! Answering reviews: a reply in a thread, and whether it is resolved.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error},
};

use super::target::{NameText, UrlText};
use crate::{
    model::{CallContext, Code, Scope, Text, Whole},
    reviews::{PullRequestAddress, ReplyTo, ReviewAnswerer, Reviews},
    tools::{About, Annotations, Tool, ToolError, schema::given},
};

/// An id of GitHub's; an empty one is none.
type NodeIdText = Text<0, 200>;

/// An id of a comment: GraphQL's text, or REST's number, which models write either way.
struct CommentId(NodeIdText);

impl<'de> Deserialize<'de> for CommentId {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Id {
            Number(u64),
            Text(String),
        }
        let text = match Id::deserialize(reader)? {
            Id::Number(number) => number.to_string(),
            Id::Text(text) => text,
        };
        Text::try_from(text).map(Self).map_err(D::Error::custom)
    }
}

impl JsonSchema for CommentId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "CommentId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 200})
    }
}

pub(in crate::tools) struct ReplyToReviewComment;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct ReplyToReviewCommentArgs {
    /// Or owner, repo and number.
    pr_url: Option<UrlText>,
    host: Option<NameText>,
    owner: Option<NameText>,
    repo: Option<NameText>,
    number: Option<Whole<1, { i32::MAX as i64 }>>,
    /// Or `comment_id`.
    thread_id: Option<NodeIdText>,
    /// `id` or `rest_id`.
    comment_id: Option<CommentId>,
    body: Text<1, 65_536>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::tools) struct ReplyToReviewCommentAnswer {
    success: bool,
    /// Whether it stood there before.
    already: bool,
    thread_id: String,
    comment_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest_id: Option<u64>,
    url: String,
}

impl Tool<Reviews> for ReplyToReviewComment {
    type Args = ReplyToReviewCommentArgs;
    type Answer = ReplyToReviewCommentAnswer;

    fn about(&self) -> About {
        About {
            name: "reply_to_review_comment",
            title: "Reply to review",
            description: "Reply in a review thread, as the owner of the GitHub token. The same words within 10 minutes \
                          are posted once.",
            annotations: Annotations::IDEMPOTENT.beyond_the_gateway(),
            scope: Some(Scope::PrWrite),
        }
    }

    async fn call(
        &self,
        reviews: &Reviews,
        context: &CallContext,
        args: ReplyToReviewCommentArgs,
    ) -> Result<ReplyToReviewCommentAnswer, ToolError> {
        if args.body.as_str().trim().is_empty() {
            return Err(ToolError::argument("body", "expected text"));
        }
        let to = match (given(args.thread_id), given(args.comment_id.map(|id| id.0))) {
            (Some(thread), None) => ReplyTo::Thread(thread),
            (None, Some(comment)) => ReplyTo::Comment(comment),
            _ => return Err(ToolError::new(Code::InvalidArguments, "give either thread_id or comment_id")),
        };
        let address = match given(args.pr_url) {
            Some(url) => reviews.address(&url)?,
            None => of_parts(reviews, given(args.host), given(args.owner), given(args.repo), args.number)?,
        };
        let replied = reviews.reply(answerer(context), address, &to, args.body.as_str()).await?;
        Ok(ReplyToReviewCommentAnswer {
            success: true,
            already: replied.already,
            thread_id: replied.thread_id,
            comment_id: replied.comment_id,
            rest_id: replied.rest_id,
            url: replied.url,
        })
    }
}

fn of_parts<const MAX: i64>(
    reviews: &Reviews,
    host: Option<String>,
    owner: Option<String>,
    repo: Option<String>,
    number: Option<Whole<1, MAX>>,
) -> Result<PullRequestAddress, ToolError> {
    let missing = || ToolError::new(Code::InvalidArguments, "give pr_url, or owner, repo and number");
    let (owner, repo) = (owner.ok_or_else(missing)?, repo.ok_or_else(missing)?);
    let number = number.ok_or_else(missing)?.get();
    let host = host.unwrap_or_else(|| reviews.default_host().to_owned());
    Ok(reviews.address(&format!("https://{host}/{owner}/{repo}/pull/{number}"))?)
}

pub(in crate::tools) struct ResolveReviewThread;
pub(in crate::tools) struct UnresolveReviewThread;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct ReviewThreadArgs {
    thread_id: Text<1, 200>,
    host: Option<NameText>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::tools) struct ReviewThreadAnswer {
    success: bool,
    thread_id: String,
    is_resolved: bool,
}

impl Tool<Reviews> for ResolveReviewThread {
    type Args = ReviewThreadArgs;
    type Answer = ReviewThreadAnswer;

    fn about(&self) -> About {
        About {
            name: "resolve_review_thread",
            title: "Resolve thread",
            description: "Mark a review thread as resolved.",
            annotations: Annotations::IDEMPOTENT.beyond_the_gateway(),
            scope: Some(Scope::PrWrite),
        }
    }

    async fn call(
        &self,
        reviews: &Reviews,
        context: &CallContext,
        args: ReviewThreadArgs,
    ) -> Result<ReviewThreadAnswer, ToolError> {
        set(reviews, context, args, true).await
    }
}

impl Tool<Reviews> for UnresolveReviewThread {
    type Args = ReviewThreadArgs;
    type Answer = ReviewThreadAnswer;

    fn about(&self) -> About {
        About {
            name: "unresolve_review_thread",
            title: "Reopen thread",
            description: "Mark a review thread as not resolved.",
            annotations: Annotations::IDEMPOTENT.beyond_the_gateway(),
            scope: Some(Scope::PrWrite),
        }
    }

    async fn call(
        &self,
        reviews: &Reviews,
        context: &CallContext,
        args: ReviewThreadArgs,
    ) -> Result<ReviewThreadAnswer, ToolError> {
        set(reviews, context, args, false).await
    }
}

async fn set(
    reviews: &Reviews,
    context: &CallContext,
    args: ReviewThreadArgs,
    is_resolved: bool,
) -> Result<ReviewThreadAnswer, ToolError> {
    let (thread_id, host) = (args.thread_id.into_string(), given(args.host));
    reviews.set_resolved(answerer(context), host.as_deref(), &thread_id, is_resolved).await?;
    Ok(ReviewThreadAnswer { success: true, thread_id, is_resolved })
}

fn answerer(context: &CallContext) -> ReviewAnswerer<'_> {
    ReviewAnswerer { principal: &context.principal, request_id: &context.request_id }
}
