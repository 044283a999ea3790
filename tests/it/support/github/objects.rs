//! The objects of GitHub's graph that the fake has, and their fields as somebody sees them.

use serde_json::{Map, Value, json};

use super::{
    issues::{
        ItemId, issue_field, issue_node_id, issue_of_id, item_of_id, owner_field, project_field,
        project_node_id, project_of_id,
    },
    world::{Text, Token, World, is_author, thread_id},
};

/// An object: its kind, and its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Query,
    Actor(String),
    Organization(String),
    Issue(usize),
    Project(usize),
    Item(ItemId),
    /// A field of a project.
    ProjectField(usize, usize),
    /// One that is not a choice.
    ProjectText(usize, usize),
    /// What an item of a project has in a field.
    ProjectValue(usize, usize, usize),
    Draft(usize, usize),
    Repository(usize),
    Pull(usize),
    Thread(usize),
    Comment(usize),
    Review(usize),
    Talk(usize),
    /// What a mutation answers, around what it changed.
    Payload(&'static str, &'static str, Box<Node>),
    /// An object without a row of its own.
    Plain(&'static str, Value),
}

/// What a field is.
pub enum Field {
    Leaf(Value),
    One(Option<Node>),
    Many(Vec<Option<Node>>),
    /// The same with an error, of one that is not there.
    Partly(Vec<Option<Node>>, &'static str, String),
    Connection(Vec<Node>),
    /// An error in its place: type and message.
    Failed(&'static str, String),
    /// There is no such field.
    Unknown,
}

impl Node {
    /// Its type in GitHub's schema.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Actor(_) => "User",
            Self::Repository(_) => "Repository",
            Self::Pull(_) => "PullRequest",
            Self::Thread(_) => "PullRequestReviewThread",
            Self::Comment(_) => "PullRequestReviewComment",
            Self::Review(_) => "PullRequestReview",
            Self::Talk(_) => "IssueComment",
            Self::Organization(_) => "Organization",
            Self::Issue(_) => "Issue",
            Self::Project(_) => "ProjectV2",
            Self::Item(_) => "ProjectV2Item",
            Self::ProjectField(..) => "ProjectV2SingleSelectField",
            Self::ProjectText(..) => "ProjectV2Field",
            Self::ProjectValue(..) => "ProjectV2ItemFieldSingleSelectValue",
            Self::Draft(..) => "DraftIssue",
            Self::Payload(kind, ..) | Self::Plain(kind, _) => kind,
        }
    }

    /// Whether a fragment on that type is about it.
    pub fn is_a(&self, kind: &str) -> bool {
        self.kind() == kind
            || match kind {
                "Node" => !matches!(self, Self::Query | Self::Payload(..) | Self::Plain(..)),
                "Actor" => matches!(self, Self::Actor(_)),
                "RepositoryOwner" | "ProjectV2Owner" => {
                    matches!(self, Self::Actor(_) | Self::Organization(_))
                }
                "ProjectV2FieldCommon" => matches!(self, Self::ProjectField(..) | Self::ProjectText(..)),
                "Comment" => matches!(self, Self::Comment(_) | Self::Review(_) | Self::Talk(_)),
                _ => false,
            }
    }

    pub fn id(&self) -> String {
        match self {
            Self::Actor(login) => format!("U_{login}"),
            Self::Repository(index) => format!("R_kgDO{index:04}"),
            Self::Pull(index) => format!("PR_kwDO{index:04}"),
            Self::Thread(index) => thread_id(*index),
            Self::Comment(index) => format!("PRRC_kwDO{index:04}"),
            Self::Review(index) => format!("PRR_kwDO{index:04}"),
            Self::Talk(index) => format!("IC_kwDO{index:04}"),
            Self::Organization(login) => format!("O_{login}"),
            Self::Issue(index) => issue_node_id(*index),
            Self::Query | Self::Payload(..) | Self::Plain(..) => String::new(),
            _ => project_node_id(self),
        }
    }

