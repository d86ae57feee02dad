//! The command line shows a client certificate to a registry that asks for one.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use eventpact_tests::program;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

const CONFIG: &str = r#"listen = "127.0.0.1:0"
store = "memory:"
[tls]
certificate = "server.pem"
key = "server.key"
[auth.certificates]
authorities = "ca.pem"
required = true
[[rule]]
who = ["alice"]
subjects = [":*:*"]
allow = ["all"]
"#;

/// An authority, a server's certificate, and one of a client, in one folder.
fn write_certificates(folder: &Path) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "an authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("a file");
    write("ca.pem", params.self_signed(&key).expect("a certificate").pem());
    let authority = Issuer::new(params, key);
    for (file, name) in [("server", "localhost"), ("alice", "alice")] {
        let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        write(&format!("{file}.pem"), params.signed_by(&key, &authority).expect("a certificate").pem());
        write(&format!("{file}.key"), key.serialize_pem());
    }
    let both = ["alice.pem", "alice.key"].map(|name| fs::read_to_string(folder.join(name)).expect("a file")).concat();
    write("both.pem", both);
}

/// A server, killed when it goes, its address, and what it says: it has more to say, and nobody may hang up.
struct Served(Child, String, #[expect(dead_code, reason = "held open")] BufReader<ChildStdout>);

impl Served {
    fn start(folder: &Path) -> Self {
        fs::write(folder.join("registry.toml"), CONFIG).expect("a file");
        let mut command = Command::new(program("eventpact"));
        command.args(["serve", "--config", "registry.toml"]).current_dir(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        output.read_line(&mut line).expect("a line");
        let url = line.split([' ', ',']).find(|word| word.starts_with("https://")).unwrap_or_else(|| panic!("{line}"));
        Self(child, url.to_owned(), output)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program without anything of the environment but this.
fn run(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program("eventpact"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    for name in ["AUTH", "TOKEN", "CA", "CERT", "KEY"] {
        command.env_remove(format!("EVENTPACT_REGISTRY_{name}"));
    }
    let Output { status, stdout, stderr } = command.envs(variables.iter().copied()).output().expect("it runs");
    (status.code(), [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
}

const SCHEMA: &str = r#"{"type":"record","name":"A","fields":[{"name":"id","type":"long"}]}"#;

#[test]
fn every_command_shows_the_certificate_that_flags_or_the_environment_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    write_certificates(here);
    fs::write(here.join("a.avsc"), SCHEMA).expect("a file");
    let server = Served::start(here);
    let url = server.1.as_str();
    let flags = ["--url", url, "--ca", "ca.pem", "--cert", "alice.pem", "--key", "alice.key"];
    let environment =
        [("EVENTPACT_REGISTRY_CA", "ca.pem"), ("EVENTPACT_REGISTRY_CERT", "alice.pem"), ("EVENTPACT_REGISTRY_KEY", "alice.key")];
    let done = |variables: &[(&str, &str)], args: &[&str]| {
        let (code, said) = run(here, variables, args);
        assert_eq!(code, Some(0), "{args:?}: {said}");
        said
    };
    done(&[], &[&["registry", "register", "a.avsc", "--subject", "a-value"], &flags[..]].concat());
    assert_eq!(done(&environment, &["registry", "list", "--url", url]), "a-value\n");
    assert_eq!(done(&[], &["registry", "list", "--url", url, "--ca", "ca.pem", "--cert", "both.pem"]), "a-value\n");
    let input = format!("registry:{url}#a-value");
    done(&environment, &["check", "a.avsc", "--against", &input]);
    assert!(done(&[], &[&["registry", "audit"], &flags[..]].concat()).contains("alice"), "the certificate names the caller");
    done(&[], &[&["registry", "backup", "all.backup"], &flags[..]].concat());
    done(&[], &["registry", "verify", "all.backup", "--against", url, "--ca", "ca.pem", "--cert", "both.pem"]);
    // gRPC has a client of its own.
    for more in [&flags[..], &["--url", url, "--ca", "ca.pem", "--cert", "both.pem"]] {
        let seen = done(&[], &[&["registry", "watch", "--from", "0", "--count", "2"], more].concat());
        assert!(seen.contains(r#""subject":"a-value""#), "{seen}");
    }
    let other = Served::start(here);
    let target = ["--url", &other.1, "--ca", "ca.pem", "--cert", "both.pem"];
    assert!(done(&[], &[&["registry", "import", "--from", url], &target[..]].concat()).contains("1 version"), "copied");
}

#[test]
fn certificates_that_cannot_be_used_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    write_certificates(here);
    fs::write(here.join("locked.key"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n")
        .expect("a file");
    let server = Served::start(here);
    let list = ["registry", "list", "--url", &server.1];
    let refused = |more: &[&str], words: &str| {
        let (code, said) = run(here, &[], &[&list, more].concat());
        assert_eq!(code, Some(2), "{more:?}: {said}");
        assert!(said.contains(words), "{more:?}: {said}");
    };
    refused(&[], "cannot be reached");
    refused(&["--ca", "ca.pem"], "ertificate");
    refused(&["--ca", "absent.pem"], "absent.pem cannot be read");
    refused(&["--ca", "alice.key"], "alice.key holds no certificate");
    refused(&["--ca", "ca.pem", "--cert", "alice.pem"], "alice.pem holds no key in PEM; name the file of the key too");
    refused(&["--ca", "ca.pem", "--cert", "alice.pem", "--key", "locked.key"], "is encrypted");
    refused(&["--ca", "ca.pem", "--cert", "alice.pem", "--key", "server.key"], "does not belong to the certificate");
    refused(&["--key", "alice.key"], "--cert");
    let (code, said) = run(here, &[("EVENTPACT_REGISTRY_KEY", "alice.key")], &list);
    assert!(code == Some(2) && said.contains("needs its certificate"), "{said}");
}
