//! The pages of keys and of how to connect: who sees what, and keys that are made, changed, rotated and revoked by forms.

use reqwest::Method;

use crate::support::{ADMIN, Answer, Browser, Gateway, KEY, create_key, known, send, with_admin};

const ONCE: &str = "0123456789abcdef0123456789abcdef";
const XSS: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

/// The text of the key that an answer shows, and that no other shows from now on.
fn shown_key(page: &Answer) -> String {
    let key = shown(page);
    known::know(&key);
    key
}

/// The same, where it is shown once more.
fn shown(page: &Answer) -> String {
    let key = page.text.split("id=\"key\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1));
    key.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{page:?}")).to_owned()
}

/// The id of the key whose page is linked to.
fn linked_id(page: &Answer) -> String {
    let link = page.text.split("/dashboard/keys/").nth(1).and_then(|rest| rest.split('"').next());
    link.unwrap_or_else(|| panic!("{page:?}")).to_owned()
}

/// What a form of that page has in a field.
fn field(page: &Answer, name: &str) -> String {
    let at = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    at.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{name}: {page:?}")).to_owned()
}

async fn opens(gateway: &Gateway, key: &str) -> bool {
    send(gateway.caller_with(key).request(Method::GET, "/api/me")).await.status == 200
}

async fn administrator(gateway: &Gateway) -> Browser {
    let mut browser = Browser::new(gateway);
    assert_eq!(browser.sign_in(ADMIN).await.status, 200);
    browser
}

#[tokio::test]
async fn each_page_of_keys_is_for_whom_it_is_meant() {
    let gateway = with_admin(&[]);
    let key = |scopes: &str| create_key(gateway.folder.path(), &["--user", "ana", "--scopes", scopes]);
    let manager = key("board:read,board:manage");
    let id = {
        let mut browser = administrator(&gateway).await;
        linked_id(&browser.open("/dashboard/keys").await)
    };
    for (credential, is_admin) in [
        (KEY.to_owned(), false),
        (key("pr:read"), false),
        (key("board:read"), false),
        (manager, false),
        (key("admin"), true),
        (ADMIN.to_owned(), true),
    ] {
        let mut browser = Browser::new(&gateway);
        browser.sign_in(&credential).await;
        for path in ["/dashboard/me", "/dashboard/connect"] {
            let page = browser.open(path).await;
            assert_eq!(page.status, 200, "{page:?}");
            assert_eq!(page.text.contains("href=\"/dashboard/keys\""), is_admin, "{page:?}");
            let makes = page.text.contains("action=\"/dashboard/keys\"");
            assert_eq!(makes, is_admin && path.ends_with("connect"), "{page:?}");
        }
        for path in ["/dashboard/keys", &format!("/dashboard/keys/{id}")] {
            let page = browser.open(path).await;
            assert_eq!(page.status, if is_admin { 200 } else { 403 }, "{page:?}");
        }
    }
}

#[tokio::test]
async fn a_key_is_made_changed_rotated_and_revoked_by_forms_alone() {
    let gateway = with_admin(&[]);
    let mut browser = administrator(&gateway).await;
    let empty = browser.open("/dashboard/keys").await;
    assert!(empty.text.contains("No key yet") && empty.text.contains("<details class=\"more\" open>"));
    let once = field(&empty, "once");
    let form =
        [("user_id", "ana"), ("description", "laptop"), ("ends", "7"), ("board:read", "on"), ("once", &once)];
    let made = browser.submit("/dashboard/keys", &form).await;
    assert_eq!(made.status, 200, "{made:?}");
    let key = shown(&made);
    assert!(made.text.matches(&key).count() >= 6, "the snippets have it too");
    assert!(opens(&gateway, &key).await);
    assert_eq!(shown_key(&browser.submit("/dashboard/keys", &form).await), key, "a reload shows the same");
    let other = [("user_id", "ben"), ("board:read", "on"), ("once", &once)];
    let refused = browser.submit("/dashboard/keys", &other).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("made a key before"), "{refused:?}");

    let list = browser.open("/dashboard/keys").await;
    assert!(list.text.contains("1 key") && list.text.contains("ends soon") && list.text.contains("laptop"));
    assert!(!list.text.contains(&key));
    let id = linked_id(&list);
    let page = browser.open(&format!("/dashboard/keys/{id}")).await;
    let (seen, change) = (field(&page, "seen"), format!("/dashboard/keys/{id}/change"));
    let changes = [
        ("description", "desk"),
        ("ends", "never"),
        ("rate_limit", "90"),
        ("pr:read", "on"),
        ("seen", &seen),
    ];
    let changed = browser.submit(&change, &changes).await;
    assert_eq!(changed.status, 303, "{changed:?}");
    let page = browser.open(changed.headers["location"].to_str().unwrap()).await;
    assert!(page.text.contains("The key is changed.") && page.text.contains("value=\"desk\""), "{page:?}");
    assert!(
        page.text.contains("90 calls a minute") && page.text.contains("<code>pr:read</code>"),
        "{page:?}"
    );

    let rotated = [("grace", "0"), ("once", ONCE)];
    let rotated = browser.submit(&format!("/dashboard/keys/{id}/rotate"), &rotated).await;
    let newer = shown_key(&rotated);
    assert!(opens(&gateway, &newer).await && !opens(&gateway, &key).await);
    let revoked = browser.submit(&format!("/dashboard/keys/{id}/revoke"), &[]).await;
    assert_eq!(revoked.headers["location"], format!("/dashboard/keys?revoked={id}").as_str());
    assert!(!opens(&gateway, &newer).await);
    for (act, status) in [("change", 404), ("rotate", 404), ("revoke", 303)] {
        let form = [("seen", "1"), ("board:read", "on"), ("grace", "0"), ("once", &"b".repeat(32))];
        let gone = browser.submit(&format!("/dashboard/keys/{id}/{act}"), &form).await;
        assert_eq!(gone.status, status, "{act}: {gone:?}");
    }
    let audit =
        send(crate::support::admin(&gateway).request(Method::GET, "/admin/audit?action=key.")).await.json();
    let mut records = audit["records"].as_array().unwrap().clone();
    // The key's own holder calls with it.
    records.retain(|record| record["action"] != "key.first_use");
    let actions: Vec<_> = records.iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["key.revoke", "key.rotate", "key.change", "key.create"]);
    assert!(records.iter().all(|record| record["actor"] == "admin"), "{records:?}");
}

