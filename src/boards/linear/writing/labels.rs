//! Labels that are needed and not there yet.

use serde_json::json;

use super::ids::derived;
use crate::{
    boards::{
        elsewhere::labels::status_label,
        linear::{LinearBoard, client::LinearError, frame::label_named, wire::TeamLabelJson},
    },
    model::TaskStatus,
};

impl LinearBoard {
    /// The id of the label that says blocked, which is made if there is none.
    pub(super) async fn blocked_label(&self) -> Result<String, LinearError> {
        let (known, name) = self.with_book(|book| {
            let known = book.frame.as_ref().and_then(|frame| frame.blocked_label(&book.names));
            (known.map(|label| label.id.clone()), status_label(&book.names, &[], TaskStatus::Blocked))
        });
        match known {
            Some(id) => Ok(id),
            None => self.label(&name).await,
        }
    }

    /// The id of the label of that name, which is made for the team if there is none.
    pub(super) async fn label(&self, name: &str) -> Result<String, LinearError> {
        if let Some(id) = self.with_book(|book| Some(book.frame.as_ref()?.label(name)?.id.clone())) {
            return Ok(id);
        }
        // Somebody else may have made it meanwhile.
        let (found, is_dead) = self.look_for_label(name).await?;
        if let Some(id) = found {
            return Ok(id);
        }
        if is_dead {
            let message = format!("the label {name} is a group or was retired, so no issue can have it");
            return Err(LinearError::Rejected { message });
        }
        let team = self.with_book(|book| book.frame.as_ref().map(|frame| frame.team.clone()));
        let team = team.unwrap_or_default();
        let id = derived(&["label", &team, &name.to_lowercase()]);
        let refused = match self.api.create_label(&json!({"id": id, "name": name, "teamId": team})).await {
            Ok(()) => LinearError::NotFound,
            // Two labels of one name are not taken, so somebody may have been quicker.
            Err(error @ (LinearError::Taken | LinearError::Rejected { .. })) => error,
            Err(error) => return Err(error),
        };
        self.look_for_label(name).await?.0.ok_or(refused)
    }

    /// The id of the label of that name, and whether there is one that issues cannot be given.
    async fn look_for_label(&self, name: &str) -> Result<(Option<String>, bool), LinearError> {
        let team = self.with_book(|book| book.frame.as_ref().map(|frame| frame.team.clone()));
        let filter = json!({
            "name": {"eqIgnoreCase": name},
            "or": [{"team": {"id": {"eq": team}}}, {"team": {"null": true}}],
        });
        let found = self.api.labels(&filter).await?;
        // A reading of everything may have begun before.
        let id = label_named(&found, name).map(|label| label.id.clone());
        let answer = (id, !found.is_empty());
        self.with_book(|book| {
            let Some(frame) = &mut book.frame else { return };
            let is_new = |label: &TeamLabelJson| frame.labels.iter().all(|known| known.id != label.id);
            let new: Vec<_> = found.into_iter().filter(is_new).collect();
            frame.labels.extend(new);
        });
        Ok(answer)
    }

    /// Ids of the labels of those names; what went wrong with one is told by the second.
    pub(super) async fn labels(&self, names: &[String]) -> (Vec<String>, Vec<String>) {
        let (mut ids, mut warnings) = (Vec::new(), Vec::new());
        for name in names {
            let mut warn = |error| warnings.push(format!("the label {name} is not on the board: {error}"));
            match self.label(name).await {
                Ok(id) if ids.contains(&id) => {}
                Ok(id) if !self.of_its_group(&id, ids.iter()).is_empty() => {
                    let message =
                        String::from("another one of its group is, and an issue has one of a group");
                    warn(LinearError::Rejected { message });
                }
                Ok(id) => ids.push(id),
                Err(error) => warn(error),
            }
        }
        (ids, warnings)
    }

    /// Those of the labels that are in the same group as that one, which takes their place.
    pub(super) fn of_its_group<'a>(
        &self,
        label: &str,
        others: impl Iterator<Item = &'a String>,
    ) -> Vec<&'a String> {
        self.with_book(|book| {
            let Some(frame) = &book.frame else { return Vec::new() };
            let Some(group) = frame.group_of(label) else { return Vec::new() };
            others.filter(|other| *other != label && frame.group_of(other) == Some(group)).collect()
        })
    }
}
