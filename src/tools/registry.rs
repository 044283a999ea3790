//! The one place where a tool's name and raw arguments become a running tool.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Annotations, MirroredArgument, Running, Tool, ToolError};
use crate::model::CallContext;

/// Every tool of a gateway, in the order they are listed.
#[derive(Default)]
pub struct Registry {
    tools: Vec<Arc<Tool>>,
}

/// A tool as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Value>,
    annotations: Annotations,
}

impl Registry {
    /// These tools, in this order. A second tool of the same name replaces the first.
    pub fn new(tools: Vec<Tool>) -> Self {
        Self { tools: tools.into_iter().map(Arc::new).collect() }
    }

    /// The tool of that name.
    pub fn find(&self, name: &str) -> Option<Arc<Tool>> {
        // Some dozen names: comparing them is quicker than hashing one.
        self.tools.iter().rev().find(|tool| tool.name == name).map(Arc::clone)
    }

    /// Every tool as it is listed, one JSON object each.
    pub fn listed(&self) -> Vec<Value> {
        self.tools.iter().map(|tool| tool.listed()).collect()
    }
}

impl Tool {
    /// Checks the scope and the arguments and starts the tool. `raw` is the arguments' JSON.
    pub fn start(&self, context: CallContext, raw: &[u8]) -> Result<Running, ToolError> {
        match self.scope {
            Some(scope) if !context.principal.scopes.allows(scope) => Err(ToolError::scope(scope)),
            _ => (self.run)(context, raw),
        }
    }

    /// The name it is called by.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn listed(&self) -> Value {
        let listed = Listed {
            name: self.name,
            title: self.title,
            description: self.description,
            input_schema: &self.input_schema,
            output_schema: self.output_schema.map(|schema| schema()),
            annotations: self.annotations,
        };
        serde_json::to_value(listed).expect("a listed tool is plain JSON")
    }

    /// The arguments that headers mirror.
    pub fn mirrored_arguments(&self) -> &[MirroredArgument] {
        &self.mirrored
    }
}
