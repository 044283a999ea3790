//! The board as whoever runs the gateway is told of it: what was found, how it is read, and what will not work. Everything is
//! read, nothing is written.

use super::{
    board::GithubBoard,
    book::Book,
    project::GithubProject,
    wire::{ItemJson, RepoJson},
};
use crate::{
    boards::{
        BoardError, BoardReport,
        elsewhere::labels::{status_label, status_of},
    },
    config::Offer,
    model::TaskStatus,
};

/// Statuses that an open issue can have: closing it says the others.
const OPEN: [TaskStatus; 4] =
    [TaskStatus::Backlog, TaskStatus::Todo, TaskStatus::InProgress, TaskStatus::Blocked];

impl GithubBoard {
    /// Reads everything and says what was found.
    pub(super) async fn report(&self) -> Result<BoardReport, BoardError> {
        self.read_whole().await?;
        let mut report = self.with_book(|book| found(book));
        if self.with_book(|book| book.repo.as_ref().is_some_and(lacks_write)) && !self.api.credential.is_app()
        {
            report.problems.push(String::from(
                "the credential's user may not write here: give that user the role Triage or more, and the token Issues: read \
                 and write",
            ));
        }
        if let Some(project) = self.with_book(|book| book.project.clone()) {
            self.add_project(&project, &mut report).await?;
        }
        Ok(report)
    }

    async fn add_project(&self, project: &GithubProject, report: &mut BoardReport) -> Result<(), BoardError> {
        if let Some(url) = &project.url {
            report.notes.push(format!("the project {} is {url}", project.title));
        }
        let items = self.api.items(project).await.map_err(|error| self.error(error))?;
        self.with_book(|book| {
            report.notes.extend(left_out(&items, book.repo.as_ref()));
            report.notes.extend(outside(book));
        });
        if project.closed {
            report.problems.push(format!("the project {} is closed: reopen it", project.title));
        }
        if project.status.is_none() {
            report.problems.push(format!(
                "the project {} has no field Status that takes one of some options: labels say how an issue stands",
                project.title
            ));
        }
        // Not every GitHub says it, and the board works without.
        if let Ok(false) = self.api.may_change(project).await {
            report.problems.push(format!(
                "the credential may not change the project {}: give it Projects: read and write (a classic token: the scope project)",
                project.title
            ));
        }
        Ok(())
    }
}

/// Whether the credential's user may surely not change issues; GitHub leaves it out for some.
fn lacks_write(repo: &RepoJson) -> bool {
    repo.permissions.as_ref().is_some_and(|may| !may.triage && !may.push)
}

fn found(book: &Book) -> BoardReport {
    let tasks: Vec<_> = book.issues().map(|issue| book.compose(issue).status).collect();
    let count = |status: &TaskStatus| tasks.iter().filter(|known| *known == status).count();
    let mut report = BoardReport {
        states: states(book),
        counts: TaskStatus::ALL.iter().map(|status| (*status, count(status))).collect(),
        ..BoardReport::default()
    };
    if let Some(repo) = &book.repo {
        let kind = if repo.private { "private" } else { "public" };
        report.notes.push(format!("{} is {kind}; {}", repo.full_name, offered(book, repo)));
        if repo.archived {
            report
                .problems
                .push(format!("{} is archived, and takes no writes: unarchive it", repo.full_name));
        }
    }
    report.notes.extend(shown_by_labels(book));
    report
}

/// What the board calls its states: options of the project, or labels.
fn states(book: &Book) -> Vec<(String, Option<TaskStatus>)> {
    let options =
        book.project.as_ref().and_then(|project| project.status.as_ref()).map(|field| &field.options);
    let options = options.into_iter().flatten();
    let options = options.map(|option| (option.name.clone(), book.names.status(&option.name)));
    let is_read = |status: &TaskStatus| {
        !book.uses_project || *status == TaskStatus::Blocked || book.option(*status).is_none()
    };
    let labels = book.labels.iter().filter_map(|label| {
        let status = status_of(&book.names, label).filter(is_read)?;
        Some((format!("label {label}"), Some(status)))
    });
    options.chain(labels).collect()
}

fn offered(book: &Book, repo: &RepoJson) -> String {
    let (offer, why) = match book.offer {
        Some(offer) => (offer, "GITHUB_OFFER says so"),
        None if repo.private => (Offer::All, "it is private"),
        None => (Offer::Trusted, "it is public"),
    };
    match offer {
        Offer::All => format!("issues without a status are offered whoever opened them ({why})"),
        Offer::Trusted => {
            format!(
                "issues without a status are offered if an owner, member or collaborator opened them ({why})"
            )
        }
    }
}

/// Statuses that the project has no option for, and labels that are not there yet.
fn shown_by_labels(book: &Book) -> Vec<String> {
    let mut notes = Vec::new();
    for status in OPEN {
        let label = status_label(&book.names, &book.labels, status);
        if book.uses_project && book.option(status).is_none() {
            notes.push(format!("{status} has no option in the project: the label `{label}` says it"));
        } else if !book.uses_project && !book.labels.contains(&label) {
            notes.push(format!("the label `{label}` for {status} is made when it is first needed"));
        }
    }
    notes
}

/// Items of the project that are no tasks.
fn left_out(items: &[ItemJson], repo: Option<&RepoJson>) -> Vec<String> {
    let is_elsewhere = |item: &&ItemJson| {
        let place = item.content.as_ref().and_then(|content| content.repository.as_ref());
        item.kind == "ISSUE" && place.zip(repo).is_some_and(|(place, repo)| place.id != repo.node_id)
    };
    let of_kind = |kind: &str| items.iter().filter(|item| item.kind == kind).count();
    let counts = [
        (of_kind("DRAFT_ISSUE"), "drafts"),
        (of_kind("PULL_REQUEST"), "pull requests"),
        (of_kind("REDACTED"), "items the credential does not see"),
        (items.iter().filter(|item| item.is_archived).count(), "archived items"),
        (items.iter().filter(is_elsewhere).count(), "issues of other repositories"),
    ];
    let counts: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{what} {count}"))
        .collect();
    let all = format!("items of the project: {}", items.len());
    if counts.is_empty() {
        return vec![all];
    }
    vec![format!("{all}, of which these are no tasks: {}", counts.join(", "))]
}

/// Open issues that are not in the project, which are backlog.
fn outside(book: &Book) -> Option<String> {
    let open = book.issues().filter(|issue| issue.closed_as.is_none());
    let count = open.filter(|issue| !book.items.contains_key(&issue.id)).count();
    (count > 0).then(|| format!("open issues that are not in the project, and so backlog: {count}"))
}
