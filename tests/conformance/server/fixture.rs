//! A tool that is given as a closure.

use std::{marker::PhantomData, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use taskgate::{
    model::CallContext,
    tools::{About, Annotations, RegisteredTool, Tool, ToolError, ToolOutput},
};

// Arguments of which none is read. A doc comment would become the description of their schema.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NoArguments {}

pub(crate) type Answer = Result<ToolOutput, ToolError>;

/// A tool whose calls run a closure.
pub(crate) struct Fixture<A, F> {
    name: &'static str,
    run: F,
    args: PhantomData<fn(A)>,
}

impl<A, F> Fixture<A, F> {
    pub(crate) fn new(name: &'static str, run: F) -> Self {
        Self { name, run, args: PhantomData }
    }
}

impl<A, F, Fut> Tool<()> for Fixture<A, F>
where
    A: DeserializeOwned + JsonSchema + Send + 'static,
    F: Fn(CallContext, A) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send,
{
    type Args = A;
    type Answer = ToolOutput;

    fn about(&self) -> About {
        About {
            name: self.name,
            title: self.name,
            description: "A fixture of the conformance suite.",
            annotations: Annotations::WRITE,
            scope: None,
        }
    }

    fn call(&self, (): &(), context: &CallContext, args: A) -> impl Future<Output = Answer> + Send {
        (self.run)(context.clone(), args)
    }
}

/// A tool with a schema other than that of its arguments.
pub(crate) struct WithSchema<T>(pub(crate) T, pub(crate) Value);

impl<T: Tool<()>> Tool<()> for WithSchema<T> {
    type Args = T::Args;
    type Answer = T::Answer;

    fn about(&self) -> About {
        self.0.about()
    }

    fn input_schema(&self) -> Value {
        self.1.clone()
    }

    fn call(
        &self,
        state: &(),
        context: &CallContext,
        args: T::Args,
    ) -> impl Future<Output = Result<T::Answer, ToolError>> + Send {
        self.0.call(state, context, args)
    }
}

pub(crate) fn registered(tool: impl Tool<()>) -> RegisteredTool {
    RegisteredTool::new(tool, &Arc::new(()))
}