    /// What has that id, if this token sees it.
    pub fn of_id(id: &str, world: &World, viewer: &Token) -> Option<Self> {
        let known = (issue_of_id(id).map(Self::Issue))
            .or_else(|| project_of_id(id).map(Self::Project))
            .or_else(|| item_of_id(id).map(Self::Item));
        if let Some(known) = known {
            return known.is_seen_by(world, &viewer.login).then_some(known);
        }
        let rows = |count: usize, make: fn(usize) -> Self| (0..count).map(make);
        let mut all = rows(world.threads.len(), Self::Thread)
            .chain(rows(world.comments.len(), Self::Comment))
            .chain(rows(world.reviews.len(), Self::Review))
            .chain(rows(world.talk.len(), Self::Talk))
            .chain(rows(world.pulls.len(), Self::Pull))
            .chain(rows(world.repos.len(), Self::Repository));
        all.find(|node| node.id() == id && node.is_seen_by(world, &viewer.login))
    }

    pub fn is_seen_by(&self, world: &World, login: &str) -> bool {
        match self {
            Self::Repository(index) => world.sees_repo(login, *index),
            Self::Pull(index) => world.sees_repo(login, world.pulls[*index].repo),
            Self::Thread(index) => {
                let is_hidden = world.comments.iter().any(|comment| comment.thread == *index)
                    && world.comments_of(login, *index).is_empty();
                Self::Pull(world.threads[*index].pull).is_seen_by(world, login) && !is_hidden
            }
            Self::Comment(index) => {
                Self::Thread(world.comments[*index].thread).is_seen_by(world, login)
                    && world.sees_comment(login, *index)
            }
            Self::Review(index) => {
                Self::Pull(world.reviews[*index].pull).is_seen_by(world, login)
                    && world.sees_review(login, *index)
            }
            Self::Talk(index) => Self::Pull(world.talk[*index].pull).is_seen_by(world, login),
            Self::Issue(index) => {
                let issue = world.tracker.issues.get(*index);
                issue.is_some_and(|issue| issue.is_listed().is_some() && world.sees_repo(login, issue.repo))
            }
            Self::Project(index) => *index < world.tracker.projects.len(),
            Self::Item((project, item)) => {
                let project = world.tracker.projects.get(*project);
                let item = project.and_then(|project| project.items.get(*item));
                item.is_some_and(|item| item.seen().is_some())
            }
            _ => true,
        }
    }

    /// One of its fields.
    pub fn field(&self, name: &str, arguments: &Map<String, Value>, world: &World, viewer: &Token) -> Field {
        match (self, name) {
            (_, "__typename") => Field::Leaf(json!(self.kind())),
            (Self::Plain(_, value), "id") if value.get("id").is_some() => Field::Leaf(value["id"].clone()),
            (Self::Query | Self::Payload(..) | Self::Plain(..), "id") => Field::Unknown,
            (_, "id") => Field::Leaf(json!(self.id())),
            (Self::Query, _) => super::queries::root(name, arguments, world, viewer),
            (Self::Actor(login) | Self::Organization(login), _) => {
                owner_field(login, name, arguments, world, viewer)
            }
            (Self::Issue(index), _) => issue_field(*index, name, arguments, world),
            (
                Self::Project(_)
                | Self::Item(_)
                | Self::ProjectField(..)
                | Self::ProjectText(..)
                | Self::ProjectValue(..)
                | Self::Draft(..),
                _,
            ) => project_field(self, name, arguments, world, viewer),
            (Self::Repository(index), _) => super::queries::repository(*index, name, arguments, world),
            (Self::Pull(index), _) => super::queries::pull(*index, name, arguments, world, viewer),
            (Self::Thread(index), _) => thread(*index, name, world, viewer),
            (Self::Comment(index), _) => comment(*index, name, world, viewer),
            (Self::Review(index), _) => review(*index, name, world, viewer),
            (Self::Talk(index), _) => talk(*index, name, world, viewer),
            (Self::Payload(_, field, node), _) if *field == name => Field::One(Some((**node).clone())),
            (Self::Payload(..), "clientMutationId") => Field::Leaf(Value::Null),
            (Self::Plain(_, value), _) if value.get(name).is_some() => Field::Leaf(value[name].clone()),
            _ => Field::Unknown,
        }
    }
}

