//! Labels that are needed and not there yet.

use serde_json::{Value, json};

use super::ids::derived;
use crate::{
    boards::{
        elsewhere::labels::status_label,
        linear::{LinearBoard, client::LinearError, wire::TeamLabelJson},
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
        let known = || self.with_book(|book| Some(book.frame.as_ref()?.label(name)?.id.clone()));
        if let Some(id) = known() {
            return Ok(id);
        }
        // Somebody else may have made it meanwhile.
        self.look_for_label(name).await?;
        if let Some(id) = known() {
            return Ok(id);
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
        self.look_for_label(name).await?;
        known().ok_or(refused)
    }

    async fn look_for_label(&self, name: &str) -> Result<(), LinearError> {
        let team = self.with_book(|book| book.frame.as_ref().map(|frame| frame.team.clone()));
        let filter = json!({
            "name": {"eqIgnoreCase": name},
            "or": [{"team": {"id": {"eq": team}}}, {"team": {"null": true}}],
        });
        let found = self.api.labels(&filter).await?;
        self.with_book(|book| {
            let Some(frame) = &mut book.frame else { return };
            let is_new = |label: &TeamLabelJson| frame.labels.iter().all(|known| known.id != label.id);
            let new: Vec<_> = found.into_iter().filter(is_new).collect();
            frame.labels.extend(new);
        });
        Ok(())
    }

    /// Ids of the labels of those names; what went wrong with one is told by the second.
    pub(super) async fn labels(&self, names: &[String]) -> (Vec<Value>, Vec<String>) {
        let (mut ids, mut warnings) = (Vec::new(), Vec::new());
        for name in names {
            match self.label(name).await {
                Ok(id) if ids.contains(&json!(id)) => {}
                Ok(id) => ids.push(json!(id)),
                Err(error) => warnings.push(format!("the label {name} is not on the board: {error}")),
            }
        }
        (ids, warnings)
    }
}
