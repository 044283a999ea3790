//! What can be read.

use serde_json::{Value, json};

use super::{
    access::{Answered, invalid, refusal},
    world::World,
};

/// Comments of a page.
const PAGE: usize = 50;

pub fn is_id(text: &str) -> bool {
    !text.starts_with('0') && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What that user is told.
pub fn get(world: &World, user: &str, path: &[&str], before: Option<&str>) -> Answered {
    if let [_, id, ..] = path
        && *id != "me"
        && !is_id(id)
    {
        return invalid(&format!(
            "Invalid \"id\":\n  · Value ('{id}') did not match the configured regular expression (/^[1-9][0-9]*$/)"
        ));
    }
    match path {
        ["users", "me"] => Answered::new(
            200,
            "success",
            json!({"item": own(world.one("users", user).unwrap()), "included": {"notificationServices": []}}),
        ),
        ["projects"] => projects(world, user),
        ["projects", id] => match world.one("projects", id) {
            Some(project) => one_project(world, user, project),
            None => refusal(404, "projectNotFound", "Project not found"),
        },
        ["boards", id] => match world.one("boards", id).filter(|_| sees(world, user, id)) {
            Some(board) => whole_board(world, user, board),
            None => refusal(404, "boardNotFound", "Board not found"),
        },
        ["cards", id, rest @ ..] => {
            let card =
                world.one("cards", id).filter(|card| sees(world, user, card["boardId"].as_str().unwrap()));
            match (card, rest) {
                (None, _) => refusal(404, "cardNotFound", "Card not found"),
                (Some(card), []) => one_card(world, user, card),
                (Some(_), ["comments"]) => comments(world, user, id, before),
                _ => Answered::page(),
            }
        }
        ["webhooks"] if is_admin(world, user) => {
            Answered::new(200, "success", json!({"items": world.all("webhooks")}))
        }
        ["webhooks"] => refusal(404, "notFound", "Not found"),
        _ => Answered::page(),
    }
}

pub fn is_admin(world: &World, user: &str) -> bool {
    world.one("users", user).is_some_and(|user| user["role"] == "admin")
}

/// Whether that user may see a board.
fn sees(world: &World, user: &str, board: &str) -> bool {
    let is_member = world.of("boardMemberships", "boardId", board).any(|member| member["userId"] == user);
    let project = world.one("boards", board).map(|board| board["projectId"].clone()).unwrap_or_default();
    is_member || manages(world, user, project.as_str().unwrap_or_default())
}

pub fn manages(world: &World, user: &str, project: &str) -> bool {
    world.of("projectManagers", "projectId", project).any(|manager| manager["userId"] == user)
}

/// What users see of themselves.
pub fn own(user: &Value) -> Value {
    let mut own = user.clone();
    let more = json!({
        "language": "en-US", "subscribeToOwnCards": false, "subscribeToCardWhenCommenting": true,
        "turnOffRecentCardHighlighting": false, "enableFavoritesByDefault": true, "defaultEditorMode": "wysiwyg",
        "defaultHomeView": "groupedProjects", "defaultProjectsOrder": "byDefault",
    });
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    own
}

fn users(world: &World, viewer: &str, ids: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut ids: Vec<_> = ids.filter_map(|id| id.as_str().map(str::to_owned)).collect();
    ids.sort();
    ids.dedup();
    let shown = ids.iter().filter_map(|id| world.one("users", id));
    shown.map(|user| if user["id"] == viewer { own(user) } else { user.clone() }).collect()
}

fn with(record: &Value, name: &str, value: Value) -> Value {
    let mut record = record.clone();
    record[name] = value;
    record
}

fn projects(world: &World, user: &str) -> Answered {
    let boards: Vec<_> =
        world.all("boards").iter().filter(|board| sees(world, user, board["id"].as_str().unwrap())).collect();
    let is_seen = |project: &&Value| {
        manages(world, user, project["id"].as_str().unwrap())
            || boards.iter().any(|board| board["projectId"] == project["id"])
    };
    let projects: Vec<_> = world.all("projects").iter().filter(is_seen).collect();
    let ids: Vec<_> = projects.iter().map(|project| project["id"].clone()).collect();
    let managers: Vec<_> =
        world.all("projectManagers").iter().filter(|manager| ids.contains(&manager["projectId"])).collect();
    let body = json!({
        "items": projects.iter().map(|project| with(project, "isFavorite", json!(false))).collect::<Vec<_>>(),
        "included": {
            "projectManagers": managers, "baseCustomFieldGroups": [], "boards": boards,
            "boardMemberships": world.of("boardMemberships", "userId", user).collect::<Vec<_>>(), "customFields": [],
            "notificationServices": [], "backgroundImages": [],
            "users": users(world, user, managers.iter().map(|manager| manager["userId"].clone())),
        }
    });
    Answered::new(200, "success", body)
}

fn one_project(world: &World, user: &str, project: &Value) -> Answered {
    let id = project["id"].as_str().unwrap();
    let managers: Vec<_> = world.of("projectManagers", "projectId", id).collect();
    let body = json!({
        "item": with(project, "isFavorite", json!(false)),
        "included": {
            "projectManagers": managers, "baseCustomFieldGroups": [],
            "boards": world.of("boards", "projectId", id).collect::<Vec<_>>(),
            "boardMemberships": world.of("boardMemberships", "projectId", id).filter(|member| member["userId"] == user).collect::<Vec<_>>(),
            "customFields": [], "notificationServices": [], "backgroundImages": [],
            "users": users(world, user, managers.iter().map(|manager| manager["userId"].clone())),
        }
    });
    Answered::new(200, "success", body)
}

fn whole_board(world: &World, user: &str, board: &Value) -> Answered {
    let id = board["id"].as_str().unwrap();
    let mut lists: Vec<_> = world.of("lists", "boardId", id).collect();
    lists.sort_by_key(|list| list["position"].as_u64().unwrap_or(u64::MAX));
    let is_kanban = |list: &&&Value| list["type"] == "active" || list["type"] == "closed";
    let kanban: Vec<_> = lists.iter().filter(is_kanban).map(|list| list["id"].clone()).collect();
    let cards: Vec<_> =
        world.of("cards", "boardId", id).filter(|card| kanban.contains(&card["listId"])).collect();
    let card_ids: Vec<_> = cards.iter().map(|card| card["id"].clone()).collect();
    let parts = |table: &str| {
        world.all(table).iter().filter(|part| card_ids.contains(&part["cardId"])).cloned().collect::<Vec<_>>()
    };
    let task_lists = parts("taskLists");
    let members: Vec<_> = world.of("boardMemberships", "boardId", id).collect();
    let groups: Vec<_> = world.of("customFieldGroups", "boardId", id).collect();
    let is_of_groups = |field: &&Value| groups.iter().any(|group| group["id"] == field["customFieldGroupId"]);
    let people = members.iter().map(|member| member["userId"].clone());
    let people = people.chain(cards.iter().map(|card| card["creatorUserId"].clone()));
    let body = json!({
        "item": with(board, "isSubscribed", json!(false)),
        "included": {
            "boardMemberships": members, "labels": world.of("labels", "boardId", id).collect::<Vec<_>>(), "lists": lists,
            "cards": cards.iter().map(|card| with(card, "isSubscribed", json!(false))).collect::<Vec<_>>(),
            "cardMemberships": parts("cardMemberships"), "cardLabels": parts("cardLabels"),
            "tasks": tasks(world, &task_lists), "taskLists": task_lists, "customFieldGroups": groups,
            "customFields": world.all("customFields").iter().filter(is_of_groups).collect::<Vec<_>>(),
            "customFieldValues": parts("customFieldValues"), "users": users(world, user, people),
            "projects": world.of("projects", "id", board["projectId"].as_str().unwrap()).collect::<Vec<_>>(), "attachments": [],
        }
    });
    Answered::new(200, "success", body)
}

fn tasks(world: &World, task_lists: &[Value]) -> Vec<Value> {
    let is_here = |task: &&Value| task_lists.iter().any(|list| list["id"] == task["taskListId"]);
    world.all("tasks").iter().filter(is_here).cloned().collect()
}

fn one_card(world: &World, user: &str, card: &Value) -> Answered {
    let id = card["id"].as_str().unwrap();
    let parts = |table: &str| world.of(table, "cardId", id).cloned().collect::<Vec<_>>();
    let task_lists = parts("taskLists");
    let body = json!({
        "item": with(card, "isSubscribed", json!(false)),
        "included": {
            "cardMemberships": parts("cardMemberships"), "cardLabels": parts("cardLabels"), "tasks": tasks(world, &task_lists),
            "taskLists": task_lists, "customFieldGroups": [], "customFields": [],
            "customFieldValues": parts("customFieldValues"),
            "users": users(world, user, std::iter::once(card["creatorUserId"].clone())), "attachments": [],
        }
    });
    Answered::new(200, "success", body)
}

fn comments(world: &World, user: &str, card: &str, before: Option<&str>) -> Answered {
    let mut comments: Vec<_> = world.of("comments", "cardId", card).collect();
    comments.reverse();
    if let Some(before) = before {
        comments.retain(|comment| {
            let id = comment["id"].as_str().unwrap();
            (id.len(), id) < (before.len(), before)
        });
    }
    comments.truncate(PAGE);
    let people = users(world, user, comments.iter().map(|comment| comment["userId"].clone()));
    Answered::new(200, "success", json!({"items": comments, "included": {"users": people}}))
}
