//! What a move takes: another list, a label where no list says the status, and the labels of other statuses off. What stands so
//! already is left alone.

use crate::{
    boards::{
        elsewhere::labels::{status_label, status_of},
        planka::{book::CardBook, card::PlankaCard, frame::Frame},
    },
    model::TaskStatus,
};

/// The steps of a move.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MovePlan {
    /// The list to go to, and the place behind its last card.
    pub(super) list: Option<(String, f64)>,
    /// The label to put on.
    pub(super) label: Option<String>,
    /// Ids of labels to take off.
    pub(super) surplus: Vec<String>,
}

impl CardBook {
    /// How a card comes to a status, or the nearest one there is; else what the board lacks.
    pub(super) fn plan(
        &self,
        frame: &Frame,
        card: &PlankaCard,
        status: TaskStatus,
    ) -> Result<MovePlan, String> {
        let surplus = self.labels_of_others(frame, card, status);
        let now = frame.list(&card.list_id).and_then(|list| list.status(&self.names));
        let place = |id: &str| (id.to_owned(), self.end_of(id));
        if let Some(list) = frame.list_for(&self.names, status) {
            let list = (now != Some(status)).then(|| place(&list.id));
            return Ok(MovePlan { list, label: None, surplus });
        }
        if status.is_closed() {
            let is_done = now.is_some_and(TaskStatus::is_closed);
            let nearest =
                frame.list_for(&self.names, TaskStatus::Done).filter(|_| status == TaskStatus::Cancelled);
            return match nearest {
                Some(list) => {
                    let list = (!is_done).then(|| place(&list.id));
                    Ok(MovePlan { list, label: None, surplus })
                }
                None => Err(lacks(status)),
            };
        }
        let is_closed = now.is_some_and(TaskStatus::is_closed);
        let open = frame.open_list(&self.names, status).filter(|_| is_closed);
        if is_closed && open.is_none() {
            return Err(lacks(status));
        }
        let list = open.map(|list| place(&list.id));
        let has_one = self.labelled(frame, card) == Some(status);
        let label = (!has_one).then(|| status_label(&self.names, &frame.label_names(), status));
        Ok(MovePlan { list, label, surplus })
    }

    /// Ids of the card's labels that say another status.
    fn labels_of_others(&self, frame: &Frame, card: &PlankaCard, status: TaskStatus) -> Vec<String> {
        let says_other = |id: &&String| {
            let said = frame.labels.get(*id).and_then(|label| status_of(&self.names, label));
            said.is_some_and(|said| said != status)
        };
        card.label_ids.iter().filter(says_other).cloned().collect()
    }
}

/// What is missing of a board that cannot show a status.
pub(in crate::boards::planka) fn lacks(status: TaskStatus) -> String {
    format!("no list of the board is read as {status}: make one, or name one in TASKGATE_BOARD_STATUSES")
}