#[tokio::test]
async fn what_happened_to_a_key_is_told_to_who_did_it_and_a_link_makes_nothing_up() {
    let gateway = with_admin(&[]);
    let mut browser = administrator(&gateway).await;
    create_key(gateway.folder.path(), &["--user", "ana", "--description", "desk"]);
    let id = linked_id(&browser.open("/dashboard/keys").await);
    let (path, is_told) = (format!("/dashboard/keys/{id}"), |page: &Answer| page.text.contains("The key"));
    for untrue in [&format!("{path}?changed"), &format!("/dashboard/keys?revoked={id}")] {
        let page = browser.open(untrue).await;
        assert!(page.status == 200 && !is_told(&page), "{untrue}: {page:?}");
    }
    let seen = field(&browser.open(&path).await, "seen");
    let changes = [("description", "desk"), ("ends", "keep"), ("board:read", "on"), ("seen", &seen)];
    let changed = browser.submit(&format!("{path}/change"), &changes).await;
    let link = changed.headers["location"].to_str().unwrap();
    assert!(browser.open(link).await.text.contains("The key is changed."), "{changed:?}");
    let mut another = Browser::new(&gateway);
    another.sign_in(&create_key(gateway.folder.path(), &["--user", "zoe", "--scopes", "admin"])).await;
    let page = another.open(link).await;
    assert!(page.status == 200 && !is_told(&page), "she did nothing: {page:?}");
    let revoked = browser.submit(&format!("{path}/revoke"), &[]).await;
    assert_eq!(revoked.headers["location"], format!("/dashboard/keys?revoked={id}").as_str());
    let page = browser.open(revoked.headers["location"].to_str().unwrap()).await;
    assert!(page.text.contains("The key desk is revoked"), "{page:?}");
    for nothing in ["/dashboard/keys?revoked", "/dashboard/keys?revoked=x"] {
        assert!(!is_told(&browser.open(nothing).await), "{nothing}");
    }
}

