//! Which board the settings mean: one that is known by a name is looked for among those the gateway's user sees.

use super::{
    board::PlankaBoard,
    error::PlankaError,
    frame::Frame,
    wire::{NamedJson, PlankaItems},
};
use crate::{config::PlankaName, model::visible};

/// Names that a message has.
const MOST_SHOWN: usize = 20;

impl PlankaBoard {
    /// The id of the board.
    pub(super) async fn board_id(&self) -> Result<String, PlankaError> {
        if let PlankaName::Id(id) = &self.settings.board {
            return Ok(id.clone());
        }
        if let Some(known) = self.known_id() {
            return Ok(known);
        }
        let seen = self.api.projects().await?;
        let id = self.find_board(&seen)?;
        self.know_id(Some(id.clone()));
        Ok(id)
    }

    fn find_board(&self, seen: &PlankaItems<NamedJson>) -> Result<String, PlankaError> {
        let (id, name) = self.find_project(seen)?;
        let boards = seen.included.boards.iter().filter(|board| board.project_id.as_ref() == Some(&id));
        let boards: Vec<_> = boards.map(|board| (board.id.as_str(), board.name.as_str())).collect();
        let found = matching(&self.settings.board, &boards);
        match found[..] {
            [(id, _)] => Ok((*id).to_owned()),
            [] => Err(PlankaError::NoBoard(format!(
                "there is no board {} in the project {name} that the gateway's user sees: {}",
                self.settings.board.as_str(),
                there_are(&boards),
            ))),
            _ => Err(PlankaError::NoBoard(format!(
                "several boards of the project {name} have that name: set PLANKA_BOARD_ID to one of {}",
                ids(&found)
            ))),
        }
    }

    /// Id and name of the project.
    fn find_project(&self, seen: &PlankaItems<NamedJson>) -> Result<(String, String), PlankaError> {
        let project = self.settings.project.as_ref();
        let Some(project) = project else { return Err(PlankaError::NoBoard("no project is set".to_owned())) };
        let name = |project: &'_ NamedJson| project.name.clone().unwrap_or_default();
        let projects: Vec<_> = seen.items.iter().map(|one| (one.id.clone(), name(one))).collect();
        let projects: Vec<_> = projects.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
        let found = matching(project, &projects);
        match found[..] {
            [(id, name)] => Ok(((*id).to_owned(), visible(name))),
            [] => Err(PlankaError::NoBoard(format!(
                "there is no project {} that the gateway's user sees: {}",
                project.as_str(),
                there_are(&projects)
            ))),
            _ => Err(PlankaError::NoBoard(format!(
                "several projects have that name: set PLANKA_PROJECT_ID to one of {}",
                ids(&found)
            ))),
        }
    }

    /// What is wrong when the board is not there.
    pub(super) async fn no_board(&self, id: &str) -> PlankaError {
        // It may have been made anew under its name.
        self.know_id(None);
        let boards = match self.api.projects().await {
            Ok(seen) => seen.included.boards,
            Err(error) => return error,
        };
        let boards: Vec<_> = boards.iter().map(|board| (board.id.as_str(), board.name.as_str())).collect();
        let listed = if boards.is_empty() {
            "it sees none".to_owned()
        } else {
            format!("it sees {}", with_ids(&boards))
        };
        PlankaError::NoBoard(format!(
            "there is no board {id}, or the gateway's user does not see it: {listed}; a member of the board adds that user, as editor"
        ))
    }

    /// Whether the board is in the project that is set, where both are.
    pub(super) fn is_in_project(&self, frame: &Frame) -> Result<(), PlankaError> {
        let is_it = match &self.settings.project {
            None => true,
            Some(PlankaName::Id(id)) => *id == frame.project_id,
            Some(PlankaName::Name(name)) => is_same(name, &frame.project_name),
        };
        if is_it {
            return Ok(());
        }
        let (board, project) = (&frame.name, &frame.project_name);
        Err(PlankaError::NoBoard(format!(
            "the board {board} is in the project {project} ({}), not in the one that is set: set that one, or none",
            frame.project_id
        )))
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Those with that id or name; the very name counts before one in another case.
pub(super) fn matching<'a>(
    wanted: &PlankaName,
    known: &'a [(&'a str, &'a str)],
) -> Vec<&'a (&'a str, &'a str)> {
    match wanted {
        PlankaName::Id(wanted) => known.iter().filter(|(id, _)| id == wanted).collect(),
        PlankaName::Name(wanted) => {
            let exact: Vec<_> = known.iter().filter(|(_, name)| name.trim() == wanted).collect();
            if exact.is_empty() {
                known.iter().filter(|(_, name)| is_same(name, wanted)).collect()
            } else {
                exact
            }
        }
    }
}

fn there_are(known: &[(&str, &str)]) -> String {
    if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", with_ids(known)) }
}

fn with_ids(known: &[(&str, &str)]) -> String {
    let mut shown: Vec<_> =
        known.iter().take(MOST_SHOWN).map(|(id, name)| format!("{} ({id})", visible(name))).collect();
    if known.len() > MOST_SHOWN {
        shown.push(format!("{} more", known.len() - MOST_SHOWN));
    }
    shown.join(", ")
}

fn ids(found: &[&(&str, &str)]) -> String {
    found.iter().take(MOST_SHOWN).map(|(id, _)| *id).collect::<Vec<_>>().join(", ")
}
