//! What the page of health says of this process, and that a record of the audit log that somebody changed is told.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{ADMIN, Browser, Gateway, KEY, with_admin, within_two_seconds};

async fn page(gateway: &Gateway, credential: &str, path: &str) -> String {
    let mut browser = Browser::new(gateway);
    browser.sign_in(credential).await;
    browser.open(path).await.text
}

#[tokio::test]
async fn each_thing_has_its_figure_and_what_it_should_be() {
    let gateway = with_admin(&[]);
    gateway.caller().agent("ana").await;
    for credential in [KEY, ADMIN] {
        within_two_seconds("every figure is there", async || {
            let text = page(&gateway, credential, "/dashboard/health").await;
            [
                "took a write",
                "Owed to the board",
                "all followed",
                "within 2 s",
                "Streams",
                "started",
                "All is well",
            ]
            .iter()
            .all(|word| text.contains(word))
        })
        .await;
    }
    let log = async || page(&gateway, ADMIN, "/dashboard/audit").await.contains("each as it was written");
    while !log().await {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_changed_record_is_told_by_whoever_starts_after_it() {
    let gateway = with_admin(&[]);
    gateway.caller().agent("ana").await;
    page(&gateway, ADMIN, "/dashboard").await;
    let (folder, database) = (Arc::clone(&gateway.folder), gateway.database());
    drop(gateway);
    let hand = rusqlite::Connection::open(database).unwrap();
    assert_eq!(hand.execute("UPDATE audit SET actor = 'eve' WHERE sequence = 1", []).unwrap(), 1);
    let again = Gateway::on(folder, &[("MCP_ADMIN_TOKEN", ADMIN)]);
    again.logs("the audit log is not what was written").await;
    let ready: Value = reqwest::get(format!("{}/ready", again.base)).await.unwrap().json().await.unwrap();
    assert_eq!(ready["status"], "ready", "agents go on");
    let told = ready["dependencies"].as_array().unwrap().iter().find(|told| told["name"] == "audit").unwrap();
    assert_eq!(told["state"], json!("broken"), "{ready}");
    for path in ["/dashboard/health", "/dashboard/audit"] {
        let text = page(&again, ADMIN, path).await;
        assert!(text.contains("record 1: this record"), "{text}");
    }
}
