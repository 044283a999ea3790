//! What platforms set and allow: their names, the variables of other people's Services, folders that nobody may write, and
//! machines on which nothing lasts.

use std::process::Command;

use serde_json::json;

use crate::support::{Answer, BEYOND_LOOPBACK, Gateway, command, http};

/// `taskgate config` with those variables: its exit code and what it says.
fn config(pairs: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path()).arg("config").envs(pairs.iter().copied()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Whether the gateway answers under that name: 401, as no key was shown.
async fn answers(gateway: &Gateway, host: &str) -> bool {
    let request = http().get(format!("{}/api/me", gateway.base)).header("Host", host);
    Answer::of(request.send().await.unwrap()).await.status == 401
}

#[tokio::test]
async fn the_name_a_platform_gives_is_the_public_url_and_is_answered_beside_a_domain_of_ones_own() {
    for (name, host) in
        [("RENDER_EXTERNAL_HOSTNAME", "gate.onrender.com"), ("SPACE_HOST", "me-gate.hf.space")]
    {
        let url = format!("TASKGATE_PUBLIC_URL=https://{host}  # environment");
        let (code, text) = config(&[(name, host)]);
        assert!(code == 0 && text.contains(&url) && !text.contains("# warning"), "{name}: {text}");
        let gateway = Gateway::with(&[(name, host), ("TASKGATE_PUBLIC_URL", "https://gate.example")]);
        for known in [host, "gate.example"] {
            assert!(answers(&gateway, known).await, "{name}: {known}");
        }
        assert!(!answers(&gateway, "other.example").await);
        let (code, text) = config(&[(name, "https://not/a name")]);
        let warning = format!("# warning: {name}: ignored");
        assert!(code == 0 && text.contains(&warning) && text.contains("TASKGATE_PUBLIC_URL=  #"), "{text}");
    }
}

/// What Kubernetes tells every Pod of a Service with two ports.
fn of_service(service: &str) -> Vec<(String, String)> {
    let mut told = vec![
        (format!("{service}_SERVICE_HOST"), String::from("10.43.1.2")),
        (format!("{service}_SERVICE_PORT"), String::from("8080")),
        (format!("{service}_SERVICE_PORT_HTTP"), String::from("8080")),
        (format!("{service}_SERVICE_PORT_METRICS"), String::from("9090")),
        (format!("{service}_PORT"), String::from("tcp://10.43.1.2:8080")),
    ];
    for port in ["8080", "9090"] {
        let start = format!("{service}_PORT_{port}_TCP");
        told.push((start.clone(), format!("tcp://10.43.1.2:{port}")));
        for (end, value) in [("PROTO", "tcp"), ("PORT", port), ("ADDR", "10.43.1.2")] {
            told.push((format!("{start}_{end}"), value.to_owned()));
        }
    }
    told
}

#[tokio::test]
async fn services_called_mcp_or_taskgate_break_nothing() {
    for service in ["MCP", "TASKGATE", "TASKGATE_STORE", "MCP_AUTH", "CORS", "KANBAN"] {
        let told = of_service(service);
        let mut pairs: Vec<_> = told.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (code, text) = config(&pairs);
        assert!(code == 0 && text.contains("MCP_PORT=8080  # default"), "{service}: {text}");
        let warnings: Vec<_> = text.lines().filter(|line| line.contains("# warning")).collect();
        let expected = usize::from(service == "MCP");
        assert_eq!(warnings.len(), expected, "{service}: {warnings:?}");
        // The test needs a port of its own, and `PORT` says one where `MCP_PORT` is a URL.
        pairs.retain(|(name, _)| *name != "MCP_PORT");
        let gateway = Gateway::with(&pairs);
        assert_eq!(gateway.caller().tool("list_tasks", json!({})).await.unwrap()["total"], 8, "{service}");
    }
}

#[test]
fn on_cloud_run_the_built_in_board_is_refused_unless_it_may_be_lost() {
    let here = ("K_SERVICE", "gate");
    let (code, text) = config(&[here]);
    let fault = text.lines().find(|line| line.starts_with("# fault: KANBAN_PROVIDER: ")).unwrap_or_default();
    assert!(code == 78 && fault.contains("TASKGATE_EPHEMERAL_BOARD=true"), "{text}");
    let (code, text) = config(&[here, ("TASKGATE_EPHEMERAL_BOARD", "true")]);
    let warning =
        text.lines().find(|line| line.starts_with("# warning: TASKGATE_STORE: ")).unwrap_or_default();
    for words in [
        "gone with the instance",
        "keys made by the API",
        "MCP_AUTH_TOKENS stay",
        "two gateways for some seconds",
    ] {
        assert!(code == 0 && warning.contains(words), "{words}: {text}");
    }
    let (code, text) = config(&[("TASKGATE_EPHEMERAL_BOARD", "false")]);
    assert!(code == 0 && !text.contains("# warning") && !text.contains("# fault"), "{text}");
}

#[tokio::test]
async fn the_start_on_cloud_run_says_what_is_lost_and_serves() {
    let mut settings =
        vec![("K_SERVICE", "gate"), ("TASKGATE_EPHEMERAL_BOARD", "true"), ("TASKGATE_STORE", "memory")];
    settings.extend(BEYOND_LOOPBACK);
    let gateway = Gateway::with(&settings);
    gateway.logs("what is kept is gone with the instance").await;
    assert_eq!(
        gateway.caller_with(BEYOND_LOOPBACK[1].1).tool("list_tasks", json!({})).await.unwrap()["total"],
        8
    );
}

#[tokio::test]
async fn a_folder_that_nobody_may_write_is_no_reason_to_stop_when_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let data = folder.path().join("file/data");
    let start = |command: &mut Command| {
        command.env("TASKGATE_DATA_DIR", &data).env("MCP_PORT", "0").output().unwrap()
    };
    let refused = start(&mut command(folder.path()));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && said.contains("TASKGATE_STORE=memory"), "{said}");
    let mut settings = vec![("TASKGATE_DATA_DIR", data.to_str().unwrap()), ("TASKGATE_STORE", "memory")];
    settings.extend(BEYOND_LOOPBACK);
    let gateway = Gateway::with(&settings);
    assert_eq!(
        gateway.caller_with(BEYOND_LOOPBACK[1].1).tool("list_tasks", json!({})).await.unwrap()["total"],
        8
    );
}
