//! What needs a person: tasks that no agent gets on with by itself, each with what happened and when.

use std::sync::Arc;

use crate::{
    coordinator::{
        Coordinator, CoordinatorError,
        browse::Knots,
        mirror::{Mirror, Picture, Reason, Standing, TaskCard},
    },
    model::{Moment, Severity, UnixMillis, Workspace, visible},
    stores::HistoryOf,
};

/// Items that are told; the others are counted.
const MOST_ITEMS: usize = 20;
/// Tasks that are named of those that one holds back, or that depend on what nobody knows.
const MOST_NAMED: usize = 5;

/// Why a person has to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Its holders lost it in a row.
    Parked {
        /// Who did.
        lost_by: Vec<String>,
        /// What the last of them said.
        words: String,
    },
    /// It is blocked.
    Blocked {
        /// Who said so, or moved it there, if that is known.
        by: Option<String>,
        /// How bad that is.
        severity: Option<Severity>,
        /// What was said.
        words: String,
    },
    /// Tasks wait for each other.
    Circle {
        /// Their keys, some at most.
        keys: Vec<String>,
        /// How many they are.
        count: usize,
    },
    /// Tasks depend on something the board does not know.
    UnknownDependency {
        /// Their keys, some at most.
        keys: Vec<String>,
        /// How many they are.
        count: usize,
    },
    /// The board does not take what was decided.
    RefusedWrite {
        /// Its reason.
        reason: String,
    },
}

/// A thing that needs a person.
#[derive(Clone, Debug)]
pub struct NeedItem {
    /// The task, or the first of those it is about.
    pub card: TaskCard,
    /// Why.
    pub need: Need,
    /// Since when, if that is known.
    pub since: Option<UnixMillis>,
    /// Keys of open tasks that wait for it, five at most.
    pub holds_back: Vec<String>,
    /// How many there are.
    pub held_back: u32,
}

/// What needs a person.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The first of it, what was lost most often on top.
    pub items: Vec<NeedItem>,
    /// All of it.
    pub total: usize,
    /// How many tasks are parked; of those that are blocked, the first thousand are looked at.
    pub parked: usize,
}

impl Need {
    /// A stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Parked { .. } => "parked",
            Self::Blocked { .. } => "blocked",
            Self::Circle { .. } => "circle",
            Self::UnknownDependency { .. } => "unknown_dependency",
            Self::RefusedWrite { .. } => "refused_write",
        }
    }

    /// Keys of the tasks it is about, some at most, where it is about several.
    pub fn keys(&self) -> &[String] {
        match self {
            Self::Circle { keys, .. } | Self::UnknownDependency { keys, .. } => keys,
            _ => &[],
        }
    }

    /// How bad it is, if somebody said so.
    pub const fn severity(&self) -> Option<Severity> {
        match self {
            Self::Blocked { severity, .. } => *severity,
            _ => None,
        }
    }

    /// What was said, by an agent or by the board.
    pub fn words(&self) -> &str {
        match self {
            Self::Parked { words, .. } | Self::Blocked { words, .. } => words,
            Self::RefusedWrite { reason } => reason,
            _ => "",
        }
    }

    /// What has happened, in a sentence without its end, so that a moment may follow.
    pub fn said(&self) -> String {
        match self {
            Self::Parked { lost_by, .. } if lost_by.is_empty() => {
                String::from("Its holders lost it in a row")
            }
            Self::Parked { lost_by, .. } => format!("{} lost it in a row", listed(lost_by)),
            Self::Blocked { by: Some(by), severity: Some(severity), .. } => {
                format!("{} cannot go on, {} severity", visible(by), severity.as_str())
            }
            Self::Blocked { by: Some(by), .. } => format!("{} set it to blocked", visible(by)),
            Self::Blocked { by: None, .. } => String::from("It was set to blocked on the board"),
            Self::Circle { .. } => String::from("None of them is ever offered: take one dependency away"),
            Self::UnknownDependency { count: 1, .. } => {
                String::from("The board does not know what it depends on, so it is offered without that")
            }
            Self::UnknownDependency { .. } => {
                String::from("The board does not know what they depend on, so they are offered without that")
            }
            Self::RefusedWrite { .. } => String::from("The board refused what was decided"),
        }
    }
}

