//! One-time codes: who can run a command on the store is its administrator.

use std::{fs, path::Path};

use crate::support::{Browser, Gateway, admin, command, create_key, known, send, with_admin};
use reqwest::Method;

/// Runs `taskgate dashboard`: what it prints, and the code in it.
fn link(folder: &Path, settings: &[(&str, &str)]) -> (String, String) {
    let output = command(folder).arg("dashboard").envs(settings.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let code = text.split('#').nth(1).unwrap().lines().next().unwrap().to_owned();
    known::know(&code);
    known::know(&code.replace('-', ""));
    (text, code)
}

#[tokio::test]
async fn a_code_signs_an_administrator_in_once_however_it_is_typed() {
    let gateway = with_admin(&[]);
    let (text, code) = link(gateway.folder.path(), &[]);
    assert!(text.contains(&format!("{}/dashboard/sign-in#{code}\n", gateway.base)), "{text}");
    assert!(text.contains(&format!("type {code} at {}/dashboard/sign-in\n", gateway.base)), "{text}");
    let mut browser = Browser::new(&gateway);
    let page = browser.sign_in(&code.to_lowercase().replace('-', " ")).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("Administrator"), "{page:?}");
    let mut second = Browser::new(&gateway);
    assert_eq!(second.sign_in(&code).await.status, 401, "it works once");
    assert!(browser.is_signed_in().await, "the session it began goes on");
    let audit = send(admin(&gateway).request(Method::GET, "/admin/audit?action=dashboard.")).await.json();
    let records = audit["records"].as_array().unwrap().iter();
    let seen: Vec<_> = records.map(|record| [&record["action"], &record["actor"]]).collect();
    assert_eq!(seen, [["dashboard.sign_in", "admin"], ["dashboard.code", "command-line"]]);
}

#[tokio::test]
async fn a_wrong_code_counts_against_its_address() {
    let gateway = Gateway::start();
    let mut browser = Browser::new(&gateway);
    let mut statuses = Vec::new();
    for number in 0..12 {
        statuses.push(browser.sign_in(&format!("AAAA-AAAA-AAAA-{number:04}")).await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
    let (_, code) = link(gateway.folder.path(), &[]);
    assert_eq!(browser.sign_in(&code).await.status, 429, "a right one is not looked at either");
}

#[test]
fn where_no_gateway_ran_nothing_is_made_and_what_was_looked_at_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for setting in [None, Some(&data)] {
        let mut command = command(folder.path());
        command.arg("dashboard").env_remove("TASKGATE_DATA_DIR");
        let refused = command.envs(setting.map(|data| ("TASKGATE_DATA_DIR", data))).output().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8(refused.stderr).unwrap();
        let looked_at = format!("{}, which TASKGATE_DATA_DIR names, has no taskgate.db", data.display());
        assert!(said.contains("no gateway has its data here") && said.contains(&looked_at), "{said}");
        assert!(refused.stdout.is_empty());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    }
}

#[test]
fn before_the_first_start_the_link_is_that_of_the_settings_and_a_store_in_memory_has_none() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &["--user", "ana"]);
    let (text, _) = link(folder.path(), &[("TASKGATE_PUBLIC_URL", "https://gate.example/team")]);
    assert!(text.contains("https://gate.example/team/dashboard/sign-in#"), "{text}");
    let refused = command(folder.path()).arg("dashboard").env("TASKGATE_STORE", "memory").output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("MCP_ADMIN_TOKEN"), "{said}");
}
