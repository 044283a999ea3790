//! One prompt, and the list of all.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::model::{CallContext, Content, InputRequests};

/// An argument of a prompt; always text.
#[derive(Clone, Debug, Serialize)]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Values to offer while it is typed.
    #[serde(skip)]
    pub suggestions: &'static [&'static str],
}

/// A message of a prompt; always the user's.
#[derive(Clone, Debug, Serialize)]
pub struct PromptMessage {
    role: &'static str,
    content: Content,
}

impl PromptMessage {
    /// What the user says.
    pub fn user(content: Content) -> Self {
        Self { role: "user", content }
    }
}

/// What a prompt came to.
#[derive(Debug)]
pub enum PromptOutput {
    /// Its messages.
    Messages(Vec<PromptMessage>),
    /// The client must be asked first.
    InputRequired(InputRequests),
}

/// Why a prompt is refused.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// An argument is missing or unknown.
    #[error("argument `{name}`: {problem}")]
    Argument {
        /// Which.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// The values a client gives for a prompt's arguments, by name.
pub type PromptArguments = BTreeMap<String, String>;
type Render = dyn Fn(CallContext, PromptArguments) -> BoxFuture<'static, PromptOutput> + Send + Sync;

/// A prompt.
#[derive(Serialize)]
pub struct Prompt {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    arguments: Vec<PromptArgument>,
    #[serde(skip)]
    render: Arc<Render>,
}

impl Prompt {
    /// A prompt that renders with `render`.
    pub fn new<F, Fut>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        arguments: Vec<PromptArgument>,
        render: F,
    ) -> Self
    where
        F: Fn(CallContext, PromptArguments) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = PromptOutput> + Send + 'static,
    {
        let render: Arc<Render> = Arc::new(move |context, given| Box::pin(render(context, given)));
        Self { name, title, description, arguments, render }
    }

    /// The name it is got by.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is for.
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// Checks the arguments and starts rendering.
    pub fn start(
        &self,
        context: CallContext,
        given: PromptArguments,
    ) -> Result<BoxFuture<'static, PromptOutput>, PromptError> {
        let fault = |name: &str, problem| PromptError::Argument { name: name.to_owned(), problem };
        if let Some(unknown) =
            given.keys().find(|name| self.arguments.iter().all(|a| a.name != name.as_str()))
        {
            return Err(fault(unknown, "is not an argument of this prompt"));
        }
        if let Some(missing) = self.arguments.iter().find(|a| a.required && !given.contains_key(a.name)) {
            return Err(fault(missing.name, "is required"));
        }
        Ok((self.render)(context, given))
    }

    /// Values of an argument that start with `typed`; `None` when there is no such argument.
    pub fn complete(&self, argument: &str, typed: &str) -> Option<Vec<String>> {
        let known = self.arguments.iter().find(|known| known.name == argument)?;
        Some(known.suggestions.iter().filter(|s| s.starts_with(typed)).map(|s| (*s).to_owned()).collect())
    }
}

/// Every prompt, in the order they are listed.
#[derive(Default)]
pub struct Prompts(Vec<Prompt>);

impl Prompts {
    /// These prompts.
    pub fn new(prompts: Vec<Prompt>) -> Self {
        Self(prompts)
    }

    /// The prompt of that name.
    pub fn find(&self, name: &str) -> Option<&Prompt> {
        self.0.iter().find(|prompt| prompt.name == name)
    }

    /// Each prompt as it is listed.
    pub fn listed(&self) -> Vec<serde_json::Value> {
        self.0.iter().map(|prompt| serde_json::to_value(prompt).expect("a prompt is plain JSON")).collect()
    }
}
