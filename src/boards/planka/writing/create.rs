//! Making a task: the card first, then its labels, what it waits for, its priority and its status. A step that fails after the card
//! is there leaves a warning, no error: the task exists.

use tokio::time::sleep;

use super::owed::SEEN_AFTER;
use crate::{
    boards::{
        Created,
        elsewhere::{TaskText, labels},
        planka::{MARKS, PlankaBoard, api::NewCard, book::CardBook, error::PlankaError},
    },
    model::{NewTask, Priority},
};

/// The task list whose items are what a card waits for.
const WAITS: &str = "Depends on";
const LABEL_COLOR: &str = "morning-sky";
/// Space between two items, as Planka leaves it.
const GAP: f64 = 65_536.0;

impl PlankaBoard {
    pub(in crate::boards::planka) async fn make(
        &self,
        task: &NewTask,
        once: &str,
    ) -> Result<Created, PlankaError> {
        let id = match self.delivered.made.get(once) {
            Some(id) => id,
            None => {
                // Another process may have been asked for the same.
                self.read_board().await?;
                self.made_or_make(task, once).await?
            }
        };
        self.read_card(&id).await?;
        let mut warnings = Vec::new();
        let mut warn = |what: &str, done: Result<(), PlankaError>| {
            if let Err(error) = done {
                warnings.push(format!("{what}: {error}"));
            }
        };
        warn("what it waits for is not on the board", self.add_dependencies(&id, task).await);
        for (label, color) in self.wanted_labels(&id, task) {
            warn(&format!("its label {label} is not on the board"), self.put_label(&id, &label, color).await);
        }
        warn("its priority is not on the board", self.set_priority(&id, task.priority).await);
        warn("its status is not on the board", self.bring(&id, task.status).await);
        self.read_card(&id).await?;
        let task = self.with_book(|book| book.task(&id)).ok_or(PlankaError::NotFound)?;
        Ok(Created { task, recorded: false, warnings })
    }

    /// The id of the card that this request made before, in whichever process, or makes now.
    async fn made_or_make(&self, task: &NewTask, once: &str) -> Result<String, PlankaError> {
        let known = |book: &mut CardBook| book.made_by(once).map(str::to_owned);
        let id = match self.with_book(known) {
            Some(id) => id,
            None => match self.make_card(task, once).await {
                Err(error @ PlankaError::Unsure(_)) => {
                    sleep(SEEN_AFTER).await;
                    self.read_board().await?;
                    self.with_book(known).ok_or(error)?
                }
                made => made?,
            },
        };
        self.delivered.made.insert(once.to_owned(), id.clone());
        Ok(id)
    }

    async fn make_card(&self, task: &NewTask, once: &str) -> Result<String, PlankaError> {
        let place = self.with_book(|book| {
            let frame = book.frame.as_ref()?;
            let list = frame
                .list_for(&book.names, task.status)
                .or_else(|| frame.open_list(&book.names, task.status));
            let list = list.or_else(|| frame.lists.first())?;
            Some((list.id.clone(), book.end_of(&list.id), frame.card_type.clone()))
        });
        let no_list =
            || PlankaError::NoBoard("the board has no lists: `taskgate board init` makes them".to_owned());
        let (list, position, kind) = place.ok_or_else(no_list)?;
        let description = TaskText::with_parts(&task.description, task.estimate_minutes, Some((MARKS, once)));
        let card = NewCard { kind: &kind, title: &task.title, description: &description, position };
        match self.api.create_card(&list, &card).await {
            Err(PlankaError::NotFound | PlankaError::Forbidden { .. }) => {
                Err(PlankaError::Forbidden { message: super::owed::LACKS_RIGHTS.to_owned() })
            }
            made => Ok(made?.id),
        }
    }

