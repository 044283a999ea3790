//! Open SSE streams.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::process::Server;

/// Opens at most `count` idle streams, fewer when the process may not have more files.
pub fn open(server: &Server, count: usize) -> Vec<TcpStream> {
    let bare = !is_gateway(server);
    let mut open = Vec::with_capacity(count);
    for number in 0..count {
        let path = if bare { format!("/sse/{number}") } else { String::from("/sse") };
        match TcpStream::connect(&server.address) {
            Ok(socket) => open.push(begin(socket, server, &path).0),
            Err(error) => {
                println!("  only {number} streams: {error} (raise the open-file limit)");
                break;
            }
        }
    }
    open
}

fn is_gateway(server: &Server) -> bool {
    let mut socket = server.connect();
    socket.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the server reads");
    let mut answer = [0_u8; 1024];
    let read = socket.read(&mut answer).expect("the server answers");
    String::from_utf8_lossy(&answer[..read]).contains("taskgate")
}

/// Opens a stream and reads its first event; answers the endpoint it names.
pub fn open_at(server: &Server, path: &str) -> (TcpStream, String) {
    begin(server.connect(), server, path)
}

fn begin(mut socket: TcpStream, server: &Server, path: &str) -> (TcpStream, String) {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", server.key);
    socket.write_all(request.as_bytes()).expect("the server reads");
    let first = read_event(&mut socket);
    let endpoint = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default().to_owned();
    (socket, endpoint)
}

/// Reads until a whole event, which is a whole chunk, has come.
pub fn read_event(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0_u8; 4096];
    while !text.ends_with(b"\n\n\r\n") {
        let read = socket.read(&mut buffer).expect("the event comes");
        assert!(read > 0, "the stream ended: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&text).into_owned()
}
