//! The gateway's own rooms with the fixture tools, prompts and resources of the official MCP conformance suite.
//! It reads the same settings as the binary: `MCP_HOST`, `MCP_PORT`, `MCP_AUTH_TOKENS`, `TASKGATE_DATA_DIR` ...

use std::{collections::BTreeMap, error::Error, process::ExitCode};

use taskgate::{
    config::{Settings, SettingsReader},
    shutdown::Lifecycle,
    telemetry::init_logs,
};

mod asking;
mod fixture;
mod prompts;
mod resources;
mod serving;
mod tools;

#[tokio::main]
async fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "this is a program of its own")]
    let environment = std::env::vars().collect();
    let loaded = Settings::load(SettingsReader::new(BTreeMap::new(), environment), false);
    for fault in &loaded.faults {
        eprintln!("{fault}");
    }
    if !loaded.faults.is_empty() {
        return ExitCode::from(78);
    }
    let _log = init_logs(&loaded.settings.telemetry);
    match run(loaded.settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let lifecycle = Lifecycle::default();
    let (_services, address) = serving::serve(settings, &lifecycle).await?;
    tracing::info!("listening on {address}: fixtures of the conformance suite");
    Ok(lifecycle.run_until_signalled().await?)
}
