//! The gateway's rooms with the fixtures in them, opened and served.

use std::{error::Error, net::SocketAddr, sync::Arc};

use taskgate::{
    app::Services,
    config::Settings,
    http,
    mcp::{ServerFeatures, Subscriptions},
    shutdown::Lifecycle,
};

use super::{prompts, resources, tools};

/// Serves until that life ends. Answers what it is served with, and where.
pub(crate) async fn serve(
    settings: Settings,
    lifecycle: &Lifecycle,
) -> Result<(Services, SocketAddr), Box<dyn Error>> {
    let services = Services::open(&settings, lifecycle.clone()).await?;
    let bound = http::bind(settings.listen.address).await?;
    let address = bound.address;
    services.join_others();
    let server = services.server(features(&services.subscriptions));
    let state = services.app_state(settings, server);
    services.start_jobs(Some(&state))?;
    lifecycle.spawn(bound.with(state).run());
    Ok((services, address))
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
