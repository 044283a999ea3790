//! Making a task: the issue with its labels, status and priority first, then what it waits for. A step that fails after the issue is
//! there leaves a warning, no error: the task exists.

use serde_json::{Value, json};

use super::{ids::derived, mentions::quiet};
use crate::{
    boards::{
        Board, BoardError, Created,
        elsewhere::TaskText,
        linear::{
            LinearBoard,
            client::LinearError,
            issue::{LinearIssue, number_of},
        },
    },
    model::{NewTask, TaskStatus},
};

impl LinearBoard {
    pub(in crate::boards::linear) async fn make(
        &self,
        task: &NewTask,
        once: &str,
    ) -> Result<Created, BoardError> {
        // Ids are one set for all of Linear, and `once` is only ours.
        let id = derived(&["issue", &self.identity().await?, once]);
        let mut warnings = Vec::new();
        if !self.delivered.made.contains_key(once) {
            warnings = self.make_issue(task, &id).await.map_err(LinearError::of_board)?;
            self.delivered.made.insert(once.to_owned(), id.clone());
        }
        let read = async || self.read_anew(std::slice::from_ref(&id)).await.map_err(LinearError::of_board);
        if self.with_book(|book| book.issue(&id).is_none()) {
            read().await?;
        }
        let issue = self.with_book(|book| book.issue(&id).cloned()).ok_or(BoardError::NoSuchTask)?;
        let mut warn = |what: &str, done: Result<(), LinearError>| {
            if let Err(error) = done {
                warnings.push(format!("{what}: {error}"));
            }
        };
        warn("what it waits for is not on the board", self.add_blockers(&issue, task).await);
        warn("its status is not on the board", self.bring(&issue, task.status).await);
        read().await?;
        let task = self.with_book(|book| book.task(&id)).ok_or(BoardError::NoSuchTask)?;
        Ok(Created { task, recorded: false, warnings })
    }

    /// Makes the issue of that id, unless it is there; what did not come with it.
    async fn make_issue(&self, task: &NewTask, id: &str) -> Result<Vec<String>, LinearError> {
        let (labels, warnings) = self.labels(&task.labels).await;
        let input = self.input(task, id, labels).await?;
        match self.api.create_issue(&input).await {
            Ok(made) => {
                self.with_book(|book| made.into_iter().for_each(|made| book.put(made)));
                Ok(warnings)
            }
            // It may be there all the same, by this request or by one before it.
            Err(error @ (LinearError::Taken | LinearError::Rejected { .. } | LinearError::Unsure(_))) => {
                self.read_anew(&[id.to_owned()]).await?;
                if self.with_book(|book| book.issue(id).is_some()) { Ok(warnings) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn input(&self, task: &NewTask, id: &str, mut labels: Vec<String>) -> Result<Value, LinearError> {
        let state = self.first_state(task.status)?;
        let is_shown = self.with_book(|book| {
            book.frame.as_ref().is_some_and(|frame| frame.state_for(&book.names, task.status).is_some())
        });
        if task.status == TaskStatus::Blocked && !is_shown {
            let label = self.blocked_label().await?;
            let others: Vec<_> = self.of_its_group(&label, labels.iter()).into_iter().cloned().collect();
            labels.retain(|known| *known != label && !others.contains(known));
            labels.push(label);
        }
        let (team, project) = self.with_book(|book| {
            let frame = book.frame.as_ref();
            (frame.map(|frame| frame.team.clone()), frame.and_then(|frame| frame.project.clone()))
        });
        let description = TaskText::with_parts(&quiet(&task.description), task.estimate_minutes, None);
        let mut input = json!({
            "id": id,
            "teamId": team,
            "title": task.title,
            "description": description,
            "priority": number_of(task.priority),
            "labelIds": labels,
        });
        if let Some(state) = state {
            input["stateId"] = json!(state);
        }
        if let Some(project) = project {
            input["projectId"] = json!(project.id);
        }
        Ok(input)
    }

    /// Has the issue wait for others.
    async fn add_blockers(&self, issue: &LinearIssue, task: &NewTask) -> Result<(), LinearError> {
        for dependency in &task.dependencies {
            let Some((blocker, _)) = self.id_of(dependency).await? else { continue };
            if issue.blockers.iter().any(|known| known.id == blocker) {
                continue;
            }
            let id = derived(&["relation", &blocker, &issue.id]);
            let input = json!({"id": id, "issueId": blocker, "relatedIssueId": issue.id, "type": "blocks"});
            match self.api.create_relation(&input).await {
                Err(LinearError::Taken) => {}
                made => made?,
            }
        }
        Ok(())
    }
}
