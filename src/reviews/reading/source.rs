//! The pull request a reading asks for, as whom, and until when.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use crate::{
    github::{Ask, Credential, Github, GithubError, Urgency},
    reviews::{PullRequestAddress, position::ReadingPlace},
};

/// What is asked of GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::reviews) struct Plan {
    /// Threads, and remarks, of a page.
    pub(in crate::reviews) per_page: u32,
    /// Requests at most.
    pub(in crate::reviews) max_requests: u32,
    /// Comments and remarks at most.
    pub(in crate::reviews) max_comments: usize,
    /// Whether comments below the pull request are read.
    pub(in crate::reviews) conversation: bool,
    /// Where to begin.
    pub(in crate::reviews) begin_at: ReadingPlace,
}

/// How long and how hard GitHub is tried in one call.
#[derive(Clone, Copy, Debug)]
pub(in crate::reviews) struct Patience {
    pub(in crate::reviews) retries: u32,
    pub(in crate::reviews) deadline: Instant,
}

impl Patience {
    /// So for whoever has that credential.
    pub(in crate::reviews) fn ask(self, credential: &Credential) -> Ask<'_> {
        Ask { credential, deadline: self.deadline, retries: self.retries, urgency: Urgency::Person }
    }
}

/// A pull request at GitHub, for one caller's call.
#[derive(Clone)]
pub(in crate::reviews) struct Source {
    pub(in crate::reviews) github: Github,
    pub(in crate::reviews) credential: Credential,
    pub(in crate::reviews) address: PullRequestAddress,
    pub(in crate::reviews) patience: Patience,
    /// Before a page is asked for.
    pub(in crate::reviews) pause: Duration,
}

impl Source {
    /// Sends one query. Whoever reads a page decides what is asked for next when it fails: it is not sent again here.
    pub(in crate::reviews) async fn page<T: DeserializeOwned>(
        &self,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<T, Arc<GithubError>> {
        if !self.pause.is_zero() {
            tokio::time::sleep_until(self.patience.deadline.min(Instant::now() + self.pause)).await;
        }
        let ask = Ask { retries: 0, ..self.ask() };
        self.github.query(&ask, document, variables).await.map_err(Arc::new)
    }

    /// Sends one query, again if that may help.
    pub(in crate::reviews) async fn query<T: DeserializeOwned>(
        &self,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<T, Arc<GithubError>> {
        self.github.query(&self.ask(), document, variables).await.map_err(Arc::new)
    }

    /// As whom and for how long GitHub is asked.
    pub(in crate::reviews) fn ask(&self) -> Ask<'_> {
        self.patience.ask(&self.credential)
    }
}
