//! What reads show of a workspace.

#[derive(Clone)]
pub struct Team {
    pub id: String,
    pub key: String,
    pub name: String,
    pub is_archived: bool,
}

#[derive(Clone)]
pub struct State {
    pub id: String,
    pub team: usize,
    pub name: String,
    pub kind: &'static str,
}

#[derive(Clone)]
pub struct Project {
    pub id: String,
    pub team: usize,
    pub name: String,
    pub slug: String,
}

#[derive(Clone)]
pub struct Label {
    pub id: String,
    /// None of the whole workspace.
    pub team: Option<usize>,
    pub name: String,
    pub is_group: bool,
    /// The id of the group it is in.
    pub group: Option<String>,
}

#[derive(Clone)]
pub struct Issue {
    pub id: String,
    pub number: u64,
    pub team: usize,
    pub title: String,
    pub description: String,
    pub priority: u64,
    pub estimate: Option<f64>,
    pub state: usize,
    pub project: Option<usize>,
    pub parent: Option<String>,
    pub assignee: Option<String>,
    pub delegate: Option<String>,
    pub labels: Vec<String>,
    pub previous: Vec<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub archived_at: Option<i64>,
    pub is_trashed: bool,
}

#[derive(Clone)]
pub struct Relation {
    pub id: String,
    pub kind: String,
    pub issue: String,
    pub related: String,
}

#[derive(Clone)]
pub struct Comment {
    pub id: String,
    pub issue: String,
    pub body: String,
    pub updated_at: i64,
    pub is_deleted: bool,
}

/// What reads show.
#[derive(Clone, Default)]
pub struct Data {
    pub teams: Vec<Team>,
    pub states: Vec<State>,
    pub projects: Vec<Project>,
    pub labels: Vec<Label>,
    pub issues: Vec<Issue>,
    pub relations: Vec<Relation>,
    pub comments: Vec<Comment>,
}
