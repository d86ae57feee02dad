//! References to other hosts, against a server of the test: refused by default, fetched within limits, locked by hash.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use eventpact_tests::program;
use tempfile::TempDir;

/// An answer: status, a `Location` or nothing, and the body.
type Answer = (u16, String, String);

/// A server on 127.0.0.1 (which is `localhost` too) that tells what it was asked.
struct Server {
    port: u16,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, answers: Arc::default(), asked: Arc::default() };
        let (answers, asked) = (server.answers.clone(), server.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&stream);
                let (mut first, mut line) = (String::new(), String::new());
                reader.read_line(&mut first).ok();
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    line.clear();
                }
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let answer = answers.lock().expect("no panic").get(&path).cloned();
                asked.lock().expect("no panic").push(path);
                let (status, location, body) = answer.unwrap_or((404, String::new(), String::new()));
                let location = if location.is_empty() { location } else { format!("Location: {location}\r\n") };
                let head =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{location}Connection: close\r\n\r\n", body.len());
                let mut stream = &stream;
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok();
            }
        });
        server
    }

    fn put(&self, path: &str, body: &str) {
        self.answers.lock().expect("no panic").insert(path.to_owned(), (200, String::new(), body.to_owned()));
    }

    fn redirect(&self, path: &str, location: &str) {
        self.answers.lock().expect("no panic").insert(path.to_owned(), (302, location.to_owned(), String::new()));
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// A document whose payload is behind the reference.
fn document(reference: &str) -> String {
    format!(
        "asyncapi: 3.1.0\ninfo: {{title: T, version: '1'}}\nchannels:\n  c:\n    address: c\n    messages:\n      m:\n        \
         payload: {{$ref: '{reference}'}}\n"
    )
}

struct Project {
    folder: TempDir,
    cache: TempDir,
}

impl Project {
    fn new(reference: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder"), cache: tempfile::tempdir().expect("a folder") };
        fs::create_dir(project.folder.path().join(".git")).expect("a folder");
        fs::write(project.folder.path().join("secret.yaml"), "type: string\n").expect("a file");
        fs::create_dir(project.folder.path().join("specs")).expect("a folder");
        project.write("specs/a.yaml", &document(reference));
        project
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a file");
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.folder.path().join("specs/eventpact.lock")).unwrap_or_default()
    }

    fn forget(&self) {
        fs::remove_dir_all(self.cache.path().join("documents")).ok();
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        run(self.folder.path(), self.cache.path(), &[&["validate", "specs/a.yaml"], args].concat())
    }
}

