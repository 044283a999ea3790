//! `taskgate healthcheck`: asks `/health` of the gateway these settings describe, for containers without curl.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use crate::config::Settings;

const PATIENCE: Duration = Duration::from_secs(3);

/// Fails unless the gateway answers 200.
pub(super) fn run(settings: &Settings) -> io::Result<()> {
    let listen = settings.listen.address;
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let mut socket = TcpStream::connect_timeout(&SocketAddr::new(ip, listen.port()), PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0_u8; 12];
    socket.read_exact(&mut answer)?;
    if &answer == b"HTTP/1.1 200" {
        return Ok(());
    }
    Err(io::Error::other(format!("the gateway answered `{}`", String::from_utf8_lossy(&answer))))
}
