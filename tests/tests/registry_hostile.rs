//! Bodies near the limit that are made to keep a server busy, each a schema and the version that follows it: a registry answers every one
//! of them in time, and goes on answering the others meanwhile. So it does when what is sent is small and takes long all the same.

#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stdout)] // and tells what took how long

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use eventpact_tests::served::Served;
use serde_json::{Value as Json, json};

/// A handler answers within 10 seconds, whatever comes of it; the rest is for a busy machine, where many of these wait for each other.
const ANSWERED: Duration = Duration::from_secs(25);
/// What an ordinary request may take meanwhile.
const ORDINARY: Duration = Duration::from_secs(8);
/// So long small schemas are registered among hostile ones.
const HAMMERED: Duration = Duration::from_secs(12);
/// The memory of a server that has such work to do on each thread, in KiB: texts of one megabyte become trees and messages.
const MEMORY: usize = 2 * 1024 * 1024;
/// No body is larger than the limit of the server.
const LIMIT: usize = 1024 * 1024;

/// So many; fewer in a build that is not optimised.
const fn many(count: usize) -> usize {
    if cfg!(debug_assertions) { count / 4 } else { count }
}

/// A format, and a schema in two versions.
struct Pair {
    name: &'static str,
    format: &'static str,
    old: String,
    new: String,
}

fn avro(name: &'static str, schema: impl Fn(&str) -> Json) -> Pair {
    Pair { name, format: "AVRO", old: schema("A").to_string(), new: schema("B").to_string() }
}

fn json_schema(name: &'static str, schema: impl Fn(&str) -> Json) -> Pair {
    Pair { name, format: "JSON", old: schema("a").to_string(), new: schema("b").to_string() }
}

fn protobuf(name: &'static str, schema: impl Fn(&str) -> String) -> Pair {
    Pair { name, format: "PROTOBUF", old: schema("A"), new: schema("B") }
}

fn list(count: usize, one: impl Fn(usize) -> Json) -> Json {
    Json::Array((0..count).map(one).collect())
}

fn record(name: &str, fields: Json) -> Json {
    let mut record = json!({ "type": "record", "name": name });
    record["fields"] = fields;
    record
}

fn avro_pairs() -> Vec<Pair> {
    let field = |n: usize, ty: Json| json!({ "name": format!("f{n}"), "type": ty });
    vec![
        avro("a union of renamed records", |letter| {
            list(many(9_000), |n| record(&format!("{letter}{n}"), json!([{ "name": "a", "type": "int" }])))
        }),
        avro("a record of many fields that is used in many places", |letter| {
            let ty = if letter == "A" { "int" } else { "string" };
            let large = record("Large", list(many(6_000), |n| field(n, json!(ty))));
            let mut fields = vec![json!({ "name": "first", "type": large })];
            fields.extend((0..many(15_000)).map(|n| field(n, json!("Large"))));
            record("Root", Json::Array(fields))
        }),
        avro("a record that stands for every branch", |letter| {
            if letter == "A" {
                return list(many(15_000), |n| record(&format!("W{n}"), json!([])));
            }
            let fields = list(many(8_000), |n| json!({ "name": format!("f{n}"), "type": "int", "default": 0 }));
            json!([{ "type": "record", "name": "R", "aliases": list(many(15_000), |n| json!(format!("W{n}"))), "fields": fields }])
        }),
        avro("a field of many aliases and attributes", |letter| {
            let mut field =
                json!({ "name": "f", "type": "int", "aliases": list(many(30_000), |n| json!(format!("{letter}{n}"))) });
            (0..many(20_000)).for_each(|n| field[format!("{letter}{n}")] = json!(n));
            record("R", json!([field]))
        }),
        avro("a long namespace", |letter| {
            let types = list(many(8_000), |n| field(n, record(&format!("{letter}{n}"), json!([]))));
            json!({ "type": "record", "name": "R", "namespace": format!("{}c", "b.".repeat(many(50_000))), "fields": types })
        }),
        avro("names that nobody defines", |letter| record("R", list(many(20_000), |n| field(n, json!(format!("{letter}{n}")))))),
    ]
}

