//! The fake has projects as GitHub does, where the board depends on it.

use serde_json::json;

use super::plain::Plain;
use crate::support::github::{Content, FakeGithub};

const PROJECT: &str = "query Project($owner: String!, $number: Int!) {
  repositoryOwner(login: $owner) { ... on ProjectV2Owner { projectV2(number: $number) {
    id
    status: field(name: \"Status\") { ... on ProjectV2SingleSelectField { id options { id name } } }
    title: field(name: \"Title\") { ... on ProjectV2SingleSelectField { id } }
    none: field(name: \"None\") { ... on ProjectV2SingleSelectField { id } }
  } } }
}";
const ITEMS: &str = "query Items($project: ID!, $first: Int!, $after: String) {
  node(id: $project) { ... on ProjectV2 { items(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id type isArchived
      status: fieldValueByName(name: \"status\") { ... on ProjectV2ItemFieldSingleSelectValue { name optionId } }
      content { ... on Issue { id repository { id } } ... on PullRequest { number } ... on DraftIssue { title } }
    }
  } } }
}";
const SET: &str = "mutation Set($project: ID!, $item: ID!, $field: ID!, $option: String!) {
  updateProjectV2ItemFieldValue(input: {projectId: $project, itemId: $item, fieldId: $field, value: {singleSelectOptionId: $option}}) { projectV2Item { id } }
}";
const ADD: &str = "mutation Add($project: ID!, $issue: ID!) {
  addProjectV2ItemById(input: {projectId: $project, contentId: $issue}) { item { id } }
}";
const CLEAR: &str = "mutation Clear($project: ID!, $item: ID!, $field: ID!) {
  clearProjectV2ItemFieldValue(input: {projectId: $project, itemId: $item, fieldId: $field}) { projectV2Item { id } }
}";

#[tokio::test]
async fn a_project_is_found_filled_and_moved_in() {
    let github = FakeGithub::start();
    let mona = Plain::of(&github, "mona");
    github.change(|world| {
        world.tracker.organizations.insert(String::from("octo"));
        world.file_issue("octo/app", "mona", "one");
        world.new_project("octo", 4);
    });
    let found = mona.graphql(PROJECT, json!({"owner": "Octo", "number": 4})).await;
    let project = &found["data"]["repositoryOwner"]["projectV2"];
    assert_eq!(
        (&project["title"], &project["none"]),
        (&json!({}), &json!(null)),
        "a text is no choice: {found}"
    );
    let option = |name: &str| {
        let options = project["status"]["options"].as_array().unwrap();
        options.iter().find(|option| option["name"] == name).unwrap()["id"].clone()
    };
    let add = json!({"project": project["id"], "issue": "I_kwDOFake000000"});
    let added = mona.graphql(ADD, add.clone()).await["data"]["addProjectV2ItemById"]["item"]["id"].take();
    assert_eq!(mona.graphql(ADD, add).await["data"]["addProjectV2ItemById"]["item"]["id"], added);
    let mut set = json!({"project": project["id"], "item": added, "field": project["status"]["id"], "option": option("In Progress")});
    assert_eq!(
        mona.graphql(SET, set.clone()).await["data"]["updateProjectV2ItemFieldValue"]["projectV2Item"]["id"],
        added
    );
    assert_eq!(github.change(|world| world.chosen(0, 0, "Status")).as_deref(), Some("In Progress"));
    set["option"] = json!("00000000");
    assert_eq!(mona.graphql(SET, set.clone()).await["errors"][0]["type"], "VALIDATION");
    mona.graphql(CLEAR, set.clone()).await;
    assert_eq!(github.change(|world| world.chosen(0, 0, "Status")), None);
    github.change(|world| {
        world.archive_item(0, 0, "mona", true);
        world.tokens.values_mut().for_each(|token| token.writes_projects = token.login != "mona");
    });
    assert_eq!(mona.graphql(SET, set.clone()).await["errors"][0]["type"], "FORBIDDEN");
    set["option"] = option("Done");
    let hubot = Plain::of(&github, "hubot");
    assert_eq!(hubot.graphql(SET, set).await["errors"][0]["type"], "UNPROCESSABLE", "it is archived");
    github.change(|world| world.tokens.get_mut(&mona.token).unwrap().reads_projects = false);
    let refused = mona.graphql(PROJECT, json!({"owner": "octo", "number": 4})).await;
    assert_eq!(refused["errors"][0]["type"], "INSUFFICIENT_SCOPES");
    let none = hubot.graphql(PROJECT, json!({"owner": "octo", "number": 5})).await;
    assert_eq!(none["errors"][0]["type"], "NOT_FOUND");
}

#[tokio::test]
async fn items_of_all_types_come_in_pages_at_a_point_for_a_hundred() {
    let github = FakeGithub::start();
    let mona = Plain::of(&github, "mona");
    github.change(|world| {
        let project = world.new_project("mona", 1);
        for number in 0..248 {
            let issue = world.file_issue("octo/app", "mona", &format!("issue {number}"));
            world.move_issue(project, issue, "mona", ("Status", "Todo"));
        }
        let pull = world.open("octo/app", 900, "fix");
        for content in [Content::Pull(pull), Content::Draft(String::from("idea")), Content::Redacted] {
            world.add_item(project, "mona", content);
        }
        let hidden = world.file_issue("secret/app", "hubot", "hidden");
        world.repos[1].readers = Some(["hubot".to_owned()].into());
        world.add_item(project, "hubot", Content::Issue(hidden));
        world.archive_item(project, 247, "mona", true);
    });
    github.tally();
    let (mut after, mut items) = (json!(null), Vec::new());
    loop {
        let variables = json!({"project": "PVT_kwDOFake000", "first": 100, "after": after});
        let page = mona.graphql(ITEMS, variables).await["data"]["node"]["items"].take();
        items.extend(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let tally = github.tally();
    assert_eq!((items.len(), tally.of("graphql Items"), tally.points), (252, 3, 3));
    assert_eq!(items[0]["status"], json!({"name": "Todo", "optionId": "00010001"}));
    assert_eq!(items[0]["content"], json!({"id": "I_kwDOFake000000", "repository": {"id": "R_kgDO0000"}}));
    assert_eq!(items[247]["isArchived"], true);
    let rest: Vec<_> = items[248..].iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(rest, ["PULL_REQUEST", "DRAFT_ISSUE", "REDACTED", "REDACTED"]);
    assert_eq!((&items[250]["content"], &items[251]["content"]), (&json!(null), &json!(null)));
}
