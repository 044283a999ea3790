//! Pull-request reviews for callers, each with their own GitHub token.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    FetchRequest, Fetched, PullRequestAddress, ReviewError,
    cache::{ReadingKey, Readings},
    locks::ThreadLocks,
    position::{Bookmark, ReadingPlace},
    reading::{Patience, Plan, Source},
    request::PullRequestTarget,
    showing::{Showing, show},
};
use crate::{
    clock::Clock,
    config::ReviewSettings,
    github::{Credential, Credentials, Github},
    model::Principal,
    stores::AuditLog,
};

/// For everything GitHub is asked in one call.
const UPSTREAM_TIME: Duration = Duration::from_secs(10);
const MAY_READ: &str = include_str!("queries/may_read.graphql");

/// What reviews are read and answered with.
pub struct ReviewParts {
    /// GitHub.
    pub github: Github,
    /// Whose token a call uses.
    pub credentials: Arc<Credentials>,
    /// How much is read unless a call says otherwise.
    pub settings: ReviewSettings,
    /// Where answers are noted.
    pub audit: Arc<dyn AuditLog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Reviews of pull requests.
pub struct Reviews {
    pub(super) parts: ReviewParts,
    pub(super) readings: Readings,
    pub(super) locks: ThreadLocks,
}

#[derive(Deserialize)]
struct Seen {
    repository: Option<SeenRepository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeenRepository {
    pull_request: Option<Value>,
}

impl Reviews {
    /// Reviews read and answered with these.
    pub fn new(parts: ReviewParts) -> Self {
        let readings = Readings::new(Arc::clone(&parts.clock));
        Self { parts, readings, locks: ThreadLocks::default() }
    }

    /// How much is read unless a call says otherwise.
    pub fn settings(&self) -> &ReviewSettings {
        &self.parts.settings
    }

    /// The host that is meant when none is named.
    pub fn default_host(&self) -> &str {
        &self.parts.github.default_host().name
    }

    /// Whether a host must be named for everything to be reached.
    pub fn has_several_hosts(&self) -> bool {
        self.parts.github.hosts().len() > 1
    }

    /// What was said about a pull request, from the first or from a cursor on.
    pub async fn fetch(&self, principal: &Principal, request: FetchRequest) -> Result<Fetched, ReviewError> {
        let patience = Patience { retries: request.max_retries, ..self.patience() };
        let address = match &request.target {
            PullRequestTarget::Url(url) => self.address(url)?,
            PullRequestTarget::Open(query) => self.open_address(principal, query, patience).await?,
        };
        let source = self.source(principal, address, patience).await?;
        let plan = Plan {
            per_page: request.per_page,
            max_requests: request.max_pages,
            max_comments: request.max_comments as usize,
            conversation: request.include_conversation,
            begin_at: ReadingPlace::START,
        };
        let bookmark = match &request.cursor {
            Some(cursor) => Bookmark::from_cursor(cursor, &source.address).ok_or(ReviewError::Cursor)?,
            None => Bookmark { place: ReadingPlace::START, begun_at: ReadingPlace::START },
        };
        let showing = Showing {
            address: &source.address,
            filter: &request.filter,
            output: request.output,
            most_chars: request.max_chars,
            from: &bookmark.place,
        };
        // What follows the place may have been read already, together with what came before it.
        let whole = ReadingKey::new(&source, Plan { begin_at: bookmark.begun_at.clone(), ..plan.clone() });
        if bookmark.begun_at != bookmark.place && self.readings.holds(&whole) {
            let discussion = self.read(whole, &source).await?;
            if let Some(fetched) = show(&showing, &discussion) {
                return Ok(fetched);
            }
        }
        let key = ReadingKey::new(&source, Plan { begin_at: bookmark.place.clone(), ..plan });
        let discussion = self.read(key, &source).await?;
        Ok(show(&showing, &discussion).expect("a reading has the place where it began"))
    }

    /// Whether this caller's token reads a pull request: asked of GitHub, unless it did so seconds ago.
    pub async fn may_read(
        &self,
        principal: &Principal,
        address: &PullRequestAddress,
    ) -> Result<(), ReviewError> {
        let source = self.source(principal, address.clone(), self.patience()).await?;
        let (token, of) = (*source.credential.digest(), Arc::from(address.folded()));
        if self.readings.was_read_by(token, Arc::clone(&of)) {
            return Ok(());
        }
        let variables = json!({"owner": address.owner, "name": address.repo, "number": address.number});
        let seen: Seen =
            source.query(MAY_READ, &variables).await.map_err(|error| ReviewError::about(address, error))?;
        let pull_request = seen.repository.and_then(|repository| repository.pull_request);
        pull_request.ok_or_else(|| ReviewError::NotFound(address.clone()))?;
        self.readings.note_reader(token, of);
        Ok(())
    }

    /// From now on nothing that was read of it is given without a look at GitHub.
    pub fn invalidate(&self, address: &PullRequestAddress) {
        self.readings.invalidate(address.folded().into());
    }

    /// The pull request of a URL, if its host is one that is asked.
    pub fn address(&self, url: &str) -> Result<PullRequestAddress, ReviewError> {
        let address = PullRequestAddress::parse(url).ok_or(ReviewError::InvalidUrl)?;
        self.parts.github.host(&address.host)?;
        Ok(address)
    }

    pub(super) async fn read(
        &self,
        key: ReadingKey,
        source: &Source,
    ) -> Result<Arc<super::discussion::Discussion>, ReviewError> {
        let reading = self.readings.get(key, source.clone()).await;
        reading.map_err(|error| ReviewError::about(&source.address, error))
    }

    /// A pull request, as this caller asks for it.
    pub(super) async fn source(
        &self,
        principal: &Principal,
        address: PullRequestAddress,
        patience: Patience,
    ) -> Result<Source, ReviewError> {
        let credential = self.credential(principal, Some(&address.host)).await?;
        let github = self.parts.github.clone();
        Ok(Source { github, credential, address, patience, pause: Duration::ZERO })
    }

    /// How long and how hard GitHub is tried in a call that begins now.
    pub(super) fn patience(&self) -> Patience {
        Patience { retries: self.parts.settings.max_retries, deadline: Instant::now() + UPSTREAM_TIME }
    }

    /// As whom this caller asks that host.
    pub(super) async fn credential(
        &self,
        principal: &Principal,
        host: Option<&str>,
    ) -> Result<Credential, ReviewError> {
        Ok(self.parts.credentials.of(principal, host).await?)
    }
}
