//! What happened to tasks: appended with a decision, bounded, found by task and by agent.

use taskgate::{
    model::{Effects, HistoryAction, HistoryEntry, LossCause, UnixMillis, Workspace},
    stores::{ConditionalWrite, HistoryOf, MOST_HISTORY_OF_TASK, Store, StoredHistory},
};

use crate::fixtures::NOW;

fn entry(task: &str, action: HistoryAction, words: &str) -> HistoryEntry {
    HistoryEntry {
        agent_id: String::from("ana"),
        generation: Some(7),
        progress: Some(40),
        ..HistoryEntry::of_task(task, action, "key", NOW).with_words(words)
    }
}

async fn append(store: &dyn Store, workspace: &Workspace, history: Vec<HistoryEntry>) {
    let effects = Effects { history, ..Effects::default() };
    let write = ConditionalWrite { effects, ..ConditionalWrite::default() };
    store.commit_first(workspace, vec![write]).await.unwrap();
}

async fn of_task(store: &dyn Store, workspace: &Workspace, task: &str) -> Vec<StoredHistory> {
    store.history(workspace, HistoryOf::Task(task.to_owned()), None, 1_000).await.unwrap()
}

fn words(found: &[StoredHistory]) -> Vec<&str> {
    found.iter().map(|stored| stored.entry.words.as_str()).collect()
}

pub async fn the_history_of_a_task_and_of_an_agent_is_found_newest_first(store: &dyn Store) {
    let (workspace, other) = (Workspace::new("history"), Workspace::new("other"));
    let lost = HistoryEntry {
        cause: Some(LossCause::LeaseEnded),
        ..entry("t", HistoryAction::LeaseEnded, &"ä".repeat(600))
    };
    let granted = entry("t", HistoryAction::Granted, "first");
    append(store, &workspace, vec![granted.clone(), lost.clone()]).await;
    append(
        store,
        &workspace,
        vec![HistoryEntry { agent_id: String::new(), ..entry("u", HistoryAction::Moved, "done") }],
    )
    .await;
    append(store, &other, vec![entry("t", HistoryAction::Granted, "elsewhere")]).await;
    let found = of_task(store, &workspace, "t").await;
    assert_eq!(found.iter().map(|stored| &stored.entry).collect::<Vec<_>>(), [&lost, &granted]);
    assert_eq!(found[0].entry.words.chars().count(), 500);
    let of = HistoryOf::Task(String::from("t"));
    let older = store.history(&workspace, of, Some(found[0].sequence), 10).await.unwrap();
    assert_eq!(words(&older), ["first"]);
    let of = HistoryOf::Agent(String::from("ana"));
    assert_eq!(store.history(&workspace, of, None, 1).await.unwrap(), found[..1]);
    let by_ben = HistoryEntry { agent_id: String::from("ben"), ..entry("v", HistoryAction::Granted, "") };
    append(store, &workspace, vec![by_ben]).await;
    assert_eq!(
        store.recent_agents(&workspace, 10).await.unwrap(),
        ["ben", "ana"],
        "who is heard of last is first"
    );
    assert_eq!(store.recent_agents(&workspace, 1).await.unwrap(), ["ben"]);
    let mut whose: Vec<_> = ["nobody", "ana", ""].map(|id| HistoryOf::Agent(id.to_owned())).into();
    whose.extend(["t", "u"].map(|id| HistoryOf::StopsOfTask(id.to_owned())));
    let histories = store.histories(&workspace, whose, 10).await.unwrap();
    let counts: Vec<_> = histories.iter().map(Vec::len).collect();
    assert_eq!(counts, [0, 2, 0, 0, 1], "nobody is not an agent, and nothing has stopped t");
    assert_eq!(histories[4][0].entry.action, HistoryAction::Moved);
    append(store, &workspace, vec![entry("v", HistoryAction::Deleted, "T-7")]).await;
    for (key, tasks) in [("T-7", vec!["v"]), ("done", vec![]), ("v", vec![])] {
        let of = HistoryOf::Deleted(key.to_owned());
        let found = store.history(&workspace, of, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|stored| &*stored.entry.task_id).collect::<Vec<_>>(), tasks, "{key}");
    }
}

