//! `eventpact serve`: which setting counts, what it says, and when it refuses to start.

use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use eventpact_tests::program;

fn serve(folder: &Path) -> Command {
    let mut command = Command::new(program("eventpact"));
    command.arg("serve").current_dir(folder);
    command
}

fn refused(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(2), "{said}");
    said
}

/// A running server, killed when it goes, and the lines that it printed at the start.
struct Running(Child, Vec<String>);

impl Running {
    fn start(command: &mut Command, lines: usize) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("it has a stdout"));
        let said = stdout.lines().take(lines).map(|line| line.expect("a line")).collect();
        Self(child, said)
    }
}

impl Running {
    /// What it answers: the head, and the body.
    fn ask(&self, method: &str, path: &str, body: &str) -> (String, String) {
        let (_, rest) = self.1[0].split_once("http://").expect("it says where it listens");
        let mut stream = TcpStream::connect(rest.split(',').next().unwrap_or(rest)).expect("it listens");
        let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_owned(), body.to_owned())
    }

    fn body(&self, method: &str, path: &str, body: &str) -> String {
        self.ask(method, path, body).1
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hashed(folder: &Path, name: &str, password: &str) -> Output {
    let mut command = serve(folder);
    command.args(["hash-password", name]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("it has a stdin").write_all(password.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn the_password_of_a_store_that_is_not_understood_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "postgres://eventpact:hunter2@db/x?sslmod=require";
    std::fs::write(folder.path().join("registry.toml"), format!("stor = \"{wrong}\"")).unwrap();
    for command in [
        serve(folder.path()).args(["--store", wrong]),
        serve(folder.path()).env("EVENTPACT_SERVE_STORE", wrong),
        serve(folder.path()).args(["--config", "registry.toml"]),
    ] {
        let said = refused(command);
        assert!(said.contains("sslmod") != said.contains("stor`") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_backup_by_somebody_who_may_read_a_part_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let line = hashed(folder.path(), "alice", "secret\n").stdout;
    std::fs::write(folder.path().join("users"), line).unwrap();
    for (readable, partial) in [("*", true), (":*:*", false)] {
        let text = format!(
            "listen = \"127.0.0.1:0\"\nstore = \"memory:\"\n[auth.basic]\nusers = \"users\"\n\
             [[rule]]\nwho = [\"anonymous\"]\nsubjects = [\"{readable}\"]\nallow = [\"read\"]\n"
        );
        std::fs::write(folder.path().join("registry.toml"), text).unwrap();
        // The third line says that callers without credentials are let in; after it there is nobody to read what it prints.
        let server = Running::start(serve(folder.path()).args(["--config", "registry.toml"]), 3);
        let url = server.1[0].split([' ', ',']).find(|word| word.starts_with("http://")).unwrap().to_owned();
        let mut command = Command::new(program("eventpact"));
        command.current_dir(folder.path()).args(["registry", "backup", "all.jsonl", "--overwrite", "--url", &url]);
        let said = command.env_remove("EVENTPACT_REGISTRY_AUTH").env_remove("EVENTPACT_REGISTRY_TOKEN").output().unwrap();
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{stderr}");
        assert_eq!(stderr.contains("you may read only a part"), partial, "{readable}: {stderr}");
    }
}

#[test]
fn an_address_that_others_reach_needs_protection() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(serve(folder.path()).args(["--listen", "0.0.0.0:0", "--store", "memory:"]));
    assert!(said.contains("nobody is authenticated") && said.contains("--insecure"), "{said}");
    let line = hashed(folder.path(), "alice", "secret\n").stdout;
    std::fs::write(folder.path().join("users"), line).unwrap();
    let said = refused(serve(folder.path()).args(["--listen", "0.0.0.0:0", "--store", "memory:", "--users", "users"]));
    assert!(said.contains("without TLS"), "{said}");
    let open = Running::start(serve(folder.path()).args(["--listen", "0.0.0.0:0", "--store", "memory:", "--insecure"]), 2);
    assert!(open.1[0].starts_with("schema registry on http://0.0.0.0:"), "{:?}", open.1);
}

#[test]
fn a_flag_goes_before_its_variable_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let users = hashed(folder.path(), "alice", "secret").stdout;
    assert!(users.starts_with(b"alice:$argon2id$") && !users.windows(6).any(|part| part == b"secret"));
    std::fs::write(folder.path().join("users"), users).unwrap();
    let text = "listen = \"127.0.0.1:0\"\nstore = \"sqlite:file.db\"\n[auth.basic]\nusers = \"users\"\n[[rule]]\nwho = [\"alice\"]\n\
                subjects = [\"*\"]\nallow = [\"read\"]\n";
    std::fs::write(folder.path().join("registry.toml"), text).unwrap();
    let start = |change: &dyn Fn(&mut Command)| {
        let mut command = serve(folder.path());
        change(command.args(["--config", "registry.toml"]));
        Running::start(&mut command, 2).1.clone()
    };
    let file = start(&|_| {});
    assert!(file[0].ends_with("schemas in sqlite:file.db"), "{file:?}");
    assert_eq!(file[1], "authentication: passwords; rules: 1; TLS: no");
    let variable = start(&|command| {
        command.env("EVENTPACT_SERVE_STORE", "sqlite:variable.db");
    });
    assert!(variable[0].ends_with("schemas in sqlite:variable.db"), "{variable:?}");
    let flag = start(&|command| {
        command.env("EVENTPACT_SERVE_STORE", "sqlite:variable.db").args(["--store", "memory:"]);
    });
    assert!(flag[0].ends_with("schemas in memory:"), "{flag:?}");
}

#[test]
fn the_level_where_none_is_set_is_a_setting_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listen = \"127.0.0.1:0\"\nstore = \"sqlite:file.db\"\ncompatibility = \"FULL\"\n";
    std::fs::write(folder.path().join("registry.toml"), text).unwrap();
    let start = |change: &dyn Fn(&mut Command)| {
        let mut command = serve(folder.path());
        change(command.args(["--config", "registry.toml"]).env_remove("EVENTPACT_SERVE_COMPATIBILITY"));
        Running::start(&mut command, 3)
    };
    let full = r#"{"compatibilityLevel":"FULL"}"#;
    let server = start(&|_| {});
    let everywhere =
        ["/config", "/config?defaultToGlobal=true", "/config/s?defaultToGlobal=true", "/config/:.c:s?defaultToGlobal=true"];
    for path in everywhere.into_iter().chain(["/contexts/.c/config?defaultToGlobal=true", "/config/:.__GLOBAL:"]) {
        assert_eq!(server.body("GET", path, ""), full, "{path}");
    }
    assert!(server.body("GET", "/config/s", "").contains("40408"), "a subject has none of its own");
    // Without the field, old readers have nothing to put in its place: only BACKWARD takes that.
    let with = r#"{"schema": "{\"type\": \"record\", \"name\": \"R\", \"fields\": [{\"name\": \"a\", \"type\": \"int\"}]}"}"#;
    let without = r#"{"schema": "{\"type\": \"record\", \"name\": \"R\", \"fields\": []}"}"#;
    for subject in ["s", ":.c:s"] {
        let versions = format!("/subjects/{subject}/versions");
        assert!(server.body("POST", &versions, with).contains("\"id\":1"));
        let (head, body) = server.ask("POST", &versions, without);
        assert!(head.starts_with("HTTP/1.1 409") && body.contains("compatibility: 'FULL'"), "{body}");
        let checked = server.body("POST", &format!("/compatibility/subjects/{subject}/versions/latest?verbose=true"), without);
        assert!(checked.contains("\"is_compatible\":false"), "{checked}");
        let verdict = server.body("POST", &format!("/eventpact/v1/subjects/{subject}/check"), without);
        assert!(verdict.contains("\"level\":\"FULL\"") && verdict.contains("\"accepted\":false"), "{verdict}");
    }
    let plan =
        r#"{"files": [{"path": "s.avsc", "subject": "s", "schema": "{\"type\": \"record\", \"name\": \"R\", \"fields\": []}"}]}"#;
    let planned = server.body("POST", "/eventpact/v1/plan", plan);
    assert!(planned.contains("compatibility: 'FULL'"), "{planned}");
    let document = r#"{"document": "asyncapi: 3.0.0\ninfo: {title: a, version: 1.0.0}\n"}"#;
    let put = server.body("PUT", "/eventpact/v1/documents/d", document);
    assert!(put.contains("\"level\":\"FULL\"") && put.contains("\"accepted\":true"), "{put}");
    let page = server.body("GET", "/ui/settings?scope=s", "");
    assert!(page.contains("<strong>FULL</strong> <small>never set"), "{page}");
    // A configuration that says something else, but no level.
    assert_eq!(server.body("PUT", "/config/s", r#"{"normalize": true}"#), r#"{"normalize":true}"#);
    for method in ["GET", "DELETE"] {
        assert_eq!(server.body(method, "/config/s", ""), r#"{"normalize":true,"compatibilityLevel":"FULL"}"#);
    }
    // What is set goes before it, until it is removed.
    server.body("PUT", "/config", r#"{"compatibility": "none"}"#);
    for (method, wanted) in [("GET", "NONE"), ("DELETE", "NONE"), ("GET", "FULL"), ("DELETE", "FULL"), ("GET", "FULL")] {
        assert_eq!(server.body(method, "/config", ""), format!("{{\"compatibilityLevel\":\"{wanted}\"}}"), "{method}");
    }
    drop(server);
    let variable = start(&|command| {
        command.env("EVENTPACT_SERVE_COMPATIBILITY", "forward");
    });
    assert_eq!(variable.body("GET", "/config", ""), r#"{"compatibilityLevel":"FORWARD"}"#);
    drop(variable);
    let flag = start(&|command| {
        command.env("EVENTPACT_SERVE_COMPATIBILITY", "FORWARD").args(["--compatibility", "BACKWARD"]);
    });
    assert_eq!(flag.body("GET", "/config", ""), r#"{"compatibilityLevel":"BACKWARD"}"#);
    assert!(flag.body("POST", "/subjects/s/versions", without).contains("\"id\":2"));
}

#[test]
fn headers_of_the_file_are_in_every_answer() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listen = \"127.0.0.1:0\"\nstore = \"memory:\"\n[headers]\nStrict-Transport-Security = \"max-age=31536000\"\n\
                Content-Security-Policy = \"default-src *\"\n";
    std::fs::write(folder.path().join("registry.toml"), text).unwrap();
    let server = Running::start(serve(folder.path()).args(["--config", "registry.toml"]), 3);
    for (path, status) in [("/subjects", "200"), ("/nowhere", "404"), ("/ui/", "200"), ("/metrics", "200")] {
        let (head, _) = server.ask("GET", path, "");
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
        assert_eq!(head.matches("\r\nstrict-transport-security: max-age=31536000").count(), 1, "{path}: {head}");
        let ours = path.starts_with("/ui");
        assert!(head.matches("content-security-policy").count() == 1 && head.contains("default-src *") != ours, "{path}: {head}");
    }
}

#[test]
fn what_cannot_be_used_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let with = |text: &str| {
        std::fs::write(folder.path().join("registry.toml"), text).unwrap();
        refused(serve(folder.path()).args(["--config", "registry.toml", "--store", "memory:", "--listen", "127.0.0.1:0"]))
    };
    assert!(with("[auth]\ntype = \"basic\"\n").contains("unknown field `type`"));
    assert!(with("[auth.basic]\nusers = \"missing\"\n").contains("missing"));
    assert!(with("[[rule]]\nwho = [\"a\"]\nsubjects = [\":eu:x\"]\nallow = [\"read\"]\n").contains("rule 1: the context"));
    assert!(refused(serve(folder.path()).args(["--config", "nowhere.toml"])).contains("nowhere.toml"));
    assert!(refused(serve(folder.path()).args(["--tls-certificate", "c.pem"])).contains("--tls-key"));
    assert!(with("compatibility = \"sideways\"\n").contains("'sideways' in 'compatibility' is none of NONE, BACKWARD, "));
    assert!(with("[headers]\nContent-Length = \"0\"\n").contains("'Content-Length' in 'headers' belongs to the single answer"));
    for command in [
        serve(folder.path()).args(["--compatibility", "sideways"]),
        serve(folder.path()).env("EVENTPACT_SERVE_COMPATIBILITY", "sideways"),
    ] {
        let said = refused(command);
        assert!(said.contains("--compatibility") && said.contains("FULL_TRANSITIVE"), "{said}");
    }
    assert_eq!(hashed(folder.path(), "a:b", "x").status.code(), Some(2));
    assert_eq!(hashed(folder.path(), "alice", "\n").status.code(), Some(2));
}

/// A stream that nobody reads any more.
fn deaf() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

#[test]
fn a_server_goes_on_when_nobody_reads_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = serve(folder.path());
    command.args(["--listen", &address, "--store", "memory:"]).env("EVENTPACT_LOG", "trace");
    let mut server = Running(command.stdout(deaf()).stderr(deaf()).spawn().unwrap(), Vec::new());
    let ask = || {
        let mut stream = TcpStream::connect(&address)?;
        stream.write_all(b"GET /subjects HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    let begun = Instant::now();
    let answer = loop {
        match ask() {
            Ok(answer) => break answer,
            Err(why) => assert!(begun.elapsed() < Duration::from_secs(30), "{why}"),
        }
        assert_eq!(server.0.try_wait().unwrap(), None, "it runs");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")), "and answers once more");
    for list in [["list", "--long"].as_slice(), &["get", "none"], &["watch", "--from", "0", "--count", "1"]] {
        let mut command = Command::new(program("eventpact"));
        command.arg("registry").args(list).args(["--url", &format!("http://{address}")]).env_remove("EVENTPACT_REGISTRY_AUTH");
        let said = command.stdout(deaf()).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.code().is_some_and(|code| code <= 2) && !stderr.contains("panic"), "{list:?}: {stderr}");
    }
}

#[test]
fn commands_end_quietly_when_nobody_reads_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("old.avsc", r#"{"type": "record", "name": "R", "fields": []}"#);
    write("new.avsc", r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#);
    write("a.yaml", "asyncapi:   3.0.0\ninfo: {title: a, version: 1.0.0}\n");
    for (words, code) in [
        (["check", "new.avsc", "--against", "old.avsc"].as_slice(), 1),
        (&["diff", "new.avsc", "--against", "old.avsc"], 0),
        (&["fingerprint", "new.avsc"], 0),
        (&["fmt", "--check", "a.yaml"], 1),
        (&["convert", "--to", "3.1", "a.yaml"], 0),
        (&["rules"], 0),
        (&["explain", "avro/field-without-default"], 0),
    ] {
        let mut command = Command::new(program("eventpact"));
        let said = command.args(words).current_dir(folder.path()).stdout(deaf()).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&said.stderr);
        let is_quiet = !["panic", "Broken pipe", "cannot print"].iter().any(|word| stderr.contains(word));
        assert!(said.status.code() == Some(code) && is_quiet, "{words:?}: {} {stderr}", said.status);
        // A full disk is another matter.
        let full = std::fs::File::options().write(true).open("/dev/full");
        if let Ok(full) = full {
            let said = command.stdout(full).output().unwrap();
            assert_eq!(said.status.code(), Some(2), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
        }
    }
}