fn thread(index: usize, name: &str, world: &World, viewer: &Token) -> Field {
    let thread = &world.threads[index];
    Field::Leaf(match name {
        "isResolved" => json!(thread.is_resolved),
        "isOutdated" => json!(thread.is_outdated),
        "isCollapsed" => json!(thread.is_resolved || thread.is_outdated),
        "path" => json!(thread.path),
        "line" => json!(thread.line),
        "startLine" | "originalStartLine" => json!(thread.start_line),
        "originalLine" => json!(thread.original_line),
        "diffSide" => json!(thread.side),
        "startDiffSide" => json!(thread.start_line.map(|_| thread.side)),
        "subjectType" => json!(if thread.is_file { "FILE" } else { "LINE" }),
        "viewerCanReply" | "viewerCanResolve" | "viewerCanUnresolve" => json!(true),
        "resolvedBy" => return Field::One(thread.resolved_by.clone().map(Node::Actor)),
        "pullRequest" => return Field::One(Some(Node::Pull(thread.pull))),
        "repository" => return Field::One(Some(Node::Repository(world.pulls[thread.pull].repo))),
        "comments" => {
            let seen = world.comments_of(&viewer.login, index);
            return Field::Connection(seen.into_iter().map(Node::Comment).collect());
        }
        _ => return Field::Unknown,
    })
}

/// The fields of every text.
fn text(text: &Text, name: &str, viewer: &Token) -> Field {
    let body = || text.body.replace("{viewer}", &viewer.login);
    Field::Leaf(match name {
        "body" | "bodyText" => json!(body()),
        "createdAt" | "submittedAt" | "publishedAt" => json!(text.created_at),
        "updatedAt" => json!(text.updated_at),
        "isMinimized" => json!(text.minimized.is_some()),
        "minimizedReason" => json!(text.minimized),
        "authorAssociation" => json!(text.association),
        "viewerDidAuthor" => json!(is_author(&viewer.login, text)),
        "author" => return Field::One(text.author.clone().map(Node::Actor)),
        _ => return Field::Unknown,
    })
}

fn pull_url(pull: usize, world: &World) -> String {
    let pull = &world.pulls[pull];
    format!("https://github.com/{}/pull/{}", world.full_name(pull.repo), pull.number)
}

fn comment(index: usize, name: &str, world: &World, viewer: &Token) -> Field {
    let comment = &world.comments[index];
    let pull = world.threads[comment.thread].pull;
    let number = 1000 + index;
    Field::Leaf(match name {
        "databaseId" => json!(number),
        "fullDatabaseId" => json!(number.to_string()),
        "url" => json!(format!("{}#discussion_r{number}", pull_url(pull, world))),
        "diffHunk" => json!(comment.hunk),
        "path" => json!(world.threads[comment.thread].path),
        "state" => json!(if comment.pending.is_some() { "PENDING" } else { "SUBMITTED" }),
        "replyTo" => {
            let seen = world.comments_of(&viewer.login, comment.thread);
            return Field::One(
                seen.first().filter(|first| **first != index).map(|first| Node::Comment(*first)),
            );
        }
        "pullRequestReview" => return Field::One(comment.pending.map(Node::Review)),
        "pullRequest" => return Field::One(Some(Node::Pull(pull))),
        "repository" => return Field::One(Some(Node::Repository(world.pulls[pull].repo))),
        _ => return text(&comment.text, name, viewer),
    })
}

fn review(index: usize, name: &str, world: &World, viewer: &Token) -> Field {
    let review = &world.reviews[index];
    let number = 3000 + index;
    Field::Leaf(match name {
        "databaseId" => json!(number),
        "fullDatabaseId" => json!(number.to_string()),
        "url" => json!(format!("{}#pullrequestreview-{number}", pull_url(review.pull, world))),
        "state" => json!(review.state),
        "pullRequest" => return Field::One(Some(Node::Pull(review.pull))),
        "comments" => {
            let of_it =
                (0..world.comments.len()).filter(|comment| world.comments[*comment].pending == Some(index));
            return Field::Connection(of_it.map(Node::Comment).collect());
        }
        _ => return text(&review.text, name, viewer),
    })
}

fn talk(index: usize, name: &str, world: &World, viewer: &Token) -> Field {
    let talk = &world.talk[index];
    let number = 5000 + index;
    Field::Leaf(match name {
        "databaseId" => json!(number),
        "fullDatabaseId" => json!(number.to_string()),
        "url" => json!(format!("{}#issuecomment-{number}", pull_url(talk.pull, world))),
        _ => return text(&talk.text, name, viewer),
    })
}
