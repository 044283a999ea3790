//! `taskgate://pr/{owner}/{repo}/{number}/comments`: what was said about a pull request, read with the caller's own token. With
//! the host before the owner where the gateway knows several; without it the configured one is meant.

use std::sync::Arc;

use async_trait::async_trait;

use super::{ResourceError, ResourceListing, ResourceProvider, TemplateListing};
use crate::{
    model::{CallContext, Code, Principal, ResourceContents, Scope},
    reviews::{
        FetchRequest, PullRequestAddress, PullRequestTarget, ReviewError, ReviewFilter, ReviewOutput,
        Reviews, USUAL_CHARS,
    },
};

pub(super) const PREFIX: &str = "taskgate://pr/";
const SUFFIX: &str = "/comments";
const MARKDOWN: &str = "text/markdown";

/// The pull request of that URI; `default_host` is that of one that names none.
pub fn pull_request_of(uri: &str, default_host: &str) -> Option<PullRequestAddress> {
    let parts: Vec<_> = uri.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.split('/').collect();
    match parts[..] {
        [owner, repo, number] => PullRequestAddress::of(default_host, owner, repo, number),
        [host, owner, repo, number] => PullRequestAddress::of(host, owner, repo, number),
        _ => None,
    }
}

/// The resources of pull requests.
pub struct PullRequestResources(Arc<Reviews>);

impl PullRequestResources {
    /// Resources over those reviews.
    pub fn new(reviews: Arc<Reviews>) -> Self {
        Self(reviews)
    }

    /// The pull request a principal with the right to read any asks for.
    fn address(&self, principal: &Principal, uri: &str) -> Result<PullRequestAddress, ResourceError> {
        let address = pull_request_of(uri, self.0.default_host()).ok_or(ResourceError::NotFound)?;
        if !principal.scopes.allows(Scope::PrRead) {
            return Err(ResourceError::Scope(Scope::PrRead));
        }
        Ok(address)
    }

    fn request(&self, address: &PullRequestAddress) -> FetchRequest {
        let settings = self.0.settings();
        FetchRequest {
            target: PullRequestTarget::Url(address.to_string()),
            output: ReviewOutput::Markdown,
            per_page: settings.per_page,
            max_pages: settings.max_pages,
            max_comments: settings.max_comments,
            max_retries: settings.max_retries,
            max_chars: USUAL_CHARS,
            include_conversation: false,
            filter: ReviewFilter::ALL,
            cursor: None,
        }
    }
}

#[async_trait]
impl ResourceProvider for PullRequestResources {
    fn list(&self) -> Vec<ResourceListing> {
        Vec::new()
    }

    fn templates(&self) -> Vec<TemplateListing> {
        let template = |uri_template| TemplateListing {
            uri_template,
            name: "pull_request_comments",
            title: "Review comments",
            description: "The review threads of a pull request, as your GitHub token sees them",
            mime_type: MARKDOWN,
        };
        let with_host = TemplateListing {
            name: "pull_request_comments_of_host",
            ..template("taskgate://pr/{host}/{owner}/{repo}/{number}/comments")
        };
        let several = self.0.has_several_hosts().then_some(with_host);
        [template("taskgate://pr/{owner}/{repo}/{number}/comments")].into_iter().chain(several).collect()
    }

    /// Only what this caller's token reads.
    async fn may_watch(&self, principal: &Principal, uri: &str) -> Result<(), ResourceError> {
        let address = self.address(principal, uri)?;
        self.0.may_read(principal, &address).await.map_err(meaning)
    }

    fn right_may_end(&self, _: &str) -> bool {
        true
    }

    async fn read(&self, context: &CallContext, uri: &str) -> Result<Vec<ResourceContents>, ResourceError> {
        let principal = &context.principal;
        let address = self.address(principal, uri)?;
        let fetched = self.0.fetch(principal, self.request(&address)).await.map_err(meaning)?;
        let mut text = fetched.markdown.unwrap_or_default();
        if let Some(cursor) = fetched.next_cursor {
            let rest = format!(
                "\nThere is more: call fetch_pr_review_comments with pr_url {address} and cursor {cursor}\n"
            );
            text.push_str(&rest);
        }
        Ok(vec![ResourceContents { uri: uri.to_owned(), mime_type: MARKDOWN, text: Some(text), blob: None }])
    }

    /// Nothing is offered: it would take a request to GitHub for each letter.
    async fn complete(
        &self,
        _: &Principal,
        template: &str,
        variable: &str,
        _: &str,
    ) -> Result<Option<Vec<String>>, ResourceError> {
        let is_variable = template.contains(&format!("{{{variable}}}"));
        let is_own = self.templates().iter().any(|own| own.uri_template == template);
        Ok((is_own && is_variable).then(Vec::new))
    }
}

fn meaning(error: ReviewError) -> ResourceError {
    let (code, text) = (error.code(), error.to_string());
    match code {
        Code::PullRequestNotFound => ResourceError::NotFound,
        _ if code.is_of_store() || matches!(code, Code::GithubRateLimited | Code::GithubUnavailable) => {
            ResourceError::Delayed { code, text, retry_after_seconds: error.retry_after_seconds() }
        }
        _ => ResourceError::Refused { code, text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_a_pull_request_with_and_without_its_host() {
        let of = |uri: &str| pull_request_of(uri, "github.com").map(|address| address.to_string());
        let own = Some(String::from("https://github.com/o/r/pull/7"));
        assert_eq!(of("taskgate://pr/o/r/7/comments"), own);
        assert_eq!(of("taskgate://pr/github.com/o/r/7/comments"), own);
        let other = Some(String::from("https://ghe.example.com/o/r/pull/7"));
        assert_eq!(of("taskgate://pr/GHE.example.com/o/r/7/comments"), other);
        for wrong in [
            "taskgate://pr/o/r/7",
            "taskgate://pr/o/7/comments",
            "taskgate://pr/o/r/x/comments",
            "taskgate://board",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
