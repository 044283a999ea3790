//! The gateway's own rooms with the fixture tools, prompts and resources of the official MCP conformance suite.
//! It reads the same settings as the binary: `MCP_HOST`, `MCP_PORT`, `MCP_AUTH_TOKENS`, `TASKGATE_DATA_DIR` ...

use std::{collections::BTreeMap, process::ExitCode, sync::Arc};

use taskgate::{
    app::Services,
    config::{Settings, SettingsReader},
    http,
    mcp::{ServerFeatures, Subscriptions},
    shutdown::Lifecycle,
    telemetry::init_logs,
};

mod asking;
mod fixture;
mod prompts;
mod resources;
mod tools;

/// One red pixel.
pub(crate) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

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
    match serve(loaded.settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
    let lifecycle = Lifecycle::default();
    let services = Services::open(&settings, lifecycle.clone()).await?;
    let bound = http::bind(settings.listen.address).await?;
    tracing::info!("listening on {}: fixtures of the conformance suite", bound.address);
    let server = services.server(features(&services.subscriptions));
    let state = services.app_state(settings, server);
    services.start_jobs(Some(&state))?;
    lifecycle.spawn(bound.with(state).run());
    Ok(lifecycle.run_until_signalled().await?)
}

fn features(subscriptions: &Arc<Subscriptions>) -> ServerFeatures {
    ServerFeatures {
        name: "conformance-server",
        title: "Conformance fixtures",
        version: "1.0.0",
        instructions: "Fixtures of the MCP conformance suite.",
        tools: tools::fixtures(subscriptions),
        prompts: prompts::fixtures(),
        resources: Arc::new(resources::Fixtures),
    }
}