/// Names as a person lists them: `a, b and c`.
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => visible(one),
        [most @ .., last] => format!("{} and {}", visible(&most.join(", ")), visible(last)),
    }
}

impl Coordinator {
    /// What needs a person, with the moments of what has happened.
    pub(super) async fn needs(
        &self,
        workspace: &Workspace,
        mirror: &Arc<Mirror>,
    ) -> Result<Needs, CoordinatorError> {
        let knots = self.kept_knots(workspace, mirror).await?;
        let now = self.now();
        let mut needs = mirror.with(|picture| gathered(picture, &knots, now));
        let is_dated = |item: &&mut NeedItem| matches!(item.need, Need::Parked { .. } | Need::Blocked { .. });
        let mut dated: Vec<_> = needs.items.iter_mut().filter(is_dated).collect();
        if dated.is_empty() {
            return Ok(needs);
        }
        let of = dated.iter().map(|item| HistoryOf::StopsOfTask(item.card.task.id.clone())).collect();
        let stops = self.parts.history.histories(workspace, of, 1).await?;
        for (item, stops) in dated.iter_mut().zip(stops) {
            let Some(stored) = stops.into_iter().next() else { continue };
            item.since = Some(stored.entry.at);
            if let Need::Blocked { by: by @ None, .. } = &mut item.need {
                *by = Some(stored.entry.actor);
            }
        }
        Ok(needs)
    }
}

fn gathered(picture: &mut Picture, knots: &Knots, now: Moment) -> Needs {
    let (parked, blocked) = picture.blocked(now);
    let all_blocked = picture.counts(now).of(Standing::Blocked);
    let unknown = usize::from(knots.with_unknown > 0);
    let mut needs = Needs {
        items: Vec::new(),
        total: all_blocked + knots.groups + unknown + knots.with_rejected,
        parked: parked.len(),
    };
    let stopped = parked.iter().chain(&blocked).take(MOST_ITEMS);
    needs.items.extend(stopped.filter_map(|id| stopped_item(picture, id, now)));
    let item = |key: Option<&String>, need| {
        let card = picture.card(key?, now)?;
        Some(NeedItem { card, need, since: None, holds_back: Vec::new(), held_back: 0 })
    };
    let some = |keys: &[String]| keys.iter().take(MOST_NAMED).cloned().collect();
    for group in &knots.cycles {
        let need = Need::Circle { keys: some(group), count: group.len() };
        needs.items.extend(item(group.first(), need));
    }
    let of_unknown = Need::UnknownDependency { keys: some(&knots.unknown), count: knots.with_unknown };
    needs.items.extend(item(knots.unknown.first(), of_unknown));
    for refused in &knots.rejected {
        let need = Need::RefusedWrite { reason: refused.reason.clone() };
        needs.items.extend(item(Some(&refused.key), need));
    }
    needs.items.truncate(MOST_ITEMS);
    needs
}

/// The item of a task that is parked or blocked.
fn stopped_item(picture: &mut Picture, id: &str, now: Moment) -> Option<NeedItem> {
    let card = picture.card(id, now)?;
    let said = || card.claim.as_ref().map_or_else(String::new, |claim| claim.message.clone());
    let need = match picture.reason(id, now)? {
        Reason::Parked { lost_by } => Need::Parked { lost_by, words: said() },
        Reason::Blocked { by, severity, words } => Need::Blocked { by, severity, words },
        _ => return None,
    };
    let (holds_back, held_back) = (picture.held_back(id, MOST_NAMED), picture.waiting_for(id));
    Some(NeedItem { card, need, since: None, holds_back, held_back })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_told_in_a_sentence() {
        let lost_by = ["dov", "eli", "dov"].map(String::from).to_vec();
        let parked = Need::Parked { lost_by, words: String::new() };
        assert_eq!(parked.said(), "dov, eli and dov lost it in a row");
        let by = Some(String::from("ana"));
        let blocked = Need::Blocked { by, severity: Some(Severity::High), words: String::from("no access") };
        assert_eq!(
            (blocked.said().as_str(), blocked.words()),
            ("ana cannot go on, high severity", "no access")
        );
        assert_eq!(listed(&[]), "");
    }
}