fn run(folder: &Path, cache: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(program("eventpact"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1").env("EVENTPACT_CACHE", cache);
    for name in ["GITHUB_ACTIONS", "FORCE_COLOR", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command.output().expect("eventpact can be started");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn nothing_is_fetched_unless_its_host_is_allowed() {
    let server = Server::start();
    server.put("/a.yaml", "type: string\n");
    let project = Project::new(&format!("http://{}/a.yaml", server.host()));
    let other_port = format!("127.0.0.1:{}", server.port.wrapping_add(1));
    for args in
        [&[][..], &["--allow-ref-host", "example.org"], &["--allow-ref-host", "127.0.0.1"], &["--allow-ref-host", &other_port]]
    {
        let (code, text) = project.run(args);
        assert_eq!(code, 1, "{args:?}: {text}");
        assert!(text.contains("--allow-ref-host") && text.contains("--> specs/a.yaml:8:"), "{args:?}: {text}");
    }
    assert_eq!(server.asked(), [""; 0]);
    let (code, text) = project.run(&["--allow-ref-host", &server.host()]);
    assert!(code == 0 && text.contains("warning: remote documents are not locked"), "{text}");
    assert_eq!(server.asked(), ["/a.yaml"]);
    // Only the command line can allow a host.
    project.write("eventpact.toml", "allow-ref-host = [\"127.0.0.1\"]\n");
    assert_eq!(project.run(&[]).0, 2);
    assert_eq!(project.run(&["--update-lock"]).0, 2);
    assert_eq!(project.run(&["--allow-ref-host", "http://127.0.0.1"]).0, 2);
}

#[test]
fn what_a_remote_document_refers_to_is_remote() {
    let server = Server::start();
    let project = Project::new(&format!("http://{}/in/a.yaml#/definitions/x", server.host()));
    let allow = ["--allow-ref-host", &server.host()];
    server.put("/in/a.yaml", "definitions: {x: {$ref: '../b.json#/y'}}\n");
    server.put("/b.json", "{\"y\": {\"type\": \"strin\"}}");
    let (code, text) = project.run(&allow);
    assert!(code == 1 && text.contains(&format!("--> http://{}/b.json:1:16", server.host())), "{text}");
    // It never reaches into the folders of this machine.
    server.asked();
    for reference in ["../../../../../secret.yaml", "/secret.yaml", "file:///etc/hostname", "../../specs/a.yaml"] {
        server.put("/in/a.yaml", &format!("definitions: {{x: {{$ref: '{reference}'}}}}\n"));
        let (code, text) = project.run(&allow);
        assert!(code == 1 && text.contains("can't be read"), "{reference}: {text}");
    }
    assert!(server.asked().iter().all(|path| path.starts_with('/')));
}

#[test]
fn locked_documents_are_verified_and_read_offline() {
    let server = Server::start();
    server.put("/a.yaml", "type: string\n");
    let project = Project::new(&format!("http://{}/a.yaml", server.host()));
    let allow = ["--allow-ref-host", &server.host()];
    let (code, text) = project.run(&[&allow[..], &["--update-lock"]].concat());
    assert_eq!(code, 0, "{text}");
    let lock = project.lock();
    assert!(lock.contains(&format!("url = \"http://{}/a.yaml\"\n", server.host())) && lock.contains("size = 13\n"), "{lock}");
    server.asked();
    assert_eq!(project.run(&allow), (0, "valid: no findings in 1 document\n".to_owned()));
    assert_eq!(server.asked(), [""; 0], "what is locked is in the cache");
    // The host has another content now: the cache still has the locked one; without it, that is an error with both hashes.
    server.put("/a.yaml", "type: number\n");
    assert_eq!(project.run(&allow).0, 0);
    project.forget();
    let (code, text) = project.run(&allow);
    assert_eq!(code, 1);
    let hash = |text: &str| text.split("sha256 = \"").nth(1).map(|rest| rest[..64].to_owned()).expect("a hash");
    assert!(text.contains("it changed") && text.contains(&hash(&lock)) && text.contains("(13 bytes), the host gives"), "{text}");
    assert_eq!(project.lock(), lock);
    assert_eq!(project.run(&[&allow[..], &["--update-lock"]].concat()).0, 0);
    assert_ne!(hash(&project.lock()), hash(&lock));
    assert_eq!(project.run(&allow).0, 0);
    // A damaged cache is no content.
    for file in fs::read_dir(project.cache.path().join("documents")).expect("the cache").flatten() {
        fs::write(file.path(), "type: boolean\n").expect("a file");
    }
    server.asked();
    assert_eq!(project.run(&allow).0, 0);
    assert_eq!(server.asked(), ["/a.yaml"]);
    // What is not in the lock file is not fetched.
    project.write("specs/a.yaml", &document(&format!("http://{}/b.yaml", server.host())));
    let (code, text) = project.run(&allow);
    assert!(code == 1 && text.contains("eventpact.lock does not have it; `--update-lock` adds it"), "{text}");
    assert_eq!(server.asked(), [""; 0]);
    project.write("specs/eventpact.lock", "version = 2\n");
    assert_eq!(project.run(&allow).0, 2);
}

#[test]
fn redirects_lead_to_allowed_hosts_only() {
    let server = Server::start();
    server.put("/b.yaml", "type: string\n");
    server.redirect("/a.yaml", &format!("http://localhost:{}/b.yaml", server.port));
    server.redirect("/own.yaml", "b.yaml");
    server.redirect("/loop.yaml", "/loop.yaml");
    server.redirect("/file.yaml", "file:///etc/hostname");
    let (here, there) = (server.host(), format!("localhost:{}", server.port));
    let project = Project::new(&format!("http://{here}/a.yaml"));
    let (code, text) = project.run(&["--allow-ref-host", &here]);
    assert!(code == 1 && text.contains(&format!("redirected to http://{there}/b.yaml: the host is not allowed")), "{text}");
    assert_eq!(server.asked(), ["/a.yaml"]);
    let (code, text) = project.run(&["--allow-ref-host", &here, "--allow-ref-host", &there]);
    assert_eq!(code, 0, "{text}");
    for (path, code, words) in [
        ("own.yaml", 0, "valid"),
        ("loop.yaml", 1, "it is redirected more than 5 times"),
        ("file.yaml", 1, "only http and https are fetched"),
        ("none.yaml", 1, "the host answers 404"),
    ] {
        project.write("specs/a.yaml", &document(&format!("http://{here}/{path}")));
        let (ended, text) = project.run(&["--allow-ref-host", &here]);
        assert!(ended == code && text.contains(words), "{path}: {text}");
    }
}

#[test]
fn remote_documents_have_limits() {
    let server = Server::start();
    let here = server.host();
    let project = Project::new(&format!("http://{here}/a.yaml"));
    let allow = ["--allow-ref-host", here.as_str()];
    server.put("/a.yaml", &format!("description: {}\n", "x".repeat(4 << 20)));
    let (code, text) = project.run(&allow);
    assert!(code == 1 && text.contains("it has more than 4194304 bytes"), "{text}");
    // Each document refers to the next.
    for n in 0..100 {
        server.put(&format!("/{n}.yaml"), &format!("properties: {{p: {{$ref: '{}.yaml'}}}}\n", n + 1));
    }
    project.write("specs/a.yaml", &document(&format!("http://{here}/0.yaml")));
    server.asked();
    let (code, text) = project.run(&allow);
    assert!(code == 1 && text.contains("more than 64 remote documents"), "{text}");
    assert_eq!(server.asked().len(), 64);
    // Documents that are too large together.
    for n in 0..9 {
        server.put(
            &format!("/{n}.yaml"),
            &format!("title: {}\nproperties: {{p: {{$ref: '{}.yaml'}}}}\n", "x".repeat(3 << 20), n + 1),
        );
    }
    let (code, text) = project.run(&allow);
    assert!(code == 1 && text.contains("16777216 bytes are referred to"), "{text}");
    server.put("/a.yaml", "type: string\n");
    project.write("specs/a.yaml", &document(&format!("http://user:word@{here}/a.yaml")));
    let (code, text) = project.run(&allow);
    assert!(code == 1 && text.contains("with a user name is not fetched"), "{text}");
}

#[test]
fn a_check_reads_remote_documents_of_both_versions() {
    let server = Server::start();
    server.put("/1.yaml", "type: object\n");
    server.put("/2.yaml", "type: string\n");
    let here = server.host();
    let project = Project::new(&format!("http://{here}/1.yaml"));
    project.write("specs/b.yaml", &document(&format!("http://{here}/2.yaml")));
    let args = ["check", "specs/b.yaml", "--against", "specs/a.yaml", "--allow-ref-host", &here, "--update-lock"];
    let (_, text) = run(project.folder.path(), project.cache.path(), &args);
    assert!(!text.contains("can't be read"), "{text}");
    assert_eq!(project.lock().matches("[[document]]").count(), 2);
}
