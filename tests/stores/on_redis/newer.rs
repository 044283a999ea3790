//! A server that a newer version writes to at the same time.

use taskgate::{
    boards::sample_tasks,
    model::{Effects, Moment, TaskStatus, Workspace},
    stores::{ClaimStore, ConditionalWrite, DeliveryLease, Outbox, TaskEdit, TaskStore, redis::RedisStore},
};

use crate::{
    fixtures::{NOW, STORE, audit_key, effects},
    on_redis::server::RedisServer,
};

fn owed(task: &str, name: &str) -> Vec<ConditionalWrite> {
    vec![ConditionalWrite { effects: effects(task, name), ..ConditionalWrite::default() }]
}

/// A store, and a hand of the newer version on its server.
async fn both(server: &RedisServer) -> (RedisStore, redis::aio::MultiplexedConnection) {
    let store = server.store("tg", audit_key());
    let client = redis::Client::open(server.url()).unwrap();
    (store, client.get_multiplexed_async_connection().await.unwrap())
}

async fn say<T: redis::FromRedisValue>(hand: &mut redis::aio::MultiplexedConnection, words: &[&str]) -> T {
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(*word);
    }
    command.query_async(hand).await.unwrap()
}

#[tokio::test]
async fn a_board_write_nobody_here_can_read_holds_up_its_own_task_alone() {
    for unreadable in ["attach\n{\"kind\": \"attach\", \"file\": \"x\"}", "move frozen\n{}", "comment\n{", ""]
    {
        let server = RedisServer::start(&[]);
        let (store, mut hand) = both(&server).await;
        let workspace = Workspace::default();
        for (task, name) in [("t1", "before"), ("t1", "newer"), ("t1", "after"), ("t2", "other")] {
            store.commit_first(&workspace, owed(task, name)).await.unwrap();
        }
        let row = format!("t1\n2\n{unreadable}");
        let put = ["HSET", "tg:{default}:owed:rows", "t1-newer", &row];
        assert_eq!(say::<i64>(&mut hand, &put).await, 0);
        let take = async |after: i64| {
            let now = STORE.plus(after);
            let lease = DeliveryLease { instance: String::from("one"), now, until: now.plus(1000) };
            let taken = store.take(&workspace, &lease, 10).await.unwrap();
            taken.into_iter().map(|taken| taken.entry.id).collect::<Vec<_>>()
        };
        assert_eq!(take(0).await, ["t1-before", "t2-other"], "{unreadable}");
        assert_eq!(take(1000).await, ["t1-before", "t2-other"], "{unreadable}");
        assert_eq!(store.backlog(&workspace).await.unwrap().pending, 4, "it is left to the newer version");
    }
}

#[tokio::test]
async fn what_a_newer_version_knows_of_a_task_outlives_a_change_of_it() {
    let server = RedisServer::start(&[]);
    let (store, mut hand) = both(&server).await;
    let workspace = Workspace::default();
    let task = store.create_task(&workspace, sample_tasks(NOW).remove(0), Effects::default()).await.unwrap();
    let row: String = say(&mut hand, &["HGET", "tg:{default}:tasks", &task.id]).await;
    let newer = row.replacen("\n{", "\n{\"mood\":[1],", 1);
    say::<i64>(&mut hand, &["HSET", "tg:{default}:tasks", &task.id, &newer]).await;
    let edit = TaskEdit { status: Some(TaskStatus::Blocked), at: Moment::same(1), ..TaskEdit::default() };
    store.edit_task(&workspace, &task.id, edit, Effects::default()).await.unwrap();
    let row: String = say(&mut hand, &["HGET", "tg:{default}:tasks", &task.id]).await;
    assert!(row.starts_with("blocked\n") && row.contains("\"mood\":[1]"), "{row}");
}
