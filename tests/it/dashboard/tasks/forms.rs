//! Forms of tasks that cannot be taken come back as they were sent, with a sentence for people; what is sent twice is done once.

use serde_json::json;

use super::task::{EMPTY, act, browser, location, make, seen};
use crate::support::{ADMIN, Answer, Browser, command, create_key, with_admin, within_two_seconds};

/// The form for a new task, as a page has it.
async fn new_form(browser: &mut Browser) -> String {
    let page = browser.open("/dashboard/tasks/new").await;
    once(&page)
}

fn once(page: &Answer) -> String {
    page.text.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn send(browser: &mut Browser, once: &str, fields: &[(&str, &str)]) -> Answer {
    let fields: Vec<_> = fields.iter().copied().chain([("once", once)]).collect();
    browser.submit("/dashboard/tasks", &fields).await
}

async fn delete(browser: &mut Browser, key: &str) {
    let path = format!("/dashboard/tasks/{key}");
    let forms = seen(&browser.open(&format!("{path}/act")).await);
    assert_eq!(act(browser, &format!("{path}/delete"), &forms, ("key", key)).await.status, 303);
    within_two_seconds("it is gone", async || browser.clone().open(&path).await.status == 404).await;
}

async fn tied(admin: &mut Browser, key: &str, on: &str) -> String {
    let path = format!("/dashboard/tasks/{key}");
    let forms = seen(&admin.open(&format!("{path}/act")).await);
    let answer = act(admin, &format!("{path}/depends"), &forms, ("on", on)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    location(&answer).to_owned()
}

#[tokio::test]
async fn what_a_task_waits_for_can_be_changed_when_some_of_it_was_deleted() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    for title in ["One", "Two", "Three", "Four"] {
        make(&gateway, title).await;
    }
    let link = tied(&mut admin, "T-1", "t-2, T-3").await;
    assert!(admin.open(&link).await.text.contains("It waits for T-2, T-3 now."));
    // The form was open while one of its tasks was deleted.
    let old = seen(&admin.open("/dashboard/tasks/T-1/act").await);
    delete(&mut admin, "T-2").await;
    let page = admin.open("/dashboard/tasks/T-1/act").await.text;
    assert!(page.contains("1 task that was deleted") && page.contains("name=\"on\" value=\"T-3\""), "{page}");
    let answer = act(&mut admin, "/dashboard/tasks/T-1/depends", &old, ("on", "T-2 T-3 T-4")).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let page = admin.open(location(&answer)).await;
    assert!(page.text.contains("It waits for T-3, T-4 now. It no longer waits for 1 task that was deleted."));
    // And taken back.
    assert!(page.text.contains("Undo: it waits for T-3 again"), "{}", page.text);
    let answer = act(&mut admin, "/dashboard/tasks/T-1/depends", &seen(&page), ("on", "T-3")).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    // What it never waited for is not left out in silence.
    let forms = seen(&admin.open("/dashboard/tasks/T-4/act").await);
    let refused = act(&mut admin, "/dashboard/tasks/T-4/depends", &forms, ("on", "T-2")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("there is no task “T-2” on this board"), "{}", refused.text);
}

#[tokio::test]
async fn a_form_that_is_refused_comes_back_as_it_was_typed() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    let (key, long) = (make(&gateway, "Change it").await, "x".repeat(201));
    let path = format!("/dashboard/tasks/{key}");
    let forms = seen(&admin.open(&format!("{path}/act")).await);
    for (name, field, typed, status, said) in [
        ("move", "status", "nowhere", 422, "choose one of those"),
        ("assign", "person", &*long, 422, "expected 1 to 200 characters, got 201"),
        ("assign", "person", "\u{200b}", 422, "nothing of it can be seen"),
        ("depends", "on", "T-9 T-8", 422, "there is no task “T-9” on this board"),
        ("depends", "on", "T-1", 400, "cannot wait for itself"),
        ("delete", "key", "T-77", 422, "type the key of the task"),
    ] {
        let refused = act(&mut admin, &format!("{path}/{name}"), &forms, (field, typed)).await;
        assert_eq!(refused.status, status, "{name}: {}", refused.text);
        let marked =
            refused.text.contains(&format!("id=\"{name}-wrong\">")) && refused.text.contains("aria-invalid");
        assert!(refused.text.contains(said) && marked, "{name}: {}", refused.text);
        assert!(refused.text.contains("Nothing was done"), "{name}: {}", refused.text);
        let is_back = refused.text.contains(&format!("value=\"{typed}\""));
        assert!(is_back || name == "move" || typed == "\u{200b}", "{name} has lost {typed}");
        assert_eq!(seen(&refused).len(), 5, "it can be sent again");
    }
    // What has changed meanwhile takes nothing of it either.
    let moved = act(&mut admin, &format!("{path}/move"), &forms, ("status", "backlog")).await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    for (name, field, typed, shown) in [
        ("move", "status", "blocked", "value=\"blocked\" selected"),
        ("assign", "person", "cyn of the team", "value=\"cyn of the team\""),
        ("delete", "key", "T-1", "required value=\"T-1\""),
    ] {
        let changed = act(&mut admin, &format!("{path}/{name}"), &forms, (field, typed)).await;
        assert!(changed.status == 409 && changed.text.contains(shown), "{name}: {}", changed.text);
    }
}

