//! A port on loopback that is bad at being a server: what a network does to feeds, in bytes.

use std::sync::Arc;

use buzzwall::feed::http;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What a port on loopback does with whoever connects.
#[derive(Clone)]
pub enum Port {
    /// Answers every request with these bytes, and closes.
    Says(Arc<Vec<u8>>),
    /// Sends every request to its own address.
    Circle,
    /// Reads and never answers.
    Silent,
    /// Closes at once.
    Closes,
    /// Speaks TLS, with a certificate for these names.
    Tls(&'static [&'static str]),
}

/// A port that behaves so until this is dropped; `issuer` vouches for its certificate.
pub struct Host {
    authority: String,
    pub issuer: String,
    _tasks: JoinSet<()>,
}

impl Host {
    pub async fn new(port: Port) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let authority = listener.local_addr().expect("it is bound").to_string();
        let (issuer, acceptor) = certificate(match port {
            Port::Tls(names) => names,
            _ => &["localhost"],
        });
        let mut tasks = JoinSet::new();
        let own = authority.clone();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (port, own, acceptor) = (port.clone(), own.clone(), acceptor.clone());
                open.spawn(async move {
                    match port {
                        Port::Says(bytes) => answer(stream, &bytes).await,
                        Port::Circle => {
                            let to = format!("HTTP/1.1 302 Found\r\nlocation: http://{own}/round\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                            answer(stream, to.as_bytes()).await;
                        }
                        Port::Silent => std::future::pending().await,
                        Port::Closes => drop(stream),
                        Port::Tls(_) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                answer(stream, page(200, "[]").as_bytes()).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            authority,
            issuer,
            _tasks: tasks,
        }
    }

    pub async fn says(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Port::Says(Arc::new(bytes.into()))).await
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.authority)
    }
}

/// An issuer in PEM, and a certificate of theirs for these names.
fn certificate(names: &[&str]) -> (String, TlsAcceptor) {
    http::choose_tls();
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let issuer = CertifiedIssuer::self_signed(authority, key).expect("a certificate");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(names).expect("names");
    let own = own.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .expect("a key and its certificate");
    (issuer.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    // A TLS greeting is no request, and is answered as web servers do.
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.first() != Some(&0x16) {
        match stream.read(&mut part).await {
            Ok(read @ 1..) => request.extend_from_slice(&part[..read]),
            _ => return,
        }
    }
    // Whoever has read enough may be gone.
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
}

/// An answer in JSON.
pub fn page(status: u16, body: &str) -> String {
    typed(status, "application/json", body)
}

/// An answer of that type.
pub fn typed(status: u16, content: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Four hundred megabytes of blanks in four hundred kilobytes, where `gzip` is at hand.
pub fn bomb() -> Option<Vec<u8>> {
    let script = "head -c 400000000 /dev/zero | tr '\\0' ' ' | gzip -9";
    let made = std::process::Command::new("sh")
        .args(["-c", script])
        .output();
    let bytes = made
        .ok()
        .filter(|made| made.status.success() && made.stdout.len() > 1000)?
        .stdout;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        bytes.len()
    );
    Some([head.into_bytes(), bytes].concat())
}

/// An address at which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    listener.local_addr().expect("it is bound").to_string()
}