pub async fn of_progress_the_newest_of_a_grant_is_kept_and_a_refused_report_once(store: &dyn Store) {
    let workspace = Workspace::new("kept");
    let next = HistoryEntry { generation: Some(8), ..entry("t", HistoryAction::Progress, "next grant") };
    let half = entry("t", HistoryAction::Progress, "half");
    let late = entry("t", HistoryAction::Refused, "late");
    let history = vec![
        entry("t", HistoryAction::Progress, "begun"),
        half,
        next,
        late.clone(),
        late,
        entry("t", HistoryAction::Refused, "later"),
    ];
    append(store, &workspace, history).await;
    assert_eq!(words(&of_task(store, &workspace, "t").await), ["later", "late", "next grant", "half"]);
}

pub async fn history_is_bounded_and_forgotten(store: &dyn Store) {
    let workspace = Workspace::new("bounded");
    let numbered = |number: u32| entry("t", HistoryAction::Granted, &number.to_string());
    append(store, &workspace, (0..MOST_HISTORY_OF_TASK + 5).map(numbered).collect()).await;
    let kept = of_task(store, &workspace, "t").await;
    assert_eq!((kept.len() as u32, words(&kept)[kept.len() - 1]), (MOST_HISTORY_OF_TASK, "5"));
    let deleted =
        |task: &str, at: i64| HistoryEntry { at: UnixMillis(at), ..entry(task, HistoryAction::Deleted, "") };
    append(store, &workspace, vec![entry("old", HistoryAction::Granted, ""), deleted("old", 5)]).await;
    append(store, &workspace, vec![entry("back", HistoryAction::Granted, "gone"), deleted("back", 5)]).await;
    append(store, &workspace, vec![entry("back", HistoryAction::Granted, "again"), deleted("new", 50)]).await;
    store.forget_history(&workspace, UnixMillis(50), u32::MAX).await.unwrap();
    assert!(of_task(store, &workspace, "old").await.is_empty());
    assert_eq!(words(&of_task(store, &workspace, "back").await), ["again"], "a task that came back goes on");
    assert_eq!(of_task(store, &workspace, "new").await.len(), 1);
    store.forget_history(&workspace, UnixMillis(0), 2).await.unwrap();
    assert!(of_task(store, &workspace, "t").await.is_empty(), "the oldest go first");
    assert_eq!(of_task(store, &workspace, "new").await.len(), 1);
}

pub async fn an_agent_is_as_recent_as_what_is_left_of_it(store: &dyn Store) {
    let workspace = Workspace::new("left");
    let of = |agent: &str, task: &str, action| HistoryEntry {
        agent_id: agent.to_owned(),
        ..entry(task, action, "")
    };
    let granted = |agent: &str, task: &str| of(agent, task, HistoryAction::Granted);
    let gone = HistoryEntry { at: UnixMillis(5), ..of("", "gone", HistoryAction::Deleted) };
    let history = vec![
        granted("cyn", "gone"),
        granted("ana", "kept"),
        granted("ben", "kept"),
        granted("ana", "gone"),
        gone,
        granted("dan", "gone"),
    ];
    append(store, &workspace, history).await;
    let recent = async || store.recent_agents(&workspace, 10).await.unwrap();
    assert_eq!(recent().await, ["dan", "ana", "ben", "cyn"]);
    store.forget_history(&workspace, UnixMillis(6), u32::MAX).await.unwrap();
    assert_eq!(recent().await, ["dan", "ben", "ana"], "what went says nothing of who is heard of last");
    let many = |task: &str| (0..MOST_HISTORY_OF_TASK).map(|_| granted("eve", task)).collect::<Vec<_>>();
    append(store, &workspace, ["one", "two", "three"].map(many).concat()).await;
    assert_eq!(recent().await, ["eve", "dan", "ben", "ana"]);
    store.forget_history(&workspace, UnixMillis(6), 1).await.unwrap();
    assert_eq!((recent().await, of_task(store, &workspace, "three").await.len()), (vec!["eve".into()], 1));
    assert!(
        of_task(store, &workspace, "two").await.is_empty()
            && of_task(store, &workspace, "kept").await.is_empty()
    );
}
