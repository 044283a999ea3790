//! What happened, as a page tells it: newest first, each thing with its mark, its sentence and its moment.

use crate::{
    auth::Keyring,
    coordinator::{ToldEntry, is_persons},
    http::{
        dashboard::{
            PageFrame,
            moments::When,
            pages::key_names::{KeyNames, person},
            words::StateMark,
        },
        error::Refusal,
    },
    model::HistoryAction,
};

/// A thing that happened, as `templates/parts/story.html` shows it.
pub struct StoryItem {
    pub mark: StateMark,
    /// Who did it.
    pub who: String,
    /// What they did.
    pub what: String,
    pub when: When,
    /// What was said.
    pub words: String,
    /// What follows from it, or why it was.
    pub note: &'static str,
    /// The claim, at the start of one.
    pub generation: Option<i64>,
}

/// What is told of that history, people by their names.
pub async fn story(
    history: Vec<ToldEntry>,
    frame: &PageFrame,
    keyring: &Keyring,
) -> Result<Vec<StoryItem>, Refusal> {
    let persons = history.iter().filter_map(|told| person(&told.stored.entry, &told.telling)).collect();
    let names = KeyNames::of(keyring, persons).await?;
    Ok(history.into_iter().map(|told| item(told, frame, &names)).collect())
}

fn item(told: ToldEntry, frame: &PageFrame, names: &KeyNames) -> StoryItem {
    let (entry, telling) = (told.stored.entry, told.telling);
    StoryItem {
        mark: StateMark::of_action(entry.action),
        what: format!("{} it{}", telling.before, telling.after),
        who: person(&entry, &telling).map(|id| names.person(id).to_owned()).unwrap_or(telling.who),
        when: frame.when(entry.at),
        generation: entry.generation.filter(|_| entry.action == HistoryAction::Granted),
        words: if is_persons(entry.action) { String::new() } else { entry.words },
        note: telling.note,
    }
}