fn json_pairs() -> Vec<Pair> {
    let object =
        |name: String| json!({ "type": "object", "properties": { name.clone(): { "type": "string" } }, "required": [name] });
    let named = |entries: Vec<(String, Json)>| Json::Object(entries.into_iter().collect());
    vec![
        json_schema("8,000 branches", |letter| json!({ "oneOf": list(many(8_000), |n| object(format!("{letter}{n}"))) })),
        json_schema("branches of branches of branches", |letter| {
            let leaf = |i: usize, j: usize| json!({ "anyOf": list(20, |k| json!({ "const": format!("{letter}{i}-{j}-{k}") })) });
            json!({ "anyOf": list(20, |i| json!({ "anyOf": list(20, |j| leaf(i, j)) })) })
        }),
        json_schema(
            "200 parts of 10 branches",
            |letter| json!({ "allOf": list(200, |i| json!({ "anyOf": list(10, |j| json!({ "required": [format!("{letter}{i}-{j}")] })) })) }),
        ),
        json_schema("40,000 properties", |letter| {
            let all = (0..many(40_000)).map(|n| (format!("{letter}{n}"), json!({}))).collect();
            json!({ "type": "object", "properties": named(all), "additionalProperties": false })
        }),
        json_schema("properties that may match many patterns", |letter| {
            let patterns = (0..many(4_000)).map(|n| (format!("^x{n}[a-z]+y"), json!({ "type": "string" }))).collect();
            let own = (0..if letter == "a" { 0 } else { many(8_000) })
                .map(|n| (format!("p{n}"), json!({ "type": "string" })))
                .collect();
            json!({ "properties": named(own), "patternProperties": named(patterns), "additionalProperties": false })
        }),
        json_schema("a chain of references", |letter| {
            let next = |n: usize| json!({ "$ref": format!("#/$defs/{letter}{}", n + 1) });
            let mut all: Vec<(String, Json)> = (0..many(20_000)).map(|n| (format!("{letter}{n}"), next(n))).collect();
            all.push((format!("{letter}{}", many(20_000)), json!({})));
            json!({ "$ref": format!("#/$defs/{letter}0"), "$defs": named(all) })
        }),
        json_schema(
            "60,000 names that are required",
            |letter| json!({ "type": "object", "required": list(many(60_000), |n| json!(format!("{letter}{n}"))) }),
        ),
        json_schema("a branch that requires 40,000 names, and 190 that require one", |letter| {
            let names = |count: usize| list(count, |n| json!(format!("{letter}{n}")));
            json!({ "allOf": list(191, |n| json!({ "required": names(if n == 0 { many(40_000) } else { n }) })) })
        }),
    ]
}

fn protobuf_pairs() -> Vec<Pair> {
    let lines = |head: &str, count: usize, line: &dyn Fn(usize) -> String| {
        let mut text = format!("syntax = \"proto3\";\n{head}");
        for n in 1..=count {
            writeln!(text, "{}", line(n)).unwrap();
        }
        text
    };
    vec![
        protobuf("renamed messages", |letter| {
            lines("package x;\n", many(9_000), &|n| {
                format!("message {letter}{n} {{ int32 a = 1; {letter}{} n = 2; }}", n % many(9_000) + 1)
            })
        }),
        protobuf("renamed fields", |letter| {
            lines("message M {\n", many(18_000), &|n| format!("  string {}{n} = {n};", letter.to_lowercase())) + "}\n"
        }),
        protobuf("as many oneofs as fields", |letter| {
            let letter = letter.to_lowercase();
            lines("message M {\n", many(12_000), &|n| format!("  oneof {letter}{n} {{ string f{letter}{n} = {n}; }}")) + "}\n"
        }),
        protobuf("messages that stay", |letter| {
            lines("package x;\n", many(26_000), &|n| format!("message M{n} {{}}")) + &format!("message {letter} {{}}\n")
        }),
        protobuf("lines of comments", |letter| {
            format!("syntax = \"proto3\";\n{}message {letter} {{}}\n", "// x\n".repeat(many(150_000)))
        }),
        protobuf("a deep package and names that nobody defines", |letter| {
            let package = format!("package {}c;\nmessage M {{\n", "ppp.".repeat(many(3_000)));
            lines(&package, many(18_000), &|n| format!("  {letter}{n} f{n} = {n};")) + "}\n"
        }),
    ]
}

