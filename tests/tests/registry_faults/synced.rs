//! Nothing is acknowledged before it is on disk: every answer to a registration is sent after an `fsync` of the write-ahead
//! log that follows the last write to it. Seen from outside, in the system calls.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use eventpact_registry_client::{Client, RegisterRequest, SchemaType};
use eventpact_tests::served::Served;

/// Registrations that are watched.
const WRITES: usize = 1000;

/// What matters of a line of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Bytes go to the log.
    Write,
    /// The log is on disk.
    Sync,
    /// An answer with status 200 goes to a client.
    Answer,
}

/// `strace -f` splits a call that another thread interrupts: it counts when it begins, a sync when it ends.
fn call(line: &str) -> Option<Call> {
    let rest = line.trim_start().split_once(' ')?.1.trim_start();
    let log = rest.contains(".db-wal>");
    if rest.starts_with("pwrite64(") && log {
        return Some(Call::Write);
    }
    // SQLite is built with one or the other.
    let begins = ["fsync(", "fdatasync("].iter().any(|name| rest.starts_with(name)) && log;
    let resumes = ["<... fsync resumed>", "<... fdatasync resumed>"].iter().any(|name| rest.starts_with(name));
    if (begins || resumes) && rest.ends_with("= 0") {
        return Some(Call::Sync);
    }
    let sends = ["sendto(", "write(", "writev(", "sendmsg("].iter().any(|name| rest.starts_with(name));
    (sends && rest.contains("HTTP/1.1 200") && rest.contains("\\\"id\\\"")).then_some(Call::Answer)
}

/// How many answers were sent in order, or which one was not.
fn judge(calls: impl Iterator<Item = Call>) -> Result<usize, usize> {
    let (mut answers, mut written, mut synced) = (0, false, false);
    for call in calls {
        match call {
            Call::Write => (written, synced) = (true, false),
            Call::Sync => synced = written,
            Call::Answer if synced => (answers, written, synced) = (answers + 1, false, false),
            Call::Answer => return Err(answers),
        }
    }
    Ok(answers)
}

#[test]
fn an_answer_before_its_sync_is_noticed() {
    use Call::{Answer, Sync, Write};
    assert_eq!(judge([Write, Sync, Answer, Write, Write, Sync, Answer].into_iter()), Ok(2));
    assert_eq!(judge([Write, Answer].into_iter()), Err(0));
    assert_eq!(judge([Write, Sync, Answer, Sync, Answer].into_iter()), Err(1));
    assert_eq!(judge([Write, Sync, Write, Answer].into_iter()), Err(0));
    let log = "7</tmp/x/registry.db-wal>";
    assert_eq!(call(&format!("12 pwrite64({log}, \"...\", 24, 0) = 24")), Some(Write));
    assert_eq!(call(&format!("12 fdatasync({log}) = 0")), Some(Sync));
    assert_eq!(call(&format!("12 fdatasync({log} <unfinished ...>")), None);
    assert_eq!(call("12 <... fdatasync resumed>) = 0"), Some(Sync));
    assert_eq!(call("12 pwrite64(6</tmp/x/registry.db>, \"...\", 4096, 0) = 4096"), None);
}

/// What a server does while it registers schemas, as far as it matters. `program` is run under `strace`; `None` where that cannot be.
async fn traced(program: &Path, writes: usize) -> Option<Vec<Call>> {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("trace");
    let works = Command::new("strace").args(["-e", "trace=none", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let path = trace.display().to_string();
    // `-D`: the server is our child, not strace; killing it ends both.
    let calls = "trace=pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev";
    let under = ["strace", "-D", "-f", "-y", "-s", "400", "-e", calls, "-e", "signal=none", "-o", &path];
    let store = format!("sqlite:{}", folder.path().join("registry.db").display());
    let served =
        Served::by(program, &store, &under).unwrap_or_else(|output| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let client = Client::new(&served.url).expect("a client");
    for number in 0..writes {
        let text = format!(r#"{{"type":"fixed","name":"F{number}","size":{}}}"#, number + 1);
        client.register(&format!("s-{number}"), &RegisterRequest::new(SchemaType::Avro, text)).await.expect("registered");
    }
    drop(served);
    let lines = fs::read_to_string(&trace).expect("a trace");
    Some(lines.lines().filter_map(call).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_comes_after_its_sync() {
    let Some(calls) = traced(&eventpact_tests::program("eventpact"), WRITES).await else {
        return println!("skipped: strace is not there, or may not trace here");
    };
    assert_eq!(judge(calls.iter().copied()), Ok(WRITES), "an answer was sent before its sync");
}

/// The program with another word in it: it opens its file with `synchronous = NORMAL`, which syncs at checkpoints only. There is no
/// switch for this in the product, so the text of the pragma is replaced in a copy of the program.
fn careless(folder: &Path) -> PathBuf {
    let (right, wrong) = (b"PRAGMA synchronous = FULL;", b"PRAGMA synchronous = 1   ;");
    let mut program = fs::read(eventpact_tests::program("eventpact")).expect("the program");
    let places: Vec<usize> =
        program.windows(right.len()).enumerate().filter(|(_, bytes)| bytes == right).map(|(place, _)| place).collect();
    assert_eq!(places.len(), 1, "the pragma is to be found once in the program");
    program[places[0]..][..wrong.len()].copy_from_slice(wrong);
    let path = folder.join("careless");
    fs::write(&path, program).expect("a copy");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("it can be run");
    path
}

/// The test above has to fail for a program that does not sync each commit, else it proves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_does_not_sync_each_commit_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let Some(calls) = traced(&careless(folder.path()), 20).await else {
        return println!("skipped: strace is not there, or may not trace here");
    };
    assert_eq!(judge(calls.iter().copied()), Err(0), "with synchronous = NORMAL the first answer comes without a sync");
}
