//! What is read as what: lists, labels, fields, task lists and texts; and how little is asked for.

use serde_json::json;
use taskgate::{
    boards::Board,
    model::{Priority, TaskStatus},
};

use super::setup::{Place, board_of};

const LISTS: [(&str, &str); 5] = [
    ("Ideas", "active"),
    ("To-Do", "active"),
    ("Doing", "active"),
    ("Shipped", "closed"),
    ("Cancelled", "closed"),
];

#[tokio::test]
async fn a_card_stands_as_its_list_says_or_else_its_labels() {
    let place = Place::with(&LISTS);
    let board = board_of(&place);
    let cards: Vec<_> = LISTS.iter().map(|(list, _)| place.card(list, list)).collect();
    let status = async |id: &str| {
        let task = board.find(id).await.unwrap().unwrap();
        (task.status, task.note)
    };
    let note = String::from("its list `Ideas` stands for none of TASKGATE_BOARD_STATUSES");
    for (id, expected) in cards.iter().zip([
        (TaskStatus::Backlog, Some(note)),
        (TaskStatus::Todo, None),
        (TaskStatus::InProgress, None),
        (TaskStatus::Done, None),
        (TaskStatus::Cancelled, None),
    ]) {
        assert_eq!(status(id).await, expected, "{id}");
    }
    let label = |card: &str, name: &str| {
        place.planka.change(|world| {
            let label = world.add_label(&place.board, name);
            world.label_card(card, &label);
        });
    };
    label(&cards[2], "Blocked");
    label(&cards[3], "blocked");
    label(&cards[1], "backlog");
    label(&cards[0], "doing");
    board.changes(None).await.unwrap();
    assert_eq!(status(&cards[2]).await.0, TaskStatus::Blocked, "over its list");
    assert_eq!(status(&cards[3]).await.0, TaskStatus::Done, "closed wins");
    assert_eq!(status(&cards[1]).await.0, TaskStatus::Backlog, "no list says it");
    assert_eq!(status(&cards[0]).await.0, TaskStatus::Backlog, "a list says in_progress");
}

#[tokio::test]
async fn what_is_archived_or_on_another_board_is_gone_and_comes_back() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let cursor = board.changes(None).await.unwrap().cursor;
    let move_to = |list: String| place.planka.change(|world| world.move_card(&card, &list, &json!(1)));
    let archive = place.planka.change(|world| world.list_of_type(&place.board, "archive"));
    move_to(archive);
    assert_eq!(board.changes(Some(&cursor)).await.unwrap().gone, std::slice::from_ref(&card));
    assert_eq!(board.find(&card).await.unwrap(), None);
    assert_eq!(board.tasks(std::slice::from_ref(&card)).await.unwrap(), []);
    move_to(place.planka.change(|world| world.list_named(&place.board, "Todo").unwrap()));
    assert!(board.find(&card).await.unwrap().is_some());
    let changes = board.changes(Some(&cursor)).await.unwrap();
    assert_eq!((changes.tasks.len(), changes.gone.len()), (1, 0));
    place.planka.change(|world| {
        let project = world.one("boards", &place.board).unwrap()["projectId"].as_str().unwrap().to_owned();
        let other =
            world.add_board(&project, "Other", &json!(1), &place.gateway)["id"].as_str().unwrap().to_owned();
        let list = world.add_list(&other, "active", "Todo");
        world.edit("cards", &card).unwrap()["boardId"] = json!(other);
        world.move_card(&card, &list, &json!(1));
    });
    assert_eq!(board.find(&card).await.unwrap(), None, "it is on another board");
}