/// A few kilobytes that take long to compare: ways through a schema multiply.
fn small_pairs() -> Vec<Pair> {
    let parts = |letter: &str, parts: usize, branches: usize| {
        let branch = |i: usize, j: usize| json!({ "required": [format!("{letter}{i}-{j}")] });
        json!({ "allOf": list(parts, |i| json!({ "anyOf": list(branches, |j| branch(i, j)) })) })
    };
    let patterns = |letter: &str| {
        let of = |n: usize| (format!("^({letter}{n}|[a-z]{{1,20}}x)*[0-9]{{1,30}}$"), json!({ "maxLength": n }));
        json!({ "patternProperties": Json::Object((0..40).map(of).collect()), "additionalProperties": false })
    };
    vec![
        json_schema("12 parts of 12 branches", |letter| parts(letter, 12, 12)),
        json_schema("40 parts of 4 branches", |letter| parts(letter, 40, 4)),
        json_schema("40 patterns", patterns),
        json_schema("branches of branches", |letter| {
            let leaf =
                |i: usize, j: usize| json!({ "anyOf": list(4, |k| json!({ "pattern": format!("^{letter}{i}{j}{k}.*z$") })) });
            json!({ "anyOf": list(6, |i| json!({ "anyOf": list(6, |j| leaf(i, j)) })) })
        }),
    ]
}

/// Status, body and how long it took.
fn send(url: &str, method: &str, path: &str, body: &str) -> (u16, String, Duration) {
    let start = Instant::now();
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap_or_else(|why| panic!("{path} is answered: {why}"));
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{path}: no answer, but {answer:?}"));
    (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned(), start.elapsed())
}

/// Registers the old version, asks whether the new one goes along with it, in few words and in many, and registers it.
fn attack(url: &str, place: usize, pair: &Pair) {
    let body = |text: &str| {
        let body = json!({ "schemaType": pair.format, "schema": text }).to_string();
        assert!(body.len() <= LIMIT, "{}: {} bytes", pair.name, body.len());
        body
    };
    let (old, new) = (body(&pair.old), body(&pair.new));
    let versions = format!("/subjects/hostile-{place}/versions");
    let check = format!("/compatibility/subjects/hostile-{place}/versions/latest?verbose=true");
    let full = format!("/eventpact/v1/subjects/hostile-{place}/check");
    let mut told = String::new();
    for (path, body) in [(&versions, &old), (&check, &new), (&full, &new), (&versions, &new)] {
        let (status, answer, took) = send(url, "POST", path, body);
        assert!(took < ANSWERED, "{}: {path} took {took:?} for {status}", pair.name);
        // A verdict, a refusal, or 50002: too much to do, or too many who wait.
        let is_told = matches!(status, 200 | 404 | 409 | 422) || (matches!(status, 500 | 503) && answer.contains("50002"));
        assert!(is_told, "{}: {path}: {status} {}", pair.name, answer.chars().take(300).collect::<String>());
        write!(told, " {status} in {took:.1?},").unwrap();
    }
    println!("{} {}:{}", pair.format, pair.name, told.trim_end_matches(','));
}

/// Registers, reads and checks schemas so small that they are compared where they come in, until told to stop; gives the longest that one
/// request took.
fn ordinary(url: &str, stop: &AtomicBool) -> Duration {
    let body = |schema: &Json| json!({ "schema": schema.to_string() }).to_string();
    let mut longest = Duration::ZERO;
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) || round < 3 {
        let schema = body(&record("Order", json!([{ "name": format!("f{}", round % 6), "type": "int", "default": 0 }])));
        let latest = "/subjects/ordinary/versions/latest";
        let check = format!("/compatibility{latest}");
        for (method, path, body) in
            [("POST", "/subjects/ordinary/versions", schema.as_str()), ("POST", &check, &schema), ("GET", latest, "")]
        {
            let (status, answer, took) = send(url, method, path, body);
            assert_eq!(status, 200, "{method} {path}: {answer}");
            longest = longest.max(took);
        }
        round += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("{round} rounds of ordinary requests, the slowest answer after {longest:.1?}");
    longest
}

