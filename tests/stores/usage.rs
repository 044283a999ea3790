//! Usage adds up and is forgotten.

use taskgate::{
    model::{Durations, UnixMillis, UsageRow, Workspace},
    stores::{Store, UsageBy, UsagePart, UsageQuery, UsageSeries},
};

pub async fn usage_adds_up_and_is_forgotten(store: &dyn Store) {
    let workspace = Workspace::default();
    let row = |hour| {
        let mut durations = Durations::default();
        durations.add(std::time::Duration::from_millis(2));
        UsageRow {
            workspace: workspace.clone(),
            hour,
            key_id: String::from("k"),
            user_id: String::from("u"),
            tool: String::from("ping"),
            calls: 2,
            errors: 1,
            limited: 3,
            durations,
        }
    };
    store.add_usage(vec![row(1), row(2)]).await.unwrap();
    store.add_usage(vec![row(2)]).await.unwrap();
    store.add_usage(vec![UsageRow { key_id: String::from("other"), calls: 1, ..row(2) }]).await.unwrap();
    let sums = async |hour: i64, by, offset| {
        let query =
            UsageQuery { since: UnixMillis(hour * 3_600_000), before_hour: i64::MAX, by, limit: 1, offset };
        let sums = store.usage(&workspace, query).await.unwrap();
        sums.into_iter().map(|sum| (sum.name, sum.calls, sum.errors, sum.busiest_hour)).collect::<Vec<_>>()
    };
    let named = |name: &str, calls, errors, busiest| [(name.to_owned(), calls, errors, Some(busiest))];
    assert_eq!(sums(0, UsageBy::Key, 0).await, named("k", 6, 3, (2, 4)), "most calls first");
    assert_eq!(sums(0, UsageBy::Key, 1).await, named("other", 1, 1, (2, 1)));
    assert_eq!(sums(0, UsageBy::Key, 2).await, []);
    assert_eq!(sums(2, UsageBy::User, 0).await, named("u", 5, 3, (2, 5)));
    assert_eq!(sums(0, UsageBy::Tool, 0).await, named("ping", 7, 4, (2, 5)));
    let series = async |first_hour, part_hours, parts, key: Option<&str>| {
        let series = UsageSeries { first_hour, part_hours, parts, key_id: key.map(str::to_owned) };
        let found = store.usage_series(&workspace, series).await.unwrap();
        found.into_iter().map(|part: UsagePart| (part.calls, part.errors, part.limited)).collect::<Vec<_>>()
    };
    let nothing = (0, 0, 0);
    assert_eq!(series(0, 1, 4, None).await, [nothing, (2, 1, 3), (5, 3, 9), nothing]);
    assert_eq!(series(0, 1, 3, Some("other")).await, [nothing, nothing, (1, 1, 3)]);
    assert_eq!(series(1, 24, 2, None).await, [(7, 4, 12), nothing], "hours of a day are added up");
    assert_eq!(series(-1, 2, 1, None).await, [nothing], "what is outside is not counted");
    store.forget_usage(&workspace, UnixMillis(0), 2).await.unwrap();
    assert_eq!(
        sums(0, UsageBy::Key, 0).await,
        named("k", 4, 2, (2, 4)),
        "the oldest rows beyond the most go first"
    );
}

pub async fn many_rows_of_one_moment_add_up_and_ties_have_an_order(store: &dyn Store) {
    let workspace = Workspace::default();
    let row = |n: u64| {
        let mut durations = Durations::default();
        durations.add(std::time::Duration::from_millis(n));
        UsageRow {
            workspace: workspace.clone(),
            hour: (n % 4) as i64,
            key_id: format!("k{}", n % 3),
            user_id: format!("u{}", n % 5),
            tool: format!("t{}", n % 300),
            calls: 1,
            errors: 0,
            limited: n % 2,
            durations,
        }
    };
    store.add_usage((0..1_200).map(row).collect()).await.unwrap();
    let elsewhere = UsageRow { workspace: Workspace::new("other"), calls: 9, ..row(0) };
    store
        .add_usage(vec![elsewhere, UsageRow { calls: 2, user_id: String::from("later"), ..row(0) }])
        .await
        .unwrap();
    let query = |by, limit| UsageQuery { since: UnixMillis(0), before_hour: i64::MAX, by, limit, offset: 0 };
    let keys = store.usage(&workspace, query(UsageBy::Key, 9)).await.unwrap();
    let told: Vec<_> =
        keys.iter().map(|sum| (&*sum.name, sum.calls, sum.limited, sum.busiest_hour)).collect();
    let expected = [
        ("k0", 402, 200, Some((0, 102))),
        ("k1", 400, 200, Some((0, 100))),
        ("k2", 400, 200, Some((0, 100))),
    ];
    assert_eq!(told, expected, "of equal ones the first by name, and the earliest hour");
    let mut whole = Durations::default();
    (0..1_200).filter(|n| n % 3 == 0).map(row).chain([row(0)]).for_each(|row| whole.merge(&row.durations));
    assert_eq!(keys[0].durations, whole);
    let users = store.usage(&workspace, query(UsageBy::User, 9)).await.unwrap();
    let later = users.iter().find(|sum| sum.name == "later").map(|sum| sum.calls);
    assert_eq!(later, Some(6), "a row is of the user that was told last");
    assert_eq!(store.usage(&workspace, query(UsageBy::Tool, 2)).await.unwrap()[1].name, "t1");
    let before = UsageQuery { before_hour: 1, ..query(UsageBy::Key, 9) };
    assert_eq!(store.usage(&workspace, before).await.unwrap()[0].calls, 102);
    store.forget_usage(&workspace, UnixMillis::of_hour(1), 200).await.unwrap();
    let left = store.usage(&workspace, query(UsageBy::Key, 9)).await.unwrap();
    assert_eq!(left.iter().map(|sum| sum.calls).sum::<u64>(), 600, "hours go whole");
    store.forget_usage(&workspace, UnixMillis(0), 0).await.unwrap();
    assert!(store.usage(&workspace, query(UsageBy::Key, 9)).await.unwrap().is_empty());
    let other = store.usage(&Workspace::new("other"), query(UsageBy::Key, 9)).await.unwrap();
    assert_eq!(other[0].calls, 9);
}
