//! GitHub's JSON of a discussion, made into ours. Whatever GitHub leaves out or gives as `null` is none; an item that is
//! something else altogether is counted and left out, and the others stay.
//! <https://docs.github.com/en/graphql/reference/objects#pullrequestreviewthread>

use serde::{
    Deserialize,
    de::{DeserializeOwned, Deserializer, IgnoredAny},
};

use crate::{
    model::visible,
    reviews::discussion::{Remark, RemarkKind, ReviewComment, ReviewThread, TextMark, Written},
};

/// An item, or what could not be read as one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Read(T),
    Odd(IgnoredAny),
}

/// A page of a connection.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: DeserializeOwned")]
pub(super) struct Connection<T> {
    #[serde(default)]
    pub(super) total_count: usize,
    #[serde(default)]
    page_info: PageInfo,
    #[serde(default = "Vec::new")]
    edges: Vec<Lenient<Edge<T>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Edge<T> {
    cursor: String,
    node: T,
}

impl<T> Connection<T> {
    /// Where the next page begins, if there is one.
    pub(super) fn next(&self) -> Option<String> {
        self.page_info.end_cursor.clone().filter(|_| self.page_info.has_next_page)
    }

    /// The items with their cursors, and how many could not be read.
    pub(super) fn into_items(self) -> (Vec<(String, T)>, usize) {
        let all = self.edges.len();
        let items: Vec<_> = self
            .edges
            .into_iter()
            .filter_map(|edge| match edge {
                Lenient::Read(edge) => Some((edge.cursor, edge.node)),
                Lenient::Odd(_) => None,
            })
            .collect();
        let odd = all - items.len();
        (items, odd)
    }
}

/// `data` of `discussion.graphql`, or of `changes.graphql` with another pull request `P` in it.
#[derive(Deserialize)]
#[serde(bound = "P: DeserializeOwned")]
pub(super) struct InRepository<P> {
    repository: Option<Repository<P>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "P: DeserializeOwned")]
struct Repository<P> {
    pull_request: Option<P>,
}

impl<P> InRepository<P> {
    /// The pull request, if this token sees it.
    pub(super) fn pull_request(self) -> Option<P> {
        self.repository?.pull_request
    }
}

/// The pull request of `discussion.graphql`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DiscussionPage {
    pub(super) review_decision: Option<String>,
    pub(super) review_threads: Option<Connection<ThreadNode>>,
    pub(super) reviews: Option<Connection<TextNode>>,
    pub(super) comments: Option<Connection<TextNode>>,
}

/// `data` of `thread_comments.graphql`.
#[derive(Deserialize)]
pub(super) struct OneThread {
    pub(super) node: Option<ThreadNode>,
}

/// `data` of `threads.graphql`.
#[derive(Deserialize)]
pub(super) struct SomeThreads {
    pub(super) nodes: Vec<Option<ThreadNode>>,
}

/// A thread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThreadNode {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    is_resolved: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_outdated: bool,
    #[serde(default, deserialize_with = "or_default")]
    path: String,
    line: Option<u64>,
    start_line: Option<u64>,
    original_line: Option<u64>,
    original_start_line: Option<u64>,
    diff_side: Option<String>,
    subject_type: Option<String>,
    resolved_by: Option<AuthorLogin>,
    comments: Connection<TextNode>,
}

/// A comment, a review or a remark.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextNode {
    id: String,
    /// A number as text.
    full_database_id: Option<NumberOrText>,
    #[serde(default, deserialize_with = "or_default")]
    url: String,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    #[serde(default, deserialize_with = "or_default")]
    diff_hunk: String,
    #[serde(default, deserialize_with = "or_default")]
    created_at: String,
    #[serde(default, deserialize_with = "or_default")]
    updated_at: String,
    #[serde(default, deserialize_with = "or_default")]
    is_minimized: bool,
    minimized_reason: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    state: String,
    #[serde(default, deserialize_with = "or_default")]
    author_association: String,
    author: Option<AuthorLogin>,
    reply_to: Option<NodeId>,
}

