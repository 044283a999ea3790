//! The ceiling: axum with fixed replies, an SSE stream that carries what is posted, and nothing else.

use std::{collections::HashMap, convert::Infallible, sync::Arc, sync::Mutex};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use tokio::sync::mpsc;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"pong"}]}}"#;

type Peers = Arc<Mutex<HashMap<String, mpsc::Sender<Bytes>>>>;

#[tokio::main]
pub async fn serve() {
    let router = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/mcp", post(|_: Bytes| async { ([(header::CONTENT_TYPE, "application/json")], PING) }))
        .route("/sse/{name}", get(open).post(push))
        .with_state(Peers::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    eprintln!("listening on {}: bare axum", listener.local_addr().expect("it is bound"));
    axum::serve(listener, router).await.expect("it serves");
}

async fn open(State(peers): State<Peers>, Path(name): Path<String>) -> Response {
    let (sender, mut messages) = mpsc::channel::<Bytes>(16);
    let _ = sender.try_send(Bytes::from_static(b"event: endpoint\ndata: /\n\n"));
    peers.lock().expect("not poisoned").insert(name, sender);
    let stream = futures_util::stream::poll_fn(move |context| {
        messages.poll_recv(context).map(|message| message.map(Ok::<_, Infallible>))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(stream)).into_response()
}

async fn push(State(peers): State<Peers>, Path(name): Path<String>, _: Bytes) -> StatusCode {
    let event = Bytes::from(format!("event: message\ndata: {PING}\n\n"));
    if let Some(sender) = peers.lock().expect("not poisoned").get(&name) {
        let _ = sender.try_send(event);
    }
    StatusCode::ACCEPTED
}
