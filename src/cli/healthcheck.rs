//! `taskgate healthcheck`: asks `/health` of the gateway these settings describe, for containers without curl.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use super::command::CommandOutcome;
use crate::config::{Mode, Settings};

const PATIENCE: Duration = Duration::from_secs(3);

/// Fails unless the gateway answers 200. Where it speaks over standard input and output there is nobody to ask: whoever started it
/// sees it end.
pub(super) fn run(settings: &Settings) -> CommandOutcome {
    if settings.listen.mode == Mode::Stdio {
        return Ok(());
    }
    let listen = settings.listen.address;
    if listen.port() == 0 {
        return Err("with port 0 the gateway listens on any free one: set MCP_PORT to the one to ask".into());
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listen.port());
    let answer = ask(address).map_err(|error| format!("no gateway answers at {address}: {error}"))?;
    if &answer == b"HTTP/1.1 200" {
        return Ok(());
    }
    Err(format!("the gateway answered `{}`", String::from_utf8_lossy(&answer)).into())
}

fn ask(address: SocketAddr) -> std::io::Result<[u8; 12]> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0_u8; 12];
    socket.read_exact(&mut answer)?;
    Ok(answer)
}
