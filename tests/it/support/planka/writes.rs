//! What can be changed, by whom.

use serde_json::{Value, json};

use super::{
    access::{Answered, invalid, refusal},
    reads::{is_admin, is_id, manages, own},
    world::{Secrets, World},
};

/// A change by that user.
pub fn write(world: &mut World, user: &str, (method, path): (&str, &[&str]), body: &Value) -> Answered {
    match (method, path) {
        ("DELETE", ["access-tokens", "me"]) => {
            world.tokens.retain(|_, owner| owner != user);
            Answered::item(&json!("a token"))
        }
        ("POST", ["users"]) => add_user(world, body),
        ("POST", ["users", id, "api-key"]) => give_key(world, user, id),
        ("POST", ["projects"]) => add_project(world, user, body),
        ("POST", ["webhooks"]) => add_webhook(world, user, body),
        ("PATCH", ["webhooks", id]) => renew_webhook(world, user, id, body),
        ("POST", ["projects", id, "boards"]) => {
            if !manages(world, user, id) {
                return refusal(404, "projectNotFound", "Project not found");
            }
            let board = world.add_board(id, body["name"].as_str().unwrap(), &body["position"], user);
            let members: Vec<_> =
                world.of("boardMemberships", "boardId", board["id"].as_str().unwrap()).cloned().collect();
            Answered::new(200, "success", json!({"item": board, "included": {"boardMemberships": members}}))
        }
        ("DELETE", ["boards", id]) => take_away(world, user, "boards", id),
        ("DELETE", ["projects", id]) => take_away(world, user, "projects", id),
        (_, ["boards", id, kind]) => on_board(world, user, (id, kind), body),
        ("POST", ["custom-field-groups", group, "custom-fields"]) => {
            let field = json!({"position": body["position"], "name": body["name"], "showOnFrontOfCard": true,
                "baseCustomFieldGroupId": null, "customFieldGroupId": group});
            Answered::item(&world.put("customFields", field))
        }
        ("POST", ["lists", list, "cards"]) => add_card(world, user, list, body),
        (_, ["cards", id, rest @ ..]) => on_card(world, user, method, (id, rest), body),
        ("PATCH", ["comments", id]) => match own_comment(world, user, id) {
            Some(card) => {
                let comment = world.change("comments", id, &json!({"text": body["text"]})).unwrap();
                world.tell_of_part("commentUpdate", &card, &comment);
                Answered::item(&comment)
            }
            None => refusal(404, "commentNotFound", "Comment not found"),
        },
        ("DELETE", ["comments", id]) => match own_comment(world, user, id) {
            Some(card) => {
                let comment = world.drop_where("comments", |comment| comment["id"] == *id).remove(0);
                world.change("cards", &card, &json!({"commentsTotal": 0}));
                Answered::item(&comment)
            }
            None => refusal(404, "commentNotFound", "Comment not found"),
        },
        ("POST", ["task-lists", list, "tasks"]) => add_task(world, user, list, body),
        ("PATCH", ["tasks", id]) => match world.change("tasks", id, body) {
            Some(task) => Answered::item(&task),
            None => refusal(404, "taskNotFound", "Task not found"),
        },
        _ => refusal(404, "notFound", "Not found"),
    }
}

fn add_user(world: &mut World, body: &Value) -> Answered {
    let secrets = Secrets { password: "Dev-pass-12345".to_owned(), ..Secrets::default() };
    let id = world.add_user(body["name"].as_str().unwrap(), body["role"].as_str().unwrap(), secrets);
    Answered::item(world.one("users", &id).unwrap())
}

/// Takes a board, or a project without boards, away.
fn take_away(world: &mut World, user: &str, table: &'static str, id: &str) -> Answered {
    let record = world.one(table, id).cloned().unwrap_or_default();
    let project = if table == "projects" { &record["id"] } else { &record["projectId"] };
    let has_boards = world.of("boards", "projectId", id).next().is_some();
    if !manages(world, user, project.as_str().unwrap_or_default()) {
        return refusal(404, "notFound", "Not found");
    }
    if table == "projects" && has_boards {
        return refusal(422, "mustNotHaveBoards", "Must not have boards");
    }
    world.drop_where("cards", |card| card["boardId"] == id);
    Answered::item(&world.drop_where(table, |record| record["id"] == id).remove(0))
}

fn give_key(world: &mut World, user: &str, id: &str) -> Answered {
    if !is_admin(world, user) {
        return refusal(404, "notFound", "Not found");
    }
    let key = format!("Lx6qi0MS_{}0123456789abcdefghijklm", world.count());
    world.secrets.get_mut(id).unwrap().api_key = Some(key.clone());
    let user = own(&world.change("users", id, &json!({"apiKeyPrefix": "Lx6qi0MS"})).unwrap());
    Answered::new(200, "success", json!({"item": user, "included": {"apiKey": key}}))
}

