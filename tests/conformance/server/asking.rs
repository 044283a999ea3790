//! Fixture tools that ask the client: elicitation, sampling, roots.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use taskgate::{
    model::{CallContext, Capability, InputRequest, InputRequests},
    tools::{RegisteredTool, ToolOutput},
};

use super::{
    fixture::{Answer, Fixture, registered},
    tools::{text, tool},
};

#[derive(Deserialize, JsonSchema)]
struct SamplingArguments {
    prompt: String,
}

#[derive(Deserialize, JsonSchema)]
struct ElicitationArguments {
    message: String,
}

pub(crate) fn fixtures() -> Vec<RegisteredTool> {
    vec![
        registered(Fixture::new("test_sampling", |context, args: SamplingArguments| async move {
            sampling(&context, &args.prompt)
        })),
        registered(Fixture::new("test_elicitation", |context, args: ElicitationArguments| async move {
            elicitation(&context, &args.message)
        })),
        tool("test_elicitation_sep1034_defaults", |context| async move { completed(&context, &defaults()) }),
        tool("test_elicitation_sep1330_enums", |context| async move { completed(&context, &enums()) }),
        tool("test_input_required_result_elicitation", |context| async move {
            match context
                .input_responses
                .get("user_name")
                .and_then(|answer| answer["content"]["name"].as_str())
            {
                Some(name) => text(format!("Hello, {name}!")),
                None => ask([name_request("user_name", "What is your name?")]),
            }
        }),
        tool("test_input_required_result_sampling", |context| async move {
            match context.input_responses.get("capital_question") {
                Some(answer) => text(format!("The model says: {}", answer["content"]["text"])),
                None => ask([sample("capital_question", "What is the capital of France?", 100)]),
            }
        }),
        tool("test_input_required_result_list_roots", |context| async move {
            match context.input_responses.get("client_roots") {
                Some(answer) => text(format!("The client's roots: {}", answer["roots"])),
                None => ask([roots()]),
            }
        }),
        tool("test_input_required_result_request_state", |context| async move { confirm(&context) }),
        tool("test_input_required_result_tampered_state", |context| async move { confirm(&context) }),
        tool("test_input_required_result_multiple_inputs", |context| async move { multiple(&context) }),
        tool("test_input_required_result_multi_round", |context| async move { multi_round(&context) }),
        tool("test_input_required_result_capabilities", |context| async move { by_capability(&context) }),
    ]
}

fn ask(requests: impl IntoIterator<Item = InputRequest>) -> Answer {
    Ok(ToolOutput::InputRequired(InputRequests(requests.into_iter().collect())))
}

fn request(key: &str, needs: Capability, params: Value) -> InputRequest {
    InputRequest { key: key.to_owned(), needs, params }
}

fn form(key: &str, message: &str, properties: Value, required: &[&str]) -> InputRequest {
    let schema = json!({"type": "object", "properties": properties, "required": required});
    request(key, Capability::Elicitation, json!({"message": message, "requestedSchema": schema}))
}

pub(crate) fn name_request(key: &str, message: &str) -> InputRequest {
    form(key, message, json!({"name": {"type": "string"}}), &["name"])
}

fn sample(key: &str, prompt: &str, max_tokens: u32) -> InputRequest {
    let message = json!({"role": "user", "content": {"type": "text", "text": prompt}});
    request(key, Capability::Sampling, json!({"messages": [message], "maxTokens": max_tokens}))
}

fn roots() -> InputRequest {
    request("client_roots", Capability::Roots, json!({}))
}

pub(crate) fn confirm(context: &CallContext) -> Answer {
    if context.input_responses.contains_key("confirm") {
        return text("Confirmed: state-ok");
    }
    ask([form("confirm", "Please confirm", json!({"ok": {"type": "boolean"}}), &["ok"])])
}

fn sampling(context: &CallContext, prompt: &str) -> Answer {
    match context.input_responses.get("reply") {
        Some(answer) => {
            text(format!("LLM response: {}", answer["content"]["text"].as_str().unwrap_or_default()))
        }
        None => ask([sample("reply", prompt, 100)]),
    }
}

fn elicitation(context: &CallContext, message: &str) -> Answer {
    if let Some(answer) = context.input_responses.get("reply") {
        return text(format!("User response: {answer}"));
    }
    let properties = json!({
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    });
    ask([form("reply", message, properties, &["username", "email"])])
}

fn completed(context: &CallContext, properties: &Value) -> Answer {
    match context.input_responses.get("reply") {
        Some(answer) => text(format!(
            "Elicitation completed: action={}, content={}",
            answer["action"].as_str().unwrap_or_default(),
            answer["content"]
        )),
        None => ask([form("reply", "Please fill in the form", properties.clone(), &[])]),
    }
}

fn defaults() -> Value {
    json!({
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": true},
    })
}

fn enums() -> Value {
    let titled = |word: &str| {
        json!([
            {"const": "value1", "title": format!("First {word}")},
            {"const": "value2", "title": format!("Second {word}")},
            {"const": "value3", "title": format!("Third {word}")},
        ])
    };
    json!({
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": titled("Option")},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled("Choice")}},
    })
}

fn multiple(context: &CallContext) -> Answer {
    let wanted = [
        name_request("user_name", "What is your name?"),
        sample("greeting", "Generate a greeting", 50),
        roots(),
    ];
    if wanted.iter().all(|request| context.input_responses.contains_key(&request.key)) {
        return text("All three answers arrived");
    }
    ask(wanted)
}

fn multi_round(context: &CallContext) -> Answer {
    let answers = &context.input_responses;
    if !answers.contains_key("step1") {
        return ask([name_request("step1", "Step 1: What is your name?")]);
    }
    if !answers.contains_key("step2") {
        let color = json!({"color": {"type": "string"}});
        return ask([form("step2", "Step 2: What is your favorite color?", color, &["color"])]);
    }
    text(format!("{} likes {}", answers["step1"]["content"]["name"], answers["step2"]["content"]["color"]))
}

fn by_capability(context: &CallContext) -> Answer {
    let possible = [
        name_request("user_name", "What is your name?"),
        sample("greeting", "Generate a greeting", 50),
        roots(),
    ];
    let supported: Vec<_> =
        possible.into_iter().filter(|request| context.client.supports(request.needs)).collect();
    if supported.iter().all(|request| context.input_responses.contains_key(&request.key)) {
        return text("Every supported answer arrived");
    }
    ask(supported)
}