/// Only one of the tests is hostile at a time: each takes all that the machine has.
static TURN: Mutex<()> = Mutex::new(());

/// Registers and checks small schemas that need a thread to be compared on, until told to stop; gives how long each request took.
fn needs_a_thread(url: &str, stop: &AtomicBool) -> Vec<Duration> {
    let object = |n: usize| json!({ "title": format!("order {n}"), "properties": { "id": { "type": "string" } } }).to_string();
    let message = |n: usize| format!("syntax = \"proto3\";\nmessage Order {{ string id = 1; int32 f{n} = {}; }}", n % 100 + 2);
    let order = |n: usize| record("Order", json!([{ "name": format!("f{}", n % 12), "type": "int", "default": 0 }])).to_string();
    let (mut took, mut round) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        // The third has more versions than are compared where a request comes in.
        for (format, subject, schema) in
            [("JSON", "object", object(round)), ("PROTOBUF", "message", message(round)), ("AVRO", "versions", order(round))]
        {
            let body = json!({ "schemaType": format, "schema": schema }).to_string();
            for path in [format!("/compatibility/subjects/{subject}/versions"), format!("/subjects/{subject}/versions")] {
                let (status, answer, time) = send(url, "POST", &path, &body);
                assert_eq!(status, 200, "round {round}: {path} after {time:?}: {answer}");
                took.push(time);
            }
        }
        round += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    took
}

#[test]
fn small_schemas_find_a_thread_whatever_others_send() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Served::start();
    let pairs: Vec<Pair> = small_pairs().into_iter().chain(json_pairs()).chain(protobuf_pairs()).collect();
    let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut took = std::thread::scope(|scope| {
        let hostile: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        // Every second one is small.
                        let small = small_pairs().len();
                        let pair = if place % 2 == 0 { place / 2 % small } else { place / 2 % pairs.len() };
                        attack(&server.url, place, &pairs[pair]);
                    }
                })
            })
            .collect();
        let small = scope.spawn(|| needs_a_thread(&server.url, &stop));
        let begun = Instant::now();
        while begun.elapsed() < HAMMERED && !small.is_finished() {
            std::thread::sleep(Duration::from_millis(100));
        }
        stop.store(true, Ordering::Relaxed);
        let took = small.join();
        assert!(hostile.into_iter().all(|thread| thread.join().is_ok()), "each is answered");
        took.unwrap()
    });
    took.sort();
    let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    println!("{} small requests, half of them within {median:.2?}, all within {slowest:.2?}", took.len());
    assert!(took.len() > 12 && median < Duration::from_secs(1) && slowest < ORDINARY, "{} {median:?} {slowest:?}", took.len());
}

#[test]
fn hostile_schemas_are_answered_and_hold_nobody_up() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Served::start();
    let pairs: Vec<Pair> = avro_pairs().into_iter().chain(json_pairs()).chain(protobuf_pairs()).collect();
    let stop = AtomicBool::new(false);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| ordinary(&server.url, &stop));
        // More than there are threads that compare.
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while let Some((place, pair)) =
                        Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, pairs.get(n)?)))
                    {
                        attack(&server.url, place, pair);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        stop.store(true, Ordering::Relaxed);
        let longest = watch.join().unwrap();
        assert!(ended.iter().all(Result::is_ok), "each is answered");
        assert!(longest < ORDINARY, "an ordinary request took {longest:?}");
    });
    if let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", server.id())) {
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|most| most.trim().trim_end_matches("kB").trim().parse::<usize>().ok()).unwrap();
        println!("{} MiB of memory at most", most / 1024);
        assert!(most < MEMORY, "{most} KiB of memory");
    }
    // Those who compare are free again: this one needs a thread of theirs.
    let small = json!({ "schemaType": "JSON", "schema": "{\"type\": \"object\"}" }).to_string();
    let start = Instant::now();
    loop {
        let (status, answer, _) = send(&server.url, "POST", "/subjects/small/versions", &small);
        if status == 200 {
            break;
        }
        assert!(answer.contains("50002") && start.elapsed() < 2 * ANSWERED, "{status} {answer}");
    }
}

