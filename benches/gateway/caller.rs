//! One who calls a gateway on a connection of his own, and reads each answer whole.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::process::{ADMIN, Server};

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// The request of a call of a tool, as a client of 2026-07-28 sends it; `arguments` are JSON.
pub fn tool_call(server: &Server, tool: &str, arguments: &str) -> String {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments},"_meta":{META}}}}}"#
    );
    let headers =
        format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n");
    server.post("/mcp", &body, &headers)
}

/// Calls a tool, which must not refuse; answers what came.
pub fn call(socket: &mut TcpStream, server: &Server, tool: &str, arguments: &str) -> String {
    let (head, body) = exchange(socket, &tool_call(server, tool, arguments));
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(head.starts_with("HTTP/1.1 200 OK") && !body.contains(r#""isError":true"#), "{head}\n{body}");
    body
}

/// Asks a path of those who administer; answers the body.
pub fn administer(server: &Server, method: &str, path: &str) -> String {
    let ask = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ADMIN}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let (head, body) = exchange(&mut server.connect(), &ask);
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    String::from_utf8_lossy(&body).into_owned()
}

/// The head of an answer, and its body.
pub fn exchange(socket: &mut TcpStream, ask: &str) -> (String, Vec<u8>) {
    socket.write_all(ask.as_bytes()).expect("the gateway reads");
    let (mut read, mut buffer) = (Vec::new(), [0_u8; 16 * 1024]);
    loop {
        let count = socket.read(&mut buffer).expect("the gateway answers");
        assert!(count > 0, "the connection ended: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&buffer[..count]);
        let Some(end) = read.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or_default();
        if read.len() >= end + 4 + length {
            return (head, read.split_off(end + 4));
        }
    }
}
