//! `eventpact registry …` against a registry in a process of its own.

use std::fs;
use std::io::{Read as _, Write as _, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::spawn;

use eventpact_tests::program;
use eventpact_tests::served::Served;
use tempfile::TempDir;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs `eventpact registry …` in a folder, on a registry.
fn registry(folder: &Path, server: &Served, args: &[&str]) -> Ran {
    let mut command = Command::new(program("eventpact"));
    command.arg("registry").args(args).current_dir(folder).stdin(Stdio::null());
    command.env("NO_COLOR", "1").env("EVENTPACT_REGISTRY", &server.url);
    command.env_remove("EVENTPACT_REGISTRY_AUTH").env_remove("EVENTPACT_REGISTRY_TOKEN");
    let output = command.output().expect("eventpact can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// The same, which must end well; its output.
fn done(folder: &Path, server: &Served, args: &[&str]) -> String {
    let ran = registry(folder, server, args);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
    ran.out
}

/// The same, which must end with this code; all that it says.
fn ends(folder: &Path, server: &Served, code: i32, args: &[&str]) -> String {
    let ran = registry(folder, server, args);
    assert_eq!(ran.code, code, "{args:?}: {}{}", ran.out, ran.err);
    ran.out + &ran.err
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

const MONEY: &str = r#"{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}"#;
const ORDER: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"shop.Money"}]}"#;
const ORDER_2: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"shop.Money"},{"name":"note","type":"string","default":""}]}"#;
const ORDER_BAD: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"shop.Money"},{"name":"who","type":"string"}]}"#;

fn files() -> TempDir {
    let proto = "syntax = \"proto3\";\npackage shop;\nmessage Parcel { string id = 1; }\n";
    let json = r#"{"type":"object","properties":{"id":{"type":"string"}}}"#;
    folder(&[
        ("money.avsc", MONEY),
        ("order.avsc", ORDER),
        ("order2.avsc", ORDER_2),
        ("bad.avsc", ORDER_BAD),
        ("parcel.proto", proto),
        ("note.json", json),
    ])
}

const REFERENCE: [&str; 2] = ["--reference", "shop.Money=money"];

/// A registry with all that a copy must bring along.
fn filled(folder: &Path) -> Served {
    let server = Served::start();
    let run = |args: &[&str]| done(folder, &server, args);
    run(&["register", "money.avsc", "--subject", "money"]);
    run(&[&["register", "order.avsc", "--subject", "orders-value"], &REFERENCE[..]].concat());
    run(&[&["register", "order2.avsc", "--subject", "orders-value"], &REFERENCE[..]].concat());
    run(&["register", "parcel.proto", "--subject", "parcels-value"]);
    run(&["register", "note.json", "--subject", ":.eu:notes-value"]);
    run(&["register", "money.avsc", "--subject", "gone"]);
    run(&["delete", "gone"]);
    run(&["delete", "orders-value", "--version", "1"]);
    run(&["set", "--compatibility", "full"]);
    run(&["set", "orders-value", "--compatibility", "BACKWARD_TRANSITIVE", "--mode", "READONLY"]);
    run(&["set", ":.eu:", "--compatibility", "NONE"]);
    server
}

