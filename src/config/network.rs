//! How other machines are asked: for how long, through which proxy, trusting whom.

use std::{path::Path, sync::Arc, time::Duration};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{SettingsReader, sources::read_bounded};

const CA_FILE: &str = "TASKGATE_CA_FILE";
/// Bytes of a file of certificates: some times all of the world's.
const MOST_CA_BYTES: u64 = 4 * 1024 * 1024;

/// `HTTP_TIMEOUT`, `HTTP_CONNECT_TIMEOUT`, `HTTPS_PROXY`, `NO_PROXY`, `TASKGATE_CA_FILE`.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// For an answer to be there as a whole.
    pub timeout: Duration,
    /// For the connection; never longer than the whole.
    pub connect_timeout: Duration,
    /// The proxy, which may have a password in its address.
    pub proxy: Option<SecretString>,
    /// Hosts that are asked without it, as `NO_PROXY` lists them.
    pub without_proxy: String,
    /// Certificates that are trusted besides the machine's, as PEM.
    pub extra_roots: Option<Arc<str>>,
}

impl NetworkSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let seconds = |seconds| Duration::from_secs(u64::from(seconds));
        let timeout = seconds(reader.number("HTTP_TIMEOUT", &(1..=300)));
        let connect_timeout = seconds(reader.number("HTTP_CONNECT_TIMEOUT", &(1..=60))).min(timeout);
        Self {
            timeout,
            connect_timeout,
            proxy: proxy(reader),
            without_proxy: reader.text("NO_PROXY").unwrap_or_default(),
            extra_roots: extra_roots(reader),
        }
    }
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            proxy: None,
            without_proxy: String::new(),
            extra_roots: None,
        }
    }
}

/// An address of a proxy; one without a scheme is http, as everybody takes it.
fn proxy(reader: &mut SettingsReader) -> Option<SecretString> {
    let text = reader.secret("HTTPS_PROXY")?;
    let text = text.expose_secret();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&text).ok().filter(|url| {
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "http" | "https") && is_bare && url.port() != Some(0)
    });
    if url.is_none() {
        reader
            .fault("HTTPS_PROXY", "expected the address of an HTTP proxy, such as http://proxy.example:3128");
    }
    url.map(|_| SecretString::from(text))
}

fn extra_roots(reader: &mut SettingsReader) -> Option<Arc<str>> {
    let path = reader.text(CA_FILE)?;
    let bytes = match read_bounded(Path::new(&path), MOST_CA_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            reader.fault(CA_FILE, format!("cannot read {path}: {error}"));
            return None;
        }
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.unwrap_or_default();
    let mut roots = RootCertStore::empty();
    let are_good = !found.is_empty() && found.into_iter().all(|root| roots.add(root).is_ok());
    let pem = String::from_utf8(bytes).ok().filter(|_| are_good);
    if pem.is_none() {
        reader
            .fault(CA_FILE, format!("expected certificates as PEM (-----BEGIN CERTIFICATE-----) in {path}"));
    }
    pem.map(Arc::from)
}