#[tokio::test]
async fn what_the_fields_may_hold_can_be_sent_in_any_script() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    let (title, labels) = ("🦀".repeat(300), vec!["🦀".repeat(100); 100].join(","));
    let most = "🦀".repeat(20_000);
    let form = new_form(&mut admin).await;
    let fields = [("title", &*title), ("labels", &labels), ("description", &most)];
    let made = send(&mut admin, &form, &fields).await;
    assert_eq!(made.status, 303, "{}", made.text.chars().take(500).collect::<String>());
    let more = format!("{most}x");
    let refused = send(&mut admin, &form, &[("title", "Too long"), ("description", &more)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("Description: expected 20,000 characters at most, got 20,001"));
    assert!(refused.text.contains(&more) && refused.text.contains("value=\"Too long\""), "it comes back");
    let refused = send(&mut admin, &form, &[("description", &"x".repeat(600_000))]).await;
    assert!(refused.status == 413 && refused.text.contains("larger than 512 KiB"), "{}", refused.text);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_task_for_who_sent_it_as_it_was() {
    let gateway = with_admin(&[EMPTY]);
    let (mut admin, mut another) = (browser(&gateway, ADMIN).await, Browser::new(&gateway));
    let form = new_form(&mut admin).await;
    for (title, key) in [("One", "T-1"), ("One", "T-1"), ("Another", "T-2"), ("One", "T-1")] {
        let made = send(&mut admin, &form, &[("title", title)]).await;
        assert_eq!((made.status.as_u16(), location(&made)), (303, &*format!("/dashboard/tasks/{key}")));
    }
    let key = create_key(gateway.folder.path(), &["--user", "ana", "--scopes", "board:read,board:manage"]);
    assert_eq!(another.sign_in(&key).await.status, 200);
    let made = send(&mut another, &form, &[("title", "One")]).await;
    assert_eq!(location(&made), "/dashboard/tasks/T-3", "another person's is another task");
    delete(&mut another, "T-3").await;
    let told = send(&mut another, &form, &[("title", "One")]).await;
    assert!(told.status == 422 && told.text.contains("“T-3”, which ana deleted"), "{}", told.text);
    admin.open("/dashboard/board").await;
    delete(&mut admin, "T-1").await;
    let told = send(&mut admin, &form, &[("title", "One")]).await;
    assert_eq!(told.status, 422);
    assert!(
        told.text.contains("“T-1”, which admin deleted") && told.text.contains("value=\"One\""),
        "{}",
        told.text
    );
    let fresh = once(&told);
    assert_ne!(fresh, form);
    let made = send(&mut admin, &fresh, &[("title", "One")]).await;
    assert_eq!(location(&made), "/dashboard/tasks/T-4");
    let broken = send(&mut admin, "x", &[("title", "Five")]).await;
    assert!(broken.status == 422 && broken.text.contains("value=\"Five\""), "{}", broken.text);
}

#[tokio::test]
async fn a_title_has_something_to_see_whoever_gives_it() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    let form = new_form(&mut admin).await;
    for (title, said) in [
        ("", "Title: expected 1 to 300 characters, got 0"),
        ("\u{200b}\u{202e}", "Title: nothing of it can be seen"),
        ("\u{2800} \u{3164}", "Title: nothing of it can be seen"),
        ("a\0b", "Title: a control character is in it"),
    ] {
        let refused = send(&mut admin, &form, &[("title", title), ("labels", "kept")]).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{title:?}: {}", refused.text);
        assert!(refused.text.contains("id=\"title-wrong\"") && refused.text.contains("value=\"kept\""));
    }
    for title in ["\u{200b}", "\u{202e}\u{2066}", "\u{a0}\n"] {
        let refused = gateway.caller().tool("create_task", json!({"title": title})).await.unwrap_err();
        assert_eq!(refused["code"], "invalid_arguments", "{title:?}");
    }
    let made = send(&mut admin, &form, &[("title", "a\u{202e}b")]).await;
    assert_eq!(made.status, 303, "within what is seen they stay: {}", made.text);
}

