//! Fixture tools that answer without asking.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use taskgate::{
    mcp::{ListChange, Subscriptions},
    model::{
        CallContext, Capability, Code, Content, InputRequest, InputRequests, LogLevel, ResourceContents,
    },
    tools::{RegisteredTool, Registry, ToolError, ToolOutput},
};

use super::{
    asking,
    fixture::{Answer, Fixture, NoArguments, WithSchema, registered},
};

/// One red pixel.
pub(crate) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/// One sample of silence.
const WAV: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==";
const STEP: Duration = Duration::from_millis(50);

pub(crate) fn fixtures(subscriptions: &Arc<Subscriptions>) -> Registry {
    let mut tools = vec![
        fixed("test_simple_text", || vec![Content::text("This is a simple text response for testing.")]),
        fixed("test_image_content", || vec![image()]),
        fixed("test_audio_content", || vec![Content::Audio { data: WAV.to_owned(), mime_type: "audio/wav" }]),
        fixed("test_embedded_resource", || {
            vec![embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
        }),
        fixed("test_multiple_content_types", || {
            let json = r#"{"test":"data","value":123}"#;
            let resource = embedded("test://mixed-content-resource", "application/json", json);
            vec![Content::text("Multiple content types test:"), image(), resource]
        }),
        tool("test_tool_with_logging", logging),
        tool("test_error_handling", |_| async {
            let text = "This tool intentionally returns an error for testing";
            Err(ToolError { plain: true, ..ToolError::new(Code::Internal, text) })
        }),
        tool("test_tool_with_progress", progress),
        tool("test_reconnection", |context| async move {
            context.client.close_stream();
            tokio::time::sleep(STEP * 2).await;
            text("Reconnection test completed successfully")
        }),
        tool("test_logging_tool", |context| async move {
            context.client.log(LogLevel::Info, "conformance", json!("a log message"));
            text("logged if asked for")
        }),
        tool("test_streaming_elicitation", |context| async move {
            context.client.progress(0.0, Some(1.0), None);
            asking::confirm(&context)
        }),
        tool("test_missing_capability", |_| async {
            let params = json!({"messages": [], "maxTokens": 1});
            Ok(ToolOutput::InputRequired(InputRequests(vec![InputRequest {
                key: "s".into(),
                needs: Capability::Sampling,
                params,
            }])))
        }),
        trigger("test_trigger_tool_change", subscriptions, ListChange::Tools),
        trigger("test_trigger_prompt_change", subscriptions, ListChange::Prompts),
        registered(WithSchema(
            Fixture::new("json_schema_2020_12_tool", |_, _: NoArguments| async { text("ok") }),
            schema_2020_12(),
        )),
        registered(WithSchema(
            Fixture::new("test_header_argument", |_, _: NoArguments| async { text("ok") }),
            json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}),
        )),
    ];
    tools.extend(asking::fixtures());
    Registry::new(tools)
}

pub(crate) fn tool<F, Fut>(name: &'static str, run: F) -> RegisteredTool
where
    F: Fn(CallContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    registered(Fixture::new(name, move |context, _: NoArguments| run(context)))
}

pub(crate) fn text(text: impl Into<String>) -> Answer {
    Ok(ToolOutput::Content(vec![Content::text(text)]))
}

fn fixed(name: &'static str, content: fn() -> Vec<Content>) -> RegisteredTool {
    tool(name, move |_| async move { Ok(ToolOutput::Content(content())) })
}

fn image() -> Content {
    Content::Image { data: PNG.to_owned(), mime_type: "image/png" }
}

fn embedded(uri: &str, mime_type: &'static str, text: &str) -> Content {
    Content::Resource {
        resource: ResourceContents {
            uri: uri.to_owned(),
            mime_type,
            text: Some(text.to_owned()),
            blob: None,
        },
    }
}

async fn logging(context: CallContext) -> Answer {
    for (number, message) in
        ["Tool execution started", "Tool processing data", "Tool execution completed"].into_iter().enumerate()
    {
        if number > 0 {
            tokio::time::sleep(STEP).await;
        }
        context.client.log(LogLevel::Info, "conformance", json!(message));
    }
    text("Tool with logging executed successfully")
}

async fn progress(context: CallContext) -> Answer {
    for (number, percent) in [0.0, 50.0, 100.0].into_iter().enumerate() {
        if number > 0 {
            tokio::time::sleep(STEP).await;
        }
        context.client.progress(percent, Some(100.0), None);
    }
    text("Tool with progress executed successfully")
}

fn trigger(name: &'static str, subscriptions: &Arc<Subscriptions>, change: ListChange) -> RegisteredTool {
    let subscriptions = Arc::clone(subscriptions);
    tool(name, move |_| {
        subscriptions.list_changed(change);
        async { text("changed") }
    })
}

fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}
