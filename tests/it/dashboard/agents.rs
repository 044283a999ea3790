//! The pages of agents: what each holds, what it did, when it was heard of.

use serde_json::json;

use super::markup::{PAYLOADS, assert_shown_as_typed, link};
use crate::support::{Browser, Gateway, KEY, next, with_admin};

async fn viewer(gateway: &Gateway) -> Browser {
    let mut browser = Browser::new(gateway);
    assert_eq!(browser.sign_in(KEY).await.status, 200);
    browser
}

#[tokio::test]
async fn an_agent_is_shown_with_what_it_holds_and_what_it_did() {
    let gateway = with_admin(&[]);
    let caller = gateway.caller();
    let mut viewer = viewer(&gateway).await;
    let page = viewer.open("/dashboard/agents").await;
    assert!(page.text.contains("No agent yet"), "{page:?}");
    caller.agent("ana").await;
    caller.agent("idle").await;
    let page = viewer.open("/dashboard/agents").await;
    assert!(page.text.contains("2 agents") && page.text.contains("holds nothing"), "{page:?}");
    assert!(page.text.contains("not yet"), "nothing was heard of them");
    let task = next(&caller, "ana").await["task"].clone();
    let key = task["key"].as_str().unwrap();
    let said = json!({"agent_id": "ana", "task_id": key, "status": "in_progress", "progress": 40, "message": "halfway there"});
    caller.tool("report_task_progress", said).await.unwrap();
    let page = viewer.open("/dashboard/agents").await;
    for text in ["at work", &format!("/dashboard/tasks/{key}\""), "40&nbsp;%", "data-left=", "now</time>"] {
        assert!(page.text.contains(text), "{text}: {page:?}");
    }
    let done = json!({"agent_id": "ana", "task_id": key, "status": "completed", "progress": 100, "message": "all of it"});
    caller.tool("report_task_progress", done).await.unwrap();
    let page = viewer.open("/dashboard/agents/ana").await;
    for text in ["got <a", "finished", "all of it", "Tester", "<bdi>api</bdi>", "<dt>Done</dt><dd>1</dd>"] {
        assert!(page.text.contains(text), "{text}: {page:?}");
    }
    assert!(page.text.find("finished").unwrap() < page.text.find("got <a").unwrap(), "newest first");
    let page = viewer.open("/dashboard/agents/idle").await;
    assert!(page.text.contains("It was given no task yet."), "{page:?}");
    for (path, status) in [
        ("/dashboard/agents/nobody", 404),
        ("/dashboard/agents/ana?before=x", 422),
        ("/dashboard/agents/%FF", 422),
    ] {
        let page = viewer.open(path).await;
        assert_eq!(page.status, status, "{path}: {page:?}");
    }
}

#[tokio::test]
async fn a_task_that_was_given_back_or_is_gone_is_named_as_that() {
    let gateway = with_admin(&[]);
    let caller = gateway.caller();
    caller.agent("ana").await;
    let task = next(&caller, "ana").await["task"].clone();
    let key = task["key"].as_str().unwrap();
    let gone = crate::support::person(gateway.folder.path(), &["delete", key]);
    let mut viewer = viewer(&gateway).await;
    crate::support::within_two_seconds("the gateway knows", async || {
        viewer.clone().open("/dashboard/agents/ana").await.text.contains("a task that was deleted")
    })
    .await;
    let page = viewer.open("/dashboard/agents/ana").await;
    assert!(
        page.text.contains("holds nothing") && !page.text.contains(&format!("tasks/{key}\"")),
        "{gone}: {page:?}"
    );
}

#[tokio::test]
async fn an_agent_whose_id_a_browser_takes_for_the_way_up_has_a_page() {
    let gateway = with_admin(&[]);
    let mut viewer = viewer(&gateway).await;
    for id in [".", ".."] {
        gateway.caller().agent(id).await;
        let path = format!("/dashboard/agent?id={id}");
        assert!(viewer.open("/dashboard/agents").await.text.contains(&format!("href=\"{path}\"")));
        let page = viewer.open(&path).await;
        assert!(page.text.contains(&format!("<h1><bdi>{id}</bdi></h1>")), "{page:?}");
    }
}

#[tokio::test]
async fn agents_are_shown_a_page_at_a_time() {
    let gateway = with_admin(&[]);
    let caller = gateway.caller();
    for number in 0..60 {
        caller.agent(&format!("agent {number:02} & more")).await;
    }
    let mut viewer = viewer(&gateway).await;
    let (mut path, mut seen) = (String::from("/dashboard/agents"), 0);
    loop {
        let page = viewer.open(&path).await;
        seen += page.text.matches("<tr><td><a").count();
        let Some(next) = link(&page, "next ones") else { break };
        path = next;
    }
    assert_eq!(seen, 60);
    let page = viewer.open("/dashboard/agents/agent%2007%20%26%20more").await;
    assert_eq!(page.status, 200, "{page:?}");
}

#[tokio::test]
async fn what_an_agent_says_of_itself_is_shown_as_typed_and_is_never_markup() {
    let gateway = with_admin(&[]);
    let caller = gateway.caller();
    let mut viewer = viewer(&gateway).await;
    for (number, payload) in PAYLOADS.into_iter().enumerate() {
        let id = format!("{payload}/{number}?#%2e");
        let said = json!({"agent_id": id, "name": format!("{payload}n"), "role": format!("{payload}r"),
            "skills": [format!("{payload}s")]});
        caller.tool("register_agent", said).await.unwrap();
        let list = viewer.open("/dashboard/agents").await;
        assert_shown_as_typed(&list, &id);
        assert_shown_as_typed(&list, &format!("{payload}r"));
        let path = super::markup::unescaped(
            list.text
                .split("<tr><td><a href=\"")
                .find(|row| super::markup::unescaped(row).contains(&id))
                .unwrap(),
        );
        let page = viewer.open(path.split("\">").next().unwrap()).await;
        for end in ["n", "r", "s"] {
            assert_shown_as_typed(&page, &format!("{payload}{end}"));
        }
        assert_shown_as_typed(&page, &id);
    }
}