#[tokio::test]
async fn a_card_is_found_by_id_key_and_address_and_a_key_of_two_is_the_newer_ones() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let key = format!("#{}", &card[card.len() - 6..]);
    let url = format!("{}/cards/{card}", place.planka.url);
    for name in [&card, &key, &key[1..].to_owned(), &url] {
        let task = board.find(name).await.unwrap().unwrap();
        assert_eq!((&task.id, &task.key, task.url.as_ref()), (&card, &key, Some(&url)), "{name}");
    }
    let twin = format!("2{}", &card[1..]);
    place.planka.change(|world| {
        let mut other = world.one("cards", &card).unwrap().clone();
        other["id"] = json!(twin);
        world.table("cards").push(other);
    });
    board.changes(None).await.unwrap();
    assert_eq!(board.find(&key).await.unwrap(), None, "it cannot be said which is meant");
    assert_eq!(board.find(&twin).await.unwrap().unwrap().id, twin);
    assert_eq!(board.find(&card).await.unwrap().unwrap().id, card);
    for name in ["#000000", "12345", "cards/x", "0123456789", "99999999999999999999"] {
        assert_eq!(board.find(name).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn priorities_people_and_dependencies_are_read() {
    let place = Place::whole();
    let [base, wall, roof] = ["base", "wall", "roof"].map(|name| place.card("Todo", name));
    let elsewhere = place.planka.change(|world| {
        let project = world.add_project("Other", &place.gateway)["id"].as_str().unwrap().to_owned();
        let board = world.add_board(&project, "Other", &json!(1), &place.gateway)["id"].as_str().unwrap().to_owned();
        let list = world.add_list(&board, "active", "Todo");
        let given = json!({"type": "project", "name": "crane", "position": 1});
        let crane = world.add_card(&list, &place.person, &given)["id"].as_str().unwrap().to_owned();
        world.put("cardMemberships", json!({"cardId": base, "userId": place.person}));
        let low = world.add_label(&place.board, "priority: low");
        let bug = world.add_label(&place.board, "bug");
        world.label_card(&base, &low);
        world.label_card(&base, &bug);
        world.edit("cards", &wall).unwrap()["description"] =
            json!(format!("Walls\n\n🔗 Dependencies: {base}, 77\nBlocked by #{}", &roof[roof.len() - 6..]));
        let list = world.put("taskLists", json!({"name": "Needs", "position": 1, "cardId": roof}));
        let pasted = format!("{}/cards/{base}", "https://planka.example");
        world.put("tasks", json!({"taskListId": list["id"], "linkedCardId": null, "name": pasted, "isCompleted": false}));
        for (linked, is_completed) in [(&base, true), (&wall, false)] {
            world.put("tasks", json!({"taskListId": list["id"], "linkedCardId": linked, "name": "x", "isCompleted": is_completed}));
        }
        crane
    });
    let board = board_of(&place);
    let tasks = board.changes(None).await.unwrap().tasks;
    let of = |id: &str| tasks.iter().find(|task| task.id == id).unwrap();
    let task = of(&base);
    assert_eq!((task.priority, task.assignee.as_deref()), (Priority::Low, Some("Ana")));
    assert_eq!(task.labels, ["bug"]);
    assert_eq!(of(&wall).dependencies, [base.clone(), roof.clone()]);
    assert_eq!(of(&roof).dependencies, [wall.clone(), base.clone()], "one is linked, and one an address");
    place.planka.change(|world| {
        let group = json!({"name": "Planning", "boardId": place.board, "cardId": null, "baseCustomFieldGroupId": null});
        let group = world.put("customFieldGroups", group);
        let field = world.put("customFields", json!({"name": "Priority", "customFieldGroupId": group["id"]}));
        let value = json!({"cardId": base, "customFieldGroupId": group["id"], "customFieldId": field["id"], "content": "P0"});
        world.put("customFieldValues", value);
        let list = world.put("taskLists", json!({"name": "Needs", "position": 1, "cardId": base}));
        world.put("tasks", json!({"taskListId": list["id"], "linkedCardId": elsewhere, "name": "crane", "isCompleted": false}));
    });
    board.changes(None).await.unwrap();
    let task = board.find(&base).await.unwrap().unwrap();
    assert_eq!(task.priority, Priority::Urgent, "the field counts before labels");
    let note = String::from("it waits for crane, on another board");
    assert_eq!((task.status, task.note), (TaskStatus::Blocked, Some(note)));
}

#[tokio::test]
async fn a_board_that_did_not_change_is_not_sent_again() {
    let place = Place::whole();
    let board = board_of(&place);
    place.card("Todo", "one");
    let whole = board.changes(None).await.unwrap();
    let _ = (place.planka.statuses(), place.planka.heard());
    for _ in 0..3 {
        assert!(board.changes(Some(&whole.cursor)).await.unwrap().tasks.is_empty());
    }
    assert_eq!(place.planka.statuses(), [304; 3]);
    assert_eq!(place.planka.heard(), [(); 3].map(|()| format!("GET /api/boards/{}", place.board)));
}

#[tokio::test]
async fn what_a_webhook_tells_of_a_list_is_read_with_the_next_card() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Backlog", "one"));
    board.changes(None).await.unwrap();
    let list = place.planka.change(|world| {
        let list = world.list_named(&place.board, "Backlog").unwrap();
        world.change("lists", &list, &json!({"name": "Ready"})).unwrap()
    });
    let body =
        json!({"event": "listUpdate", "data": {"item": list, "included": {"boards": [{"id": place.board}]}}});
    let touched = board.received("listUpdate", body.to_string().as_bytes()).unwrap();
    assert_eq!(touched.iter().map(|task| &task.id).collect::<Vec<_>>(), [&card]);
    assert_eq!(board.tasks(&[card]).await.unwrap()[0].status, TaskStatus::Todo);
}

/// Planka tells of a list that is deleted and of none of its cards, which go to the trash.
#[tokio::test]
async fn cards_of_a_list_that_is_deleted_are_gone_at_once() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Backlog", "one"));
    let cursor = board.changes(None).await.unwrap().cursor;
    let list = place.planka.change(|world| {
        let (list, trash) =
            (world.list_named(&place.board, "Backlog").unwrap(), world.list_of_type(&place.board, "trash"));
        world.move_card(&card, &trash, &json!(null));
        world.drop_where("lists", |known| known["id"] == list).remove(0)
    });
    let body =
        json!({"event": "listDelete", "data": {"item": list, "included": {"boards": [{"id": place.board}]}}});
    let touched = board.received("listDelete", body.to_string().as_bytes()).unwrap();
    let ids: Vec<_> = touched.into_iter().map(|task| task.id).collect();
    assert_eq!(ids, std::slice::from_ref(&card));
    assert_eq!(board.tasks(&ids).await.unwrap(), []);
    assert_eq!(board.changes(Some(&cursor)).await.unwrap().gone, [card]);
}