#[test]
fn schemas_are_registered_read_checked_and_deleted() {
    let files = files();
    let (here, server) = (files.path(), Served::start());
    let run = |args: &[&str]| done(here, &server, args);
    assert_eq!(run(&["register", "money.avsc", "--subject", "money"]), "money  AVRO  id 1, version 1\n");
    assert_eq!(run(&["register", "money.avsc", "--subject", "money"]), "money  AVRO  id 1, version 1\n");
    let order = [&["register", "order.avsc", "--subject", "orders-value"], &REFERENCE[..]].concat();
    assert_eq!(run(&order), "orders-value  AVRO  id 2, version 1\n");
    assert_eq!(run(&["get", "money"]), format!("{MONEY}\n"));
    assert_eq!(run(&["get", "--id", "1"]), format!("{MONEY}\n"));
    assert!(run(&["get", "orders-value", "--version", "1", "--json"]).contains(r#""version": 1"#));
    assert_eq!(run(&["list"]), "money\norders-value\n");
    assert_eq!(run(&["list", "ord*"]), "orders-value\n");
    assert_eq!(run(&["list", "*-value"]), "orders-value\n");
    assert_eq!(
        run(&["list", "--long"]),
        "money         version 1    id 1      AVRO\norders-value  version 1    id 2      AVRO\n"
    );
    let check = |file: &'static str| [&["check", "orders-value", file], &REFERENCE[..]].concat();
    assert_eq!(run(&check("order2.avsc")), "orders-value: compatible\n");
    let refused = ends(here, &server, 1, &check("bad.avsc"));
    assert!(
        refused.contains("READER_FIELD_MISSING_DEFAULT_VALUE") && refused.ends_with("orders-value: not compatible\n"),
        "{refused}"
    );
    let dry = [&["register", "bad.avsc", "--subject", "orders-value", "--dry-run"], &REFERENCE[..]].concat();
    assert!(ends(here, &server, 1, &dry).contains("not compatible"));
    let refused = ends(here, &server, 1, &[&["register", "bad.avsc", "--subject", "orders-value"], &REFERENCE[..]].concat());
    assert!(refused.contains("error: orders-value was not registered") && refused.contains("error 40901"), "{refused}");
    run(&[&["register", "order2.avsc", "--subject", "orders-value"], &REFERENCE[..]].concat());
    let diff = run(&["diff", "orders-value", "1"]);
    assert!(diff.contains("note"), "{diff}");
    let used = ends(here, &server, 1, &["delete", "money", "--dry-run"]);
    assert!(used.contains("the ids 2, 3"), "{used}");
    assert!(ends(here, &server, 2, &["delete", "money"]).contains("refused"));
    assert_eq!(run(&["delete", "orders-value", "--version", "latest"]), "orders-value: version 2 soft-deleted\n");
    assert_eq!(run(&["delete", "orders-value"]), "orders-value: version 1 soft-deleted\n");
    assert_eq!(run(&["delete", "orders-value", "--permanent"]), "orders-value: versions 1, 2 deleted for good\n");
    assert_eq!(run(&["list"]), "money\n");
    assert!(ends(here, &server, 2, &["get", "orders-value"]).contains("no such schema"));
    assert!(ends(here, &server, 2, &["register", "nothing", "--subject", "s"]).contains("cannot read nothing"));
}

#[test]
fn settings_are_shown_changed_and_taken_away() {
    let files = files();
    let (here, server) = (files.path(), Served::start());
    let run = |args: &[&str]| done(here, &server, args);
    assert_eq!(run(&["set"]), "the whole registry\n  compatibilityLevel: BACKWARD\n  mode: READWRITE\n");
    let shown = run(&["set", "s", "--compatibility", "full", "--normalize", "true", "--mode", "readonly"]);
    assert_eq!(shown, "s\n  normalize: true\n  compatibilityLevel: FULL\n  mode: READONLY\n");
    assert_eq!(
        run(&["set", "s", "--unset", "normalize", "--unset", "mode"]),
        "s\n  compatibilityLevel: FULL\n  mode: READWRITE  (of a wider scope)\n"
    );
    let shown = run(&["set", "s", "--unset", "config"]);
    assert_eq!(shown, "s\n  compatibilityLevel: BACKWARD  (of a wider scope)\n  mode: READWRITE  (of a wider scope)\n");
    assert!(ends(here, &server, 2, &["set", "--compatibility", "SOMETIMES"]).contains("possible values"));
}

#[test]
fn a_plan_is_applied_whole_or_not_at_all() {
    let plan = "[registry]\ncompatibility = \"FULL\"\n\n[[subject]]\nname = \"orders-value\"\nschema = \"order.avsc\"\n\n\
        [[subject]]\nname = \"money\"\nschema = \"money.avsc\"\ncompatibility = \"NONE\"\n";
    let files = files();
    let (here, server) = (files.path(), Served::start());
    fs::write(here.join("registry.toml"), plan).expect("a file");
    let planned = ends(here, &server, 1, &["plan"]);
    assert!(planned.contains("register   money  version 1\n") && planned.contains("4 changes to do, 0 refused"), "{planned}");
    assert_eq!(done(here, &server, &["list"]), "");
    let digest = planned.trim_end().rsplit(' ').next().expect("a digest").to_owned();
    let applied = done(here, &server, &["apply", "--digest", &digest]);
    assert!(applied.contains("4 changes done, 0 refused"), "{applied}");
    assert_eq!(done(here, &server, &["list"]), "money\norders-value\n");
    assert!(done(here, &server, &["get", "orders-value", "--json"]).contains(r#""subject": "money""#));
    assert!(done(here, &server, &["plan"]).contains("0 changes to do"));
    // What was agreed to is no longer what would be done; and of a plan with a break, nothing is done.
    fs::write(here.join("order.avsc"), ORDER_2).expect("a file");
    assert!(ends(here, &server, 2, &["apply", "--digest", &digest]).contains("409"));
    fs::write(here.join("order.avsc"), ORDER_BAD).expect("a file");
    fs::write(here.join("money.avsc"), MONEY.replace("long", "int")).expect("a file");
    let refused = ends(here, &server, 1, &["apply"]);
    assert!(refused.contains("refuse     orders-value") && refused.contains("1 refused"), "{refused}");
    assert_eq!(done(here, &server, &["get", "money"]), format!("{MONEY}\n"));
    fs::write(here.join("registry.toml"), "[[subject]]\nname = \"x\"\nlevel = 1\n").expect("a file");
    assert!(ends(here, &server, 2, &["plan"]).contains("unknown field"));
}

/// The address of a registry that is the same, but for what is not in the API of Confluent: 404 there, on a connection of its own.
fn without_plans(server: &Served) -> String {
    const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 51\r\n\r\n\
        {\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}  ";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let upstream = server.url.trim_start_matches("http://").to_owned();
    spawn(move || {
        for mut client in listener.incoming().flatten() {
            let upstream = upstream.clone();
            spawn(move || {
                let mut head = [0; 1024];
                let read = client.read(&mut head).unwrap_or(0);
                if String::from_utf8_lossy(&head[..read]).contains(" /eventpact/") {
                    return client.write_all(NOT_FOUND.as_bytes()).unwrap_or_default();
                }
                let mut server = TcpStream::connect(upstream).expect("the registry is there");
                server.write_all(&head[..read]).expect("it reads");
                let (mut back, mut answers) = (client.try_clone().expect("a stream"), server.try_clone().expect("a stream"));
                spawn(move || (copy(&mut answers, &mut back), back.shutdown(Shutdown::Both)));
                copy(&mut client, &mut server).ok();
                server.shutdown(Shutdown::Both).ok();
            });
        }
    });
    address
}

#[test]
fn a_registry_that_knows_no_plans_gets_one_step_after_the_other() {
    let plan = "[registry]\ncompatibility = \"FULL\"\n\n[[subject]]\nname = \"orders-value\"\nschema = \"order.avsc\"\n\n\
        [[subject]]\nname = \"money\"\nschema = \"money.avsc\"\ncompatibility = \"NONE\"\n";
    let files = files();
    let (here, server) = (files.path(), Served::start());
    fs::write(here.join("registry.toml"), plan).expect("a file");
    let url = without_plans(&server);
    let planned = ends(here, &server, 1, &["plan", "--url", &url]);
    assert!(
        planned.contains("register   money\n") && planned.contains("4 changes to do, 0 refused; this registry knows"),
        "{planned}"
    );
    assert_eq!(done(here, &server, &["list"]), "");
    let applied = done(here, &server, &["apply", "--url", &url]);
    assert!(
        applied.contains("register   orders-value  version 1\n") && applied.contains("4 changes done, 0 refused"),
        "{applied}"
    );
    assert!(done(here, &server, &["get", "orders-value", "--json"]).contains(r#""subject": "money""#));
    assert!(done(here, &server, &["plan", "--url", &url]).contains("0 changes to do"));
    assert!(done(here, &server, &["plan"]).contains("0 changes to do"), "it is as if it had been done in one go");
    assert!(ends(here, &server, 2, &["apply", "--digest", "x", "--url", &url]).contains("a digest can be kept to only"));
    // What is known to be refused is not even begun.
    fs::write(here.join("order.avsc"), ORDER_BAD).expect("a file");
    fs::write(here.join("money.avsc"), MONEY.replace("cents", "amount")).expect("a file");
    fs::write(here.join("registry.toml"), plan.replace("order.avsc", "note.json")).expect("a file");
    let refused = ends(here, &server, 1, &["apply", "--url", &url]);
    assert!(refused.contains("refuse     orders-value") && refused.contains("1 refused"), "{refused}");
    assert_eq!(done(here, &server, &["get", "money"]), format!("{MONEY}\n"));
    // What only the registry finds out when it comes to it stops the rest.
    fs::write(here.join("registry.toml"), plan).expect("a file");
    let stopped = ends(here, &server, 1, &["apply", "--url", &url]);
    assert!(stopped.contains("register   money  version 2") && stopped.contains("refuse     orders-value"), "{stopped}");
}

#[test]
fn a_backup_brings_everything_back() {
    let files = files();
    let here = files.path();
    let server = filled(here);
    let written = done(here, &server, &["backup", "all.jsonl"]);
    assert_eq!(written, "all.jsonl: 6 versions of 5 subjects, with 4 settings\n");
    assert!(ends(here, &server, 2, &["backup", "all.jsonl"]).contains("there already"));
    let verified = done(here, &server, &["verify", "all.jsonl", "--against", &server.url]);
    assert!(verified.ends_with("holds all of it\n"), "{verified}");
    let copy = Served::start();
    let told = done(here, &copy, &["restore", "all.jsonl"]);
    assert_eq!(told, "6 versions written; every one was read back and is the same\n");
    done(here, &copy, &["backup", "copy.jsonl"]);
    let lines = |name: &str| fs::read_to_string(here.join(name)).expect("a backup");
    let without_ends =
        |text: String| text.lines().skip(1).filter(|l| !l.contains(r#""kind":"end""#)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(without_ends(lines("copy.jsonl")), without_ends(lines("all.jsonl")));
    // A second time there is nothing to do; without being told so, nothing is touched.
    assert!(ends(here, &copy, 2, &["restore", "all.jsonl"]).contains("--merge"));
    let told = done(here, &copy, &["restore", "all.jsonl", "--merge"]);
    assert_eq!(told, "0 versions written, 6 were there already; every one was read back and is the same\n");
    // The next id goes on behind those that were brought along.
    assert_eq!(done(here, &copy, &["register", "note.json", "--subject", "new"]), "new  JSON  id 5, version 1\n");
    let missing = ends(here, &Served::start(), 1, &["verify", "all.jsonl", "--against", &Served::start().url.clone()]);
    assert!(missing.contains("cannot be reached") || missing.contains("is missing"), "{missing}");
}

#[test]
fn names_that_stand_for_others_and_settings_without_schemas_are_in_a_backup() {
    let files = files();
    let here = files.path();
    let server = Served::start();
    let run = |args: &[&str]| done(here, &server, args);
    run(&["register", "money.avsc", "--subject", "old"]);
    run(&["register", "note.json", "--subject", "older"]);
    run(&["register", "parcel.proto", "--subject", "new"]);
    run(&["set", "old", "--alias", "new"]);
    run(&["set", "older", "--alias", "nowhere"]);
    run(&["set", "other-name", "--alias", "new"]);
    run(&["set", "not-yet", "--mode", "READONLY"]);
    run(&["set", ":.soon:", "--compatibility", "FULL"]);
    run(&["set", ":.__GLOBAL:", "--compatibility", "NONE"]);
    assert_eq!(run(&["backup", "all.jsonl"]), "all.jsonl: 3 versions of 3 subjects, with 6 settings\n");
    let text = fs::read_to_string(here.join("all.jsonl")).expect("a backup");
    assert!(text.lines().any(|l| l.contains(r#""subject":"old""#) && l.contains("Money")), "{text}");
    for (copy, how) in
        [(Served::start(), &["restore", "all.jsonl"][..]), (Served::start(), &["import", "--from", &server.url][..])]
    {
        assert_eq!(done(here, &copy, how), "3 versions written; every one was read back and is the same\n");
        done(here, &copy, &["backup", "copy.jsonl", "--overwrite"]);
        let lines = |text: &str| {
            let inner = |l: &&str| !l.contains(r#""kind":"end""#) && !l.contains(r#""kind":"head""#);
            text.lines().filter(inner).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&fs::read_to_string(here.join("copy.jsonl")).expect("a backup")), lines(&text));
    }
    // What would be written under another name is not written, and a merge leaves the settings that are there.
    let other = Served::start();
    done(here, &other, &["register", "money.avsc", "--subject", "new"]);
    done(here, &other, &["set", "old", "--alias", "new"]);
    done(here, &other, &["delete", "new"]);
    done(here, &other, &["delete", "new", "--permanent"]);
    let refused = ends(here, &other, 2, &["restore", "all.jsonl", "--merge"]);
    assert!(refused.contains("old stands for new there") && refused.contains("nothing was changed"), "{refused}");
    done(here, &other, &["set", "old", "--unset", "alias", "--compatibility", "FORWARD"]);
    done(here, &other, &["restore", "all.jsonl", "--merge"]);
    assert_eq!(
        done(here, &other, &["set", "old"]),
        "old\n  compatibilityLevel: FORWARD\n  mode: READWRITE  (of a wider scope)\n"
    );
}

#[test]
fn a_conflict_changes_nothing() {
    let files = files();
    let here = files.path();
    let server = filled(here);
    let other = Served::start();
    done(here, &other, &["register", "parcel.proto", "--subject", "mine"]);
    let refused = ends(here, &other, 2, &["import", "--from", &server.url, "--merge"]);
    assert!(refused.contains("the id 1 of") && refused.contains("nothing was changed"), "{refused}");
    assert_eq!(done(here, &other, &["list", "--deleted"]), "mine\n");
}

#[test]
fn some_subjects_are_imported_with_what_they_refer_to() {
    let files = files();
    let here = files.path();
    let (server, copy) = (filled(here), Served::start());
    let from = ["import", "--from", &server.url, "--subjects", "orders"];
    let dry = done(here, &copy, &[&from[..], &["--dry-run"]].concat());
    assert!(dry.starts_with("3 versions of 2 subjects would be copied from http://127.0.0.1:"), "{dry}");
    done(here, &copy, &from);
    assert_eq!(
        done(here, &copy, &["list", "--long"]),
        "money         version 1    id 1      AVRO\norders-value  version 2    id 3      AVRO\n"
    );
    let own = done(here, &copy, &["set", "orders-value"]);
    assert_eq!(own, "orders-value\n  compatibilityLevel: BACKWARD_TRANSITIVE\n  mode: READONLY\n");
}

#[test]
fn an_export_is_a_folder_of_readable_files() {
    let files = files();
    let here = files.path();
    let server = filled(here);
    assert_eq!(done(here, &server, &["export", "out"]), "out: 4 files\n");
    assert_eq!(
        fs::read_to_string(here.join("out/orders-value.avsc")).expect("a file"),
        format!("{}\n", ORDER_2.replace("shop.Money", "Money"))
    );
    assert!(here.join("out/context-eu/notes-value.json").is_file());
    assert!(here.join("out/parcels-value.proto").is_file());
    assert!(ends(here, &server, 2, &["export", "out"]).contains("--overwrite"));
    done(here, &server, &["export", "out", "--overwrite", "--all"]);
    assert!(here.join("out/orders-value/v2.avsc").is_file() && !here.join("out/orders-value/v1.avsc").exists());
}

#[test]
fn shells_complete_subjects() {
    let files = files();
    let server = filled(files.path());
    let mut command = Command::new(program("eventpact"));
    command.args(["--", "eventpact", "registry", "get", "ord"]).current_dir(files.path());
    command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_COMPLETE_COMP_TYPE", "9");
    command.env("_CLAP_COMPLETE_SPACE", "false").env("_CLAP_IFS", "\n").env("EVENTPACT_REGISTRY", &server.url);
    let output = command.output().expect("eventpact can be started");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "orders-value");
    let lines = Command::new(program("eventpact")).args(["completions", "bash"]).output().expect("eventpact can be started");
    let lines = String::from_utf8_lossy(&lines.stdout).into_owned();
    assert!(lines.contains("complete ") && lines.contains("eventpact"), "{lines}");
}

const SHOP: &str = "asyncapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
channels:
  placed:
    address: orders.placed
    messages:
      OrderPlaced: { payload: { type: object } }
operations:
  announce: { action: send, channel: { $ref: '#/channels/placed' } }
";

#[test]
fn documents_are_put_checked_listed_and_kept_in_a_backup() {
    let folder = folder(&[
        ("shop.yaml", SHOP),
        ("next.yaml", &SHOP.replace("version: 1.0.0", "version: 1.1.0")),
        ("gone.yaml", &SHOP.replace("placed", "cancelled")),
        ("broken.yaml", &SHOP.replace("title: Shop, ", "")),
    ]);
    let (folder, server) = (folder.path(), Served::start());
    let run = |args: &[&str]| done(folder, &server, args);
    assert_eq!(run(&["document", "check", "shop", "shop.yaml"]), "shop: would be accepted at level BACKWARD\n");
    assert_eq!(run(&["document", "list"]), "");
    assert_eq!(run(&["document", "put", "shop", "shop.yaml"]), "shop: version 1\n");
    assert_eq!(run(&["document", "put", "shop", "shop.yaml"]), "shop: unchanged, version 1\n");
    assert!(run(&["document", "put", "shop", "next.yaml"]).ends_with("shop: version 2\n"));
    let refused = ends(folder, &server, 1, &["document", "put", "shop", "gone.yaml"]);
    assert!(refused.contains("[asyncapi/channel-removed]") && refused.contains("shop version 2:"), "{refused}");
    assert!(refused.ends_with("shop: not compatible at level BACKWARD\n"), "{refused}");
    let invalid = ends(folder, &server, 1, &["document", "check", "shop", "broken.yaml"]);
    assert!(invalid.contains("broken.yaml:2:") && invalid.ends_with("shop: not valid\n"), "{invalid}");
    assert_eq!(run(&["document", "list"]), "shop  version 2\n");
    assert_eq!(run(&["document", "get", "shop", "--version", "1"]), SHOP);

    assert_eq!(run(&["document", "delete", "shop", "--version", "1"]), "shop: version 1 deleted\n");
    assert_eq!(run(&["document", "get", "shop", "--version", "1"]), SHOP, "it can still be read");

    run(&["backup", "registry.backup"]);
    let other = Served::start();
    done(folder, &other, &["restore", "registry.backup"]);
    assert_eq!(done(folder, &other, &["document", "get", "shop", "--version", "1"]), SHOP);
    assert_eq!(done(folder, &other, &["document", "list"]), "shop  version 2\n");
    ends(folder, &other, 1, &["document", "put", "shop", "gone.yaml"]);

    let told = run(&["audit", "--subject", "shop"]);
    assert!(
        told.contains("PUT /eventpact/v1/documents/{document}") && told.contains("document shop 2: nothing -> sha256 "),
        "{told}"
    );
    assert!(run(&["audit", "--verify"]).starts_with("whole: 3 records, newest 3:"));
    assert!(ends(folder, &server, 2, &["document", "delete", "shop", "--permanent"]).contains("was not deleted first"));
    assert_eq!(run(&["document", "delete", "shop"]), "shop: version 2 deleted\n");
    assert_eq!(run(&["document", "delete", "shop", "--permanent"]), "shop: version 1, 2 deleted for good\n");
    assert_eq!(run(&["document", "list", "--deleted"]), "");
}
