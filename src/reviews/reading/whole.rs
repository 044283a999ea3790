//! A discussion from a place on, read off GitHub.

use std::sync::Arc;

use super::{Plan, Source, reader::Reader};
use crate::{github::GithubError, reviews::discussion::Discussion};

/// Reads from where the plan begins as far as it goes. What was read when GitHub fails is given with where it goes on;
/// a failure before that is one.
pub(in crate::reviews) async fn read(
    source: &Source,
    plan: &Plan,
) -> Result<Arc<Discussion>, Arc<GithubError>> {
    Reader::new(source, plan, plan.max_requests).run(Vec::new()).await.map(Arc::new)
}
