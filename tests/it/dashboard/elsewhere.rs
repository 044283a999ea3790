//! A board that is kept elsewhere: its tasks are looked at here and changed there.

use crate::support::{ADMIN, Browser, Gateway, issues::IssuesHost};

#[tokio::test]
async fn tasks_of_a_board_elsewhere_are_opened_there_and_not_changed_here() {
    let host = IssuesHost::start();
    let gateway = Gateway::with(&[&host.settings()[..], &[("MCP_ADMIN_TOKEN", ADMIN)]].concat());
    let mut admin = Browser::new(&gateway);
    admin.sign_in(ADMIN).await;
    let board = admin.open("/dashboard/board").await;
    assert!(board.text.contains(">Open on GitHub</a>"), "{}", board.text);
    assert!(!board.text.contains("/tasks/new") && !board.text.contains("/act\""), "{}", board.text);
    assert_eq!(admin.open("/dashboard/tasks/new").await.status, 403);
    let link = board.text.split("/dashboard/tasks/").nth(1).unwrap().split('"').next().unwrap();
    let task = admin.open(&format!("/dashboard/tasks/{link}")).await;
    assert!(task.status == 200 && task.text.contains(">Open on GitHub</a>"), "{}", task.text);
    let form = admin.open(&format!("/dashboard/tasks/{link}/act")).await;
    let moved = admin
        .submit(&format!("/dashboard/tasks/{link}/move"), &[("status", "done"), ("seen_status", "todo")])
        .await;
    assert!(!moved.status.is_success() && !moved.status.is_redirection(), "{moved:?}");
    assert_eq!(form.status, 200, "{form:?}");
    for page in [form, moved] {
        assert!(page.text.contains("This task is kept on <bdi>octo/app at "), "{page:?}");
        assert!(
            page.text.contains(">Open on GitHub</a>") && !page.text.contains("name=\"seen_status\""),
            "{page:?}"
        );
        assert!(!page.text.contains("does not answer"), "{page:?}");
    }
    let made = admin
        .submit("/dashboard/tasks", &[("title", "x"), ("once", "01890000-0000-7000-8000-000000000000")])
        .await;
    assert!(!made.status.is_success() && made.text.contains("octo/app"), "{made:?}");
}