#[tokio::test]
async fn refusals_are_in_words_for_people_and_repeat_little() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    let key = make(&gateway, "There").await;
    let long = "z".repeat(5_000);
    for path in [
        String::from("/dashboard/nothing"),
        String::from("/dashboard/tasks/T-99"),
        String::from("/dashboard/tasks/T-99/act"),
        String::from("/dashboard/agents/nobody"),
        format!("/dashboard/tasks/{long}"),
        format!("/dashboard/tasks/{long}/act"),
        format!("/dashboard/agents/{long}"),
    ] {
        let page = admin.open(&path).await;
        assert_eq!(page.status, 404, "{path}");
        for word in ["`", "list_tasks", "register_agent", "/mcp", "/sse"] {
            let told = page.text.split("class=\"sentence\"").nth(1).unwrap().split("</p>").next().unwrap();
            assert!(!told.contains(word) && told.len() < 300, "{path}: {told}");
        }
    }
    let path = format!("/dashboard/tasks/{key}");
    let forms = seen(&admin.open(&format!("{path}/act")).await);
    let refused = act(&mut admin, &format!("{path}/depends"), &forms, ("on", &long)).await;
    assert!(refused.text.contains("there is no task “zzz"), "{}", refused.text);
    assert!(refused.text.matches("zzzzzzzzzz").count() < 600, "what was typed, and little more");
}

#[tokio::test]
async fn a_task_is_found_by_its_key_in_any_case() {
    let gateway = with_admin(&[EMPTY]);
    let (mut admin, key) = (browser(&gateway, ADMIN).await, make(&gateway, "There").await);
    assert_eq!(key, "T-1");
    for (asked, shown) in [("t-1", "T-1"), ("t-1/act", "T-1/act")] {
        let sent = admin.open(&format!("/dashboard/tasks/{asked}")).await;
        assert_eq!((sent.status.as_u16(), location(&sent)), (303, &*format!("/dashboard/tasks/{shown}")));
    }
    delete(&mut admin, "T-1").await;
    for asked in ["t-1", "t-1/act", "T-1/act"] {
        let page = admin.open(&format!("/dashboard/tasks/{asked}")).await;
        assert!(page.status == 404 && page.text.contains("was deleted by admin"), "{asked}: {}", page.text);
    }
}

#[tokio::test]
async fn a_task_can_be_acted_on_whatever_its_person_is_called() {
    let gateway = with_admin(&[EMPTY]);
    let (mut admin, key) = (browser(&gateway, ADMIN).await, make(&gateway, "Theirs").await);
    let name = "a\u{200b}b%20 +&=\u{202e}";
    let assigned = command(gateway.folder.path()).args(["tasks", "assign", &key, name]).output().unwrap();
    assert!(assigned.status.success(), "{}", String::from_utf8_lossy(&assigned.stderr));
    let path = format!("/dashboard/tasks/{key}");
    within_two_seconds("it is theirs", async || {
        admin.clone().open(&path).await.text.contains("Not offered: a")
    })
    .await;
    let forms = seen(&admin.open(&format!("{path}/act")).await);
    let moved = act(&mut admin, &format!("{path}/move"), &forms, ("status", "backlog")).await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    let page = admin.open(location(&moved)).await.text;
    assert!(page.contains("Undo: back to To do"), "{page}");
}