#[tokio::test]
async fn a_second_press_of_change_is_the_first_one_and_no_more() {
    let gateway = with_admin(&[]);
    let mut browser = administrator(&gateway).await;
    let admin = create_key(gateway.folder.path(), &["--scopes", "admin"]);
    let id = linked_id(&browser.open("/dashboard/keys").await);
    let seen = field(&browser.open(&format!("/dashboard/keys/{id}")).await, "seen");
    let change = format!("/dashboard/keys/{id}/change");
    let changes =
        [("description", "desk"), ("ends", "90"), ("rate_limit", "90"), ("admin", "on"), ("seen", &*seen)];
    let changed = browser.submit(&change, &changes).await;
    assert_eq!(changed.status, 303, "{changed:?}");
    let twice = browser.submit(&change, &changes).await;
    let page = browser.open(twice.headers["location"].to_str().unwrap()).await;
    assert!(page.status == 200 && page.text.contains("The key is changed."), "{page:?}");
    for (name, value) in [("description", "lap"), ("ends", "never"), ("rate_limit", ""), ("pr:write", "on")] {
        let mut others = changes.to_vec();
        others.retain(|(known, _)| *known != name);
        others.push((name, value));
        let stale = browser.submit(&change, &others).await;
        assert_eq!(stale.status, 409, "{name}: {stale:?}");
        assert!(
            stale.text.contains("This key has changed since") && !stale.text.contains("Somebody"),
            "{stale:?}"
        );
    }
    let mut other = Browser::new(&gateway);
    other.sign_in(&admin).await;
    let stale = other.submit(&change, &changes).await;
    assert_eq!(stale.status, 409, "another person did it: {stale:?}");
}

