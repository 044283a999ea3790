//! `ping`: is the gateway there?

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Annotations, Tool, ToolError};
use crate::{
    coordinator::Coordinator,
    model::{CallContext, Text},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    #[serde(default)]
    echo: Text<0, 1000>,
}

#[derive(Serialize, JsonSchema)]
struct PingAnswer {
    success: bool,
    status: &'static str,
    provider: &'static str,
    echo: String,
    timestamp: String,
}

pub(super) fn ping(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: Args| {
        let echo = match args.echo.into_string() {
            empty if empty.is_empty() => String::from("pong"),
            echo => echo,
        };
        let timestamp = coordinator.now().wall.rfc3339();
        let answer = PingAnswer {
            success: true,
            status: "online",
            provider: coordinator.provider(&context.principal.workspace),
            echo,
            timestamp,
        };
        std::future::ready(Ok::<_, ToolError>(answer))
    };
    Tool::typed("ping", "Ping", "Check that the gateway answers; repeats `echo`.", run)
        .hints(Annotations::READ)
}
