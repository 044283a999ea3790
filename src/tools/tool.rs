//! One tool: what it is called, what it takes and answers, and what runs.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Annotations, ToolError};
use crate::model::{Ask, CallContext, Content, Scope, output_schema_for, schema_for};

/// What a tool came to.
#[derive(Debug)]
pub enum ToolOutput {
    /// A typed answer as JSON text: `structuredContent`, mirrored as text.
    Structured(String),
    /// Blocks of content.
    Content(Vec<Content>),
    /// The client must be asked first; the tool is run again with the answers.
    Ask(Ask),
}

type Running = BoxFuture<'static, Result<ToolOutput, ToolError>>;
type Run = dyn Fn(CallContext, &[u8]) -> Result<Running, ToolError> + Send + Sync;

/// A tool.
pub struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) annotations: Annotations,
    pub(super) scope: Option<Scope>,
    pub(super) input_schema: Value,
    pub(super) output_schema: Option<Value>,
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
        let answer = move |context: CallContext, raw: &[u8]| -> Result<Running, ToolError> {
            let running = run(context, arguments(raw)?);
            Ok(Box::pin(async move { Ok(ToolOutput::Structured(to_json(&running.await?))) }))
        };
        let mut tool = Self::content::<A, _, _>(name, title, description, |_, _| async {
            Ok(ToolOutput::Content(vec![]))
        });
        tool.output_schema = Some(output_schema_for::<T>());
        tool.run = Arc::new(answer);
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
        Self {
            name,
            title,
            description,
            annotations: Annotations::WRITE,
            scope: None,
            input_schema: schema_for::<A>(),
            output_schema: None,
            run: Arc::new(move |context, raw| Ok(Box::pin(run(context, arguments(raw)?)))),
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
        self.input_schema = schema;
        self
    }
}

fn arguments<A: DeserializeOwned + JsonSchema>(raw: &[u8]) -> Result<A, ToolError> {
    // serde would take an array as a struct's fields in order.
    if raw.trim_ascii_start().first() != Some(&b'{') {
        return Err(ToolError::argument("arguments", "expected an object"));
    }
    serde_json::from_slice(raw).map_err(|_| explain::<A>(raw))
}

/// Reads the arguments again, slowly, to say which field is wrong.
fn explain<A: DeserializeOwned + JsonSchema>(raw: &[u8]) -> ToolError {
    let mut reader = serde_json::Deserializer::from_slice(raw);
    match serde_path_to_error::deserialize::<_, A>(&mut reader) {
        Ok(_) => ToolError::argument("arguments", "expected one JSON object"),
        Err(error) => {
            let problem = error.inner().to_string();
            let problem =
                problem.rsplit_once(" at line ").map_or(problem.as_str(), |(text, _)| text).to_owned();
            match error.path().to_string() {
                path if path == "." => ToolError::argument("arguments", problem),
                path => match allowed(&schema_for::<A>()["properties"][&path]) {
                    Some(allowed) if !problem.contains("expected one of") && !problem.contains(&allowed) => {
                        ToolError::argument(&path, format!("{problem}; allowed: {allowed}"))
                    }
                    _ => ToolError::argument(&path, problem),
                },
            }
        }
    }
}

/// The values a property's schema allows, if it says so.
fn allowed(schema: &Value) -> Option<String> {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return Some(words.join(", "));
    }
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => Some(format!("a whole number, {least} to {most}")),
        (Some(least), None) => Some(format!("a whole number from {least}")),
        _ => None,
    }
}

fn to_json<T: Serialize>(answer: &T) -> String {
    serde_json::to_string(answer).expect("answers are plain values with string keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its type is of interest")]
        count: u8,
    }

    #[test]
    fn a_wrong_argument_is_named_with_what_it_expects() {
        let refusal = |raw: &str| {
            arguments::<Sample>(raw.as_bytes()).err().map(|error| error.error).unwrap_or_default()
        };
        assert_eq!(
            refusal(r#"{"count":"x"}"#),
            "count: invalid type: string \"x\", expected u8; allowed: a whole number, 0 to 255"
        );
        assert_eq!(refusal("{}"), "arguments: missing field `count`");
        assert_eq!(refusal("[1]"), "arguments: expected an object");
        assert_eq!(refusal(r#"{"count":1,"size":2}"#), "size: unknown field `size`, expected `count`");
        assert_eq!(refusal(r#"{"count":1,"count":2}"#), "arguments: duplicate field `count`");
    }
}
