//! The one place where a tool's name and raw arguments become a running tool.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::{Annotations, Tool, ToolError, ToolOutput};
use crate::model::CallContext;

/// Every tool of a gateway, in the order they are listed.
#[derive(Default)]
pub struct Registry {
    tools: Vec<Arc<Tool>>,
    by_name: HashMap<&'static str, usize>,
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
    output_schema: Option<&'a Value>,
    annotations: Annotations,
}

/// A header that mirrors an argument (`x-mcp-header`, 2026-07-28).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirroredArgument {
    /// The member of `arguments`.
    pub argument: String,
    /// The header's name after `Mcp-Param-`.
    pub header: String,
}

impl Registry {
    /// These tools, in this order. A second tool of the same name replaces the first.
    pub fn new(tools: Vec<Tool>) -> Self {
        let tools: Vec<_> = tools.into_iter().map(Arc::new).collect();
        let by_name = tools.iter().enumerate().map(|(position, tool)| (tool.name, position)).collect();
        Self { tools, by_name }
    }

    /// The tool of that name.
    pub fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.by_name.get(name).map(|position| Arc::clone(&self.tools[*position]))
    }

    /// Every tool as it is listed, one JSON object each.
    pub fn listed(&self) -> Vec<Value> {
        self.tools.iter().map(|tool| tool.listed()).collect()
    }
}

impl Tool {
    /// Checks the scope and the arguments and starts the tool. `raw` is the arguments' JSON.
    pub fn start(
        &self,
        context: CallContext,
        raw: &[u8],
    ) -> Result<BoxFuture<'static, Result<ToolOutput, ToolError>>, ToolError> {
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
            output_schema: self.output_schema.as_ref(),
            annotations: self.annotations,
        };
        serde_json::to_value(listed).expect("a listed tool is plain JSON")
    }

    /// The arguments that headers mirror.
    pub fn mirrored_arguments(&self) -> Vec<MirroredArgument> {
        let properties = self.input_schema["properties"].as_object();
        let mirrored = |(name, schema): (&String, &Value)| {
            let header = schema.get("x-mcp-header")?.as_str()?.to_owned();
            Some(MirroredArgument { argument: name.clone(), header })
        };
        properties.into_iter().flatten().filter_map(mirrored).collect()
    }
}
