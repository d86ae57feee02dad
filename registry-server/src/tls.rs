//! TLS 1.2 and 1.3 by rustls: the server's certificate, which is read again when its files change, and client certificates.
//!
//! There is no plain text on a port that has TLS.

use std::io;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::auth::{CertificateSettings, Security, TlsSettings, read_small};

/// How HTTP/2 is named in the greeting (RFC 9113 §3.3).
pub(crate) const HTTP2: &[u8] = b"h2";

/// The texts of all files that are used.
#[derive(PartialEq, Eq)]
struct Files {
    certificate: String,
    key: String,
    authorities: Option<String>,
    revoked: Option<String>,
}

/// What new connections are greeted with.
pub(crate) struct Tls {
    own: TlsSettings,
    clients: Option<CertificateSettings>,
    current: ArcSwap<(Arc<ServerConfig>, Files)>,
    complaint: std::sync::Mutex<String>,
}

impl Tls {
    /// Reads the files; `None` without TLS.
    pub(crate) fn new(security: &Security) -> Result<Option<Self>, String> {
        let Some(own) = security.tls.clone() else { return Ok(None) };
        let clients = security.certificates.clone();
        let files = Files::read(&own, clients.as_ref())?;
        let config = config(&own, clients.as_ref(), &files)?;
        Ok(Some(Self { own, clients, current: ArcSwap::from_pointee((config, files)), complaint: std::sync::Mutex::default() }))
    }

    /// Greets a connection, and gives it with the client's certificate (DER).
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, Option<Arc<[u8]>>)> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.current.load().0));
        let stream = acceptor.accept(stream).await?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).map(|der| Arc::from(&**der));
        Ok((stream, certificate))
    }

    /// Reads the files again; new connections get what they hold now. Files that cannot be used are told, and those from before
    /// still count.
    pub(crate) fn refresh(&self) {
        let read = Files::read(&self.own, self.clients.as_ref()).and_then(|files| {
            if files == self.current.load().1 {
                return Ok(None);
            }
            Ok(Some((config(&self.own, self.clients.as_ref(), &files)?, files)))
        });
        let why = match read {
            Ok(None) => String::new(),
            Ok(Some(new)) => {
                self.current.store(Arc::new(new));
                tracing::info!("the certificates have changed");
                String::new()
            }
            Err(why) => why,
        };
        let Ok(mut last) = self.complaint.lock() else { return };
        if *last != why {
            if !why.is_empty() {
                tracing::error!(why, "the certificates could not be read again; those from before still count");
            }
            *last = why;
        }
    }
}

impl Files {
    fn read(own: &TlsSettings, clients: Option<&CertificateSettings>) -> Result<Self, String> {
        let revoked = clients.and_then(|clients| clients.revoked.as_ref());
        Ok(Self {
            certificate: read_small(&own.certificate)?,
            key: read_small(&own.key)?,
            authorities: clients.map(|clients| read_small(&clients.authorities)).transpose()?,
            revoked: revoked.map(|path| read_small(path)).transpose()?,
        })
    }
}

fn config(own: &TlsSettings, clients: Option<&CertificateSettings>, files: &Files) -> Result<Arc<ServerConfig>, String> {
    let chain = certificates(&own.certificate, &files.certificate)?;
    // What a key file says wrong is not shown: it may be a part of the key.
    let key = PrivateKeyDer::from_pem_slice(files.key.as_bytes())
        .map_err(|_| format!("{} has no private key in PEM that can be read", own.key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("TLS cannot be used: {why}"))?;
    let builder = match (clients, &files.authorities) {
        (Some(clients), Some(text)) => {
            builder.with_client_cert_verifier(verifier(clients, text, files.revoked.as_deref(), provider)?)
        }
        _ => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|why| format!("{} and {} cannot be used: {why}", own.certificate.display(), own.key.display()))?;
    config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn verifier(
    clients: &CertificateSettings,
    authorities: &str,
    revoked: Option<&str>,
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let shown = clients.authorities.display();
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&clients.authorities, authorities)? {
        roots.add(certificate).map_err(|why| format!("{shown} has a certificate that cannot be used: {why}"))?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if let Some(text) = revoked {
        let lists = CertificateRevocationListDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
        let lists = lists.map_err(|why| format!("the revocation lists cannot be read: {why}"))?;
        if lists.is_empty() {
            return Err("the file of revocation lists has none".to_owned());
        }
        builder = builder.with_crls(lists);
    }
    if !clients.required {
        builder = builder.allow_unauthenticated();
    }
    builder.build().map_err(|why| format!("{shown} cannot be used: {why}"))
}

fn certificates(path: &Path, text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let all = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|why| format!("{} cannot be read: {why}", path.display()))?;
    if all.is_empty() { Err(format!("{} has no certificate in PEM", path.display())) } else { Ok(all) }
}
