//! Open pull requests of a repository, and which of them is meant.

use serde::Deserialize;

use super::{
    OpenQuery, PullRequestAddress, ReviewError, Reviews, SelectStrategy, address::is_name, reading::Patience,
};
use crate::{
    github::GithubError,
    model::{Principal, visible},
};

/// Open pull requests that are looked at.
const MOST_OPEN: usize = 300;
/// As many of a page, which is GitHub's most.
const PER_PAGE: &str = "100";
/// The longest name of a branch.
const MOST_BRANCH: usize = 255;

/// An open pull request. Its title is untrusted data.
#[derive(Clone, Debug)]
pub struct OpenPullRequest {
    /// Its number.
    pub number: u64,
    /// Its URL.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Who opened it.
    pub author: Option<String>,
    /// The branch it comes from, as `owner:branch`.
    pub head: String,
    /// The branch it goes to.
    pub base: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// RFC 3339.
    pub updated_at: String,
}

/// As REST has it.
#[derive(Deserialize)]
struct Pull {
    number: u64,
    html_url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    user: Option<PullUser>,
    head: Option<PullBranch>,
    base: Option<PullBranch>,
    #[serde(default)]
    draft: Option<bool>,
    #[serde(default)]
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct PullUser {
    login: String,
}

#[derive(Deserialize)]
struct PullBranch {
    label: Option<String>,
    #[serde(rename = "ref")]
    name: String,
}

impl Reviews {
    /// The URL of the open pull request that is meant.
    pub async fn resolve_url(&self, principal: &Principal, query: &OpenQuery) -> Result<String, ReviewError> {
        Ok(self.open_address(principal, query, self.patience()).await?.to_string())
    }

    /// The open pull requests of a repository or of a branch of it, the one that changed last first, and whether that is all.
    pub async fn list_open(
        &self,
        principal: &Principal,
        query: &OpenQuery,
        most: usize,
    ) -> Result<(Vec<OpenPullRequest>, bool), ReviewError> {
        let (host, pulls, complete) = self.pulls(principal, query, most, self.patience()).await?;
        let shown = pulls.into_iter().map(|pull| pull.into_open(&host, query));
        Ok((shown.collect(), complete))
    }

    pub(super) async fn open_address(
        &self,
        principal: &Principal,
        query: &OpenQuery,
        patience: Patience,
    ) -> Result<PullRequestAddress, ReviewError> {
        let by_branch = matches!(query.strategy, SelectStrategy::Branch | SelectStrategy::Error);
        if by_branch && query.branch.is_none() {
            return Err(ReviewError::Argument {
                field: "branch",
                problem: "expected a branch for select_strategy 'branch' and 'error': give one, or use 'latest' or 'first'",
            });
        }
        // Of the other strategies the branch is no part.
        let asked = OpenQuery { branch: query.branch.clone().filter(|_| by_branch), ..query.clone() };
        let (host, mut pulls, _) = self.pulls(principal, &asked, MOST_OPEN, patience).await?;
        let branch = query.branch.as_deref().unwrap_or_default();
        let of_forks = pulls.is_empty() && query.strategy == SelectStrategy::Branch && !branch.contains(':');
        if of_forks {
            pulls = self.of_forks(principal, query, patience).await?;
        }
        let repo = format!("{}/{}", query.owner, query.repo);
        if (of_forks || query.strategy == SelectStrategy::Error) && pulls.len() > 1 {
            let urls = pulls.into_iter().map(|pull| pull.into_open(&host, query).url).collect();
            return Err(ReviewError::SeveralOpen { place: format!("branch '{branch}' in {repo}"), urls });
        }
        let chosen = match query.strategy {
            SelectStrategy::First => pulls.iter().min_by_key(|pull| pull.number),
            _ => pulls.first(),
        };
        let none = || {
            let place = if by_branch { format!("branch '{branch}' in {repo}") } else { repo.clone() };
            ReviewError::NoneOpen { subject: if by_branch { "PR" } else { "PRs" }, place }
        };
        let number = chosen.ok_or_else(none)?.number.to_string();
        PullRequestAddress::of(&host, &query.owner, &query.repo, &number).ok_or(ReviewError::InvalidUrl)
    }

