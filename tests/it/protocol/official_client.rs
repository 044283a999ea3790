//! The Rust SDK's client, as an independent reader of the protocol.

use rmcp::{
    ServiceExt,
    model::{CallToolRequestParams, ClientConfig},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

use crate::support::{Gateway, KEY};

#[tokio::test]
async fn rmcp_connects_lists_and_works_a_task() {
    let gateway = Gateway::start();
    let config =
        StreamableHttpClientTransportConfig::with_uri(format!("{}/mcp", gateway.base)).auth_header(KEY);
    let client =
        ClientConfig::default().serve(StreamableHttpClientTransport::from_config(config)).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    assert_eq!(tools.len(), 19);
    let call = async |name: &'static str, arguments: Value| {
        let parameters =
            CallToolRequestParams::new(name).with_arguments(arguments.as_object().unwrap().clone());
        client.call_tool(parameters).await.map(|result| result.structured_content.unwrap_or_default())
    };
    assert_eq!(call("ping", json!({"echo": "hi"})).await.unwrap()["echo"], "hi");
    call("register_agent", json!({"agent_id": "r", "name": "R", "role": "Tester"})).await.unwrap();
    let next = call("request_next_task", json!({"agent_id": "r"})).await.unwrap();
    let task = next["task"]["id"].as_str().unwrap().to_owned();
    let report = json!({"agent_id": "r", "task_id": task, "status": "completed", "progress": 100});
    assert_eq!(call("report_task_progress", report).await.unwrap()["success"], true);
    assert_eq!(call("get_task", json!({"task_id": task})).await.unwrap()["task"]["status"], "done");
    let unknown = call("destroy", json!({})).await.unwrap_err().to_string();
    assert!(unknown.contains("Unknown tool"), "{unknown}");
    client.cancel().await.unwrap();
}
