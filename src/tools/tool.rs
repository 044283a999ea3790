//! One tool: what it is called, what it takes and answers, and what runs.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Annotations, ToolError,
    schema::{MirroredArgument, arguments, output_schema_for, schema_for},
};
use crate::model::{CallContext, Content, InputRequests, Scope};

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

/// A tool at work.
pub type Running = BoxFuture<'static, Result<ToolOutput, ToolError>>;
type Run = dyn Fn(CallContext, &[u8]) -> Result<Running, ToolError> + Send + Sync;

/// A tool.
pub struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) annotations: Annotations,
    pub(super) scope: Option<Scope>,
    pub(super) input_schema: Value,
    /// Made when the tools are listed.
    pub(super) output_schema: Option<fn() -> Value>,
    /// Read from the input schema.
    pub(super) mirrored: Vec<MirroredArgument>,
    pub(super) run: Arc<Run>,
}

impl Tool {
    /// A tool whose arguments and answer are types. Unknown argument fields must be refused by `A`
    /// (`deny_unknown_fields`); an absent `arguments` is an empty one.
    pub fn typed<A, T, F, Fut>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: F,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        T: Serialize + JsonSchema,
        F: Fn(CallContext, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
    {
        let answer = move |context: CallContext, arguments: A| {
            let running = run(context, arguments);
            async move { Ok(ToolOutput::Structured(to_json(&running.await?))) }
        };
        let mut tool = Self::content(name, title, description, answer);
        tool.output_schema = Some(output_schema_for::<T>);
        tool
    }

    /// A tool whose arguments are a type and whose answer is content, or something to ask the client.
    pub fn content<A, F, Fut>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: F,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(CallContext, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ToolOutput, ToolError>> + Send + 'static,
    {
        let schema = schema_for::<A>();
        Self {
            name,
            title,
            description,
            annotations: Annotations::WRITE,
            scope: None,
            input_schema: schema.clone(),
            output_schema: None,
            mirrored: MirroredArgument::of(&schema),
            run: Arc::new(move |context, raw| Ok(Box::pin(run(context, arguments(raw, &schema)?)))),
        }
    }

    /// With these hints.
    pub fn hints(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// Only for keys with that scope.
    pub fn needs(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// With an input schema other than that of its arguments' type.
    pub fn with_input_schema(mut self, schema: Value) -> Self {
        self.mirrored = MirroredArgument::of(&schema);
        self.input_schema = schema;
        self
    }
}

fn to_json<T: Serialize>(answer: &T) -> String {
    serde_json::to_string(answer).expect("answers are plain values with string keys")
}
