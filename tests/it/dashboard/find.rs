//! Finding: what is called like a text, for whom, and where what is written out leads.

use serde_json::json;

use super::keys::many_keys;
use crate::support::{ADMIN, Browser, Gateway, KEY, create_key, with_admin};

const XSS: &str = "\"><script>alert(1)</script>";

async fn signed_in(gateway: &Gateway, credential: &str) -> Browser {
    let mut browser = Browser::new(gateway);
    browser.sign_in(credential).await;
    browser
}

async fn register(gateway: &Gateway, agent: &str, name: &str) {
    let arguments = json!({"agent_id": agent, "name": name, "role": "worker"});
    gateway.caller().tool("register_agent", arguments).await.unwrap();
}

fn find(text: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
    format!("/dashboard/find?{query}")
}

#[tokio::test]
async fn a_key_or_id_that_is_written_out_leads_to_its_page() {
    let gateway = with_admin(&[]);
    register(&gateway, "Ana-1", "Ana").await;
    create_key(gateway.folder.path(), &["--user", "ana", "--description", "laptop"]);
    let (mut viewer, mut administrator) = (signed_in(&gateway, KEY).await, signed_in(&gateway, ADMIN).await);
    for (text, path) in [
        ("T-1", "/dashboard/tasks/T-1"),
        ("  t-1 ", "/dashboard/tasks/T-1"),
        ("ana-1", "/dashboard/agents/Ana-1"),
    ] {
        let answer = viewer.open(&find(text)).await;
        assert_eq!(answer.status, 303, "{text}: {answer:?}");
        assert_eq!(answer.headers["location"], path, "{text}");
    }
    let page = administrator.open(&find("laptop")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let path =
        page.text.split("href=\"/dashboard/keys/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = administrator.open(&find(&path)).await;
    assert_eq!(answer.headers["location"], format!("/dashboard/keys/{path}").as_str());
    assert!(
        !viewer.open(&find("laptop")).await.text.contains("/dashboard/keys/"),
        "keys are not theirs to find"
    );
    assert_eq!(viewer.open(&find(&path)).await.status, 200);
}

#[tokio::test]
async fn what_has_the_text_in_its_names_is_listed_within_bounds_and_as_typed() {
    let gateway = with_admin(&[]);
    for number in 0..30 {
        register(&gateway, &format!("worker-{number}"), XSS).await;
    }
    let mut browser = signed_in(&gateway, KEY).await;
    let page = browser.open(&find("WORKER")).await;
    assert_eq!(page.text.matches("href=\"/dashboard/agents/worker-").count(), 25, "{page:?}");
    assert!(page.text.contains("and 5 more") && page.text.contains("30 things"), "{page:?}");
    assert_eq!(page.text.matches("<script").count(), 1, "{page:?}");
    let page = browser.open(&find(XSS)).await;
    assert_eq!(page.text.matches("<script").count(), 1, "{page:?}");
    assert!(page.text.contains("value=\"&#34;&#62;&#60;script&#62;"), "{page:?}");
    for nothing in ["/dashboard/find", "/dashboard/find?q=", "/dashboard/find?q=++"] {
        assert_eq!(browser.open(nothing).await.status, 200, "{nothing}");
    }
    assert_eq!(browser.open(&find(&"x".repeat(201))).await.status, 422);
}

#[tokio::test]
async fn a_status_is_told_in_the_words_of_the_other_pages() {
    let gateway = with_admin(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    for title in ["Look for it", "Look for it too"] {
        gateway.caller().tool("create_task", json!({"title": title})).await.unwrap();
    }
    register(&gateway, "ana", "Ana").await;
    gateway.caller().tool("request_next_task", json!({"agent_id": "ana"})).await.unwrap();
    let page = signed_in(&gateway, KEY).await.open(&find("look for")).await;
    assert!(page.text.contains("In progress") && page.text.contains("To do"), "{page:?}");
    assert!(!page.text.contains("in_progress") && !page.text.contains(">todo<"), "{page:?}");
}

#[tokio::test]
async fn a_key_that_is_pasted_there_is_neither_looked_for_nor_shown() {
    let gateway = with_admin(&[]);
    let key = create_key(gateway.folder.path(), &["--user", "ana"]);
    let mut browser = signed_in(&gateway, ADMIN).await;
    let page = browser.open(&find(&key)).await;
    assert!(page.status == 200 && page.text.contains("never by its text"), "{page:?}");
}

#[tokio::test]
async fn where_not_all_keys_are_looked_at_the_page_says_so() {
    let gateway = with_admin(&[]);
    let mut browser = signed_in(&gateway, ADMIN).await;
    let said = "Of the keys the 10,000 made first were looked at";
    for (more, is_cut) in [(9_000, false), (2_000, true)] {
        many_keys(&gateway, more);
        let page = browser.open(&find("copy")).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.text.contains(said), is_cut, "{more}: {page:?}");
    }
}
