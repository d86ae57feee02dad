//! Damaged files: refused with one line, or every schema exactly as it was. Never a panic, never another schema.

use std::fs;
use std::path::Path;

use eventpact_registry_client::{Client, SchemaObject};
use eventpact_tests::served::Served;

use super::ledger::Ledger;

/// Damaged files that are tried.
const CASES: u64 = 200;

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or(0)
    }
}

async fn contents(served: &Served) -> Result<Vec<SchemaObject>, String> {
    let client = Client::new(&served.url).expect("a client");
    let mut found = Vec::new();
    for subject in client.subjects_with("", true).await.map_err(|e| e.to_string())? {
        for version in client.all_versions(&subject).await.map_err(|e| e.to_string())? {
            found.push(client.version(&subject, version).await.map_err(|e| e.to_string())?);
        }
    }
    Ok(found)
}

/// Writes the file, damaged in one of several ways, with or without a write-ahead log.
fn damage(random: &mut Random, path: &Path, whole: &[u8], log: &[u8]) -> String {
    let mut bytes = whole.to_vec();
    let log_path = path.with_extension("db-wal");
    fs::remove_file(&log_path).ok();
    fs::remove_file(path.with_extension("db-shm")).ok();
    let at = random.below(bytes.len());
    let what = match random.below(6) {
        0 | 1 => {
            bytes[at] ^= 1 << random.below(8);
            format!("a bit of byte {at}")
        }
        2 => {
            bytes[at] = bytes[at].wrapping_add(1 + u8::try_from(random.below(254)).unwrap_or(0));
            format!("byte {at}")
        }
        3 => {
            let page = at / 4096 * 4096;
            bytes[page..].iter_mut().take(4096).for_each(|byte| *byte = 0);
            format!("the page at {page}")
        }
        4 => {
            bytes.truncate(at);
            format!("cut off at {at}")
        }
        _ => {
            let mut log = log.to_vec();
            let place = random.below(log.len());
            if random.below(2) == 0 {
                log.truncate(place);
            } else {
                log[place] ^= 0x55;
            }
            fs::write(&log_path, log).expect("a log");
            format!("the log at {place}")
        }
    };
    fs::write(path, bytes).expect("a file");
    what
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_refused_or_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let served = Served::on_file(&path).expect("it starts");
    let client = Client::new(&served.url).expect("a client");
    let ledger = Ledger::default();
    for _ in 0..12 {
        ledger.one_more(&client).await;
    }
    // Killed: the newest pages are in the log only.
    drop(served);
    let log = fs::read(path.with_extension("db-wal")).unwrap();
    let before = fs::read(&path).unwrap();
    let served = Served::on_file(&path).expect("it starts");
    let expected = contents(&served).await.expect("all of it");
    assert!(expected.len() >= 36);
    // Ended in order: all is in the file.
    std::process::Command::new("kill").args(["-TERM", &served.id().to_string()]).status().expect("kill runs");
    while Client::new(&served.url).expect("a client").subjects().await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    served.ended();
    let whole = fs::read(&path).unwrap();
    let (mut refused, mut exact, mut shorter) = (0, 0, 0);
    for case in 0..CASES {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (case + 1));
        let what = damage(&mut random, &path, if case % 3 == 0 { &before } else { &whole }, &log);
        match Served::on_file(&path) {
            Err(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_eq!(output.status.code(), Some(2), "{what}: {said}");
                assert_eq!(said.trim_end().lines().count(), 1, "{what}: {said}");
                refused += 1;
            }
            Ok(served) => match contents(&served).await {
                // A log that is cut off holds less: SQLite takes the commits that are whole. None of what is there may be another.
                Ok(found) if found == expected => exact += 1,
                Ok(found) => {
                    assert!(what.contains("log") || case % 3 == 0, "{what}: {} of {} versions", found.len(), expected.len());
                    for version in &found {
                        let same = expected.iter().any(|e| {
                            (e.id, &e.subject, e.version, &e.schema)
                                == (version.id, &version.subject, version.version, &version.schema)
                        });
                        assert!(same, "{what}: {version:?} was never stored");
                    }
                    shorter += 1;
                }
                Err(error) => panic!("{what}: it serves and fails: {error}"),
            },
        }
    }
    println!("{CASES} damaged files: {refused} refused, {exact} exact, {shorter} with an older state that is whole");
    assert!(refused > 0 && exact > 0);
}
