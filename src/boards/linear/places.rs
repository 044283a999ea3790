//! The team and the project that the settings mean. One that is not there is told with those that are.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    api::{FrameJson, TeamJson},
    board::LinearBoard,
    client::LinearError,
    frame::TeamFrame,
    wire::PlaceJson,
};
use crate::{boards::BoardError, model::visible};

impl LinearBoard {
    /// Reads what all issues are in, and keeps it.
    pub(super) async fn read_frame(&self) -> Result<(), BoardError> {
        let project = self.project.as_deref().map(project_filter);
        let FrameJson { viewer, organization, teams } = self
            .api
            .frame(&team_filter(&self.team), project.as_ref())
            .await
            .map_err(LinearError::of_board)?;
        let Some(team) = teams.nodes.into_iter().next() else { return Err(self.no_team().await) };
        let TeamJson { id, key, name, retired_at, archived_at, states, projects } = team;
        let found = projects.and_then(|projects| projects.nodes.into_iter().next());
        if let Some(wanted) = self.project.as_deref().filter(|_| found.is_none()) {
            return Err(self.no_project(wanted, &key, &id).await);
        }
        let labels = json!({"or": [{"team": {"id": {"eq": id}}}, {"team": {"null": true}}]});
        let frame = TeamFrame {
            viewer: visible(&viewer.display_name),
            organization: organization.id,
            organization_name: visible(&organization.name),
            url_key: organization.url_key,
            labels: self.api.labels(&labels).await.map_err(LinearError::of_board)?,
            team: id,
            team_key: key,
            team_name: visible(&name),
            is_closed: retired_at.is_some() || archived_at.is_some(),
            states: states.nodes,
            project: found,
        };
        self.with_book(|book| book.put_frame(frame));
        Ok(())
    }

    /// Reads the frame, if it was not read yet.
    pub(super) async fn know_the_frame(&self) -> Result<(), BoardError> {
        if self.with_book(|book| book.frame.is_some()) { Ok(()) } else { self.read_frame().await }
    }

    /// Fails unless the credential sees the team.
    pub(super) async fn sees_the_team(&self) -> Result<(), LinearError> {
        let seen = self.api.frame(&team_filter(&self.team), None).await?;
        if seen.teams.nodes.is_empty() { Err(LinearError::Unavailable { status: 404 }) } else { Ok(()) }
    }

    async fn no_team(&self) -> BoardError {
        let there = match self.api.teams().await {
            Ok(teams) => named(&teams),
            Err(error) => return error.of_board(),
        };
        let reason = format!(
            "there is no team {} that the credential sees; there are: {there} (LINEAR_TEAM_ID takes a key or an id)",
            self.team
        );
        BoardError::Rejected { reason }
    }

    async fn no_project(&self, wanted: &str, key: &str, team: &str) -> BoardError {
        let there = match self.api.projects(team).await {
            Ok(projects) => named(&projects),
            Err(error) => return error.of_board(),
        };
        let reason = format!(
            "there is no project {wanted} of team {key} that the credential sees; there are: {there} (LINEAR_PROJECT_ID takes an \
             id, or the end of the project's address)"
        );
        BoardError::Rejected { reason }
    }
}

fn named(places: &[PlaceJson]) -> String {
    if places.is_empty() {
        return String::from("none");
    }
    let name =
        |place: &PlaceJson| format!("{} ({})", visible(&place.name), place.key.as_ref().unwrap_or(&place.id));
    places.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The filter for a team by its id or its key.
fn team_filter(team: &str) -> Value {
    match Uuid::try_parse(team) {
        Ok(id) => json!({"id": {"eq": id.to_string()}}),
        Err(_) => json!({"key": {"eqIgnoreCase": team}}),
    }
}

/// The filter for a project by its id, or by the end of its address.
fn project_filter(project: &str) -> Value {
    match Uuid::try_parse(project) {
        Ok(id) => json!({"id": {"eq": id.to_string()}}),
        Err(_) => json!({"slugId": {"eq": project.rsplit('-').next()}}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_meant_by_its_id_or_by_what_people_see_of_it() {
        let id = "9CFB482A-81e3-4154-b5b9-2c805e70a02d";
        assert_eq!(team_filter(id), json!({"id": {"eq": id.to_lowercase()}}));
        assert_eq!(team_filter("eng"), json!({"key": {"eqIgnoreCase": "eng"}}));
        assert_eq!(project_filter(id), json!({"id": {"eq": id.to_lowercase()}}));
        assert_eq!(project_filter("road-map-0a1b2c3d4e5f"), json!({"slugId": {"eq": "0a1b2c3d4e5f"}}));
    }
}
