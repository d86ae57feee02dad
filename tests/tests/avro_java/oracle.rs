//! The Java side: one process of `tests/clients/java_avro/Oracle.java`, asked in JSON lines.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// The class path of the oracle; `cargo xtask test` fetches the jars, compiles the program and sets it.
pub(crate) const CLASS_PATH: &str = "EVENTPACT_JAVA_AVRO";

/// Asks all questions and gives the answers in their order; `None`, after a line that says so, where there is no Avro Java.
pub(crate) fn ask(questions: &[Json]) -> Option<Vec<Json>> {
    let Some(class_path) = std::env::var_os(CLASS_PATH).filter(|value| !value.is_empty()) else {
        println!("skipped: {CLASS_PATH} is not set; `cargo xtask test avro_java` fetches Avro Java and sets it");
        return None;
    };
    let java = match std::env::var_os("JAVA_HOME") {
        Some(home) if !home.is_empty() => Path::new(&home).join("bin/java"),
        _ => PathBuf::from("java"),
    };
    let mut child = Command::new(java)
        // Small, because the tests may run beside a broker on a small machine.
        .args(["-Xmx512m", "-Xss4m", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp"])
        .arg(class_path)
        .arg("Oracle")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("java starts");
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = questions.iter().map(|question| format!("{question}\n")).collect();
    // Both pipes are small: whoever only wrote, or only read, would wait for ever.
    let writer = std::thread::spawn(move || lines.iter().all(|line| input.write_all(line.as_bytes()).is_ok()));
    let output = BufReader::new(child.stdout.take().unwrap());
    let answers: Vec<Json> = output.lines().map(|line| serde_json::from_str(&line.unwrap()).expect("one JSON object")).collect();
    assert!(writer.join().unwrap(), "the oracle stopped reading");
    assert!(child.wait().unwrap().success());
    assert_eq!(answers.len(), questions.len());
    Some(answers)
}

/// What Avro Java refused, if it did.
pub(crate) fn refusal(answer: &Json) -> Option<&str> {
    answer.get("error").and_then(Json::as_str)
}
