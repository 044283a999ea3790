//! Nobody reads with another's token, and no token goes where it does not belong.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    desk::{Desk, call, fetch, url},
    setup::odd_pull,
};
use crate::support::{
    github::{FakeGithub, Fault},
    pass_seconds,
};

const PEOPLE: usize = 64;

#[tokio::test]
async fn sixty_four_people_on_one_gateway_each_read_what_is_theirs() {
    let desk = Desk::open();
    let mut people = Vec::new();
    for user in 0..PEOPLE {
        people.push((format!("user{user}"), desk.person(&format!("user{user}")).await));
    }
    desk.github.change(|world| {
        let shared = world.open("octo/app", 7, "fix");
        let thread = world.thread(shared, "src/a.rs", 3);
        world.comment(thread, "hubot", "canary of {viewer}.");
        for user in 0..PEOPLE {
            let pull = world.open(&format!("user{user}/own"), 1, "fix");
            let repo = world.pulls[pull].repo;
            world.repos[repo].readers = Some([format!("user{user}")].into());
            let thread = world.thread(pull, "src/a.rs", 3);
            world.comment(thread, "hubot", &format!("secret of user{user}."));
        }
    });
    let rounds = people.iter().enumerate().map(|(user, (login, caller))| async move {
        let other = format!("user{}", (user + 1) % PEOPLE);
        for _ in 0..2 {
            let shared = fetch(caller, json!({"pr_url": url("octo/app", 7)})).await.unwrap();
            assert!(shared.text().contains(&format!("canary of {login}.")), "{login}: {}", shared.text());
            assert_eq!(shared.text().matches("canary of").count(), 1);
            let own = fetch(caller, json!({"pr_url": url(&format!("{login}/own"), 1)})).await.unwrap();
            assert!(own.text().contains(&format!("secret of {login}.")), "{login}: {}", own.text());
            let told = fetch(caller, json!({"pr_url": url(&format!("{other}/own"), 1)})).await.unwrap_err();
            assert_eq!(told["code"], "pull_request_not_found", "{login}: {told}");
            let arguments = json!({"owner": other, "repo": "own", "branch": "fix"});
            let told = call(caller, "resolve_open_pr_url", arguments).await.unwrap_err();
            assert_eq!(told["code"], "pull_request_not_found", "{login}: {told}");
        }
    });
    futures_util::future::join_all(rounds).await;
    let heard = desk.github.heard();
    let logins: BTreeSet<_> = heard.iter().map(|heard| heard.login.clone().expect("a token each")).collect();
    assert_eq!(logins.len(), PEOPLE);
    for heard in &heard {
        let login = heard.login.as_deref().unwrap();
        let owner = heard.variables["owner"].as_str().unwrap_or_default();
        let neighbour = login.trim_start_matches("user").parse::<usize>().unwrap() + 1;
        let is_theirs = owner == login || owner == "octo" || owner == format!("user{}", neighbour % PEOPLE);
        assert!(is_theirs || !heard.path.starts_with("/graphql"), "{heard:?}");
    }
    println!("{} requests, at most {} of one token at once", heard.len(), desk.github.most_at_once());
    assert!(desk.github.most_at_once() <= 4);
}

#[tokio::test]
async fn a_redirect_to_another_server_takes_no_token_there() {
    let elsewhere = FakeGithub::start();
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    desk.github.change(|world| world.open("octo/app", 7, "fix"));
    for status in [301, 302, 303, 307, 308] {
        for path in ["/graphql", "/repos/octo/app/pulls"] {
            let to = format!("{}{path}", elsewhere.url);
            desk.github.fail(8, &Fault::answer(status, &[("location", &to)], &json!({"message": "Moved"})));
            let told = match path {
                "/graphql" => fetch(&mona, json!({"pr_url": url("octo/app", 7)})).await.unwrap_err(),
                _ => {
                    let arguments = json!({"owner": "octo", "repo": "app", "branch": "fix"});
                    call(&mona, "resolve_open_pr_url", arguments).await.unwrap_err()
                }
            };
            assert!(told["code"].as_str().unwrap().starts_with("github_"), "{status}: {told}");
            desk.github.mend();
        }
    }
    let link = format!("<{}/repositories/0/pulls?page=2>; rel=\"next\"", elsewhere.url);
    let page: Value = (0..100)
        .map(|number| json!({"number": number + 1, "head": {"ref": "x", "label": "octo:x"}}))
        .collect();
    desk.github.fail(1, &Fault::answer(200, &[("link", &link)], &page));
    let _ = call(
        &mona,
        "resolve_open_pr_url",
        json!({"owner": "octo", "repo": "app", "select_strategy": "first"}),
    )
    .await;
    assert!(elsewhere.heard().is_empty(), "nothing of ours arrives elsewhere");
}

#[tokio::test]
async fn the_token_of_one_github_is_not_sent_to_another() {
    let desk = Desk::with(&[("GH_HOST", "ghe.example.com")]);
    let token = desk.github.token("mona");
    let key = json!({"github_token": token, "user_id": "mona", "github_host": "github.com"});
    let of_com = desk.key(key).await;
    let told =
        fetch(&of_com, json!({"pr_url": "https://ghe.example.com/octo/app/pull/7"})).await.unwrap_err();
    assert_eq!(told["code"], "host_mismatch", "{told}");
    let key = json!({"github_token": token, "user_id": "mona", "github_host": "ghe.example.com"});
    let of_ghe = desk.key(key).await;
    let told = fetch(&of_ghe, json!({"pr_url": url("octo/app", 7)})).await.unwrap_err();
    assert_eq!(told["code"], "host_mismatch", "{told}");
    assert_eq!(desk.asked(), [""; 0]);
    desk.github.change(|world| world.open("octo/app", 7, "fix"));
    fetch(&of_ghe, json!({"pr_url": "https://ghe.example.com/octo/app/pull/7"})).await.unwrap();
    assert_eq!(desk.asked().len(), 1);
}

#[tokio::test]
async fn a_token_that_was_taken_away_reads_nothing_that_was_kept() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    desk.github.change(|world| {
        let pull = world.open("octo/app", 7, "fix");
        let thread = world.thread(pull, "src/a.rs", 3);
        world.comment(thread, "hubot", "kept");
    });
    fetch(&mona, json!({"pr_url": url("octo/app", 7)})).await.unwrap();
    desk.github.change(|world| world.tokens.clear());
    pass_seconds(&desk.gateway, &mona, 60).await;
    let told = fetch(&mona, json!({"pr_url": url("octo/app", 7)})).await.unwrap_err();
    assert_eq!(told["code"], "github_unauthorized", "{told}");
}

#[tokio::test]
async fn what_is_pending_is_its_authors_alone() {
    let desk = Desk::open();
    let (mona, hubot) = (desk.person("mona").await, desk.person("hubot").await);
    desk.github.change(odd_pull);
    for (caller, pending, comments) in [(&mona, 1, 6), (&hubot, 0, 5)] {
        let fetched = fetch(caller, json!({"pr_url": url("o/r", 7), "output": "json"})).await.unwrap();
        let items = fetched.items();
        assert_eq!(items.len(), comments);
        assert_eq!(items.iter().filter(|item| item["pending"] == true).count(), pending);
        assert_eq!(fetched.summary["untrusted"], true);
    }
}
