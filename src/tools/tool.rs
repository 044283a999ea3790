//! A tool as its file writes it: what clients are told of it, what it takes and answers, and what a call of it does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    About, ToolError,
    schema::{output_schema_for, schema_for},
};
use crate::{
    coordinator::Coordinator,
    model::{CallContext, Content, InputRequests},
};

/// A tool that works with an `S`, which is the coordinator for those of the gateway.
pub trait Tool<S = Coordinator>: Send + Sync + 'static {
    /// What it takes. Unknown fields must be refused (`deny_unknown_fields`); an absent `arguments` is an empty one.
    type Args: DeserializeOwned + JsonSchema + Send;
    /// What it answers.
    type Answer: ToolAnswer;

    /// What clients are told of it.
    fn about(&self) -> About;

    /// The schema of its arguments.
    fn input_schema(&self) -> Value {
        schema_for::<Self::Args>()
    }

    /// Answers one call.
    fn call(
        &self,
        state: &S,
        context: &CallContext,
        args: Self::Args,
    ) -> impl Future<Output = Result<Self::Answer, ToolError>> + Send;
}

// The arguments of a tool that takes none. A doc comment would become the description of its schema.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArgs {}

/// What a tool may answer: any type that is written as JSON, or a [`ToolOutput`].
pub trait ToolAnswer {
    /// The schema of the answer, if it has one.
    fn schema() -> Option<Value>;
    /// The answer as it is sent.
    fn into_output(self) -> ToolOutput;
}

impl<T: Serialize + JsonSchema> ToolAnswer for T {
    fn schema() -> Option<Value> {
        Some(output_schema_for::<T>())
    }

    fn into_output(self) -> ToolOutput {
        let json = serde_json::to_string(&self).expect("answers are plain values with string keys");
        ToolOutput::Structured(json)
    }
}

/// What a tool came to.
#[derive(Debug)]
pub enum ToolOutput {
    /// A typed answer as JSON text: `structuredContent`, mirrored as text.
    Structured(String),
    /// Blocks of content.
    Content(Vec<Content>),
    /// The client must be asked first; the tool is run again with the answers.
    InputRequired(InputRequests),
}

impl ToolAnswer for ToolOutput {
    fn schema() -> Option<Value> {
        None
    }

    fn into_output(self) -> Self {
        self
    }
}
