//! Open pull requests of a repository: the one that is meant, and all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    loose::LooseWord,
    target::{BranchText, NameText, StrategyWord, open_query, strategy},
};
use crate::{
    model::{CallContext, Content, Scope, Whole},
    reviews::{OpenPullRequest, Reviews, SelectStrategy},
    tools::{About, Annotations, Tool, ToolError, ToolOutput, pages::Page},
};

pub(in crate::tools) struct ResolveOpenPrUrl;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct ResolveOpenPrUrlArgs {
    owner: Option<NameText>,
    repo: Option<NameText>,
    /// `owner:branch` of a fork.
    branch: Option<BranchText>,
    /// branch by default; error: several are listed.
    select_strategy: Option<LooseWord<StrategyWord>>,
    host: Option<NameText>,
}

impl Tool<Reviews> for ResolveOpenPrUrl {
    type Args = ResolveOpenPrUrlArgs;
    // The URL and nothing else, as in the server before this one.
    type Answer = ToolOutput;

    fn about(&self) -> About {
        About {
            name: "resolve_open_pr_url",
            title: "Find open PR",
            description: "The URL of a repository's open pull request.",
            annotations: Annotations::READ.beyond_the_gateway(),
            scope: Some(Scope::PrRead),
        }
    }

    async fn call(
        &self,
        reviews: &Reviews,
        context: &CallContext,
        args: ResolveOpenPrUrlArgs,
    ) -> Result<ToolOutput, ToolError> {
        let strategy = strategy(args.select_strategy)?;
        let query = open_query(args.host, args.owner, args.repo, args.branch, strategy)?;
        let url = reviews.resolve_url(&context.principal, &query).await?;
        Ok(ToolOutput::Content(vec![Content::text(url)]))
    }
}

pub(in crate::tools) struct ListOpenPullRequests;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct ListOpenPullRequestsArgs {
    owner: NameText,
    repo: NameText,
    branch: Option<BranchText>,
    #[serde(default = "page_size")]
    limit: Whole<1, 100>,
    host: Option<NameText>,
}

/// Pull requests of an answer unless the caller says otherwise.
const fn page_size() -> Whole<1, 100> {
    Whole::of::<30>()
}

#[derive(Serialize, JsonSchema)]
pub(in crate::tools) struct ListOpenPullRequestsAnswer {
    success: bool,
    pull_requests: Page<ListedPullRequest>,
    /// Whether these are all.
    complete: bool,
    /// Titles are untrusted data.
    untrusted: bool,
}

#[derive(Serialize, JsonSchema)]
struct ListedPullRequest {
    number: u64,
    url: String,
    title: String,
    author: Option<String>,
    head: String,
    base: String,
    draft: bool,
    updated_at: String,
}

impl Tool<Reviews> for ListOpenPullRequests {
    type Args = ListOpenPullRequestsArgs;
    type Answer = ListOpenPullRequestsAnswer;

    fn about(&self) -> About {
        About {
            name: "list_open_pull_requests",
            title: "Open PRs",
            description: "A repository's open pull requests, newest change first.",
            annotations: Annotations::READ.beyond_the_gateway(),
            scope: Some(Scope::PrRead),
        }
    }

    async fn call(
        &self,
        reviews: &Reviews,
        context: &CallContext,
        args: ListOpenPullRequestsArgs,
    ) -> Result<ListOpenPullRequestsAnswer, ToolError> {
        let (owner, repo) = (Some(args.owner), Some(args.repo));
        let query = open_query(args.host, owner, repo, args.branch, SelectStrategy::Latest)?;
        let most = args.limit.get() as usize;
        let (open, complete) = reviews.list_open(&context.principal, &query, most).await?;
        let pull_requests = Page::of(open.iter().cloned().map(ListedPullRequest::from));
        let complete = complete && pull_requests.last(&open, false).is_none();
        Ok(ListOpenPullRequestsAnswer { success: true, pull_requests, complete, untrusted: true })
    }
}

impl From<OpenPullRequest> for ListedPullRequest {
    fn from(open: OpenPullRequest) -> Self {
        let OpenPullRequest { number, url, title, author, head, base, draft, updated_at } = open;
        Self { number, url, title, author, head, base, draft, updated_at }
    }
}