fn add_project(world: &mut World, user: &str, body: &Value) -> Answered {
    let role = &world.one("users", user).unwrap()["role"];
    if role != "admin" && role != "projectOwner" {
        return refusal(404, "notFound", "Not found");
    }
    let project = world.add_project(body["name"].as_str().unwrap(), user);
    let managers: Vec<_> =
        world.of("projectManagers", "projectId", project["id"].as_str().unwrap()).cloned().collect();
    Answered::new(200, "success", json!({"item": project, "included": {"projectManagers": managers}}))
}

fn add_webhook(world: &mut World, user: &str, body: &Value) -> Answered {
    if !is_admin(world, user) {
        return refusal(404, "notFound", "Not found");
    }
    let events: Vec<_> = body["events"].as_str().unwrap_or_default().split(',').collect();
    let webhook = json!({"name": body["name"], "url": body["url"], "accessToken": body["accessToken"], "events": events,
        "excludedEvents": null});
    Answered::item(&world.put("webhooks", webhook))
}

fn renew_webhook(world: &mut World, user: &str, id: &str, body: &Value) -> Answered {
    if !is_admin(world, user) {
        return refusal(404, "notFound", "Not found");
    }
    let events: Vec<_> = body["events"].as_str().unwrap_or_default().split(',').collect();
    let changed = json!({"accessToken": body["accessToken"], "events": events});
    world.change("webhooks", id, &changed).map_or_else(
        || refusal(404, "webhookNotFound", "Webhook not found"),
        |webhook| Answered::item(&webhook),
    )
}

/// What that user is on a board.
fn role(world: &World, user: &str, board: &str) -> Option<String> {
    let mut members = world.of("boardMemberships", "boardId", board);
    let member = members.find(|member| member["userId"] == user)?;
    Some(member["role"].as_str().unwrap().to_owned())
}

