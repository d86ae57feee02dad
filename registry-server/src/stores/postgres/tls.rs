//! TLS to the database, by rustls: the glue that `tokio-postgres` asks for. Channel binding is left out; the certificate and the
//! host's name are verified instead.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;

use super::url::TlsFiles;

/// Makes connections over TLS.
#[derive(Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Reads the files, which are PEM.
    pub(super) fn new(files: &TlsFiles) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|cause| cause.to_string())?;
        let builder = if files.roots == "system" {
            builder.with_platform_verifier().map_err(|cause| format!("sslrootcert=system: {cause}"))?
        } else {
            builder.with_root_certificates(trusted(&files.roots)?)
        };
        let Some((certificate, key)) = &files.own else {
            return Ok(Self { config: Arc::new(builder.with_no_client_auth()) });
        };
        let failed = |name: &str, file: &str, why: &dyn std::fmt::Display| format!("{name}={file}: {why}");
        let chain = certificates(certificate).map_err(|why| failed("sslcert", certificate, &why))?;
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| failed("sslkey", key, &why))?;
        let config = builder.with_client_auth_cert(chain, secret).map_err(|why| failed("sslkey", key, &why))?;
        Ok(Self { config: Arc::new(config) })
    }
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(file)?.collect()
}

fn trusted(file: &str) -> Result<RootCertStore, String> {
    let failed = |why: String| format!("sslrootcert={file}: {why}");
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file).map_err(|cause| failed(cause.to_string()))? {
        roots.add(certificate).map_err(|cause| failed(cause.to_string()))?;
    }
    if roots.is_empty() { Err(failed("there is no certificate in it".into())) } else { Ok(roots) }
}

/// A connection to one host.
pub(super) struct Connect {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Stream<S>;
    type TlsConnect = Connect;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connect, io::Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Connect { connector: TlsConnector::from(Arc::clone(&self.config)), name })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Stream<S>, io::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { self.connector.connect(self.name, stream).await.map(Stream) })
    }
}

/// The encrypted stream.
pub(super) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> tokio_postgres::tls::TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
