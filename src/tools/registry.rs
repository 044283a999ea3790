//! The one place where a tool's name and raw arguments become a running tool.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::{
    About, Annotations, Tool, ToolError,
    schema::{MirroredArgument, arguments},
    tool::{ToolAnswer, ToolOutput},
};
use crate::model::CallContext;

/// Every tool of a gateway, in the order they are listed.
#[derive(Default)]
pub struct Registry {
    tools: Vec<Arc<RegisteredTool>>,
}

impl Registry {
    /// These tools, in this order. A second tool of the same name replaces the first.
    pub fn new(tools: Vec<RegisteredTool>) -> Self {
        Self { tools: tools.into_iter().map(Arc::new).collect() }
    }

    /// The tool of that name.
    pub fn find(&self, name: &str) -> Option<Arc<RegisteredTool>> {
        // Some dozen names: comparing them is quicker than hashing one.
        self.tools.iter().rev().find(|tool| tool.about.name == name).map(Arc::clone)
    }

    /// The name of each tool.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.tools.iter().map(|tool| tool.name())
    }

    /// Every tool as it is listed, one JSON object each.
    pub fn listed(&self) -> Vec<Value> {
        self.tools.iter().map(|tool| tool.listed()).collect()
    }
}

/// A tool together with what it works with, whatever its types are.
pub struct RegisteredTool {
    about: About,
    input_schema: Value,
    /// Made when the tools are listed.
    output_schema: fn() -> Option<Value>,
    /// Read from the input schema.
    mirrored: Vec<MirroredArgument>,
    tool: Box<dyn Start>,
}

impl RegisteredTool {
    /// That tool, for calls that work with `state`.
    pub fn new<S, T>(tool: T, state: &Arc<S>) -> Self
    where
        S: Send + Sync + 'static,
        T: Tool<S>,
    {
        let input_schema = tool.input_schema();
        Self {
            about: tool.about(),
            mirrored: MirroredArgument::of(&input_schema),
            input_schema,
            output_schema: T::Answer::schema,
            tool: Box::new(WithState { tool, state: Arc::clone(state) }),
        }
    }

    /// Checks the scope and the arguments and starts the tool. `raw` is the arguments' JSON.
    pub fn start<'a>(&'a self, context: &'a CallContext, raw: &[u8]) -> Result<Running<'a>, ToolError> {
        match self.about.scope {
            Some(scope) if !context.principal.scopes.allows(scope) => Err(ToolError::scope(scope)),
            _ => self.tool.start(context, raw, &self.input_schema),
        }
    }

    /// The name it is called by.
    pub fn name(&self) -> &'static str {
        self.about.name
    }

    /// The arguments that headers mirror.
    pub fn mirrored_arguments(&self) -> &[MirroredArgument] {
        &self.mirrored
    }

    fn listed(&self) -> Value {
        let listed = Listed {
            name: self.about.name,
            title: self.about.title,
            description: self.about.description,
            input_schema: &self.input_schema,
            output_schema: (self.output_schema)(),
            annotations: self.about.annotations,
        };
        serde_json::to_value(listed).expect("a listed tool is plain JSON")
    }
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

/// A tool at work.
pub type Running<'a> = BoxFuture<'a, Result<ToolOutput, ToolError>>;

/// A tool whose types are not known to whoever starts it.
trait Start: Send + Sync {
    /// Reads the arguments, which are JSON that `schema` admits, and starts the tool.
    fn start<'a>(
        &'a self,
        context: &'a CallContext,
        raw: &[u8],
        schema: &Value,
    ) -> Result<Running<'a>, ToolError>;
}

struct WithState<T, S> {
    tool: T,
    state: Arc<S>,
}

impl<S: Send + Sync, T: Tool<S>> Start for WithState<T, S> {
    fn start<'a>(
        &'a self,
        context: &'a CallContext,
        raw: &[u8],
        schema: &Value,
    ) -> Result<Running<'a>, ToolError> {
        let answer = self.tool.call(&self.state, context, arguments(raw, schema)?);
        Ok(Box::pin(async move { Ok(answer.await?.into_output()) }))
    }
}
