//! The REST routes that are asked, with GitHub's pages and errors.

use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::{
    issues,
    world::{Pull, Token, World},
};

/// An answer, with the headers it has of its own.
pub struct Answered {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
}

impl Answered {
    pub fn ok(body: Value) -> Self {
        Self::with_status(200, body)
    }

    pub fn with_status(status: u16, body: Value) -> Self {
        Self { status, body, headers: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

pub fn error(status: u16, message: &str) -> Answered {
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string()});
    Answered::with_status(status, body)
}

/// What a path leads to.
enum Place<'a> {
    Repo(usize, &'a [String]),
    /// A repository by a name it has no more.
    Renamed(usize, &'a [String]),
    Other,
}

fn place<'a>(world: &World, viewer: &Token, segments: &'a [String]) -> Place<'a> {
    let sees = |repo: &usize| *repo < world.repos.len() && world.sees_repo(&viewer.login, *repo);
    match segments {
        [repos, owner, name, rest @ ..] if repos == "repos" => {
            let renamed = || world.tracker.renamed.get(&format!("{owner}/{name}").to_lowercase()).copied();
            match (world.find_repo(owner, name).filter(sees), renamed().filter(sees)) {
                (Some(repo), _) => Place::Repo(repo, rest),
                (None, Some(repo)) => Place::Renamed(repo, rest),
                (None, None) => Place::Other,
            }
        }
        [repositories, id, rest @ ..] if repositories == "repositories" => {
            id.parse().ok().filter(sees).map_or(Place::Other, |repo| Place::Repo(repo, rest))
        }
        _ => Place::Other,
    }
}

fn segments(url: &Url) -> Vec<String> {
    url.path_segments().into_iter().flatten().map(decoded).collect()
}

fn strs(rest: &[String]) -> Vec<&str> {
    rest.iter().map(String::as_str).collect()
}

fn at_its_name(world: &World, status: u16, repo: usize, rest: &[String]) -> Answered {
    let rest = rest.iter().fold(String::new(), |path, segment| format!("{path}/{segment}"));
    issues::moved(status, format!("{}/repositories/{repo}{rest}", world.base))
}

/// Answers `GET` of that URL.
pub fn get(world: &World, viewer: &Token, url: &Url) -> Answered {
    let segments = segments(url);
    match place(world, viewer, &segments) {
        Place::Repo(repo, rest) => {
            let rest = strs(rest);
            let answered = issues::get(world, repo, viewer, &rest, url);
            answered.unwrap_or_else(|| in_repo(world, repo, &rest, url))
        }
        Place::Renamed(repo, rest) => at_its_name(world, 301, repo, rest),
        Place::Other if segments == ["user"] => {
            Answered::ok(json!({"login": viewer.login, "id": 1, "type": "User"}))
        }
        Place::Other => error(404, "Not Found"),
    }
}

/// Does what a request of another method asks.
pub fn write(world: &mut World, viewer: &Token, method: &str, url: &Url, body: &Value) -> Answered {
    let segments = segments(url);
    match place(world, viewer, &segments) {
        Place::Repo(repo, rest) => {
            let answered = issues::write(world, repo, viewer, (method, &strs(rest)), body);
            answered.unwrap_or_else(|| error(404, "Not Found"))
        }
        Place::Renamed(repo, rest) => at_its_name(world, 307, repo, rest),
        Place::Other => error(404, "Not Found"),
    }
}

fn decoded(segment: &str) -> String {
    let query = segment.replace('+', "%2B");
    form_urlencoded::parse(query.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}

fn in_repo(world: &World, repo: usize, rest: &[&str], url: &Url) -> Answered {
    match rest {
        ["pulls"] => pulls(world, repo, url),
        ["pulls", number] => {
            let is_it = |index: &usize| {
                world.pulls[*index].repo == repo && world.pulls[*index].number.to_string() == *number
            };
            let found = (0..world.pulls.len()).find(is_it);
            found.map_or_else(|| error(404, "Not Found"), |index| Answered::ok(world.pull_json(index)))
        }
        _ => error(404, "Not Found"),
    }
}

fn pulls(world: &World, repo: usize, url: &Url) -> Answered {
    let given = |name: &str| {
        let pair = url.query_pairs().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.into_owned())
    };
    let state = given("state").unwrap_or_else(|| String::from("open"));
    // One that is not `owner:branch` is ignored: everything comes.
    let head = given("head").filter(|head| head.contains(':'));
    let mut found: Vec<_> = (0..world.pulls.len())
        .filter(|index| {
            let pull = &world.pulls[*index];
            let is_open = pull.state == "OPEN";
            pull.repo == repo
                && (state == "all" || is_open == (state == "open"))
                && head.as_ref().is_none_or(|head| world.answers_any_head || is_head(pull, head))
        })
        .collect();
    let by_update = given("sort").as_deref() == Some("updated");
    if by_update {
        found.sort_by(|a, b| world.pulls[*a].updated_at.cmp(&world.pulls[*b].updated_at));
    } else {
        found.sort_by_key(|index| world.pulls[*index].number);
    }
    if given("direction").as_deref() != Some("asc") {
        found.reverse();
    }
    let number = |name: &str, or: usize| given(name).and_then(|text| text.parse().ok()).unwrap_or(or);
    let (size, page) = (number("per_page", 30).clamp(1, 100), number("page", 1).max(1));
    let link = (found.len() > size * page).then(|| next_link(url, repo, page + 1));
    let items = found.iter().skip(size * (page - 1)).take(size).map(|index| world.pull_json(*index));
    let answered = Answered::ok(items.collect());
    if let Some(link) = link { answered.with("link", link) } else { answered }
}

/// Leads to the repository by its number, as GitHub's do.
fn next_link(url: &Url, repo: usize, page: usize) -> String {
    let mut next = url.clone();
    next.set_path(&format!("/repositories/{repo}/pulls"));
    let others: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "page").collect();
    next.query_pairs_mut().clear().extend_pairs(others).append_pair("page", &page.to_string());
    format!("<{next}>; rel=\"next\"")
}

/// Logins are the same in any case, branches are not.
fn is_head(pull: &Pull, head: &str) -> bool {
    let (owner, branch) = head.split_once(':').unwrap_or_default();
    pull.head_owner.eq_ignore_ascii_case(owner) && pull.branch == branch
}
