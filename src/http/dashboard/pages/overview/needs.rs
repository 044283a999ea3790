//! *Needs a person*: each thing with what happened and its one act.

use crate::{
    auth::Role,
    coordinator::{Need, NeedItem},
    http::{
        dashboard::{
            PageFrame,
            acts::seen::SeenFields,
            key_view::{ENDING_MILLIS, key_path, name},
            links::outside,
            moments::When,
            pages::cards::task_path,
            words::StateMark,
        },
        error::Refusal,
        session::Viewer,
        state::AppState,
    },
    model::{KeyRecord, shortened},
    stores::KeyFilter,
};

/// Keys that are told of.
const MOST_KEYS: usize = 10;
/// Characters of what was said.
const MOST_WORDS: usize = 400;
/// Characters of a title.
const MOST_TITLE: usize = 140;

/// A thing that needs a person.
pub struct NeedView {
    pub mark: StateMark,
    pub icon: &'static str,
    /// The tasks it is about: key and page.
    pub tasks: Vec<(String, String)>,
    /// The title of the one it is about.
    pub title: String,
    /// The rest of its headline.
    pub heading: String,
    /// What has happened.
    pub said: String,
    pub since: Option<When>,
    /// What stands before the words.
    pub lead: &'static str,
    pub words: String,
    /// Tasks that wait for it.
    pub holds_back: Vec<(String, String)>,
    /// How many more do.
    pub more_held: u32,
    /// What moves it to where it is offered.
    pub form: Option<NeedForm>,
    /// Where it is seen to.
    pub link: Option<NeedLink>,
}

/// The form of an act.
pub struct NeedForm {
    pub action: String,
    pub button: &'static str,
    /// What is done to what, for who does not see what stands beside it.
    pub label: String,
    pub seen: SeenFields,
}

/// The link to where something is seen to.
pub struct NeedLink {
    pub href: String,
    pub text: String,
    pub is_elsewhere: bool,
}

/// How that item is shown; `may_act`: to somebody who may move tasks here.
pub fn need(item: &NeedItem, frame: &PageFrame, may_act: bool) -> NeedView {
    let linked = |key: &String| (key.clone(), task_path(frame, key));
    let key = &item.card.task.key;
    let (mark, heading, button) = match &item.need {
        Need::Parked { .. } => (StateMark::Parked, "is parked", Some("Offer again")),
        Need::Blocked { .. } => (StateMark::Blocked, "is blocked", Some("Unblock")),
        Need::Circle { .. } => (StateMark::Circle, "wait for each other", None),
        Need::UnknownDependency { count: 1, .. } => {
            (StateMark::Ending, "depends on a task that is not known", None)
        }
        Need::UnknownDependency { .. } => (StateMark::Ending, "depend on tasks that are not known", None),
        Need::RefusedWrite { .. } => (StateMark::Lost, "is not as it was decided", None),
    };
    let form = button.filter(|_| may_act).map(|button| NeedForm {
        action: format!("{}/move", task_path(frame, key)),
        button,
        label: format!("{button}: {key}"),
        seen: SeenFields::of(&item.card.seen()),
    });
    let elsewhere = outside(item.card.task.url.as_deref());
    let link = match (&form, elsewhere) {
        (None, Some(url)) => {
            Some(NeedLink { href: url, text: format!("Open {key} on its board"), is_elsewhere: true })
        }
        (None, None) => {
            Some(NeedLink { href: task_path(frame, key), text: format!("Open {key}"), is_elsewhere: false })
        }
        _ => None,
    };
    let all = item.need.keys();
    let more = match &item.need {
        Need::Circle { count, .. } | Need::UnknownDependency { count, .. } => count.saturating_sub(all.len()),
        _ => 0,
    };
    let is_one = all.len() < 2;
    NeedView {
        mark,
        icon: mark.icon(),
        tasks: if all.is_empty() { vec![linked(key)] } else { all.iter().map(linked).collect() },
        title: if is_one { shortened(&item.card.task.title, MOST_TITLE) } else { String::new() },
        heading: if more > 0 { format!("and {more} more {heading}") } else { heading.to_owned() },
        said: item.need.said(),
        since: item.since.map(|at| frame.when(at)),
        lead: if mark == StateMark::Parked { ". Last words:" } else { ":" },
        words: shortened(item.need.words(), MOST_WORDS),
        holds_back: item.holds_back.iter().map(linked).collect(),
        more_held: item.held_back.saturating_sub(item.holds_back.len() as u32),
        form,
        link,
    }
}

/// Keys that end within a week: those of all for an administrator, else one's own.
pub async fn ending_keys(state: &AppState, visitor: &Viewer) -> Result<Vec<KeyRecord>, Refusal> {
    let now = state.clock.now();
    let ends_before = now.plus(ENDING_MILLIS);
    let mut keys = if visitor.may(Role::Administrator) {
        let filter = KeyFilter { unrevoked: true, ends_before: Some(ends_before), ..KeyFilter::default() };
        state.keyring.list(filter).await?
    } else {
        let own = visitor.visitor().principal.as_ref();
        let id = own.map(|principal| &principal.key_id);
        let known = match id {
            Some(id) => state.keyring.known(id).await?,
            None => None,
        };
        known.into_iter().collect()
    };
    let ends_soon = |key: &KeyRecord| key.expires_at.is_some_and(|end| now < end && end <= ends_before);
    keys.retain(|key| key.revoked_at.is_none() && ends_soon(key));
    keys.sort_by_key(|key| key.expires_at);
    keys.truncate(MOST_KEYS);
    Ok(keys)
}

/// The item of a key that ends soon.
pub fn key_item(key: &KeyRecord, frame: &PageFrame, visitor: &Viewer) -> NeedView {
    let ends = key.expires_at.map_or_else(String::new, |end| frame.when(end).ago());
    let used = key
        .last_used_at
        .map_or_else(|| String::from("never used"), |at| format!("used {}", frame.when(at).ago()));
    let path = if visitor.may(Role::Administrator) { key_path(frame, &key.id) } else { frame.path("/me") };
    NeedView {
        mark: StateMark::Ending,
        icon: "key",
        tasks: Vec::new(),
        title: String::new(),
        heading: format!("Key “{}” ends {ends}", shortened(name(key), MOST_TITLE)),
        said: format!("{}… of {}, {used}: nothing rotates by itself", key.prefix, key.user_id),
        since: None,
        lead: "",
        words: String::new(),
        holds_back: Vec::new(),
        more_held: 0,
        form: None,
        link: Some(NeedLink { href: path, text: String::from("Rotate"), is_elsewhere: false }),
    }
}
