//! What a tool's listed schema admits is taken, what it does not admit is refused; beyond it only `null` for what is
//! optional and whole numbers written as floats. For every argument of every tool, whatever tools there are.

use serde_json::{Map, Value, json};

use crate::support::{Caller, Gateway};

async fn listed(caller: &Caller) -> Vec<Value> {
    caller.modern("tools/list", json!({})).await.json()["result"]["tools"].as_array().unwrap().clone()
}

/// Values that only just fit a schema.
fn admitted(schema: &Value) -> Vec<Value> {
    if let Some(words) = schema["enum"].as_array() {
        return words.clone();
    }
    match schema["type"].as_str().unwrap() {
        "string" => {
            let (least, most) =
                (schema["minLength"].as_u64().unwrap_or(0), schema["maxLength"].as_u64().unwrap());
            [least, most].map(|length| json!("ä".repeat(length as usize))).to_vec()
        }
        "integer" => vec![schema["minimum"].clone(), schema["maximum"].clone()],
        "array" => {
            let item = admitted(&schema["items"]).pop().unwrap();
            [0, schema["maxItems"].as_u64().unwrap()].map(|count| json!(vec![&item; count as usize])).to_vec()
        }
        "boolean" => vec![json!(true), json!(false)],
        other => panic!("an argument of type {other}"),
    }
}

/// Values that only just do not fit.
fn refused(schema: &Value) -> Vec<Value> {
    if schema["enum"].is_array() {
        return vec![json!("no such word"), json!(""), json!(1), json!([]), json!({})];
    }
    match schema["type"].as_str().unwrap() {
        "string" => {
            let most = schema["maxLength"].as_u64().unwrap();
            let mut values =
                vec![json!("ä".repeat(most as usize + 1)), json!(5), json!(true), json!([]), json!({})];
            if let Some(least) = schema["minLength"].as_u64() {
                values.push(json!("x".repeat(least as usize - 1)));
            }
            values
        }
        "integer" => {
            let (least, most) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
            let outside =
                [json!(least - 1), json!(most + 1), json!(least as f64 - 0.5), json!(1.5), json!(1e300)];
            [outside.to_vec(), vec![json!("1"), json!(true), json!([1]), json!({})]].concat()
        }
        "array" => {
            let item = admitted(&schema["items"]).pop().unwrap();
            let most = schema["maxItems"].as_u64().unwrap() as usize;
            let mut lists: Vec<_> = refused(&schema["items"]).into_iter().map(|item| json!([item])).collect();
            lists.extend([json!([null]), json!(vec![&item; most + 1]), json!("x"), json!({}), json!(0)]);
            lists
        }
        "boolean" => vec![json!("no"), json!(1), json!([]), json!({})],
        other => panic!("an argument of type {other}"),
    }
}

/// The least that a tool takes.
fn least(tool: &Value) -> Map<String, Value> {
    let schema = &tool["inputSchema"];
    let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
    required.map(|name| (name.to_owned(), admitted(&schema["properties"][name]).remove(0))).collect()
}

/// What no schema can say: that a cursor is not of this list, which arguments are enough together, and what is no URL, name or
/// time.
const BEYOND_SCHEMAS: [&str; 7] = [
    "next_cursor",
    "give pr_url",
    "give either",
    "Invalid PR URL format",
    "is not a GitHub",
    "expected a time such as",
    "expected text",
];

/// Whether a value that the schema does not admit is taken all the same, as the server before this one took it.
fn is_taken_too(argument: &str, value: &Value) -> bool {
    let loose = ["per_page", "max_pages", "max_comments", "max_retries"];
    (loose.contains(&argument) && value.is_string()) || (argument == "comment_id" && value.is_number())
}

/// The refusal of arguments, if that is what the answer is.
async fn refusal(caller: &Caller, tool: &str, arguments: &Map<String, Value>) -> Option<String> {
    let failure = caller.tool(tool, json!(arguments)).await.err()?;
    let text = failure["error"].as_str().unwrap().to_owned();
    let is_beyond = BEYOND_SCHEMAS.iter().any(|said| text.contains(said));
    (failure["code"] == "invalid_arguments" && !is_beyond).then_some(text)
}

#[tokio::test]
async fn what_the_schema_admits_is_taken_and_what_it_does_not_is_refused() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let mut tried = 0;
    for tool in listed(&caller).await {
        let name = tool["name"].as_str().unwrap();
        for (argument, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            let with = |value: &Value| {
                let mut arguments = least(&tool);
                arguments.insert(argument.clone(), value.clone());
                arguments
            };
            for value in admitted(schema) {
                let refusal = refusal(&caller, name, &with(&value)).await;
                assert_eq!(refusal, None, "{name}.{argument} = {value}");
                tried += 1;
            }
            for value in refused(schema).iter().filter(|value| !is_taken_too(argument, value)) {
                let refusal = refusal(&caller, name, &with(value)).await.unwrap_or_default();
                let names_it =
                    refusal.starts_with(argument.as_str()) || refusal.contains(&format!(" {argument}: "));
                assert!(names_it, "{name}.{argument} = {value}: {refusal}");
                for word in
                    ["sequence", "usize", "struct", "map,", "u8", "i64", "u64", "variant", "floating", "enum"]
                {
                    assert!(!refusal.contains(word), "{name}.{argument} = {value}: {refusal}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "only {tried} values");
}

#[tokio::test]
async fn null_is_none_and_a_whole_float_is_a_whole_number_in_every_tool() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    for tool in listed(&caller).await {
        let (name, schema) = (tool["name"].as_str().unwrap(), &tool["inputSchema"]);
        let required = least(&tool);
        let mut all = required.clone();
        for (argument, schema) in schema["properties"].as_object().unwrap() {
            let mut arguments = required.clone();
            arguments.insert(argument.clone(), Value::Null);
            let refusal = refusal(&caller, name, &arguments).await;
            if required.contains_key(argument) {
                let missing = format!("arguments: missing field `{argument}`");
                assert_eq!(refusal.as_deref(), Some(missing.as_str()), "{name}");
            } else {
                assert_eq!(refusal, None, "{name}.{argument} = null");
                all.insert(argument.clone(), Value::Null);
            }
            if schema["type"] == "integer" {
                let maximum = schema["maximum"].as_i64().unwrap();
                arguments.insert(argument.clone(), json!(maximum as f64));
                let sent = serde_json::to_string(&arguments).unwrap();
                assert!(sent.contains(&format!("{maximum}.0")), "{sent}");
                assert_eq!(
                    self::refusal(&caller, name, &arguments).await,
                    None,
                    "{name}.{argument} as a float"
                );
            }
        }
        assert_eq!(refusal(&caller, name, &all).await, None, "{name} with null for all that is optional");
        let mut unknown = required.clone();
        unknown.insert(String::from("no_such_argument"), Value::Null);
        assert!(refusal(&caller, name, &unknown).await.is_some(), "{name} with an unknown argument");
    }
}

#[tokio::test]
async fn an_empty_text_for_an_optional_argument_is_none() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("a").await;
    let all = caller.tool("list_tasks", json!({"label": "", "query": "", "cursor": ""})).await.unwrap();
    assert_eq!(all["total"], 8);
    assert_eq!(caller.tool("list_registered_agents", json!({"cursor": ""})).await.unwrap()["total"], 1);
    let task = caller.tool("request_next_task", json!({"agent_id": "a"})).await.unwrap();
    let beat = caller.tool("heartbeat", json!({"agent_id": "a", "task_id": ""})).await.unwrap();
    assert_eq!(beat["task_id"], task["task"]["id"]);
}
