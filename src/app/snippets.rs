//! What to paste into a client to connect it.

use serde_json::{Value, json};

/// A client we know the configuration of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// `claude mcp add`.
    ClaudeCode,
    /// `claude_desktop_config.json`, which takes no URL: through `mcp-remote`.
    ClaudeDesktop,
    /// `~/.cursor/mcp.json`.
    Cursor,
    /// `.vscode/mcp.json`.
    VsCode,
}

impl Client {
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

/// What to paste for `client`, given the gateway's `base` URL and a key, or a shell expression that yields one.
pub fn snippet(client: Client, base: &str, key: &str) -> String {
    let url = format!("{base}/mcp");
    let bearer = format!("Bearer {key}");
    let json = |value: Value| format!("{value:#}");
    match client {
        Client::ClaudeCode => {
            format!("claude mcp add --transport http taskgate {url} --header \"Authorization: {bearer}\"")
        }
        Client::ClaudeDesktop => {
            let mut arguments = vec!["-y", "mcp-remote", &url, "--header", "Authorization:${TASKGATE_AUTH}"];
            if url.starts_with("http://") {
                arguments.push("--allow-http");
            }
            let server = json!({"command": "npx", "args": arguments, "env": {"TASKGATE_AUTH": bearer}});
            json(json!({"mcpServers": {"taskgate": server}}))
        }
        Client::Cursor => {
            json(json!({"mcpServers": {"taskgate": {"url": url, "headers": {"Authorization": bearer}}}}))
        }
        Client::VsCode => {
            let server = json!({"type": "http", "url": url, "headers": {"Authorization": bearer}});
            json(json!({"servers": {"taskgate": server}}))
        }
    }
}
