//! What to paste into a client to connect it.

use std::{net::SocketAddr, path::Path};

use serde_json::{Value, json};

use crate::config::ListenSettings;

/// A client we know the configuration of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownClient {
    /// `claude mcp add`.
    ClaudeCode,
    /// `claude_desktop_config.json`, which takes no URL: through `mcp-remote`.
    ClaudeDesktop,
    /// `~/.cursor/mcp.json`.
    Cursor,
    /// `.vscode/mcp.json`.
    VsCode,
}

impl KnownClient {
    /// Every client, in the order they are printed.
    pub const ALL: [Self; 4] = [Self::ClaudeCode, Self::ClaudeDesktop, Self::Cursor, Self::VsCode];

    /// Its name in print.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code (run this)",
            Self::ClaudeDesktop => "Claude Desktop (claude_desktop_config.json; needs Node.js)",
            Self::Cursor => "Cursor (~/.cursor/mcp.json)",
            Self::VsCode => "VS Code (.vscode/mcp.json)",
        }
    }
}

/// Where clients reach the gateway: the public URL, or the address it listens on.
pub fn base_url(listen: &ListenSettings, bound: SocketAddr) -> String {
    match &listen.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if bound.ip().is_unspecified() => format!("http://localhost:{}", bound.port()),
        None => format!("http://{bound}"),
    }
}

/// What to paste for `client` to have it start `program` by itself and speak over standard input and output. Clients start programs
/// in folders of their own, often `/`, so the data folder is written out.
pub fn stdio_snippet(client: KnownClient, program: &Path, data_dir: &Path) -> String {
    let (program, data_dir) = (program.display().to_string(), data_dir.display().to_string());
    let environment = json!({"TASKGATE_DATA_DIR": data_dir});
    let server = json!({"command": program, "args": ["stdio"], "env": environment});
    match client {
        KnownClient::ClaudeCode => {
            let (program, folder) = (quoted(&program), quoted(&format!("TASKGATE_DATA_DIR={data_dir}")));
            format!("claude mcp add taskgate --env {folder} -- {program} stdio")
        }
        KnownClient::ClaudeDesktop | KnownClient::Cursor => {
            format!("{:#}", json!({"mcpServers": {"taskgate": server}}))
        }
        KnownClient::VsCode => {
            let server = json!({"type": "stdio", "command": program, "args": ["stdio"], "env": environment});
            format!("{:#}", json!({"servers": {"taskgate": server}}))
        }
    }
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// What to paste for `client`, given the gateway's `base` URL and a key, or a shell expression that yields one.
pub fn snippet(client: KnownClient, base: &str, key: &str) -> String {
    let url = format!("{base}/mcp");
    let bearer = format!("Bearer {key}");
    let json = |value: Value| format!("{value:#}");
    match client {
        KnownClient::ClaudeCode => {
            format!("claude mcp add --transport http taskgate {url} --header \"Authorization: {bearer}\"")
        }
        KnownClient::ClaudeDesktop => {
            let mut arguments = vec!["-y", "mcp-remote", &url, "--header", "Authorization:${TASKGATE_AUTH}"];
            if url.starts_with("http://") {
                arguments.push("--allow-http");
            }
            let server = json!({"command": "npx", "args": arguments, "env": {"TASKGATE_AUTH": bearer}});
            json(json!({"mcpServers": {"taskgate": server}}))
        }
        KnownClient::Cursor => {
            json(json!({"mcpServers": {"taskgate": {"url": url, "headers": {"Authorization": bearer}}}}))
        }
        KnownClient::VsCode => {
            let server = json!({"type": "http", "url": url, "headers": {"Authorization": bearer}});
            json(json!({"servers": {"taskgate": server}}))
        }
    }
}
