//! Every resource of a gateway: the board's and those of pull requests, told apart by their URIs.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    BoardResources, PullRequestResources, ResourceError, ResourceListing, ResourceProvider, TemplateListing,
    pull_requests::PREFIX,
};
use crate::{
    coordinator::Coordinator,
    model::{CallContext, Principal, ResourceContents},
    reviews::Reviews,
};

/// The resources of a gateway.
pub struct GatewayResources {
    board: BoardResources,
    pull_requests: PullRequestResources,
}

impl GatewayResources {
    /// Resources over that coordinator's board and those reviews.
    pub fn new(coordinator: Arc<Coordinator>, reviews: Arc<Reviews>) -> Self {
        Self { board: BoardResources::new(coordinator), pull_requests: PullRequestResources::new(reviews) }
    }

    fn of(&self, uri: &str) -> &dyn ResourceProvider {
        if uri.starts_with(PREFIX) { &self.pull_requests } else { &self.board }
    }
}

#[async_trait]
impl ResourceProvider for GatewayResources {
    fn list(&self) -> Vec<ResourceListing> {
        [self.board.list(), self.pull_requests.list()].concat()
    }

    fn templates(&self) -> Vec<TemplateListing> {
        [self.board.templates(), self.pull_requests.templates()].concat()
    }

    async fn may_watch(&self, principal: &Principal, uri: &str) -> Result<(), ResourceError> {
        self.of(uri).may_watch(principal, uri).await
    }

    fn right_may_end(&self, uri: &str) -> bool {
        self.of(uri).right_may_end(uri)
    }

    async fn read(&self, context: &CallContext, uri: &str) -> Result<Vec<ResourceContents>, ResourceError> {
        self.of(uri).read(context, uri).await
    }

    async fn complete(
        &self,
        principal: &Principal,
        template: &str,
        variable: &str,
        typed: &str,
    ) -> Result<Option<Vec<String>>, ResourceError> {
        self.of(template).complete(principal, template, variable, typed).await
    }
}
