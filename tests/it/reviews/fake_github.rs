//! The GitHub of these tests behaves as GitHub does where the tests depend on it.

use serde_json::{Value, json};

use crate::support::{
    github::{FakeGithub, Fault, thread_id},
    http,
};

async fn graphql(github: &FakeGithub, token: &str, query: &str, variables: Value) -> Value {
    let body = json!({"query": query, "variables": variables});
    let request = http().post(format!("{}/graphql", github.url)).bearer_auth(token);
    request.header("user-agent", "t").json(&body).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_connection_has_pages_of_at_most_a_hundred_that_cursors_lead_through() {
    let github = FakeGithub::start();
    let token = github.token("mona");
    let thread = github.change(|world| {
        let pull = world.open("octo/app", 7, "fix");
        let thread = world.thread(pull, "src/a.rs", 3);
        for index in 0..250 {
            world.comment(thread, "hubot", &format!("comment {index}"));
        }
        thread_id(thread)
    });
    let query = "query Page($id: ID!, $size: Int!, $after: String, $deep: Boolean!) {
      node(id: $id) { ...Parts }
    }
    fragment Parts on PullRequestReviewThread {
      again: id
      isResolved @include(if: $deep)
      comments(first: $size, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { body author { login } } }
    }";
    let (mut after, mut bodies, mut pages) = (Value::Null, Vec::new(), 0);
    loop {
        let variables = json!({"id": thread, "size": 100, "after": after, "deep": false});
        let node = graphql(&github, &token, query, variables).await["data"]["node"].take();
        assert_eq!((&node["again"], node.get("isResolved")), (&json!(thread), None));
        let page = &node["comments"];
        assert_eq!(page["totalCount"], 250);
        bodies.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["body"].clone()));
        pages += 1;
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!((pages, bodies.len(), &bodies[249]), (3, 250, &json!("comment 249")));
    for (size, kind) in [(json!(101), "EXCESSIVE_PAGINATION"), (Value::Null, "variableNotProvided")] {
        let variables = json!({"id": thread, "size": size, "deep": true});
        let answer = graphql(&github, &token, query, variables).await;
        let error = &answer["errors"][0];
        assert!(error["type"] == kind || error["extensions"]["code"] == kind, "{answer}");
    }
    let none = graphql(&github, &token, "{ viewer { login } }", json!({})).await;
    assert_eq!(none, json!({"data": {"viewer": {"login": "mona"}}}));
    let query = "{ repository(owner: \"OCTO\", name: \"App\") { pullRequest(number: 7) { reviewThreads { totalCount } wrong } } }";
    let answer = graphql(&github, &token, query, json!({})).await;
    assert_eq!(answer["errors"][0]["message"], "Field 'wrong' doesn't exist on type 'PullRequest'");
}

#[tokio::test]
async fn what_a_token_does_not_see_is_not_found_and_what_it_may_not_is_forbidden() {
    let github = FakeGithub::start();
    let (mona, hubot) = (github.token("mona"), github.token("hubot"));
    let thread = github.change(|world| {
        let pull = world.open("octo/app", 7, "fix");
        world.repos[0].readers = Some(["mona".to_owned()].into());
        let thread = world.thread(pull, "src/a.rs", 3);
        world.comment(thread, "mona", "for {viewer}");
        world.tokens.get_mut(&mona).unwrap().writes_contents = false;
        thread_id(thread)
    });
    let query = "query($id: ID!) { node(id: $id) { ... on PullRequestReviewThread { id } } }";
    let answer = graphql(&github, &hubot, query, json!({"id": thread})).await;
    assert_eq!((&answer["data"]["node"], &answer["errors"][0]["type"]), (&Value::Null, &json!("NOT_FOUND")));
    let resolve = "mutation Resolve($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }";
    let answer = graphql(&github, &mona, resolve, json!({"id": thread})).await;
    assert_eq!(answer["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(answer["errors"][0]["path"], json!(["resolveReviewThread"]));
    let reply = "mutation Reply($id: ID!) { addPullRequestReviewThreadReply(input: {pullRequestReviewThreadId: $id, body: \"done\"}) { comment { body viewerDidAuthor replyTo { body } } } }";
    let answer = graphql(&github, &mona, reply, json!({"id": thread})).await;
    let said = json!({"body": "done", "viewerDidAuthor": true, "replyTo": {"body": "for mona"}});
    assert_eq!(answer["data"]["addPullRequestReviewThreadReply"]["comment"], said);
    let refused =
        http().get(format!("{}/user", github.url)).header("user-agent", "t").bearer_auth("x").send();
    assert_eq!(refused.await.unwrap().status(), 401);
    let heard = github.heard();
    assert_eq!(heard.len(), 4);
    assert_eq!((heard[1].operation.as_str(), heard[1].login.as_deref()), ("Resolve", Some("mona")));
}

#[tokio::test]
async fn a_list_follows_links_and_a_fault_happens_as_often_as_it_is_told_to() {
    let github = FakeGithub::start();
    let token = github.token("mona");
    github.change(|world| {
        for number in 1..=5 {
            world.open("octo/app", number, if number < 3 { "fork:fix" } else { "other" });
        }
    });
    let get = |path: String| http().get(path).header("user-agent", "t").bearer_auth(&token).send();
    let first = get(format!("{}/repos/octo/app/pulls?per_page=2", github.url)).await.unwrap();
    let link = first.headers()["link"].to_str().unwrap().to_owned();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(link.contains("/repositories/0/pulls?") && link.ends_with("rel=\"next\""), "{link}");
    let next = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
    let second: Value = get(next).await.unwrap().json().await.unwrap();
    assert_eq!((&second[0]["number"], &second[1]["number"]), (&json!(3), &json!(2)));
    let unchanged = http().get(format!("{}/repos/octo/app/pulls?per_page=2", github.url));
    let unchanged =
        unchanged.header("user-agent", "t").header("if-none-match", etag).bearer_auth(&token).send();
    assert_eq!(unchanged.await.unwrap().status(), 304);
    for (head, count) in [("fork:fix", 2), ("fork%3Afix", 2), ("octo:fix", 0), ("fix", 5)] {
        let path = format!("{}/repos/octo/app/pulls?head={head}", github.url);
        let found: Value = get(path).await.unwrap().json().await.unwrap();
        assert_eq!(found.as_array().unwrap().len(), count, "{head}");
    }
    let user = || get(format!("{}/user", github.url));
    github.fail(1, &Fault::status(502));
    github.fail(1, &Fault::Drop);
    github.fail(1, &Fault::Cut);
    assert_eq!(user().await.unwrap().status(), 502);
    assert!(user().await.is_err());
    assert!(user().await.unwrap().bytes().await.is_err());
    assert_eq!(user().await.unwrap().status(), 200);
}
