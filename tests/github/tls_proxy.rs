//! A proxy that ends TLS with an authority of its own, so that every host on the internet is played by the test.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::stand_in::background;

/// A request that went through it.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The host that the connection was asked for.
    pub host: String,
    pub authorization: String,
    pub path: String,
}

type Answer = fn(&Passed) -> String;

#[derive(Clone)]
pub struct TlsProxy {
    pub address: String,
    /// The certificate of its authority.
    pub authority: String,
    connections: Arc<AtomicUsize>,
    passed: Arc<Mutex<Vec<Passed>>>,
    acceptor: TlsAcceptor,
    answer: Answer,
}

impl TlsProxy {
    /// One that plays these hosts.
    pub async fn new(hosts: &[&str], answer: Answer) -> Self {
        let (authority, config) = certificates(hosts);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let proxy = Self {
            address,
            authority,
            connections: Arc::default(),
            passed: Arc::default(),
            acceptor,
            answer,
        };
        let serving = proxy.clone();
        background(async move {
            while let Ok((socket, _)) = listener.accept().await {
                background(serving.clone().serve(socket));
            }
        });
        proxy
    }

    pub fn passed(&self) -> Vec<Passed> {
        self.passed.lock().unwrap().clone()
    }

    /// How many connected to it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    async fn serve(self, mut socket: TcpStream) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = socket.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let host = head.strip_prefix("CONNECT ").unwrap().split(":443 ").next().unwrap().to_owned();
        socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let Ok(stream) = self.acceptor.accept(socket).await else { return };
        let service = service_fn(async |request: Request<Incoming>| {
            let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("host"), host);
            let (authorization, path) = (header("authorization"), request.uri().to_string());
            let passed = Passed { host: host.clone(), authorization, path };
            self.passed.lock().unwrap().push(passed.clone());
            Ok::<_, std::convert::Infallible>(Response::new((self.answer)(&passed)))
        });
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }
}

/// The certificate of an authority, and a server that has one of it for those hosts.
fn certificates(hosts: &[&str]) -> (String, ServerConfig) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let names = hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder().with_no_client_auth();
    (authority, config.with_single_cert(vec![certificate.der().clone()], key.into()).unwrap())
}