/// Why that user may not change a board.
fn refused(world: &World, user: &str, board: &str, (exit, what): (&'static str, &str)) -> Option<Answered> {
    match role(world, user, board).as_deref() {
        Some("editor") => None,
        Some(_) => Some(refusal(403, "notEnoughRights", "Not enough rights")),
        None => Some(refusal(404, exit, &format!("{what} not found"))),
    }
}

fn on_board(world: &mut World, user: &str, (board, kind): (&str, &str), body: &Value) -> Answered {
    if kind == "board-memberships" {
        let member =
            world.add_member(board, body["userId"].as_str().unwrap(), body["role"].as_str().unwrap());
        return Answered::item(&member);
    }
    if let Some(refused) = refused(world, user, board, ("boardNotFound", "Board")) {
        return refused;
    }
    let (name, position) = (&body["name"], &body["position"]);
    let (table, event, record) = match kind {
        "lists" => (
            "lists",
            "listCreate",
            json!({"type": body["type"], "position": position, "name": name, "color": null, "boardId": board}),
        ),
        "labels" => (
            "labels",
            "labelCreate",
            json!({"position": position, "name": name, "color": body["color"], "boardId": board}),
        ),
        "custom-field-groups" => (
            "customFieldGroups",
            "customFieldGroupCreate",
            json!({"position": position, "name": name, "boardId": board, "cardId": null, "baseCustomFieldGroupId": null}),
        ),
        _ => return refusal(404, "notFound", "Not found"),
    };
    let record = world.put(table, record);
    world.tell(event, &record, &json!({"boards": [{"id": board}]}));
    Answered::item(&record)
}

fn add_card(world: &mut World, user: &str, list: &str, body: &Value) -> Answered {
    for name in ["type", "name"] {
        if body[name].is_null() {
            return invalid(&format!("\"{name}\" is required, but it was not defined."));
        }
    }
    let board = world.one("lists", list).map(|list| list["boardId"].as_str().unwrap().to_owned());
    let Some(board) = board else { return refusal(404, "listNotFound", "List not found") };
    if let Some(refused) = refused(world, user, &board, ("listNotFound", "List")) {
        return refused;
    }
    if body["position"].is_null() {
        return refusal(422, "positionMustBePresent", "Position must be present");
    }
    Answered::item(&world.add_card(list, user, body))
}

fn own_comment(world: &World, user: &str, id: &str) -> Option<String> {
    let comment = world.one("comments", id).filter(|comment| comment["userId"] == user)?;
    Some(comment["cardId"].as_str().unwrap().to_owned())
}

fn on_card(
    world: &mut World,
    user: &str,
    method: &str,
    (id, rest): (&str, &[&str]),
    body: &Value,
) -> Answered {
    if !is_id(id) {
        return invalid("Invalid \"id\"");
    }
    let board = world.one("cards", id).map(|card| card["boardId"].as_str().unwrap().to_owned());
    let Some(board) = board else { return refusal(404, "cardNotFound", "Card not found") };
    if let Some(refused) = refused(world, user, &board, ("cardNotFound", "Card")) {
        return refused;
    }
    match (method, rest) {
        ("PATCH", []) => change_card(world, id, body),
        ("DELETE", []) => Answered::item(&world.delete_card(id).unwrap()),
        ("POST", ["comments"]) => {
            Answered::item(&world.add_comment(id, user, body["text"].as_str().unwrap()))
        }
        ("POST", ["card-labels"]) => {
            let label = body["labelId"].as_str().unwrap();
            if world.of("cardLabels", "cardId", id).any(|known| known["labelId"] == label) {
                return refusal(409, "labelAlreadyInCard", "Label already in card");
            }
            if world.one("labels", label).is_none() {
                return refusal(404, "labelNotFound", "Label not found");
            }
            Answered::item(&world.label_card(id, label))
        }
        ("POST", ["card-memberships"]) => {
            let member = json!({"cardId": id, "userId": body["userId"]});
            let member = world.put("cardMemberships", member);
            world.tell_of_part("cardMembershipCreate", id, &member);
            Answered::item(&member)
        }
        ("POST", ["task-lists"]) => {
            let list = json!({"position": body["position"], "name": body["name"], "showOnFrontOfCard": true,
                "hideCompletedTasks": false, "cardId": id});
            Answered::item(&world.put("taskLists", list))
        }
        ("DELETE", [kind, part]) => take_off(world, id, kind, part),
        ("PATCH", ["custom-field-values", place]) => set_field(world, id, place, body),
        _ => refusal(404, "notFound", "Not found"),
    }
}

fn take_off(world: &mut World, card: &str, kind: &str, part: &str) -> Answered {
    let (table, event, key) = match kind {
        "card-labels" => ("cardLabels", "cardLabelDelete", "labelId"),
        _ => ("cardMemberships", "cardMembershipDelete", "userId"),
    };
    let value = part.rsplit(':').next().unwrap();
    let gone = world.drop_where(table, |record| record["cardId"] == card && record[key] == value).pop();
    match gone {
        Some(gone) => {
            world.tell_of_part(event, card, &gone);
            Answered::item(&gone)
        }
        None => refusal(404, "labelNotInCard", "Label not in card"),
    }
}

fn set_field(world: &mut World, card: &str, place: &str, body: &Value) -> Answered {
    let parts: Vec<_> = place.split(':').collect();
    let is_it = |value: &Value| value["cardId"] == card && value["customFieldId"] == parts[3];
    world.drop_where("customFieldValues", is_it);
    let value = json!({"cardId": card, "customFieldGroupId": parts[1], "customFieldId": parts[3], "content": body["content"]});
    let value = world.put("customFieldValues", value);
    world.tell_of_part("customFieldValueUpdate", card, &value);
    Answered::item(&value)
}

fn change_card(world: &mut World, id: &str, body: &Value) -> Answered {
    let card = world.one("cards", id).unwrap().clone();
    if let Some(list) = body["listId"].as_str() {
        let Some(target) = world.one("lists", list).filter(|list| list["boardId"] == card["boardId"]) else {
            return refusal(404, "listNotFound", "List not found");
        };
        let is_kanban = target["type"] == "active" || target["type"] == "closed";
        if is_kanban && body["position"].is_null() && card["listId"] != list {
            return refusal(422, "positionMustBePresent", "Position must be present");
        }
        return Answered::item(&world.move_card(id, list, &body["position"]));
    }
    let known = ["name", "description", "dueDate", "position", "type"];
    let change: serde_json::Map<_, _> = body.as_object().unwrap().clone();
    let change: serde_json::Map<_, _> =
        change.into_iter().filter(|(name, _)| known.contains(&&**name)).collect();
    let card = world.change("cards", id, &Value::Object(change)).unwrap();
    let included = json!({"boards": [{"id": card["boardId"]}]});
    world.tell("cardUpdate", &card, &included);
    Answered::item(&card)
}

fn add_task(world: &mut World, user: &str, list: &str, body: &Value) -> Answered {
    let card = world.one("taskLists", list).map(|list| list["cardId"].as_str().unwrap().to_owned());
    let Some(card) = card else { return refusal(404, "taskListNotFound", "Task list not found") };
    let board = world.one("cards", &card).unwrap()["boardId"].as_str().unwrap().to_owned();
    if let Some(refused) = refused(world, user, &board, ("taskListNotFound", "Task list")) {
        return refused;
    }
    let linked = match body["linkedCardId"].as_str() {
        Some(linked) => match world.one("cards", linked) {
            Some(linked) => Some(linked.clone()),
            None => return refusal(404, "linkedCardNotFound", "Linked card not found"),
        },
        None => None,
    };
    let name = linked.as_ref().map_or(&body["name"], |linked| &linked["name"]);
    let is_completed = linked.as_ref().is_some_and(|linked| linked["isClosed"] == true);
    let task = json!({"position": body["position"], "name": name, "isCompleted": is_completed, "taskListId": list,
        "linkedCardId": linked.as_ref().map(|linked| linked["id"].clone()), "assigneeUserId": null});
    let task = world.put("tasks", task);
    world.tell_of_part("taskCreate", &card, &task);
    Answered::item(&task)
}