/// `.proto` texts near the limit in which one place has very many parts, each found by its name.
fn crowded() -> Vec<(&'static str, String)> {
    let each = |count: usize, one: &dyn Fn(usize) -> String| (1..=count).map(one).collect::<String>();
    let message = |inside: String| format!("syntax = \"proto3\";\npackage x;\nmessage M {{\n{inside}}}\n");
    let option = |inside: String| message(format!("option (confluent.message_meta) = {{ {inside} }};\n"));
    let extending = |option: &str, inside: &str| {
        let head = "syntax = \"proto2\";\npackage x;\nimport \"google/protobuf/descriptor.proto\";\n";
        format!("{head}extend google.protobuf.MessageOptions {{ {option} = 5000; }}\nmessage M {{\n{inside}}}\n")
    };
    let declared = |n| format!(", declaration = {{ number: {n}, full_name: \".x.f{n}\", type: \"int32\" }}");
    let wide = each(18_000, &|n| format!("optional int32 f{n} = {n};\n")).replace(" = 19", " = 819");
    vec![
        ("entries of an option", option(each(60_000, &|n| format!("n{n}: 1 ")))),
        ("tags in one option", option(format!("tags: [{}\"t\"]", each(60_000, &|n| format!("\"t{n}\", "))))),
        ("tags in many options", message(each(16_000, &|n| format!("option (confluent.message_meta).tags = \"t{n}\";\n")))),
        (
            "fields with metadata",
            message(each(14_000, &|n| {
                format!("int32 f{n} = {n} [(confluent.field_meta).doc = \"d\"];\n").replace("= 19", "= 819")
            })),
        ),
        ("maps", message(each(22_000, &|n| format!("map<int32, int32> f{n} = {n};\n").replace("= 19", "= 819")))),
        ("messages in a message", message(each(26_000, &|n| format!("message N{n} {{}}\n")))),
        ("declared extensions", {
            let range =
                format!("extensions 20000 to 30000 [verification = DECLARATION{}];\n", each(5_000, &|n| declared(n + 20_000)));
            let fields = each(5_000, &|n| format!("optional int32 f{} = {};\n", n + 20_000, n + 20_000));
            format!("syntax = \"proto2\";\npackage x;\nmessage M {{\n{range}}}\nextend M {{\n{fields}}}\n")
        }),
        ("an option of many fields", {
            extending("optional Wide wide", &format!("option (wide) = {{ {} }};\n", each(18_000, &|n| format!("f{n}: 1 "))))
                + &format!("message Wide {{\n{wide}}}\n")
        }),
        ("an option in many parts", {
            extending("optional Many many", &each(16_000, &|n| format!("option (many).names = \"n{n}\";\n")))
                + "message Many { repeated string names = 1; }\n"
        }),
    ]
}

#[test]
fn crowded_texts_are_read_in_every_form() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Served::start();
    for (place, (name, text)) in crowded().into_iter().enumerate() {
        let subject = format!("/subjects/crowded-{place}/versions");
        let body = json!({ "schemaType": "PROTOBUF", "schema": text });
        let mut tagged = body.clone();
        tagged["schemaTagsToAdd"] =
            json!([{ "schemaEntity": { "entityPath": "M", "entityType": "sr_record" }, "tags": ["PII"] }]);
        let mut told = String::new();
        for (method, path, body) in [
            ("POST", subject.clone(), body.to_string()),
            ("POST", format!("{subject}?normalize=true"), body.to_string()),
            ("GET", format!("{subject}/1?format=serialized"), String::new()),
            ("GET", format!("{subject}/1?findTags=true"), String::new()),
            ("POST", subject.clone(), tagged.to_string()),
        ] {
            let (status, answer, took) = send(&server.url, method, &path, &body);
            assert_eq!(status, 200, "{name}: {method} {path} after {took:?}: {}", answer.chars().take(300).collect::<String>());
            write!(told, " {took:.1?}").unwrap();
        }
        println!("{name}:{told}");
    }
}
