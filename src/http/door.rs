//! The doors: connections as they come in, plain or by TLS, and what is known of who stands there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::Tls;

/// A visitor who has not shaken hands by now is gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most handshakes under way; more wait in the system's own queue.
const MOST: usize = 512;
/// How often the files of a certificate are looked at: those that renew them write new ones in their place.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// First byte of a TLS connection (RFC 8446, section 5.1: a record of type handshake).
const HANDSHAKE: u8 = 22;

/// Who stands at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    /// Where the connection comes from.
    pub address: SocketAddr,
    /// Whether it is encrypted up to here.
    pub https: bool,
}

impl Connected<IncomingStream<'_, PlainListener>> for Visitor {
    fn connect_info(stream: IncomingStream<'_, PlainListener>) -> Self {
        Self {
            address: *stream.remote_addr(),
            https: false,
        }
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Visitor {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self {
            address: *stream.remote_addr(),
            https: true,
        }
    }
}

/// Takes connections in as they come.
pub struct PlainListener(pub TcpListener);

impl Listener for PlainListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay was not set");
        }
        (stream, address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file holds no certificate or no key.
    #[error("server.tls: {} holds no {what}: {source}; write a PEM file", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        source: pem::Error,
    },
    /// The two do not belong together, or the key is of no kind that is known.
    #[error("server.tls: {} and {} cannot be used together: {source}", cert.display(), key.display())]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// A certificate from files, read again when they change.
#[derive(Debug)]
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    now: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    key: Arc<CertifiedKey>,
    written: [Option<SystemTime>; 2],
    looked: Instant,
}

impl Certificate {
    /// Reads certificate and key; relative paths start at `folder`.
    ///
    /// # Errors
    /// Names the file that cannot be used.
    pub fn open(tls: &Tls, folder: &Path) -> Result<Self, TlsError> {
        let (cert, key) = (folder.join(&tls.cert), folder.join(&tls.key));
        Ok(Self {
            now: Mutex::new(Held {
                written: [written(&cert), written(&key)],
                key: Arc::new(read(&cert, &key)?),
                looked: Instant::now(),
            }),
            cert,
            key,
        })
    }

    /// The certificate as it is now. One that is replaced by something unusable stays in use, and the log says so.
    fn current(&self) -> Arc<CertifiedKey> {
        let mut held = self.now.lock();
        if held.looked.elapsed() >= LOOK_EVERY {
            held.looked = Instant::now();
            let written = [written(&self.cert), written(&self.key)];
            if written != held.written {
                match read(&self.cert, &self.key) {
                    Ok(key) => {
                        tracing::info!("the certificate has changed and is used from now on");
                        held.key = Arc::new(key);
                        held.written = written;
                    }
                    // Perhaps one of the two is still being written.
                    Err(error) => tracing::warn!(%error, "the old certificate stays in use"),
                }
            }
        }
        held.key.clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|found| found.modified()).ok()
}

fn read(cert: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &Path, what, source| TlsError::Unreadable {
        path: path.to_owned(),
        what,
        source,
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .and_then(|chain: Vec<_>| {
            if chain.is_empty() {
                Err(pem::Error::NoItemsFound)
            } else {
                Ok(chain)
            }
        })
        .map_err(|error| unreadable(cert, "certificate", error))?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, "private key", error))?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|source| TlsError::Mismatch {
        cert: cert.to_owned(),
        key: key.to_owned(),
        source,
    })
}

fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// Who came in by TLS; nobody where the handshake failed.
type Greeted = Option<(TlsStream<TcpStream>, SocketAddr)>;

/// Takes connections in by TLS. Handshakes go on beside each other, so that a visitor who says nothing keeps nobody waiting.
pub struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
    /// Where those are sent who come without TLS.
    base: Arc<str>,
    greeted: FuturesUnordered<BoxFuture<'static, Greeted>>,
}

impl TlsListener {
    /// Takes connections of a listener in with a certificate; who comes by plain http is sent to `base`.
    ///
    /// # Errors
    /// The versions of TLS that are to be spoken are not known.
    pub fn new(
        tcp: TcpListener,
        certificate: Arc<Certificate>,
        base: &str,
    ) -> Result<Self, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(certificate);
        // WebSockets need it, and pages are few and small.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tcp,
            tls: TlsAcceptor::from(Arc::new(config)),
            base: base.into(),
            greeted: FuturesUnordered::new(),
        })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp), if self.greeted.len() < MOST => {
                    let greeting = greet(self.tls.clone(), self.base.clone(), stream, address);
                    self.greeted.push(Box::pin(greeting));
                }
                Some(greeted) = self.greeted.next() => {
                    if let Some(visitor) = greeted {
                        return visitor;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Shakes hands; nothing where that fails or takes too long.
async fn greet(
    tls: TlsAcceptor,
    base: Arc<str>,
    mut stream: TcpStream,
    address: SocketAddr,
) -> Greeted {
    let hands = async {
        stream.set_nodelay(true)?;
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first != [HANDSHAKE] {
            let answer = format!(
                "HTTP/1.1 301 Moved Permanently\r\nLocation: {base}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
            return Ok(None);
        }
        tls.accept(stream).await.map(Some)
    };
    match tokio::time::timeout(PATIENCE, hands).await {
        Ok(Ok(stream)) => stream.map(|stream| (stream, address)),
        Ok(Err(error)) => {
            tracing::debug!(%address, %error, "no handshake");
            None
        }
        Err(_) => None,
    }
}
