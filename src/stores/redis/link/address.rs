//! Where the server is.

use std::{fmt, net::IpAddr};

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult, TlsCertificates,
    io::tcp::TcpSettings,
};

/// Where the server is, as `redis://`, `rediss://` or `redis+unix://` say it, with the name and password it wants.
#[derive(Clone)]
pub struct RedisAddress {
    info: ConnectionInfo,
    /// Certificates of CAs in PEM that are trusted for this server, in the place of the machine's.
    ca: Option<Vec<u8>>,
}

/// Why a URL is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It cannot be read.
    #[error(
        "must be like redis://user:password@host:6379/0, or rediss:// with TLS, or redis+unix:///path/of/socket"
    )]
    Unreadable,
    /// Certificates of a CA for a connection without TLS.
    #[error("is for rediss:// only")]
    CaWithoutTls,
}

impl RedisAddress {
    /// The address of that URL.
    pub fn parse(url: &str) -> Result<Self, AddressFault> {
        let info = url.into_connection_info().map_err(|_| AddressFault::Unreadable)?;
        // What is asked while another answer is on its way would wait for that one.
        let at_once = TcpSettings::default().set_nodelay(true);
        Ok(Self { info: info.set_tcp_settings(at_once), ca: None })
    }

    /// The same server, whose certificate is one of these CAs'.
    pub fn with_ca(self, pem: Vec<u8>) -> Result<Self, AddressFault> {
        match self.info.addr() {
            ConnectionAddr::TcpTls { .. } => Ok(Self { ca: Some(pem), ..self }),
            _ => Err(AddressFault::CaWithoutTls),
        }
    }

    /// Whether a password goes with it.
    pub fn has_password(&self) -> bool {
        self.info.redis_settings().password().is_some()
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            _ => true,
        }
    }

    /// Whether what is said to it can be read on the way.
    pub fn is_plain(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::Tcp(..))
    }

    pub(super) fn client(&self) -> RedisResult<Client> {
        match &self.ca {
            Some(pem) => {
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
                Client::build_with_tls(self.info.clone(), certificates)
            }
            None => Client::open(self.info.clone()),
        }
    }
}

/// Without name and password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RedisAddress({})", self.info.addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_password_to_itself() {
        let address = RedisAddress::parse("rediss://gate:hunter2@redis.example:6380/0").unwrap();
        assert!(address.has_password() && !address.is_plain() && !address.is_local());
        assert_eq!(format!("{address:?}"), "RedisAddress(redis.example:6380)");
        assert_eq!(RedisAddress::parse("http://redis.example").unwrap_err(), AddressFault::Unreadable);
    }

    #[test]
    fn nothing_that_is_asked_waits_for_what_was_asked_before() {
        for url in ["redis://redis.example", "rediss://redis.example"] {
            let client = RedisAddress::parse(url).unwrap().client().unwrap();
            assert!(client.get_connection_info().tcp_settings().nodelay(), "{url}");
        }
    }

    #[test]
    fn a_ca_goes_with_tls_alone() {
        let plain = RedisAddress::parse("redis://127.0.0.1").unwrap();
        assert!(plain.is_local() && plain.is_plain());
        assert_eq!(plain.with_ca(Vec::new()).unwrap_err(), AddressFault::CaWithoutTls);
    }
}
