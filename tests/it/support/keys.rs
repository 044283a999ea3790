//! Keys, and who makes them.

use std::path::Path;

use reqwest::RequestBuilder;

use super::{ADMIN, Answer, Caller, Gateway, command, known};

pub fn admin(gateway: &Gateway) -> Caller {
    gateway.caller_with(ADMIN)
}

pub fn with_admin(settings: &[(&str, &str)]) -> Gateway {
    Gateway::with(&[&[("MCP_ADMIN_TOKEN", ADMIN)], settings].concat())
}

pub async fn send(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

/// Makes a key at the command line.
pub fn create_key(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).args(["keys", "create"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    known::know(&key);
    key
}

/// Revokes the only live key made at the command line with that description.
pub fn revoke_key(folder: &Path, description: &str) {
    let listed = command(folder).args(["keys", "list"]).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let line = text.lines().find(|line| line.ends_with(description)).unwrap();
    let id = line.split_whitespace().next().unwrap();
    assert!(command(folder).args(["keys", "revoke", id]).status().unwrap().success());
}
