//! The picture of a board elsewhere, which gateways share.

use taskgate::{
    model::{Priority, StoreMillis, Task, TaskStatus, UnixMillis, Workspace},
    stores::{BoardPictureStore, PictureExtent, PictureUpdate},
};

use crate::{fixtures::audit_key, on_redis::server::RedisServer};

fn task(id: &str, updated_at: i64, status: TaskStatus) -> Task {
    Task {
        updated_at: UnixMillis(updated_at),
        status,
        url: Some(format!("https://board.example/{id}")),
        labels: vec![String::from("a\nb\tc"), String::new()],
        dependencies: vec![String::from("1")],
        moved_at: Some(UnixMillis(7)),
        note: Some(String::from("why")),
        id: id.to_owned(),
        key: format!("#{id}"),
        title: String::from("Wire the pump"),
        description: String::from("In a few\nlines."),
        priority: Priority::High,
        assignee: Some(String::from("mona")),
        estimate_minutes: Some(5),
        created_at: UnixMillis(3),
    }
}

const BOARD: &str = "github octo/app";

fn update<'a>(at: i64, tasks: &'a [Task], gone: &'a [String], extent: PictureExtent) -> PictureUpdate<'a> {
    PictureUpdate { board: BOARD, read_at: StoreMillis(at), tasks, gone, extent }
}

async fn ids(store: &impl BoardPictureStore) -> Vec<String> {
    let mut found = store.pictured(&Workspace::default(), None).await.unwrap();
    found.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    found.into_iter().map(|(task, _)| format!("{} {}", task.id, task.updated_at.0)).collect()
}

#[tokio::test]
async fn a_picture_is_as_old_as_its_oldest_task_and_never_goes_back() {
    let server = RedisServer::start(&[]);
    let (store, workspace) = (server.store("tg", audit_key()), Workspace::default());
    let one = [task("1", 10, TaskStatus::Todo)];
    for extent in [PictureExtent::Some, PictureExtent::Changed] {
        store.put_picture(&workspace, update(100, &one, &[], extent)).await.unwrap();
        assert_eq!(store.picture_age(&workspace).await.unwrap(), None, "there is none yet");
        assert!(ids(&store).await.is_empty());
    }
    let all: Vec<_> = (0..1_000).map(|id| task(&id.to_string(), 10, TaskStatus::Todo)).collect();
    store.put_picture(&workspace, update(100, &all, &[], PictureExtent::Whole)).await.unwrap();
    let back = store.pictured(&workspace, Some(&[String::from("1"), String::from("none")])).await.unwrap();
    let [one] = one;
    assert_eq!(back, [(one.clone(), StoreMillis(100))], "whole, with all it has");
    let one = [one];
    assert_eq!(ids(&store).await.len(), 1_000);
    let (newer, older) = ([task("1", 12, TaskStatus::Done)], [task("1", 11, TaskStatus::Todo)]);
    store.put_picture(&workspace, update(130, &newer, &[], PictureExtent::Some)).await.unwrap();
    store.put_picture(&workspace, update(120, &older, &[], PictureExtent::Changed)).await.unwrap();
    let age = store.picture_age(&workspace).await.unwrap().unwrap();
    assert_eq!((age.board.as_str(), age.read_at.0, age.whole_at.0), (BOARD, 120, 100));
    assert!(ids(&store).await.contains(&String::from("1 12")), "the newer one stays");
    // It was made after the whole board was read, and is told of before that reading is.
    let new = [task("new", 20, TaskStatus::Todo)];
    store.put_picture(&workspace, update(150, &new, &[], PictureExtent::Some)).await.unwrap();
    store.put_picture(&workspace, update(140, &one, &[], PictureExtent::Whole)).await.unwrap();
    assert_eq!(ids(&store).await, ["1 12", "new 20"]);
    let gone = [String::from("1"), String::from("new")];
    store.put_picture(&workspace, update(145, &[], &gone, PictureExtent::Changed)).await.unwrap();
    assert_eq!(ids(&store).await, ["new 20"], "it was read after that");
}

#[tokio::test]
async fn the_picture_of_another_board_is_none_of_this_ones() {
    let server = RedisServer::start(&[]);
    let (store, workspace) = (server.store("tg", audit_key()), Workspace::default());
    let (one, two) = ([task("1", 10, TaskStatus::Todo)], [task("2", 10, TaskStatus::Todo)]);
    store.put_picture(&workspace, update(100, &one, &[], PictureExtent::Whole)).await.unwrap();
    let of_other = |extent| PictureUpdate { board: "github octo/other", ..update(90, &two, &[], extent) };
    store.put_picture(&workspace, of_other(PictureExtent::Changed)).await.unwrap();
    assert_eq!(ids(&store).await, ["1 10"]);
    store.put_picture(&workspace, of_other(PictureExtent::Whole)).await.unwrap();
    assert_eq!(ids(&store).await, ["2 10"]);
    let age = store.picture_age(&workspace).await.unwrap().unwrap();
    assert_eq!((age.board.as_str(), age.read_at.0), ("github octo/other", 90));
}
