//! GitHub's JSON of issues and of a project's items. Whatever it leaves out or gives as `null` is none.
//! <https://docs.github.com/en/rest/issues/issues>

use serde::{Deserialize, de::IgnoredAny};

use crate::model::UnixMillis;

/// A repository.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RepoJson {
    pub(super) node_id: String,
    pub(super) full_name: String,
    #[serde(default)]
    pub(super) private: bool,
    #[serde(default = "yes")]
    pub(super) has_issues: bool,
    #[serde(default)]
    pub(super) archived: bool,
    #[serde(default)]
    pub(super) permissions: Option<PermissionsJson>,
}

/// What the credential may do there; GitHub leaves it out for some.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PermissionsJson {
    #[serde(default)]
    pub(super) triage: bool,
    #[serde(default)]
    pub(super) push: bool,
}

const fn yes() -> bool {
    true
}

/// An issue, or a pull request where one comes in a list of issues.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct IssueJson {
    /// The number the APIs of dependencies take.
    pub(super) id: u64,
    pub(super) node_id: String,
    pub(super) number: u64,
    pub(super) html_url: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) state_reason: Option<String>,
    #[serde(default)]
    pub(super) labels: Vec<LabelJson>,
    #[serde(default)]
    pub(super) assignees: Option<Vec<LoginJson>>,
    #[serde(default)]
    pub(super) author_association: Option<String>,
    #[serde(default)]
    pub(super) user: Option<LoginJson>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    #[serde(default)]
    pull_request: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) repository_url: Option<String>,
    #[serde(default)]
    pub(super) parent_issue_url: Option<String>,
    #[serde(default)]
    issue_dependencies_summary: Option<DependenciesJson>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct DependenciesJson {
    #[serde(default)]
    blocked_by: u64,
}

/// A user.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LoginJson {
    pub(super) login: String,
}

/// A label: an object, or in old answers its name alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum LabelJson {
    Name(String),
    Label {
        #[serde(default)]
        name: Option<String>,
    },
}

impl LabelJson {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Label { name } => name.as_deref().unwrap_or_default(),
        }
    }
}

impl IssueJson {
    pub(super) const fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }

    pub(super) fn is_open(&self) -> bool {
        self.state != "closed"
    }

    pub(super) fn label_names(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(LabelJson::name).filter(|name| !name.is_empty())
    }

    /// Issues that it waits for and that are open.
    pub(super) fn open_blockers(&self) -> u64 {
        self.issue_dependencies_summary.as_ref().map_or(0, |summary| summary.blocked_by)
    }

    /// The number of the issue that it is a part of, where that is in the same repository.
    pub(super) fn parent(&self) -> Option<u64> {
        let (parent, repo) = (self.parent_issue_url.as_deref()?, self.repository_url.as_deref()?);
        parent.strip_prefix(repo)?.strip_prefix("/issues/")?.parse().ok()
    }

    pub(super) fn updated_at(&self) -> UnixMillis {
        moment(&self.updated_at)
    }

    pub(super) fn created_at(&self) -> UnixMillis {
        moment(&self.created_at)
    }
}

/// The moment of a text by RFC 3339; the epoch for anything else.
pub(super) fn moment(text: &str) -> UnixMillis {
    UnixMillis::from_rfc3339(text).unwrap_or_default()
}

/// The `owner/repo` at the end of an address.
pub(super) fn repository_of(url: &str) -> Option<String> {
    let mut parts = url.rsplitn(3, '/');
    let (repo, owner) = (parts.next()?, parts.next()?);
    Some(format!("{owner}/{repo}"))
}

/// A comment of an issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommentJson {
    pub(super) id: u64,
    /// None of an account that is gone.
    #[serde(default)]
    pub(super) user: Option<AuthorJson>,
    #[serde(default)]
    pub(super) body: Option<String>,
}

/// Who wrote something.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AuthorJson {
    pub(super) login: String,
}

/// A field of a project that takes one of some options.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct FieldJson {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default)]
    pub(super) options: Vec<OptionJson>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OptionJson {
    pub(super) id: String,
    pub(super) name: String,
}

/// The chosen one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ChosenJson {
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// An item of a project.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ItemJson {
    pub(super) id: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) is_archived: bool,
    pub(super) updated_at: String,
    #[serde(default)]
    pub(super) status: Option<ChosenJson>,
    #[serde(default)]
    pub(super) priority: Option<ChosenJson>,
    #[serde(default)]
    pub(super) content: Option<ContentJson>,
    #[serde(default)]
    pub(super) project: Option<NodeJson>,
}

impl ItemJson {
    pub(super) fn updated_at(&self) -> UnixMillis {
        moment(&self.updated_at)
    }
}

/// What an item is about; an issue has all of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ContentJson {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) repository: Option<NodeJson>,
}

/// The node of the id that was asked for.
#[derive(Debug, Deserialize)]
pub(super) struct FoundNode<T> {
    pub(super) node: Option<T>,
}

/// A node, by its id.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NodeJson {
    pub(super) id: String,
}
