//! The client: what can be asked of GitHub. As whom is an argument of every call, and decides which host is asked.

use std::{sync::Arc, time::Duration};

use http::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use url::Url;

use super::{
    Ask, Credential, GithubError, GithubHost, Urgency,
    exchange::{GithubExchange, GithubRequest},
    graphql::{self, Question},
    link::next_link,
    quota::TokenQuotas,
    tagged_answers::TaggedAnswers,
    verdict::Api,
};
use crate::{clock::Clock, config::GithubSettings, net::HttpClient};

/// For GitHub to say whose a token is. Who waits for something that waits for that gives it longer.
pub const LOGIN_TIME: Duration = Duration::from_secs(10);
const VIEWER: &str = include_str!("queries/viewer.graphql");

/// Every GitHub of this gateway. Cloning shares everything.
#[derive(Clone)]
pub struct Github(Arc<GithubExchange>);

/// A page of a list.
pub struct ListPage<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next one is; `None` after the last.
    pub next: Option<NextPage>,
}

/// The address of a page, as GitHub gave it.
pub struct NextPage(Url);

#[derive(Deserialize)]
struct ViewerJson {
    viewer: Login,
}

#[derive(Deserialize)]
struct Login {
    login: String,
}

impl Github {
    /// GitHub where the settings say.
    pub fn new(client: HttpClient, settings: &GithubSettings, clock: Arc<dyn Clock>) -> Self {
        let hosts = settings.hosts.iter().map(GithubHost::at).collect();
        let (quotas, kept) = (TokenQuotas::new(), TaggedAnswers::new());
        Self(Arc::new(GithubExchange { client, hosts, clock, quotas, kept }))
    }

    /// Requests that are left of this hour to the credential that has the fewest, of the REST API and of GraphQL; `None` where
    /// GitHub has not said.
    pub fn least_quota_left(&self) -> (Option<u64>, Option<u64>) {
        self.0.quotas.least_left()
    }

    /// The hosts that are asked, the configured one first; github.com is always among them.
    pub fn hosts(&self) -> &[GithubHost] {
        &self.0.hosts
    }

    /// The host of that name, whatever its case.
    pub fn host(&self, name: &str) -> Result<&GithubHost, GithubError> {
        self.0.host(name)
    }

    /// The configured host.
    pub fn default_host(&self) -> &GithubHost {
        self.0.hosts.first().expect("settings name one host at least")
    }

    /// The login of a token's owner at that host.
    pub async fn login_of(&self, host: &str, token: &SecretString) -> Result<String, GithubError> {
        self.login(&Credential::token(token.clone(), Arc::clone(&self.host(host)?.name))).await
    }

    /// The login that a credential acts as.
    pub async fn login(&self, credential: &Credential) -> Result<String, GithubError> {
        let deadline = Instant::now() + LOGIN_TIME;
        let ask = Ask { credential, deadline, retries: 1, urgency: Urgency::Person };
        Ok(self.query::<ViewerJson>(&ask, VIEWER, &serde_json::json!({})).await?.viewer.login)
    }

    /// A GraphQL query; tried again as reads are. `document` is the text of a `.graphql` file.
    pub async fn query<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<T, GithubError> {
        let request = self.graphql(ask, document, variables)?;
        graphql::data(&self.0.read(ask, &request).await?.body)
    }

    /// A GraphQL mutation: sent once, at a pace; [`GithubError::Unsure`] when it may or may not have happened.
    pub async fn mutate<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<T, GithubError> {
        let request = self.graphql(ask, document, variables)?;
        graphql::data(&self.0.write(ask, &request).await?.body).map_err(GithubError::of_write)
    }

    /// What REST has at those segments, which are percent-encoded here.
    pub async fn get<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GithubError> {
        let url = self.host(ask.credential.host())?.rest_url(path, query);
        let answer = self.0.read(ask, &get(url)).await?;
        serde_json::from_slice(&answer.body).map_err(GithubError::Malformed)
    }

    /// The first page of a list.
    pub async fn first_page<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<ListPage<T>, GithubError> {
        self.page(ask, self.host(ask.credential.host())?.rest_url(path, query)).await
    }

    /// The page after another one.
    pub async fn next_page<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        next: NextPage,
    ) -> Result<ListPage<T>, GithubError> {
        self.page(ask, next.0).await
    }

    async fn page<T: DeserializeOwned>(&self, ask: &Ask<'_>, url: Url) -> Result<ListPage<T>, GithubError> {
        let request = get(url);
        let answer = self.0.read(ask, &request).await?;
        let items = serde_json::from_slice(&answer.body).map_err(GithubError::Malformed)?;
        let Some(next) = answer.header("link").and_then(next_link) else {
            return Ok(ListPage { items, next: None });
        };
        let next = request.url.join(next).ok().filter(|next| next.origin() == request.url.origin());
        let next = next.ok_or(GithubError::Elsewhere { status: answer.status })?;
        Ok(ListPage { items, next: Some(NextPage(next)) })
    }

    /// The items of a list from all its pages, at most `most` of them; `true` when there are no more.
    pub async fn list<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        path: &[&str],
        query: &[(&str, &str)],
        most: usize,
    ) -> Result<(Vec<T>, bool), GithubError> {
        let mut page = self.first_page(ask, path, query).await?;
        let mut items = Vec::new();
        loop {
            items.append(&mut page.items);
            match page.next {
                Some(next) if items.len() < most => page = self.next_page(ask, next).await?,
                next => {
                    let complete = items.len() <= most && next.is_none();
                    items.truncate(most);
                    return Ok((items, complete));
                }
            }
        }
    }

    /// A write by REST: sent once, at a pace; [`GithubError::Unsure`] when it may or may not have happened. Without a body, what is
    /// sent and what is answered is `null`.
    pub async fn write<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, GithubError> {
        let url = self.host(ask.credential.host())?.rest_url(path, &[]);
        let body = serde_json::to_vec(body).map_err(GithubError::Malformed)?;
        let body = (body != b"null").then_some(body);
        let answer = self.0.write(ask, &GithubRequest { method, url, body, api: Api::Rest }).await?;
        let body = if answer.body.is_empty() { b"null".as_slice() } else { &answer.body };
        serde_json::from_slice(body).map_err(|error| GithubError::of_write(GithubError::Malformed(error)))
    }

    fn graphql(
        &self,
        ask: &Ask<'_>,
        document: &'static str,
        variables: &impl Serialize,
    ) -> Result<GithubRequest, GithubError> {
        let url = self.host(ask.credential.host())?.graphql.clone();
        let question = Question { query: document, variables };
        let body = Some(serde_json::to_vec(&question).map_err(GithubError::Malformed)?);
        Ok(GithubRequest { method: Method::POST, url, body, api: Api::Graphql })
    }
}

const fn get(url: Url) -> GithubRequest {
    GithubRequest { method: Method::GET, url, body: None, api: Api::Rest }
}