#[tokio::test]
async fn who_rotates_the_own_key_stays_signed_in_and_is_the_only_one() {
    let gateway = with_admin(&[]);
    let key = create_key(gateway.folder.path(), &["--user", "ana"]);
    let (mut browser, mut elsewhere) = (Browser::new(&gateway), Browser::new(&gateway));
    browser.sign_in(&key).await;
    elsewhere.sign_in(&key).await;
    let page = browser.open("/dashboard/me").await;
    assert!(page.text.contains("ana") && !page.text.contains(&key), "{page:?}");
    elsewhere.open("/dashboard/me").await;
    let rotated = browser.submit("/dashboard/me/rotate", &[("grace", "3600"), ("once", ONCE)]).await;
    let newer = shown_key(&rotated);
    assert!(opens(&gateway, &newer).await && opens(&gateway, &key).await);
    let again = elsewhere.submit("/dashboard/me/rotate", &[("grace", "0"), ("once", &"c".repeat(32))]).await;
    assert_eq!(again.status, 403, "a session of the text before rotates nothing: {again:?}");
    let again = browser.submit("/dashboard/me/rotate", &[("grace", "0"), ("once", &"d".repeat(32))]).await;
    let newest = shown_key(&again);
    assert!(browser.is_signed_in().await && !elsewhere.is_signed_in().await);
    assert!(opens(&gateway, &newest).await && !opens(&gateway, &newer).await && !opens(&gateway, &key).await);

    let mut without = Browser::new(&gateway);
    for (credential, said) in [(ADMIN, "without a key"), (KEY, "MCP_AUTH_TOKENS")] {
        without.sign_in(credential).await;
        let page = without.open("/dashboard/me").await;
        assert!(page.text.contains(said), "{page:?}");
        let refused = without.submit("/dashboard/me/rotate", &[("grace", "0"), ("once", ONCE)]).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
}

#[tokio::test]
async fn what_others_typed_stands_on_the_pages_as_typed_and_a_bad_form_makes_nothing() {
    let gateway = with_admin(&[]);
    let mut browser = administrator(&gateway).await;
    let form = [("user_id", XSS), ("description", XSS), ("board:read", "on"), ("once", ONCE)];
    let made = browser.submit("/dashboard/keys", &form).await;
    let key = shown_key(&made);
    let list = browser.open("/dashboard/keys").await;
    let page = browser.open(&format!("/dashboard/keys/{}", linked_id(&list))).await;
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("user", XSS).finish();
    let found = browser.open(&format!("/dashboard/keys?{query}")).await;
    let mut own = Browser::new(&gateway);
    own.sign_in(&key).await;
    let me = own.open("/dashboard/me").await;
    for page in [made, list, page, found, me] {
        assert_eq!(page.status, 200, "{page:?}");
        assert!(!page.text.contains("<script>alert") && !page.text.contains("<img"), "{page:?}");
        assert!(page.text.contains("&lt;script&gt;") || page.text.contains("&#60;script&#62;"), "{page:?}");
        assert_eq!(page.text.matches("<script").count(), 1, "{page:?}");
    }
    let long = "x".repeat(501);
    let good = [("board:read", "on"), ("once", "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee")]
        .map(|(name, value)| (name, value.to_owned()));
    for (name, value) in [
        ("user_id", &*long),
        ("description", "a\u{1}b"),
        ("ends", "0"),
        ("rate_limit", "many"),
        ("once", ""),
        ("board:read", ""),
    ] {
        let mut form: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.retain(|(known, _)| *known != name);
        if name != "board:read" {
            form.push((name, value));
        }
        let refused = browser.submit("/dashboard/keys", &form).await;
        assert_eq!(refused.status, 422, "{name}: {refused:?}");
    }
    for path in ["/dashboard/keys?page=0", "/dashboard/keys?page=x", "/dashboard/keys?page=100001"] {
        assert_eq!(browser.open(path).await.status, 422, "{path}");
    }
    let none = browser.open("/dashboard/keys?user=nobody").await;
    assert!(none.text.contains("Nobody of that name"), "{none:?}");
    assert_eq!(browser.open("/dashboard/keys/nothing").await.status, 404);
    assert!(browser.open("/dashboard/keys").await.text.contains("1 key"));
}

#[tokio::test]
async fn snippets_name_the_address_that_the_browser_used_or_the_public_one() {
    let plain = with_admin(&[]);
    let page = administrator(&plain).await.open("/dashboard/connect").await;
    assert!(page.text.contains(&format!("{}/mcp", plain.base)) && page.text.contains("YOUR_KEY"), "{page:?}");
    let public = with_admin(&[("TASKGATE_PUBLIC_URL", "https://gate.example/gate")]);
    let mut browser = Browser::new(&public);
    let signed_in = browser.form("/gate/dashboard/sign-in", &[("credential", ADMIN)]);
    assert_eq!(browser.send(signed_in).await.status, 303);
    let page = browser.open("/gate/dashboard/connect").await;
    assert!(page.text.contains("https://gate.example/gate/mcp"), "{page:?}");
    assert!(page.text.contains("action=\"/gate/dashboard/keys\""), "{page:?}");
}

#[tokio::test]
async fn a_form_that_cannot_be_taken_comes_back_as_it_was_typed() {
    let gateway = with_admin(&[]);
    let mut browser = administrator(&gateway).await;
    browser.open("/dashboard/keys").await;
    let typed =
        [("user_id", "ana"), ("description", "her laptop"), ("ends", "30"), ("admin", "on"), ("once", ONCE)];
    let refused = browser.submit("/dashboard/keys", &[&typed[..], &[("rate_limit", "many")]].concat()).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    for text in
        ["Calls a minute: expected", "No key was made", "value=\"ana\"", "her laptop", "value=\"many\"", ONCE]
    {
        assert!(refused.text.contains(text), "{text}: {refused:?}");
    }
    assert!(
        refused.text.contains("value=\"30\" selected") && refused.text.contains("name=\"admin\" checked")
    );
    assert!(!refused.text.contains("name=\"board:read\" checked"), "{refused:?}");
    let made = browser.submit("/dashboard/keys", &[&typed[..], &[("rate_limit", "60")]].concat()).await;
    let key = shown_key(&made);
    let id = linked_id(&browser.open("/dashboard/keys").await);
    let path = format!("/dashboard/keys/{id}");
    let seen = field(&browser.open(&path).await, "seen");
    let change = [
        ("description", "her desktop"),
        ("ends", "7"),
        ("rate_limit", "0"),
        ("seen", &*seen),
        ("admin", "on"),
    ];
    let refused = browser.submit(&format!("{path}/change"), &change).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    for text in ["Nothing was changed", "value=\"her desktop\"", "value=\"7\" selected"] {
        assert!(refused.text.contains(text), "{text}: {refused:?}");
    }
    assert_eq!(field(&refused, "seen"), seen, "it is still about what was seen");
    let old = [("description", "typed at last"), ("ends", "7"), ("admin", "on"), ("seen", "0")];
    let stale = browser.submit(&format!("{path}/change"), &old).await;
    assert!(stale.status == 409 && stale.text.contains("value=\"typed at last\""), "{stale:?}");
    let other = [("user_id", "ben"), ("board:read", "on"), ("once", ONCE)];
    let refused = browser.submit("/dashboard/keys", &other).await;
    assert!(refused.status == 422 && refused.text.contains("value=\"ben\""), "{refused:?}");
    assert_ne!(field(&refused, "once"), ONCE, "it can be sent once more");
    let leaked = browser.open(&format!("/dashboard/keys/{key}")).await;
    assert!(leaked.status == 404 && !leaked.text.contains(&key), "{leaked:?}");
    assert!(leaked.text.contains("rotate it"), "{leaked:?}");
}

/// Puts so many keys of one user into the store, of which nobody has the text.
pub fn many_keys(gateway: &Gateway, count: u32) {
    let store = rusqlite::Connection::open(gateway.folder.path().join("taskgate.db")).unwrap();
    store.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO keys (workspace, id, hash, prefix, user_id, description, scopes, created_at)
        SELECT 'default', lower(hex(randomblob(16))), randomblob(32), 'mcp_copy', 'copy', 'copy ' || i, 'board:read', 0
        FROM n";
    assert_eq!(store.execute(sql, [count]).unwrap() as u32, count);
}

#[tokio::test]
async fn keys_come_page_by_page_and_behind_the_last_one_it_says_so() {
    let gateway = with_admin(&[]);
    let mut browser = administrator(&gateway).await;
    many_keys(&gateway, 240);
    let page = browser.open("/dashboard/keys?user=copy&page=3").await;
    assert!(page.text.contains("240 keys, 201 to 240 shown"), "{page:?}");
    assert_eq!(page.text.matches("<tr id=\"k-").count(), 40, "{page:?}");
    assert!(page.text.contains("page=2") && !page.text.contains("page=4"), "{page:?}");
    for number in [4, 99_999] {
        let page = browser.open(&format!("/dashboard/keys?user=copy&page={number}")).await;
        assert!(page.text.contains("These are 3 pages: nothing is on page"), "{page:?}");
        assert!(
            page.text.contains("user=copy&#38;page=3") || page.text.contains("user=copy&amp;page=3"),
            "{page:?}"
        );
        assert!(!page.text.contains("Nobody of that name"), "{page:?}");
    }
    let nobody = browser.open("/dashboard/keys?user=nobody&page=4").await;
    assert!(nobody.text.contains("Nobody of that name"), "{nobody:?}");
}
