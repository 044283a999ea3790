//! The fake sends what GitHub sends to webhooks.

use serde_json::json;

use crate::support::github::{Content, FakeGithub};

const SENT: [&str; 17] = [
    "issues opened",
    "issues opened",
    "issues edited",
    "issues labeled",
    "issue_dependencies blocked_by_added",
    "issue_dependencies blocking_added",
    "sub_issues sub_issue_added",
    "sub_issues parent_issue_added",
    "projects_v2_item created",
    "projects_v2_item edited",
    "projects_v2_item archived",
    "issue_comment created",
    "issues closed",
    "issues reopened",
    "issues opened",
    "issues transferred",
    "issues deleted",
];

#[tokio::test]
async fn every_change_is_sent_to_webhooks_as_it_is_then() {
    let github = FakeGithub::start();
    github.change(|world| {
        world.tracker.organizations.insert(String::from("octo"));
        let (one, two) =
            (world.file_issue("octo/app", "mona", "one"), world.file_issue("octo/app", "mona", "two"));
        let project = world.new_project("octo", 1);
        world.edit_issue(one, "mona", None, Some("more"));
        world.label_issue(one, "mona", "todo");
        world.block_issue(two, "mona", one);
        world.nest_issue(two, "mona", one);
        let item = world.add_item(project, "mona", Content::Issue(one));
        world.move_issue(project, one, "mona", ("Status", "Todo"));
        world.archive_item(project, item, "mona", true);
        world.comment_on_issue(one, "mona", "said");
        world.close_issue(one, "mona", "completed");
        world.reopen_issue(one, "mona");
        world.transfer_issue(two, "mona", "octo/tools");
        world.delete_issue(one, "mona");
    });
    let sent = github.deliveries();
    let names: Vec<_> =
        sent.iter().map(|sent| format!("{} {}", sent.event, sent.body["action"].as_str().unwrap())).collect();
    assert_eq!(names, SENT);
    let labeled = &sent[3].body;
    assert_eq!(
        (&labeled["label"]["name"], &labeled["issue"]["labels"][0]["name"]),
        (&json!("todo"), &json!("todo"))
    );
    assert_eq!(
        (&labeled["repository"]["full_name"], &labeled["sender"]["login"]),
        (&json!("octo/app"), &json!("mona"))
    );
    assert_eq!(
        (&sent[4].body["blocked_issue"]["number"], &sent[4].body["blocking_issue_id"]),
        (&json!(2), &json!(2_000_000_000_u64))
    );
    assert_eq!(sent[7].body["parent_issue_repo"]["full_name"], "octo/app");
    let moved = &sent[9].body;
    assert_eq!(moved["projects_v2_item"]["content_node_id"], "I_kwDOFake000000");
    assert_eq!(moved["changes"]["field_value"]["to"]["name"], "Todo");
    assert_eq!(sent[15].body["changes"]["new_repository"]["full_name"], "octo/tools");
    assert!(github.deliveries().is_empty(), "they are taken once");
}
