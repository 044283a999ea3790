//! Fixture prompts.

use taskgate::{
    model::{Content, InputRequests, ResourceContents},
    prompts::{Prompt, PromptArgument, PromptMessage, PromptOutput, Prompts},
};

use super::{asking::name_request, tools::PNG};

pub(crate) fn fixtures() -> Prompts {
    Prompts::new(vec![
        prompt("test_simple_prompt", vec![], |_| vec![Content::text("This is a simple prompt for testing.")]),
        prompt(
            "test_prompt_with_arguments",
            vec![argument("arg1", &["paris", "park", "party"]), argument("arg2", &[])],
            |given| {
                vec![Content::text(format!(
                    "Prompt with arguments: arg1='{}', arg2='{}'",
                    given[0], given[1]
                ))]
            },
        ),
        prompt("test_prompt_with_embedded_resource", vec![argument("resourceUri", &[])], |given| {
            let resource = ResourceContents {
                uri: given[0].clone(),
                mime_type: "text/plain",
                text: Some(String::from("Embedded resource content for testing.")),
                blob: None,
            };
            vec![Content::Resource { resource }, Content::text("Please process the embedded resource above.")]
        }),
        prompt("test_prompt_with_image", vec![], |_| {
            let image = Content::Image { data: PNG.to_owned(), mime_type: "image/png" };
            vec![image, Content::text("Please analyze the image above.")]
        }),
        asking_prompt(),
    ])
}

fn argument(name: &'static str, suggestions: &'static [&'static str]) -> PromptArgument {
    PromptArgument { name, description: "A test argument", required: true, suggestions }
}

/// `render` gets the arguments' values in the order of their names.
fn prompt(
    name: &'static str,
    arguments: Vec<PromptArgument>,
    render: fn(Vec<String>) -> Vec<Content>,
) -> Prompt {
    Prompt::new(name, name, "A fixture of the conformance suite", arguments, move |_, given| {
        let contents = render(given.into_values().collect());
        std::future::ready(PromptOutput::Messages(contents.into_iter().map(PromptMessage::user).collect()))
    })
}

fn asking_prompt() -> Prompt {
    let name = "test_input_required_result_prompt";
    Prompt::new(name, name, "PendingInputs before it renders", vec![], |context, _| {
        let output = match context.input_responses.get("user_context") {
            Some(answer) => {
                let text = format!("Context: {}", answer["content"]["context"]);
                PromptOutput::Messages(vec![PromptMessage::user(Content::text(text))])
            }
            None => {
                let mut request = name_request("user_context", "What context should the prompt use?");
                request.params["requestedSchema"] = serde_json::json!({
                    "type": "object",
                    "properties": {"context": {"type": "string"}},
                    "required": ["context"],
                });
                PromptOutput::InputRequired(InputRequests(vec![request]))
            }
        };
        std::future::ready(output)
    })
}
