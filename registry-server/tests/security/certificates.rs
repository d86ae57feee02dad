//! TLS and client certificates, with authorities of our own.

use std::sync::Arc;

use eventpact_registry::{BasicSettings, CertificateName, CertificateSettings, Rule, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::support::*;

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Certificate and key, in PEM.
    pub(crate) fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    pub(crate) fn named(&self, names: &[&str]) -> (String, String) {
        self.issue(|params| {
            params.distinguished_name = rcgen::DistinguishedName::new();
            for name in names {
                params.distinguished_name.push(DnType::CommonName, *name);
            }
        })
    }
}

/// A client that trusts an authority, may show a certificate, and speaks these protocols.
pub(crate) fn client(
    trusted: &str,
    own: Option<&(String, String)>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocols: &[&[u8]],
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap().with_root_certificates(roots);
    let mut config = match own {
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn over_tls(connector: &TlsConnector, running: &Running, text: &str) -> std::io::Result<Reply> {
    let stream = TcpStream::connect(running.address).await?;
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    talk(&mut stream, text).await
}

const BOTH: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12, &rustls::version::TLS13];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_spoken_in_both_versions_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("authority");
    let (certificate, key) = authority.issue(|_| {});
    let tls = TlsSettings::new(file(&folder, "c.pem", &certificate), file(&folder, "k.pem", &key));
    let running = start(|options| options.security.tls = Some(tls)).await;
    for version in BOTH {
        let connector = client(&authority.pem, None, &[version], &[]);
        assert_eq!(over_tls(&connector, &running, &request("GET", "/subjects", &[], "")).await.unwrap().body, "[]");
    }
    // No plain text, not even to say that there is none.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    assert!(talk(&mut stream, &request("GET", "/subjects", &[], "")).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let (certificate, key) = old.issue(|_| {});
    let tls = TlsSettings::new(file(&folder, "c.pem", &certificate), file(&folder, "k.pem", &key));
    let running = start(|options| options.security.tls = Some(tls)).await;
    let works = |authority: &Authority| {
        let (connector, running) = (client(&authority.pem, None, BOTH, &[]), &running);
        async move { over_tls(&connector, running, &request("GET", "/healthz", &[], "")).await.is_ok() }
    };
    assert!(works(&old).await && !works(&new).await);
    file(&folder, "c.pem", "-----BEGIN CERTIFICATE-----\nnonsense");
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert!(works(&old).await, "what was there before still counts");
    let (certificate, key) = new.issue(|_| {});
    file(&folder, "k.pem", &key);
    file(&folder, "c.pem", &certificate);
    until("the new certificate is shown", || works(&new)).await;
    assert!(!works(&old).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_names_the_principal() {
    let folder = tempfile::tempdir().unwrap();
    let (own, clients, strangers) = (Authority::new("own"), Authority::new("clients"), Authority::new("strangers"));
    let (certificate, key) = own.issue(|_| {});
    let files = TlsSettings::new(file(&folder, "c.pem", &certificate), file(&folder, "k.pem", &key));
    let authorities = file(&folder, "clients.pem", &clients.pem);
    let alice = Rule { who: vec!["alice".into()], subjects: vec!["a*".into()], allow: vec!["read".into()] };
    let required = CertificateSettings::new(authorities.clone());
    let running = start(|options| {
        options.security.tls = Some(files.clone());
        options.security.certificates = Some(required);
        options.security.rules = vec![alice.clone()];
    })
    .await;
    let ask = |identity: Option<(String, String)>, path: &'static str| {
        let (connector, running) = (client(&own.pem, identity.as_ref(), BOTH, &[]), &running);
        async move { over_tls(&connector, running, &request("GET", path, &[], "")).await.map(|reply| reply.status).ok() }
    };
    let path = "/subjects/abc/versions";
    assert_eq!(ask(Some(clients.named(&["alice"])), path).await, Some(404));
    assert_eq!(ask(Some(clients.named(&["alice"])), "/subjects/xyz/versions").await, Some(403));
    assert_eq!(ask(Some(clients.named(&["bob"])), path).await, Some(403));
    assert_eq!(ask(Some(clients.named(&[])), path).await, Some(401));
    assert_eq!(ask(Some(strangers.named(&["alice"])), path).await, None, "another authority");
    assert_eq!(ask(None, path).await, None, "a certificate is required");

    // Beside passwords a certificate is one way among others, and the name may be in a URI.
    let users = file(&folder, "users", &user("alice", "secret"));
    let mut either = CertificateSettings::new(authorities);
    (either.required, either.name) = (false, CertificateName::Uri);
    let running = start(|options| {
        options.security.tls = Some(files);
        options.security.certificates = Some(either);
        options.security.basic = Some(BasicSettings::new(users));
        options.security.rules = vec![alice];
    })
    .await;
    let spiffe = clients.issue(|params| params.subject_alt_names.push(SanType::URI("alice".try_into().unwrap())));
    let nobody = client(&own.pem, None, BOTH, &[]);
    let with = client(&own.pem, Some(&spiffe), BOTH, &[]);
    let right = basic("alice", "secret");
    let wrong = basic("alice", "guess");
    let status = |connector: &TlsConnector, headers: &[&str]| {
        let (connector, text, running) = (connector.clone(), request("GET", path, headers, ""), &running);
        async move { over_tls(&connector, running, &text).await.unwrap().status }
    };
    assert_eq!(status(&with, &[]).await, 404);
    let uri = |name: &str| SanType::URI(name.try_into().unwrap());
    let two = clients.issue(|params| params.subject_alt_names.extend([uri("alice"), uri("bob")]));
    assert_eq!(status(&client(&own.pem, Some(&two), BOTH, &[]), &[]).await, 401, "nobody can tell which is meant");
    assert_eq!(status(&nobody, &[&right]).await, 404);
    assert_eq!(status(&nobody, &[]).await, 401);
    assert_eq!(status(&with, &[&wrong]).await, 401, "a wrong password is not saved by a right certificate");
}

#[tokio::test]
async fn files_that_cannot_be_used_keep_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("a");
    let ((certificate, key), (_, other)) = (authority.issue(|_| {}), authority.issue(|_| {}));
    let good = file(&folder, "c.pem", &certificate);
    let pairs = [
        (folder.path().join("missing.pem"), file(&folder, "k1.pem", &key)),
        (file(&folder, "empty.pem", ""), file(&folder, "k2.pem", &key)),
        (good.clone(), file(&folder, "k3.pem", "")),
        (good.clone(), file(&folder, "k4.pem", &other)),
        (good.clone(), good.clone()),
    ];
    for (certificate, key) in pairs {
        let shown = format!("{} {}", certificate.display(), key.display());
        let tls = TlsSettings::new(certificate, key);
        assert!(try_start(|options| options.security.tls = Some(tls)).await.is_err(), "{shown}");
    }
    let tls = TlsSettings::new(good, file(&folder, "k.pem", &key));
    let authorities = CertificateSettings::new(file(&folder, "none.pem", "no certificate"));
    let result = try_start(|options| {
        options.security.tls = Some(tls);
        options.security.certificates = Some(authorities);
    });
    assert!(result.await.is_err());
    assert!(try_start(|o| o.security.certificates = Some(CertificateSettings::new("x".into()))).await.is_err(), "without TLS");
    assert!(try_start(|options| options.listen = ([0, 0, 0, 0], 0).into()).await.is_err(), "open to others");
}
