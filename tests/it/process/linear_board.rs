//! A board at Linear that is not what the settings say: `taskgate config --check-board` says so beforehand with what to do about it, and
//! tools say the same.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Gateway, command,
    github::Fault,
    linear::{FakeLinear, rate_limited},
    send,
};

type Settings<'a> = Vec<(&'a str, &'a str)>;

fn of<'a>(linear: &'a FakeLinear, credential: &[(&'a str, &'a str)]) -> Settings<'a> {
    let board =
        [("KANBAN_PROVIDER", "linear"), ("LINEAR_TEAM_ID", "eng"), ("LINEAR_API_URL", linear.url.as_str())];
    [&board[..], credential].concat()
}

/// A Linear with a team, some issues and an open-ended choice of what is wrong with it.
fn linear() -> FakeLinear {
    let linear = FakeLinear::start();
    linear.change(|world| {
        world.new_team("ENG");
        world.new_team("OPS");
        world.new_state(0, "Design", "backlog");
        world.new_project(0, "Roadmap");
        world.file(0, "one", "unstarted");
        world.file(0, "two", "started");
    });
    linear
}

fn checked(settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output =
        command(folder.path()).args(["config", "--check-board"]).envs(settings.to_vec()).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_check_says_what_was_found_and_changes_nothing() {
    let linear = linear();
    let key = linear.key("taskgate", true);
    let (code, text) = checked(&of(&linear, &[("LINEAR_API_KEY", &key)]));
    assert_eq!(code, Some(0), "{text}");
    for said in [
        "team ENG at linear.app (KANBAN_PROVIDER=linear: KANBAN_PROVIDER says so)",
        "https://linear.app/acme/team/ENG/all",
        "In Progress               in_progress",
        "Design                    backlog",
        "Duplicate                 cancelled",
        "todo                      1",
        "the credential acts as taskgate in the workspace Acme (acme)",
        "no state is read as blocked: the label `blocked` says it",
    ] {
        assert!(text.contains(said), "{said} is missing in {text}");
    }
    linear.change(|world| {
        assert_eq!((world.data.labels.len(), world.data.issues.len(), world.data.comments.len()), (0, 2, 0));
    });
    let reader = linear.key("reader", false);
    let (code, text) = checked(&of(&linear, &[("LINEAR_API_KEY", &reader)]));
    assert!(code == Some(1) && text.contains("problem: the credential may not write"), "{text}");
}

#[test]
fn what_is_wrong_is_told_with_its_cure_and_exit_code_1() {
    let linear = linear();
    let (key, (id, secret)) = (linear.key("taskgate", true), linear.app());
    let with_key = |more: &[(&'static str, &'static str)]| {
        let settings = [&of(&linear, &[("LINEAR_API_KEY", &key)])[..], more].concat();
        checked(&settings)
    };
    let refused = |(code, text): (Option<i32>, String), said: &str| {
        assert!(code == Some(1) && text.contains(said), "{said} is missing in {text}");
        assert!(!text.contains("lin_api_") && !text.contains("client-secret-"), "{text}");
    };
    let wrong = of(&linear, &[("LINEAR_API_KEY", "lin_api_wrong0123456789abcdefghijklm")]);
    refused(checked(&wrong), "does not take the gateway's credential");
    refused(
        with_key(&[("LINEAR_TEAM_ID", "SALES")]),
        "there is no team SALES that the credential sees; there are: Team ENG (ENG), Team OPS (OPS)",
    );
    let project = [("LINEAR_PROJECT_ID", "nowhere-0a0a0a0a0a0a")];
    refused(with_key(&project), "there is no project nowhere-0a0a0a0a0a0a of team ENG");
    refused(with_key(&project), "there are: Roadmap (");
    linear.fail(100, &Fault::html(200));
    refused(
        with_key(&[]),
        "Linear's answer makes no sense (a proxy may have answered, or LINEAR_API_URL names something else)",
    );
    linear.mend();
    linear.fail(100, &Fault::html(404));
    refused(with_key(&[]), "what LINEAR_API_URL names answers with status 404");
    linear.mend();
    linear.fail(100, &rate_limited(4_102_444_800_000));
    refused(with_key(&[]), "try again later");
    linear.mend();
    let app = |secret: &str| {
        let credential = [("LINEAR_CLIENT_ID", id.as_str()), ("LINEAR_CLIENT_SECRET", secret)];
        checked(&of(&linear, &credential))
    };
    assert_eq!(app(&secret).0, Some(0));
    refused(app("client-secret-of-another-application"), "does not take the gateway's credential");
    linear.change(|world| world.app = None);
    refused(app(&secret), "the page of the OAuth application at Linear switches client credentials on");
}

#[tokio::test]
async fn tools_say_the_same() {
    for (fault, code, said) in [
        (Fault::status(401), "board_refused", "does not take the gateway's credential"),
        (Fault::html(200), "board_unavailable", "Linear's answer makes no sense"),
        (Fault::status(502), "board_unavailable", "Linear failed with status 502"),
        (Fault::Drop, "board_unavailable", "Linear cannot be reached"),
        (rate_limited(4_102_444_800_000), "board_unavailable", "no more requests before"),
    ] {
        let linear = linear();
        let key = linear.key("taskgate", true);
        linear.fail(1_000, &fault);
        let gateway = Gateway::with(&of(&linear, &[("LINEAR_API_KEY", &key)]));
        let told = gateway.caller().tool("list_tasks", json!({})).await.unwrap_err();
        assert_eq!(told["code"], code, "{fault:?}: {told}");
        assert!(told["error"].as_str().unwrap().contains(said), "{fault:?}: {told}");
        assert_eq!(send(gateway.caller().request(Method::GET, "/ready")).await.status, 503);
    }
    let linear = linear();
    let key = linear.key("taskgate", true);
    let settings = [&of(&linear, &[("LINEAR_API_KEY", &key)])[..], &[("LINEAR_TEAM_ID", "SALES")]].concat();
    let told = Gateway::with(&settings).caller().tool("list_tasks", json!({})).await.unwrap_err();
    assert_eq!(told["code"], "board_refused");
    assert!(told["error"].as_str().unwrap().contains("there are: Team ENG (ENG)"), "{told}");
}

/// A token that has ended between two calls is replaced by the gateway itself.
#[tokio::test]
async fn a_token_that_has_ended_is_noticed_by_nobody() {
    let linear = linear();
    let (id, secret) = linear.app();
    let app = [("LINEAR_CLIENT_ID", id.as_str()), ("LINEAR_CLIENT_SECRET", secret.as_str())];
    let gateway = Gateway::with(&of(&linear, &app));
    let caller = gateway.caller();
    let listed = caller.tool("list_tasks", json!({})).await.unwrap();
    assert_eq!(listed["total"], 2, "{listed}");
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    linear.change(|world| world.tokens.clear());
    let new = json!({"title": "three", "labels": ["rust"]});
    let made = caller.tool("create_task", new).await.unwrap();
    assert_eq!(
        (&made["task"]["key"], made["warnings"].as_array().map_or(0, Vec::len)),
        (&json!("ENG-3"), 0),
        "{made}"
    );
    let board = caller.tool("get_project_status", json!({})).await.unwrap();
    assert_eq!(
        (&board["board"]["provider"], &board["board"]["name"]),
        (&json!("linear"), &json!("team ENG"))
    );
}
