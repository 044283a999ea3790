//! Every argument of `fetch_pr_review_comments` and `resolve_open_pr_url`: its range, its default and what is said of a
//! wrong one, as the server before this one had them.

use serde_json::{Value, json};

use super::setup::{call, fetch, gateway, gateway_with, long_pull, operations};
use crate::support::github::FakeGithub;

#[tokio::test]
async fn a_wrong_argument_is_refused_in_the_words_of_before_and_nothing_is_sent() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for (name, least, most) in
        [("per_page", 1, 100), ("max_pages", 1, 200), ("max_comments", 100, 100_000), ("max_retries", 0, 10)]
    {
        for value in [
            json!(true),
            json!(false),
            json!(50.5),
            json!(150.5),
            json!("ten"),
            json!("7.0"),
            json!([1]),
            json!({}),
        ] {
            let called = fetch(&caller, json!({name: value})).await;
            let said = format!("Invalid type for {name}: expected integer");
            assert_eq!(called.error(), (String::from("invalid_arguments"), said), "{name} {value}");
        }
        for value in
            [json!(least - 1), json!(most + 1), json!((most + 1).to_string()), json!(-9_000_000_000_000_i64)]
        {
            let called = fetch(&caller, json!({name: value})).await;
            let said = format!("Invalid value for {name}: must be between {least} and {most}");
            assert_eq!(called.error(), (String::from("invalid_arguments"), said), "{name} {value}");
        }
    }
    for (arguments, said) in [
        (json!({"output": "html"}), "Invalid output: must be 'markdown', 'json', or 'both'"),
        (json!({"output": 1}), "Invalid output: must be 'markdown', 'json', or 'both'"),
        (
            json!({"select_strategy": "newest"}),
            "Invalid select_strategy: must be 'branch', 'latest', 'first', or 'error'",
        ),
        (
            json!({"since": "yesterday"}),
            "since: expected a time such as 2026-07-28T09:00:00Z, or a date such as 2026-07-28",
        ),
        (json!({"cursor": "x"}), "cursor: expected the next_cursor of an answer about this pull request"),
        (json!({"max_chars": 999}), "max_chars: expected 1000 to 1000000, got 999"),
        (json!({"include_resolved": "no"}), "include_resolved: expected true or false, got \"no\""),
        (json!({"per_page": "50", "owner": 5}), "owner: expected a string, got 5"),
        (json!({"per_page": "50", "since": 5}), "since: expected a string, got 5"),
    ] {
        let (code, text) = fetch(&caller, arguments.clone()).await.error();
        assert_eq!((code.as_str(), text.as_str()), ("invalid_arguments", said), "{arguments}");
    }
    let (_, text) = fetch(&caller, json!({"github_token": "x"})).await.error();
    assert!(text.starts_with("github_token: unknown field `github_token`"), "{text}");
    assert_eq!(operations(&github).len(), 0);
}

#[tokio::test]
async fn the_bounds_themselves_and_numbers_in_quotes_are_taken() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for arguments in [
        json!({"per_page": 1, "max_pages": 1, "max_comments": 100, "max_retries": 0, "max_chars": 1_000}),
        json!({"per_page": 100, "max_pages": 200, "max_comments": 100_000, "max_retries": 10, "max_chars": 1_000_000}),
        json!({"per_page": "50", "max_pages": " 7 ", "max_comments": "100", "max_retries": "0"}),
        json!({"per_page": null, "output": null, "cursor": null, "author": "", "path": "", "since": "", "host": ""}),
    ] {
        let called = fetch(&caller, arguments.clone()).await;
        assert!(!called.failed, "{arguments}: {called:?}");
    }
}

#[tokio::test]
async fn what_a_call_leaves_open_is_as_the_settings_say() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1; 30]));
    let settings = [("HTTP_PER_PAGE", "7"), ("PR_FETCH_MAX_PAGES", "2"), ("PR_FETCH_MAX_COMMENTS", "5")];
    let gateway = gateway_with(&github, &settings);
    let called = fetch(&gateway.caller(), json!({"output": "json"})).await;
    let heard = github.heard();
    let sizes: Vec<_> = heard.iter().map(|heard| heard.variables["size"].as_u64().unwrap()).collect();
    assert_eq!((sizes, called.items().len()), (vec![7, 7], 14), "5 comments are clamped to 100");
    assert_eq!(called.end()["stopped_by"], "max_pages");
    let markdown = fetch(&gateway.caller(), json!({"per_page": 100})).await;
    assert!(markdown.texts[0].starts_with("# Pull Request"), "Markdown unless it is said otherwise");
}