    /// Names and colours of labels that the card does not have yet.
    fn wanted_labels(&self, id: &str, task: &NewTask) -> Vec<(String, &'static str)> {
        self.with_book(|book| {
            let (Some(frame), Some(card)) = (book.frame.as_ref(), book.card(id)) else { return Vec::new() };
            let mut wanted: Vec<_> = task.labels.iter().map(|label| (label.clone(), LABEL_COLOR)).collect();
            if frame.priority_field.is_none()
                && let Some(label) = labels::priority_label(&frame.label_names(), task.priority)
            {
                wanted.push((label, color(task.priority)));
            }
            let has_it = |name: &str| {
                frame.label_id(name).is_some_and(|id| card.label_ids.iter().any(|own| own == id))
            };
            wanted.into_iter().filter(|(name, _)| !has_it(name)).collect()
        })
    }

    /// Has the card wait for others: as items of a task list, or else by lines of its text.
    async fn add_dependencies(&self, id: &str, task: &NewTask) -> Result<(), PlankaError> {
        let mut wanted = Vec::new();
        for dependency in &task.dependencies {
            wanted.extend(self.id_of(dependency).await?);
        }
        let known = self.with_book(|book| book.task(id).map_or_else(Vec::new, |task| task.dependencies));
        wanted.retain(|id| !known.contains(id));
        if wanted.is_empty() {
            return Ok(());
        }
        let linked = self.link(id, &wanted).await;
        match linked {
            Err(PlankaError::Rejected { .. } | PlankaError::NotFound) => {
                self.name_in_text(id, &wanted, task).await
            }
            linked => linked,
        }
    }

    async fn link(&self, id: &str, wanted: &[String]) -> Result<(), PlankaError> {
        let known =
            self.with_book(|book| book.card(id).map(|card| card.task_lists.clone())).unwrap_or_default();
        let list = match known.into_iter().find(|(_, name)| name == WAITS) {
            Some((list, _)) => list,
            None => self.api.create_task_list(id, WAITS).await?.id,
        };
        let mut position = 0.0;
        for card in wanted {
            position += GAP;
            self.api.link_card(&list, card, position).await?;
        }
        Ok(())
    }

    async fn name_in_text(&self, id: &str, wanted: &[String], task: &NewTask) -> Result<(), PlankaError> {
        let once =
            self.with_book(|book| book.card(id).and_then(|card| card.once.clone())).unwrap_or_default();
        let lines: Vec<_> = wanted.iter().map(|id| format!("Depends on {id}")).collect();
        let description = format!("{}\n\n{}", task.description.trim_end(), lines.join("\n\n"));
        let description = TaskText::with_parts(&description, task.estimate_minutes, Some((MARKS, &once)));
        self.api.describe_card(id, &description).await
    }

    /// Gives the card the board's own word for a priority, where the board has a field for it.
    async fn set_priority(&self, id: &str, priority: Priority) -> Result<(), PlankaError> {
        let wanted = self.with_book(|book| {
            let field = book.frame.as_ref()?.priority_field.clone()?;
            let stands = book.task(id)?.priority;
            (priority != Priority::None && stands != priority).then(|| (field, book.word_for(priority)))
        });
        let Some(((group, field), word)) = wanted else { return Ok(()) };
        self.api.set_field(id, (&group, &field), &word).await
    }
}

impl CardBook {
    /// What the board's cards call a priority in their field for it.
    fn word_for(&self, priority: Priority) -> String {
        let values = self.cards().flat_map(|card| &card.values);
        let mut values = values.filter(|(field, _)| self.priority_fields.contains(field));
        let own = values.find(|(_, content)| labels::priority_of(content) == Some(priority));
        own.map_or_else(
            || {
                let word = priority.as_str();
                format!("{}{}", word[..1].to_uppercase(), &word[1..])
            },
            |(_, content)| content.clone(),
        )
    }
}

const fn color(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "berry-red",
        Priority::High => "pumpkin-orange",
        Priority::Medium => "egg-yellow",
        Priority::Low | Priority::None => "antique-blue",
    }
}