#[derive(Deserialize)]
struct AuthorLogin {
    login: Option<String>,
}

#[derive(Deserialize)]
struct NodeId {
    id: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(reader: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

fn login(author: Option<AuthorLogin>) -> Option<String> {
    let login = visible(&author?.login?);
    (!login.trim().is_empty()).then_some(login)
}

impl ThreadNode {
    /// The thread with the comments that came with it, and how many of those could not be read.
    pub(super) fn into_thread(self, cursor: String) -> (ReviewThread, usize) {
        let (total, more) = (self.comments.total_count, self.comments.next());
        let (comments, odd) = comments(self.comments);
        let mut thread = ReviewThread {
            id: self.id,
            cursor,
            is_resolved: self.is_resolved,
            resolved_by: login(self.resolved_by),
            is_outdated: self.is_outdated,
            path: visible(&self.path),
            line: self.line,
            start_line: self.start_line,
            original_line: self.original_line,
            original_start_line: self.original_start_line,
            side: self.diff_side.as_deref().map(visible),
            subject_type: self.subject_type.as_deref().map(visible),
            total: total.max(comments.len()),
            comments,
            more,
        };
        thread.share_hunks();
        (thread, odd)
    }
}

/// The threads and remarks of a page, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::reviews) fn items_of(json: &[u8]) -> Option<(Vec<ReviewThread>, Vec<Remark>)> {
    let page = serde_json::from_slice::<InRepository<DiscussionPage>>(json).ok()?.pull_request()?;
    let threads = page.review_threads.map(Connection::into_items).unwrap_or_default().0;
    let reviews = page.reviews.map(Connection::into_items).unwrap_or_default().0;
    let comments = page.comments.map(Connection::into_items).unwrap_or_default().0;
    let reviews = reviews.into_iter().filter_map(|(cursor, node)| node.into_review(cursor));
    let comments = comments.into_iter().map(|(cursor, node)| node.into_conversation(cursor));
    let threads = threads.into_iter().map(|(cursor, node)| node.into_thread(cursor).0);
    Some((threads.collect(), reviews.chain(comments).collect()))
}

fn comments(page: Connection<TextNode>) -> (Vec<ReviewComment>, usize) {
    let (items, odd) = page.into_items();
    let comments = items.into_iter().map(|(cursor, mut node)| ReviewComment {
        diff_hunk: visible(&std::mem::take(&mut node.diff_hunk)).into(),
        in_reply_to: node.reply_to.take().map(|comment| comment.id),
        written: node.into_written(cursor),
    });
    (comments.collect(), odd)
}

impl TextNode {
    /// What tells one state of it from another.
    pub(super) fn mark(&self) -> TextMark {
        TextMark {
            updated_at: self.updated_at.clone(),
            is_minimized: self.is_minimized,
            state: self.state.clone(),
        }
    }

    fn into_written(self, cursor: String) -> Written {
        Written {
            id: self.id,
            rest_id: match self.full_database_id {
                Some(NumberOrText::Number(id)) => Some(id),
                Some(NumberOrText::Text(id)) => id.parse().ok(),
                None => None,
            },
            cursor,
            author: login(self.author),
            association: visible(&self.author_association),
            body: visible(&self.body),
            url: visible(&self.url),
            created_at: visible(&self.created_at),
            updated_at: visible(&self.updated_at),
            minimized: self.is_minimized.then(|| visible(&self.minimized_reason.unwrap_or_default())),
            pending: self.state == "PENDING",
        }
    }

    /// The summary of a review; none of one that says nothing beyond its comments.
    pub(super) fn into_review(self, cursor: String) -> Option<Remark> {
        let state = visible(&self.state);
        let written = self.into_written(cursor);
        let kind = RemarkKind::Review { state };
        (!written.body.trim().is_empty()).then_some(Remark { kind, written })
    }

    /// A comment below the pull request.
    pub(super) fn into_conversation(self, cursor: String) -> Remark {
        Remark { kind: RemarkKind::Conversation, written: self.into_written(cursor) }
    }
}
