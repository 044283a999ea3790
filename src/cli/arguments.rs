//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Flags;
use crate::http::KnownClient;
use crate::secrets::Head;

/// An MCP gateway that hands AI agents the right next task off the board their team already uses.
#[derive(Parser)]
#[command(name = "taskgate", version, about)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<CliCommand>,
    #[command(flatten)]
    pub(super) listen: Listen,
}

#[derive(Args, Default)]
pub(super) struct Listen {
    /// Serve HTTP (the default)
    #[arg(long, conflicts_with = "stdio")]
    http: bool,
    /// Serve standard input and output
    #[arg(long)]
    stdio: bool,
    /// Address to listen on, instead of `MCP_HOST`
    #[arg(long)]
    host: Option<String>,
    /// Port to listen on, instead of `MCP_PORT`; 0 for any free one
    #[arg(long)]
    port: Option<u16>,
}

#[derive(Subcommand)]
pub(super) enum CliCommand {
    /// Serve MCP over HTTP (Streamable HTTP and SSE)
    Serve(Listen),
    /// Serve MCP over standard input and output
    Stdio,
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Keys(KeyCommand),
    /// Look at the built-in board and move its tasks, as a person
    #[command(subcommand)]
    Tasks(TaskCommand),
    /// Look at agents, and take one from its owner
    #[command(subcommand)]
    Agents(AgentCommand),
    /// Look after the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Make the board ready
    #[command(subcommand)]
    Board(BoardCommand),
    /// Copy the database into a new file, beside a running gateway or without one
    Backup {
        /// The file to make; `-` for standard output
        file: PathBuf,
    },
    /// Print the effective settings, secrets hidden, and every fault
    Config {
        /// Connect to the board instead, read it and say what was found; writes nothing
        #[arg(long)]
        check_board: bool,
    },
    /// Print a link to sign in to the dashboard as its administrator
    Dashboard,
    /// Ask a running gateway for its health; exit 0 when it is well
    Healthcheck,
    /// Print what to paste into a client
    ClientConfig {
        /// Which client
        client: ClientName,
        /// The key to put in
        #[arg(long, default_value = "YOUR_KEY")]
        key: String,
        /// Have the client start taskgate by itself, on this data folder and without a key
        #[arg(long, conflicts_with = "key")]
        stdio: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key and print it once
    Create(NewKeyArguments),
    /// List keys; never the keys themselves
    List,
    /// Revoke a key
    Revoke {
        /// Its id
        id: String,
    },
    /// List live keys that stop working soon
    Expiring {
        /// How soon: a number with s, m, h or d
        #[arg(long, default_value = "7d")]
        within: String,
    },
    /// Seal every stored GitHub token under the new secret key; a running gateway does it by itself
    Reseal,
}

#[derive(Subcommand)]
pub(super) enum AgentCommand {
    /// List agents with their owners and what they hold
    List,
    /// Free what an agent holds, and its id for whoever registers it next
    Release {
        /// Its id
        agent_id: String,
    },
}

#[derive(Subcommand)]
pub(super) enum BoardCommand {
    /// Make what a board of Planka lacks: terms accepted, project, board, a list for each status, webhook
    Init {
        /// The gateway's address as Planka reaches it, such as <http://taskgate:8080/webhooks/planka>
        #[arg(long)]
        webhook_url: Option<String>,
        /// How long to wait for a Planka that does not answer yet
        #[arg(long, default_value_t = 120)]
        wait_seconds: u32,
    },
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Check that no record was changed, removed, moved or added, and that none is missing at the end
    Verify {
        /// A head of the log that was kept elsewhere: its record must be there with that link
        #[arg(long, value_name = "SEQUENCE:LINK")]
        head: Option<Head>,
        /// Archives to check too
        archives: Vec<PathBuf>,
    },
    /// Move the oldest records into a new file; the log goes on from there
    Archive {
        /// The file to make
        file: PathBuf,
        /// How old they are: a number with s, m, h or d
        #[arg(long, default_value = "90d")]
        older_than: String,
        /// How many of the newest records stay, instead of an age
        #[arg(long, conflicts_with = "older_than")]
        keep: Option<u32>,
    },
}

/// Works on the built-in board beside a running gateway or without one. A person's move wins over agents.
#[derive(Subcommand)]
pub(super) enum TaskCommand {
    /// List tasks
    List,
    /// Show a task with its comments
    Show {
        /// Its id or key, such as T-3
        task: String,
    },
    /// Move a task to backlog, todo, `in_progress`, blocked, done or cancelled
    Move {
        /// Its id or key
        task: String,
        /// Where to
        status: String,
    },
    /// Assign a task to a person, which keeps agents from it
    Assign {
        /// Its id or key
        task: String,
        /// Who
        person: String,
    },
    /// Assign a task to nobody
    Unassign {
        /// Its id or key
        task: String,
    },
    /// Set which tasks must be done first; none clears them
    Depends {
        /// Its id or key
        task: String,
        /// Ids or keys of those tasks
        on: Vec<String>,
    },
    /// Delete a task
    Delete {
        /// Its id or key
        task: String,
    },
}

#[derive(Args)]
pub(super) struct NewKeyArguments {
    /// Whose key it is; the key's own id when not given
    #[arg(long, default_value = "")]
    pub(super) user: String,
    /// What it is for
    #[arg(long, default_value = "")]
    pub(super) description: String,
    /// Comma list of board:read, board:write, pr:read, pr:write, board:manage, admin; all but the last two when not given
    #[arg(long)]
    pub(super) scopes: Option<String>,
    /// How long it works: a number with s, m, h or d, such as 30d
    #[arg(long)]
    pub(super) expires: Option<String>,
    /// Calls a minute for this key instead of `RATE_LIMIT_REQUESTS_PER_MINUTE`
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) rate_limit: Option<u32>,
    /// A file with the user's GitHub token, or - for standard input
    #[arg(long)]
    pub(super) github_token_file: Option<String>,
    /// The GitHub that token is for, and the only one it is ever sent to; `GH_HOST` when not given
    #[arg(long, requires = "github_token_file")]
    pub(super) github_host: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ClientName {
    ClaudeCode,
    ClaudeDesktop,
    Cursor,
    Vscode,
}

impl From<ClientName> for KnownClient {
    fn from(name: ClientName) -> Self {
        match name {
            ClientName::ClaudeCode => Self::ClaudeCode,
            ClientName::ClaudeDesktop => Self::ClaudeDesktop,
            ClientName::Cursor => Self::Cursor,
            ClientName::Vscode => Self::VsCode,
        }
    }
}

impl Arguments {
    /// The settings given as flags.
    pub(super) fn flags(&self) -> Flags {
        let listen = match &self.command {
            Some(CliCommand::Serve(listen)) => listen,
            _ => &self.listen,
        };
        let mut flags = Flags::new();
        if listen.http || matches!(self.command, Some(CliCommand::Serve(_))) {
            flags.insert("MCP_MODE", String::from("http"));
        }
        if listen.stdio || matches!(self.command, Some(CliCommand::Stdio)) {
            flags.insert("MCP_MODE", String::from("stdio"));
        }
        flags.extend(listen.host.clone().map(|host| ("MCP_HOST", host)));
        flags.extend(listen.port.map(|port| ("MCP_PORT", port.to_string())));
        flags
    }
}
