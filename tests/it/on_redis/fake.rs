//! What says of itself that it is a Redis in a state that a real one cannot be brought to here.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// A server that answers `INFO` so, and knows little else; its address.
pub fn answering(info: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(stream, info));
        }
    });
    url
}

/// Answers commands until nobody sends any.
fn answer(stream: TcpStream, info: &str) -> Option<()> {
    let mut out = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    loop {
        let words: usize = lines.next()?.strip_prefix('*')?.parse().ok()?;
        let command: Vec<String> = (0..words).filter_map(|_| lines.by_ref().nth(1)).collect();
        let said = match command.first()?.to_ascii_uppercase().as_str() {
            "INFO" => info.to_owned(),
            "HMGET" => String::from("*2\r\n$-1\r\n$-1\r\n"),
            "HGET" => String::from("$4\r\nfake\r\n"),
            _ => String::from(":1\r\n"),
        };
        out.write_all(said.as_bytes()).ok()?;
    }
}
