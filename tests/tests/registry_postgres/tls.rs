//! TLS to the database: whom it believes, and whom the database believes.

use std::time::Duration;

use eventpact_tests::postgres::Postgres;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::http::send;
use crate::replica::Replica;

const LIMIT: Duration = Duration::from_secs(20);

/// An authority of our own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Certificate and key of a host, or of a user.
    fn issue(&self, host: &str, user: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, user);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_reached_over_tls_and_must_be_the_one_that_is_meant() {
    let Some(database) = Postgres::start() else { return };
    let (authority, other) = (Authority::new("authority"), Authority::new("another authority"));
    let (certificate, key) = authority.issue("127.0.0.1", "database");
    let (certificate, key) = (database.keep("server.crt", &certificate), database.keep("server.key", &key));
    let roots = database.keep("ca.crt", &authority.pem);
    for (name, value) in [("ssl_cert_file", certificate), ("ssl_key_file", key), ("ssl_ca_file", roots), ("ssl", "on".into())] {
        database.sql(&format!("ALTER SYSTEM SET {name} = '{value}'"));
    }
    // Without TLS nobody comes in any more, and `certain` only with a certificate.
    database.sql("CREATE USER certain SUPERUSER");
    database.allow("hostssl all all 127.0.0.1/32 trust\nhostnossl all all 127.0.0.1/32 reject");
    database.allow("hostssl all certain 127.0.0.1/32 cert");
    database.control(&["restart", "-m", "fast"]);

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (trusted, foreign) = (file("trusted.pem", &authority.pem), file("foreign.pem", &other.pem));
    let with = |parameters: String| format!("{}&{parameters}", database.store("tls"));
    for parameters in [format!("sslmode=verify-full&sslrootcert={trusted}"), format!("sslmode=require&sslrootcert={trusted}")] {
        let replica = Replica::start(&with(parameters));
        let answer = send(replica.address, "POST", "/subjects/s/versions", r#"{"schema":"\"int\""}"#, LIMIT).await.unwrap();
        assert_eq!(answer.number("id"), 1, "{:?}", answer.body);
        let sessions = "SELECT bool_and(ssl), count(*) > 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                        WHERE application_name = 'eventpact-registry'";
        assert_eq!(database.sql(sessions).trim(), "t|t");
    }
    let (certificate, key) = authority.issue("client", "certain");
    let own = format!("&sslcert={}&sslkey={}", file("client.crt", &certificate), file("client.key", &key));
    let certain = |parameters: &str| with(format!("sslrootcert={trusted}{parameters}")).replace("postgres@", "certain@");
    let replica = Replica::start(&certain(&own));
    assert_eq!(send(replica.address, "GET", "/subjects", "", LIMIT).await.unwrap().text, r#"["s"]"#);

    let cases = [
        (certain(""), "certificate"),
        (with("sslmode=disable".into()), "pg_hba.conf"),
        (with(format!("sslrootcert={foreign}")), "certificate"),
        // Not an authority that the system knows.
        (with("sslmode=verify-full&sslrootcert=system".into()), "certificate"),
        // The certificate is of another host.
        (with(format!("sslrootcert={trusted}")).replace("127.0.0.1", "localhost"), "certificate"),
        (with("sslmode=require".into()), "sslrootcert=FILE"),
        (with("sslrootcert=/nowhere.pem".into()), "/nowhere.pem"),
    ];
    // At once: each goes on trying for some seconds.
    std::thread::scope(|scope| {
        for (store, why) in &cases {
            scope.spawn(move || {
                let said = Replica::start_refused(store);
                assert!(said.contains(why), "{store}: {said}");
            });
        }
    });
}