#[tokio::test]
async fn a_url_is_a_pull_requests_of_a_host_that_is_asked() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for suffix in ["", "/", "/files", "?diff=split", "#discussion_r1", "/commits/abc?x=y#z"] {
        let called =
            fetch(&caller, json!({"pr_url": format!("https://github.com/o/r/pull/7{suffix}")})).await;
        assert!(!called.failed, "{suffix}: {called:?}");
    }
    let asked = operations(&github).len();
    let wrong = "Invalid PR URL format. Expected format: https://{host}/owner/repo/pull/123";
    for url in [
        "http://github.com/o/r/pull/7",
        "https://github.com/o/r/issues/7",
        "https://github.com/o/r/pull/",
        "https://github.com/o/r/pull/123foo",
        "https://github.com/o/r/pull/abc",
        "https://github.com/o/../pull/7",
        "not a url",
    ] {
        let (code, text) = fetch(&caller, json!({"pr_url": url})).await.error();
        assert_eq!((code.as_str(), text.as_str()), ("invalid_arguments", wrong), "{url}");
    }
    for host in ["gitlab.com", "ghe.example.com", "127.0.0.1:1", "api.github.com", "github.com.evil.example"]
    {
        let (code, text) =
            fetch(&caller, json!({"pr_url": format!("https://{host}/o/r/pull/7")})).await.error();
        assert_eq!(code, "invalid_arguments", "{host}");
        assert!(text.contains(host) && text.contains("GH_HOST"), "{text}");
    }
    assert_eq!((asked, operations(&github).len()), (1, 0), "none of these was asked, nor the same again");
}

#[tokio::test]
async fn without_a_url_owner_and_repo_are_needed() {
    let github = FakeGithub::start();
    let gateway = gateway(&github);
    let caller = gateway.caller();
    let needed =
        "give pr_url, or owner and repo (with branch): the gateway knows nothing of your working directory";
    for name in ["fetch_pr_review_comments", "resolve_open_pr_url"] {
        for arguments in [json!({}), json!({"owner": "o"}), json!({"repo": "r", "branch": "b"})] {
            let (code, text) = call(&caller, name, arguments).await.error();
            assert_eq!((code.as_str(), text.as_str()), ("invalid_arguments", needed));
        }
        for (field, arguments) in [
            ("branch", json!({"owner": "o", "repo": "r"})),
            ("branch", json!({"owner": "o", "repo": "r", "select_strategy": "error"})),
            ("owner", json!({"owner": "o/../x", "repo": "r", "branch": "b"})),
            ("repo", json!({"owner": "o", "repo": "..", "branch": "b"})),
            ("branch", json!({"owner": "o", "repo": "r", "branch": "a\nb"})),
        ] {
            let (code, text) = call(&caller, name, arguments.clone()).await.error();
            assert_eq!(code, "invalid_arguments");
            assert!(text.starts_with(&format!("{field}: expected")), "{arguments}: {text}");
        }
    }
    assert_eq!(github.heard().len(), 0);
}

#[tokio::test]
async fn the_schema_says_the_ranges() {
    let gateway = crate::support::Gateway::start();
    let listed = gateway.caller().modern("tools/list", json!({})).await.json();
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let tool = tools.iter().find(|tool| tool["name"] == "fetch_pr_review_comments").unwrap();
    let properties = &tool["inputSchema"]["properties"];
    let range = |name: &str| (properties[name]["minimum"].clone(), properties[name]["maximum"].clone());
    assert_eq!(range("per_page"), (json!(1), json!(100)));
    assert_eq!(range("max_pages"), (json!(1), json!(200)));
    assert_eq!(range("max_comments"), (json!(100), json!(100_000)));
    assert_eq!(range("max_retries"), (json!(0), json!(10)));
    assert_eq!(properties["output"]["enum"], json!(["markdown", "json", "both"]));
    assert_eq!(properties["select_strategy"]["enum"], json!(["branch", "latest", "first", "error"]));
    assert_eq!(tool["inputSchema"].get("required"), None);
    let open_world = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        (tool["annotations"]["openWorldHint"].clone(), tool["annotations"]["readOnlyHint"].clone())
    };
    assert_eq!(open_world("fetch_pr_review_comments"), (Value::Bool(true), Value::Bool(true)));
    assert_eq!(open_world("reply_to_review_comment"), (Value::Bool(true), Value::Bool(false)));
    assert_eq!(open_world("ping").0, false);
}