    /// Those of branches of that name in forks.
    async fn of_forks(
        &self,
        principal: &Principal,
        query: &OpenQuery,
        patience: Patience,
    ) -> Result<Vec<Pull>, ReviewError> {
        let all = OpenQuery { branch: None, ..query.clone() };
        let (_, mut pulls, _) = self.pulls(principal, &all, MOST_OPEN, patience).await?;
        if pulls.is_empty() {
            let branch = query.branch.as_deref().unwrap_or_default();
            let place = format!("{}/{} (current branch: {branch})", query.owner, query.repo);
            return Err(ReviewError::NoneOpen { subject: "PRs", place });
        }
        let is_of =
            |pull: &Pull| pull.head.as_ref().is_some_and(|head| Some(&head.name) == query.branch.as_ref());
        pulls.retain(is_of);
        Ok(pulls)
    }

    /// The host that was asked, and what is open there.
    async fn pulls(
        &self,
        principal: &Principal,
        query: &OpenQuery,
        most: usize,
        patience: Patience,
    ) -> Result<(String, Vec<Pull>, bool), ReviewError> {
        for (field, name) in [("owner", &query.owner), ("repo", &query.repo)] {
            if !is_name(name) {
                return Err(ReviewError::Argument { field, problem: "expected a name as GitHub has it" });
            }
        }
        if let Some(host) = &query.host {
            self.parts.github.host(host)?;
        }
        let credential = self.credential(principal, query.host.as_deref()).await?;
        let head = query.branch.as_deref().map(|branch| head_of(branch, &query.owner)).transpose()?;
        let ask = patience.ask(&credential);
        let mut pairs =
            vec![("state", "open"), ("sort", "updated"), ("direction", "desc"), ("per_page", PER_PAGE)];
        pairs.extend(head.as_deref().map(|head| ("head", head)));
        let path = ["repos", &query.owner, &query.repo, "pulls"];
        let listed = self.parts.github.list(&ask, &path, &pairs, most).await;
        let (mut pulls, complete): (Vec<Pull>, bool) = listed.map_err(|error| match error {
            GithubError::NotFound | GithubError::Gone => ReviewError::NoneOpen {
                subject: "PRs",
                place: format!(
                    "{}/{}: the repository does not exist, or the GitHub token does not see it",
                    query.owner, query.repo
                ),
            },
            other => other.into(),
        })?;
        // GitHub lists all of them where it does not take the filter.
        if let Some(head) = &head {
            pulls.retain(|pull| pull.is_of(head));
        }
        Ok((credential.host().to_owned(), pulls, complete))
    }
}

impl Pull {
    /// Whether it comes from that `owner:branch`.
    fn is_of(&self, wanted: &str) -> bool {
        let Some((head, (owner, branch))) = self.head.as_ref().zip(wanted.split_once(':')) else {
            return false;
        };
        let label = head.label.as_deref().and_then(|label| label.split_once(':'));
        head.name == branch && label.is_none_or(|(of, _)| of.eq_ignore_ascii_case(owner))
    }

    fn into_open(self, host: &str, query: &OpenQuery) -> OpenPullRequest {
        let (owner, repo, number) = (&query.owner, &query.repo, self.number);
        let url = self.html_url.unwrap_or_else(|| format!("https://{host}/{owner}/{repo}/pull/{number}"));
        let head = self.head.map(|head| head.label.unwrap_or(head.name)).unwrap_or_default();
        OpenPullRequest {
            number,
            url: visible(&url),
            title: visible(&self.title.unwrap_or_default()),
            author: self.user.map(|user| visible(&user.login)),
            head: visible(&head),
            base: visible(&self.base.map(|base| base.name).unwrap_or_default()),
            draft: self.draft.unwrap_or_default(),
            updated_at: visible(&self.updated_at.unwrap_or_default()),
        }
    }
}

/// `owner:branch` as REST filters by it. A name of a branch has no colon in it.
fn head_of(branch: &str, owner: &str) -> Result<String, ReviewError> {
    let fits = |text: &str| !text.is_empty() && text.len() <= MOST_BRANCH && !text.contains(char::is_control);
    let parts = branch.split_once(':').unwrap_or((owner, branch));
    match parts {
        (owner, branch) if is_name(owner) && fits(branch) => Ok(format!("{owner}:{branch}")),
        _ => Err(ReviewError::Argument {
            field: "branch",
            problem: "expected a branch, or owner:branch for a fork's",
        }),
    }
}
