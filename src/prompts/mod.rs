//! Prompts: texts a person picks in their client to set an agent to work.

mod catalog;
mod prompt;

pub use catalog::catalog;
pub use prompt::{
    Prompt, PromptArgument, PromptArguments, PromptError, PromptMessage, PromptOutput, Prompts,
};
