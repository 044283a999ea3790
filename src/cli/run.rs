//! From arguments to an exit code. A fault in the settings exits 78 (`EX_CONFIG`) before anything is opened or bound.

use std::{
    io::{self, ErrorKind, Write, stderr, stdout},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;

use super::{
    agents, archive,
    arguments::{Arguments, AuditCommand, BoardCommand, CliCommand},
    audit, backup, board,
    command::CommandOutcome,
    dashboard, healthcheck, keys,
    private::keep_memory_private,
    serve, tasks,
};
use crate::{
    app::{StartError, StoreFinding, look_at_store},
    config::{EnvFile, ListenSettings, Loaded, Mode, Settings, SettingsReader},
    http::{KnownClient, base_url, snippet, stdio_snippet},
    limits::most_open_files,
    model::Causes,
    telemetry::init_logs,
};

/// `EX_CONFIG` of sysexits.
const BAD_CONFIGURATION: u8 = 78;

/// Runs the command line.
pub fn run() -> ExitCode {
    keep_memory_private();
    most_open_files();
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    let arguments = Arguments::parse();
    let loaded = load(&arguments);
    if matches!(arguments.command, Some(CliCommand::Config { check_board: false })) {
        return print_config(&loaded, look_at(&loaded));
    }
    if !loaded.faults.is_empty() {
        let _ = writeln!(stderr(), "taskgate does not start: {} wrong", settings_count(loaded.faults.len()));
        for fault in &loaded.faults {
            let _ = writeln!(stderr(), "  {fault}");
        }
        for warning in &loaded.warnings {
            let _ = writeln!(stderr(), "  (no reason to stop) {warning}");
        }
        return ExitCode::from(BAD_CONFIGURATION);
    }
    let _log = init_logs(&loaded.settings.telemetry);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let settings = loaded.settings;
    let outcome = match arguments.command {
        Some(CliCommand::Keys(command)) => block_on(keys::run(settings, command)),
        Some(CliCommand::Tasks(command)) => block_on(tasks::run(settings, command)),
        Some(CliCommand::Agents(command)) => block_on(agents::run(settings, command)),
        Some(CliCommand::Audit(command)) => block_on(audit_command(settings, command)),
        Some(CliCommand::Board(BoardCommand::Init { webhook_url, wait_seconds })) => {
            let wait = Duration::from_secs(wait_seconds.into());
            block_on(board::init::run(settings, webhook_url, wait))
        }
        Some(CliCommand::Backup { file }) => backup::run(&settings, &file),
        Some(CliCommand::Config { .. }) => block_on(board::check::run(settings)),
        Some(CliCommand::Dashboard) => block_on(dashboard::run(settings)),
        Some(CliCommand::Healthcheck) => healthcheck::run(&settings),
        Some(CliCommand::ClientConfig { client, stdio: true, .. }) => client_config(client.into(), &settings),
        Some(CliCommand::ClientConfig { client, key, .. }) => {
            url_config(client.into(), &settings.listen, &key)
        }
        _ if settings.listen.mode == Mode::Stdio => block_on(serve::stdio(settings)),
        _ => block_on(serve::http(settings)),
    };
    match outcome {
        Err(error) if !nobody_reads(error.as_ref()) => fail(error.as_ref()),
        _ => ExitCode::SUCCESS,
    }
}

/// What to paste to have a client start this program on this data folder. What opens Redis opens everything, and is not put into a
/// client's file.
fn client_config(client: KnownClient, settings: &Settings) -> CommandOutcome {
    if settings.storage.redis.is_some() {
        return Err("with REDIS_URL, a program that a client starts needs MCP_SECRET_KEY, which opens everything: give the client a \
                    key instead (taskgate client-config without --stdio), or name REDIS_URL_FILE and MCP_SECRET_KEY_FILE in its \
                    environment yourself, and have it run taskgate stdio"
            .into());
    }
    let program = std::env::current_exe()?;
    Ok(writeln!(stdout(), "{}", stdio_snippet(client, &program, &settings.storage.data_dir))?)
}

async fn audit_command(settings: Settings, command: AuditCommand) -> CommandOutcome {
    match command {
        AuditCommand::Verify { head, archives } => audit::verify(settings, head, archives).await,
        AuditCommand::Archive { file, older_than, keep } => {
            let part =
                keep.map_or(archive::ArchivedPart::OlderThan(older_than), archive::ArchivedPart::AllBut);
            archive::run(settings, &file, part).await
        }
    }
}

/// The one place where the environment is read.
fn load(arguments: &Arguments) -> Loaded {
    let environment = std::env::vars_os().collect();
    let env_file = EnvFile::read(Path::new("."));
    let stdio = matches!(
        arguments.command,
        Some(
            CliCommand::Stdio
                | CliCommand::Keys(_)
                | CliCommand::Tasks(_)
                | CliCommand::Agents(_)
                | CliCommand::Audit(_)
                | CliCommand::Board(_)
                | CliCommand::Backup { .. }
                | CliCommand::Dashboard
                | CliCommand::Config { check_board: true }
        )
    );
    Settings::load(SettingsReader::over(arguments.flags(), environment, env_file), stdio)
}

fn url_config(client: KnownClient, listen: &ListenSettings, key: &str) -> CommandOutcome {
    if listen.address.port() == 0 && listen.public_url.is_none() {
        return Err(
            "with port 0 the gateway listens on any free one: set MCP_PORT or TASKGATE_PUBLIC_URL".into()
        );
    }
    let base = base_url(listen, listen.address);
    Ok(writeln!(stdout(), "{}", snippet(client, &base, key))?)
}

fn block_on(command: impl Future<Output = CommandOutcome>) -> CommandOutcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    // A thread that reads standard input cannot be stopped; it must not keep the process.
    runtime.shutdown_background();
    outcome
}

/// What is said of a Redis that is configured, without anything being written there.
fn look_at(loaded: &Loaded) -> Vec<StoreFinding> {
    if !loaded.faults.is_empty() || loaded.settings.storage.redis.is_none() {
        return Vec::new();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_or_else(|_| Vec::new(), |runtime| runtime.block_on(look_at_store(&loaded.settings)))
}

fn print_config(loaded: &Loaded, found: Vec<StoreFinding>) -> ExitCode {
    let mut out = stdout();
    for setting in &loaded.effective {
        let _ = writeln!(out, "{}={}  # {}", setting.name, setting.value, setting.origin);
    }
    for warning in &loaded.warnings {
        let _ = writeln!(out, "# warning: {warning}");
    }
    for fault in &loaded.faults {
        let _ = writeln!(out, "# fault: {fault}");
    }
    for StoreFinding { is_fault, said } in &found {
        let _ = writeln!(out, "# {}: REDIS_URL: {said}", if *is_fault { "fault" } else { "warning" });
    }
    if loaded.faults.is_empty() && found.iter().all(|finding| !finding.is_fault) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BAD_CONFIGURATION)
    }
}

fn settings_count(count: usize) -> String {
    if count == 1 { String::from("a setting is") } else { format!("{count} settings are") }
}

/// Whether whoever read what was printed has gone, as `head` does when it has seen enough.
fn nobody_reads(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let _ = writeln!(stderr(), "taskgate: {}", Causes(error));
    let is_configuration = error.downcast_ref::<StartError>().is_some_and(StartError::is_configuration);
    if is_configuration { ExitCode::from(BAD_CONFIGURATION) } else { ExitCode::FAILURE }
}
