//! `ping`: is the gateway there?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Annotations, Tool, ToolError};
use crate::{
    coordinator::Coordinator,
    model::{CallContext, Text},
};

pub(super) struct Ping;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PingArgs {
    #[serde(default)]
    echo: Text<0, 1000>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PingAnswer {
    success: bool,
    status: &'static str,
    provider: &'static str,
    echo: String,
    timestamp: String,
}

impl Tool for Ping {
    type Args = PingArgs;
    type Answer = PingAnswer;

    fn about(&self) -> About {
        About {
            name: "ping",
            title: "Ping",
            description: "Check that the gateway answers; repeats `echo`.",
            annotations: Annotations::READ,
            scope: None,
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: PingArgs,
    ) -> Result<PingAnswer, ToolError> {
        let echo = match args.echo.into_string() {
            empty if empty.is_empty() => String::from("pong"),
            echo => echo,
        };
        Ok(PingAnswer {
            success: true,
            status: "online",
            provider: coordinator.provider(&context.principal.workspace),
            echo,
            timestamp: coordinator.now().wall.rfc3339(),
        })
    }
}
