//! Many keys: every list is whole and in its order, however many parts a backend reads it in.

use taskgate::{
    auth::{ApiKey, NewKey},
    model::{Effects, KeyChange, KeyOutcome, KeyRecord, UnixMillis, Workspace},
    secrets::SecretKey,
    stores::{KeyFilter, KeysByEnd, Store},
};

use crate::fixtures::NOW;

const MANY: i64 = 450;

fn workspace() -> Workspace {
    Workspace::new("many")
}

/// Each third of ana; each fifth is revoked; the ends come four times each, of each seventh there is none.
fn made() -> Vec<KeyRecord> {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let record = |place: i64| {
        let new = NewKey {
            user_id: String::from(if place % 3 == 0 { "ana\nmaria" } else { "ben" }),
            expires_at: (place % 7 != 0).then(|| NOW.plus(place % 113 - 50)),
            ..NewKey::default()
        };
        let (record, _) = ApiKey::generate().record(&secret, new, "test", NOW);
        KeyRecord {
            workspace: workspace(),
            id: format!("id {:03}", place * 7 % MANY),
            revoked_at: (place % 5 == 0).then_some(NOW),
            ..record
        }
    };
    (0..MANY).map(record).collect()
}

async fn put(store: &dyn Store, record: &KeyRecord) {
    let change = KeyChange { record: record.clone(), effects: Effects::default(), replay: None };
    assert_eq!(store.change_key(change).await.unwrap(), KeyOutcome::Done);
}

fn ids<'a>(keys: impl IntoIterator<Item = &'a KeyRecord>) -> Vec<String> {
    keys.into_iter().map(|key| key.id.clone()).collect()
}

fn sorted_by_end(keys: &[KeyRecord], user: Option<&str>) -> Vec<KeyRecord> {
    let is_in = |key: &&KeyRecord| key.revoked_at.is_none() && user.is_none_or(|user| key.user_id == user);
    let mut sorted: Vec<_> = keys.iter().filter(is_in).cloned().collect();
    sorted.sort_by_key(|key| (key.expires_at.is_none(), key.expires_at, key.id.clone()));
    sorted
}

pub async fn many_keys_are_listed_whole_and_in_order(store: &dyn Store) {
    let mut keys = made();
    for key in &keys {
        put(store, key).await;
    }
    keys.sort_by(|one, other| one.id.cmp(&other.id));
    let all = [KeyFilter::default()];
    let after = [Some("id 010"), Some("id 2"), Some("zz")].map(|after| KeyFilter {
        after: after.map(String::from),
        limit: Some(300),
        ..KeyFilter::default()
    });
    let ana = Some(String::from("ana\nmaria"));
    let picked = [(None, None), (ana.clone(), None), (None, Some(NOW)), (ana, Some(NOW.plus(7)))];
    let picked = picked.into_iter().flat_map(|(user_id, ends_before)| {
        [(true, None), (true, Some(3)), (false, Some(0)), (false, None)].map(|(unrevoked, limit)| KeyFilter {
            user_id: user_id.clone(),
            after: Some(String::from("id 020")),
            unrevoked,
            ends_before,
            limit,
        })
    });
    for filter in all.into_iter().chain(after).chain(picked) {
        let lets_through = |key: &&KeyRecord| {
            filter.user_id.as_ref().is_none_or(|user| key.user_id == *user)
                && filter.after.as_ref().is_none_or(|after| key.id > *after)
                && (!filter.unrevoked || key.revoked_at.is_none())
                && filter.ends_before.is_none_or(|at| key.expires_at.is_some_and(|end| end < at))
        };
        let most = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let wanted = ids(keys.iter().filter(lets_through).take(most));
        let listed = store.keys(&workspace(), filter.clone()).await.unwrap();
        assert_eq!(ids(&listed), wanted, "{filter:?}");
    }
}

pub async fn many_keys_are_in_order_of_their_ends(store: &dyn Store) {
    let keys = made();
    for key in &keys {
        put(store, key).await;
    }
    for user in [None, Some("ben")] {
        let wanted = sorted_by_end(&keys, user);
        for (offset, limit) in [(0, 1_000), (150, 250), (3, 0), (0, 1), (1_000, 5)] {
            let asked = KeysByEnd { user_id: user.map(String::from), offset, limit };
            let part = store.keys_by_end(&workspace(), asked).await.unwrap();
            assert_eq!(part.total, wanted.len());
            let wanted = wanted.iter().skip(offset as usize).take(limit as usize);
            assert_eq!(ids(&part.keys), ids(wanted), "{user:?} {offset} {limit}");
        }
    }
    for now in
        [-60, -50, 0, 1, 62, 63].map(|millis| NOW.plus(millis)).into_iter().chain([UnixMillis(i64::MIN)])
    {
        let live = keys.iter().filter(|key| key.is_live(now)).count();
        assert_eq!(store.count_live(&workspace(), now).await.unwrap(), live, "{now:?}");
    }
    assert_eq!(store.count_live(&Workspace::default(), NOW).await.unwrap(), 0);
}

pub async fn a_key_that_changes_moves_to_its_new_place(store: &dyn Store) {
    let new = |description: &str| NewKey { description: description.to_owned(), ..NewKey::default() };
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let (first, _) = ApiKey::generate().record(&secret, new("first"), "test", NOW);
    let (second, _) = ApiKey::generate().record(&secret, new("second"), "test", NOW.plus(1));
    for record in [&first, &second] {
        put(store, record).await;
    }
    let listed = async |user: Option<&str>| {
        let asked = KeysByEnd { user_id: user.map(String::from), offset: 0, limit: 9 };
        ids(&store.keys_by_end(&Workspace::default(), asked).await.unwrap().keys)
    };
    let both = |one: &KeyRecord, other: &KeyRecord| vec![one.id.clone(), other.id.clone()];
    assert_eq!(listed(None).await, both(&first, &second));
    let second =
        KeyRecord { version: 2, expires_at: Some(NOW.plus(9)), user_id: String::from("x"), ..second };
    put(store, &second).await;
    assert_eq!(listed(None).await, both(&second, &first));
    assert_eq!((listed(Some("x")).await.len(), listed(Some(&second.id)).await.len()), (1, 0));
    let first = KeyRecord { version: 2, expires_at: Some(NOW.plus(8)), ..first };
    put(store, &first).await;
    assert_eq!(listed(None).await, both(&first, &second));
    put(store, &KeyRecord { version: 3, revoked_at: Some(NOW), ..first.clone() }).await;
    assert_eq!(listed(None).await, vec![second.id.clone()]);
    put(store, &KeyRecord { version: 4, revoked_at: None, expires_at: None, ..first.clone() }).await;
    assert_eq!(listed(None).await, both(&second, &first));
    let unheard_of = vec![(String::from("nobody"), 1, NOW), (second.id.clone(), 7, NOW)];
    store.count_uses(&Workspace::default(), unheard_of).await.unwrap();
    store.count_uses(&Workspace::new("other"), vec![(second.id.clone(), 7, NOW)]).await.unwrap();
    let used = store.key(&Workspace::default(), &second.id).await.unwrap().unwrap();
    assert_eq!((used.uses, used.last_used_at), (7, Some(NOW)));
    assert!(store.key(&Workspace::default(), "nobody").await.unwrap().is_none());
}
