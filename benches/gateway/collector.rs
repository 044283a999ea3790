//! Collectors of spans: one that takes them, one that refuses connections, one that never answers.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

#[derive(Clone, Copy)]
pub enum Collector {
    Takes,
    Refuses,
    Hangs,
}

impl Collector {
    /// Its address. What it needs goes on until the end of the program.
    pub fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        match self {
            Self::Refuses => {}
            Self::Hangs => std::mem::forget(listener),
            Self::Takes => {
                std::thread::spawn(move || {
                    for connection in listener.incoming().map_while(Result::ok) {
                        std::thread::spawn(move || take(&connection));
                    }
                });
            }
        }
        format!("http://{address}")
    }
}

/// Reads request after request and answers that all is well.
fn take(connection: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            let value = line.to_ascii_lowercase();
            length = value
                .strip_prefix("content-length:")
                .map_or(length, |value| value.trim().parse().unwrap_or(0));
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
        let mut writer = connection;
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}
