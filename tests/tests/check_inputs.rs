//! What `eventpact check` reads: schema registries, descriptor sets, `--include`, tags, renamed files, patterns; and what it says of
//! it: impact, groups, errors.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use eventpact_registry_client::{Client, Reference, RegisterRequest, SchemaType};
use eventpact_tests::program;
use eventpact_tests::served::Served;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with files, and a repository so that nothing above it counts.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    git(folder.path(), &["init", "--quiet"]);
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(folder).output().expect("git");
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--allow-empty", "-m", "a state"]);
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }

    /// `rule file related-file…` of each finding on what was read; where profiles differ is no matter of the input.
    fn findings(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let report = self.report();
        let finding = |found: &Value| {
            let related = found["related"].as_array().expect("a list").iter().map(|r| text(&r["file"]));
            [text(&found["rule"]), text(&found["file"])].into_iter().chain(related).collect::<Vec<_>>().join(" ")
        };
        let found = report["findings"].as_array().expect("findings").iter().map(finding);
        found.filter(|line: &String| !line.starts_with("check/profiles-differ ")).collect()
    }
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(program("eventpact"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    for name in ["FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITLAB_CI", "EVENTPACT_REGISTRY_AUTH"] {
        command.env_remove(name);
    }
    let output = command.output().expect("eventpact can be started");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn check(folder: &Path, args: &[&str]) -> Ran {
    run(folder, &[&["check", "--format", "json"], args].concat())
}

/// `eventpact serve`, until it is dropped.
struct Server(Served);

impl Server {
    fn start() -> Self {
        Self(Served::start())
    }

    /// Registers a schema, whatever was there before; its version.
    fn register(&self, subject: &str, kind: SchemaType, text: &str, references: &[(&str, &str, i32)]) -> i32 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let client = Client::new(&self.0.url).expect("a client");
            let update = eventpact_registry_client::ConfigUpdate {
                compatibility: eventpact_registry_client::wire::Update::Set("NONE".to_owned()),
                ..Default::default()
            };
            client.set_config(None, &update).await.expect("a level");
            let references = references.iter().map(|(name, subject, version)| Reference::new(*name, *subject, *version));
            let request = RegisterRequest::new(kind, text).with_references(references.collect());
            client.register(subject, &request).await.expect("a registration");
            client.lookup(subject, &request).await.expect("a version").version
        })
    }
}

fn record(name: &str, fields: &str) -> String {
    format!(r#"{{"type":"record","name":"{name}","namespace":"shop","fields":[{fields}]}}"#)
}

const ID: &str = r#"{"name":"id","type":"string"}"#;
const TOTAL: &str = r#"{"name":"total","type":"long"}"#;
const TOTAL_WITH_DEFAULT: &str = r#"{"name":"total","type":"long","default":0}"#;

#[test]
fn a_subject_of_a_registry_is_a_baseline() {
    let server = Server::start();
    let (v1, v2) = (record("Order", ID), record("Order", &format!("{ID},{TOTAL_WITH_DEFAULT}")));
    assert_eq!(server.register("orders-value", SchemaType::Avro, &v1, &[]), 1);
    assert_eq!(server.register("orders-value", SchemaType::Avro, &v2, &[]), 2);
    let project = project(&[("o.avsc", &record("Order", &format!("{ID},{TOTAL}"))), ("good.avsc", &v2)]);
    let against = |text: &str| format!("registry:{}{text}", server.0.url);
    let check = |args: &[&str]| check(project.path(), args);
    let resource = |version: i32| format!("{}/subjects/orders-value/versions/{version}", server.0.url);

    // The latest version, and with a transitive mode all: the first one has no such field.
    let ran = check(&["o.avsc", "--against", &against("#orders-value")]);
    assert_eq!((ran.code, ran.findings().len()), (0, 0), "{}{}", ran.out, ran.err);
    let ran = check(&["o.avsc", "--against", &against("#orders-value"), "--mode", "backward-transitive"]);
    let want = vec![format!("avro/field-without-default o.avsc {}", resource(1))];
    assert_eq!((ran.code, ran.findings()), (1, want), "{}", ran.err);
    for version in ["?version=1#orders-value", "#orders-value?version=1"] {
        let ran = check(&["o.avsc", "--against", &against(version)]);
        assert_eq!((ran.code, ran.findings().len()), (1, 1), "{version}: {}{}", ran.out, ran.err);
    }
    // All subjects: the file is paired by the type that it defines.
    let ran = check(&["o.avsc", "--against", &against(""), "--mode", "backward-transitive"]);
    assert_eq!((ran.code, ran.findings().len()), (1, 1), "{}{}", ran.out, ran.err);
    assert_eq!(ran.report()["findings"][0]["affects"], serde_json::json!(["orders-value"]));
    // A registry as the new side.
    let ran = check(&[&against("#orders-value"), "--against", &against("?version=1#orders-value")]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = check(&[&against("?version=1#orders-value"), "--against", "o.avsc", "--mode", "forward"]);
    assert_eq!((ran.code, ran.findings().len()), (1, 1), "{}{}", ran.out, ran.err);
    let ran = check(&[&against(""), "--against", &against("")]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);

    // What is not there, and whose fault it is.
    for (input, words) in [
        (against("#order-value"), "has no subject `order-value`; the nearest name is `orders-value`"),
        (against("?version=9#orders-value"), "has no version 9; it has 1, 2"),
        ("registry:http://127.0.0.1:1#x".to_owned(), "cannot be reached"),
        (format!("registry:{}#x", server.0.url.replace("http://", "http://me:secret@")), "EVENTPACT_REGISTRY_AUTH"),
        ("registry:".to_owned(), "registry:URL#SUBJECT"),
    ] {
        let ran = check(&["o.avsc", "--against", &input]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.lines().count()), (2, "", 1), "{input}: {}", ran.err);
        assert!(ran.err.contains(words) && !ran.err.contains("secret"), "{input}: {}", ran.err);
    }
}

#[test]
fn references_of_a_registered_schema_are_fetched() {
    let server = Server::start();
    let money = record("Money", r#"{"name":"amount","type":"long"}"#);
    server.register("money", SchemaType::Avro, &money, &[]);
    let order = record("Order", r#"{"name":"price","type":"shop.Money"}"#);
    server.register("orders-value", SchemaType::Avro, &order, &[("shop.Money", "money", 1)]);
    let proto_money = "syntax = \"proto3\";\npackage shop;\nmessage Money { int64 amount = 1; }\n";
    server.register("shop/money.proto", SchemaType::Protobuf, proto_money, &[]);
    let proto = "syntax = \"proto3\";\npackage shop;\nimport \"shop/money.proto\";\nmessage Paid { Money price = 1; }\n";
    server.register("paid-value", SchemaType::Protobuf, proto, &[("shop/money.proto", "shop/money.proto", 1)]);
    let address = r#"{"type":"object","properties":{"zip":{"type":"string"}}}"#;
    server.register("address", SchemaType::Json, address, &[]);
    let user = r#"{"type":"object","properties":{"home":{"$ref":"address.json"}}}"#;
    server.register("users-value", SchemaType::Json, user, &[("address.json", "address", 1)]);

    let project = project(&[
        ("orders.avsc", &order),
        ("shop/Money.avsc", &record("Money", r#"{"name":"amount","type":"int"}"#)),
        ("paid.proto", proto),
        ("shop/money.proto", &proto_money.replace("int64", "string")),
        ("users.schema.json", user),
        ("address.json", r#"{"type":"object","properties":{"zip":{"type":"integer"}}}"#),
    ]);
    let against = format!("registry:{}", server.0.url);
    let ran = check(project.path(), &[".", "--against", &against]);
    let resource = |subject: &str| format!("{}/subjects/{subject}/versions/1", server.0.url);
    let found = ran.findings();
    for want in [
        format!("avro/type-changed shop/Money.avsc {}", resource("money")),
        format!("protobuf/field-type-changed shop/money.proto {}", resource("shop%2Fmoney.proto")),
    ] {
        assert!(found.contains(&want), "{want}: {found:#?}");
    }
    let json = found.iter().find(|f| f.starts_with("json-schema/")).expect("a finding of JSON Schema");
    assert!(json.contains("address.json") && json.contains(&resource("address")), "{json}");
    assert_eq!(ran.code, 1);
    // Each shared file breaks itself and whoever refers to it.
    let report = ran.report();
    let of = |file: &str| {
        report["findings"].as_array().expect("findings").iter().find(|f| f["file"] == file).expect("a finding").clone()
    };
    assert_eq!(of("shop/Money.avsc")["affects"], serde_json::json!(["orders-value", "money"]));
    // In a profile of buf each subject is a module, whatever the file is called here.
    let ran = check(project.path(), &["paid.proto", "--against", &format!("{against}#paid-value"), "--profile", "buf:WIRE"]);
    assert!(ran.findings().iter().any(|f| f.starts_with("FIELD_WIRE_COMPATIBLE_TYPE ")), "{}{}", ran.out, ran.err);
}

const MONEY: &str = "syntax = \"proto3\";\npackage shop;\nmessage Money { int64 amount = 1; }\n";
const ORDER: &str =
    "syntax = \"proto3\";\npackage shop;\nimport \"shop/money.proto\";\nmessage Order { Money price = 1; string id = 2; }\n";

#[test]
fn an_image_is_compared_with_a_folder_and_with_an_image() {
    let project = project(&[("old/shop/money.proto", MONEY), ("old/shop/order.proto", ORDER)]);
    let run_here = |args: &[&str]| run(project.path(), args);
    assert_eq!(run_here(&["descriptor", "old", "--out", "old.binpb"]).code, 0);
    write(project.path(), "new/shop/money.proto", &MONEY.replace("int64", "string"));
    write(project.path(), "new/shop/order.proto", ORDER);
    assert_eq!(run_here(&["descriptor", "new", "--out", "new.binpb"]).code, 0);
    for (profile, rule) in [
        ("sound", "protobuf/field-type-changed"),
        ("confluent", "protobuf/field-type-changed"),
        ("buf:FILE", "FIELD_SAME_TYPE"),
        ("buf:WIRE", "FIELD_WIRE_COMPATIBLE_TYPE"),
    ] {
        for (new, old) in [("new", "old"), ("new.binpb", "old"), ("new", "old.binpb"), ("new.binpb", "old.binpb")] {
            let ran = check(project.path(), &[new, "--against", old, "--profile", profile]);
            let place = |side: &str| {
                if side.ends_with("binpb") { format!("{side}:shop/money.proto") } else { format!("{side}/shop/money.proto") }
            };
            let want = format!("{rule} {} {}", place(new), place(old));
            assert!(ran.code == 1 && ran.findings().contains(&want), "{profile} {new} {old}: {}{}", ran.out, ran.err);
            let same = check(project.path(), &[old, "--against", "old", "--profile", profile]);
            assert_eq!((same.code, same.findings().len()), (0, 0), "{profile} {old}: {}{}", same.out, same.err);
        }
    }
    // One file against an image, and an image in git.
    let ran = check(project.path(), &["new/shop/money.proto", "--against", "old.binpb"]);
    assert_eq!((ran.code, ran.findings().len()), (1, 1), "{}{}", ran.out, ran.err);
    commit(project.path());
    let ran = check(project.path(), &["new", "--against", "git:HEAD:old.binpb"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    write(project.path(), "no.binpb", "not a descriptor set");
    let ran = check(project.path(), &["new", "--against", "no.binpb"]);
    assert!(ran.code == 2 && ran.err.contains("no.binpb is no descriptor set") && ran.err.lines().count() == 1, "{}", ran.err);
}

#[test]
fn types_and_imports_are_found_in_other_folders_as_they_were() {
    let order = record("Order", r#"{"name":"price","type":"shop.Money"}"#);
    let project = project(&[
        ("specs/order.avsc", &order),
        ("specs/order.proto", ORDER),
        ("lib/shop.Money.avsc", &record("Money", r#"{"name":"amount","type":"int"}"#)),
        ("lib/shop/money.proto", MONEY),
    ]);
    commit(project.path());
    let args = ["specs", "--against", "git:HEAD", "--include", "lib"];
    let ran = check(project.path(), &args);
    assert_eq!((ran.code, ran.findings().len()), (0, 0), "{}{}", ran.out, ran.err);
    assert_eq!(check(project.path(), &["specs", "--against", "git:HEAD"]).code, 2);
    write(project.path(), "lib/shop.Money.avsc", &record("Money", r#"{"name":"amount","type":"string"}"#));
    write(project.path(), "lib/shop/money.proto", &MONEY.replace("int64", "string"));
    let ran = check(project.path(), &args);
    let want = [
        "avro/type-changed lib/shop.Money.avsc git:HEAD:lib/shop.Money.avsc",
        "protobuf/field-type-changed lib/shop/money.proto git:HEAD:lib/shop/money.proto",
    ];
    assert_eq!((ran.code, ran.findings()), (1, want.map(str::to_owned).to_vec()), "{}", ran.err);
}

#[test]
fn all_matching_tags_are_a_history() {
    let project = project(&[]);
    for (tag, fields) in [("v1.2.0", ID), ("v1.10.0", TOTAL_WITH_DEFAULT), ("v1.9.0", TOTAL_WITH_DEFAULT), ("other", "")] {
        write(project.path(), "specs/o.avsc", &record("Order", fields));
        commit(project.path());
        git(project.path(), &["tag", tag]);
    }
    write(project.path(), "specs/o.avsc", &record("Order", TOTAL));
    // The latest tag has the field; the first has not.
    let ran = check(project.path(), &["specs", "--against", "git-tags:v*"]);
    assert_eq!((ran.code, ran.findings().len()), (0, 0), "{}{}", ran.out, ran.err);
    let ran = check(project.path(), &["specs", "--against", "git-tags:v*", "--mode", "backward-transitive"]);
    let want = vec!["avro/field-without-default specs/o.avsc git:v1.2.0:specs/o.avsc".to_owned()];
    assert_eq!((ran.code, ran.findings()), (1, want), "{}", ran.err);
    // One finding for one change, with every version that it breaks with.
    write(project.path(), "specs/o.avsc", &record("Order", &format!("{TOTAL},{}", r#"{"name":"more","type":"int"}"#)));
    let ran = check(project.path(), &["specs/o.avsc", "--against", "git-tags:v*:specs/o.avsc", "--mode", "backward-transitive"]);
    let more: Vec<String> = ran.findings().into_iter().filter(|f| f.contains("v1.9.0")).collect();
    let all = "avro/field-without-default specs/o.avsc git:v1.10.0:specs/o.avsc git:v1.9.0:specs/o.avsc git:v1.2.0:specs/o.avsc";
    assert_eq!(more.len(), 1, "{:?}", ran.findings());
    let mut places: Vec<&str> = more[0].split(' ').collect();
    places.sort_unstable();
    let mut want: Vec<&str> = all.split(' ').collect();
    want.sort_unstable();
    assert_eq!(places, want);
    for (input, words) in
        [("git-tags:x*", "no tag matches `x*`"), ("git-tags:v*:nowhere", "none of the 3 tags"), ("git-tags:", "names no tags")]
    {
        let ran = check(project.path(), &["specs", "--against", input]);
        assert!(ran.code == 2 && ran.err.contains(words) && ran.err.lines().count() == 1, "{}", ran.err);
    }
}

#[test]
fn renamed_files_are_found_by_their_content() {
    let schema = r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{
      "a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"},"d":{"type":"string"}}}"#;
    let project = project(&[
        ("order.avsc", &record("Order", ID)),
        ("user.avsc", &record("User", ID)),
        ("shop/money.proto", MONEY),
        ("thing.schema.json", schema),
    ]);
    commit(project.path());
    for name in ["order.avsc", "shop/money.proto", "thing.schema.json"] {
        fs::remove_file(project.path().join(name)).expect("a file");
    }
    write(project.path(), "orders/v1.avsc", &record("Order", &format!("{ID},{TOTAL}")));
    write(project.path(), "cash.proto", &MONEY.replace("int64", "string"));
    write(project.path(), "renamed.schema.json", &schema.replace(r#""a":{"type":"string"}"#, r#""a":{"type":"integer"}"#));
    let ran = check(project.path(), &[".", "--against", "git:HEAD", "--notes"]);
    let mut found = ran.findings();
    found.sort();
    let want = [
        "avro/field-without-default orders/v1.avsc git:HEAD:order.avsc",
        "check/renamed cash.proto git:HEAD:shop/money.proto",
        "check/renamed orders/v1.avsc git:HEAD:order.avsc",
        "check/renamed renamed.schema.json git:HEAD:thing.schema.json",
        "json-schema/type-changed renamed.schema.json git:HEAD:thing.schema.json",
        "protobuf/field-type-changed cash.proto git:HEAD:shop/money.proto",
    ];
    assert_eq!((ran.code, found), (1, want.map(str::to_owned).to_vec()), "{}", ran.err);
    // What says something else is new, and what was there is gone.
    write(project.path(), "renamed.schema.json", r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"array"}"#);
    let ran = check(project.path(), &[".", "--against", "git:HEAD"]);
    assert!(ran.findings().contains(&"check/document-removed git:HEAD:thing.schema.json".to_owned()), "{:?}", ran.findings());
}

#[test]
fn a_folder_that_went_away_is_one_finding_for_people() {
    let project = project(&[("proto/shop/money.proto", MONEY)]);
    for n in 0..40 {
        let text = format!("syntax = \"proto3\";\npackage old.v1.p{n};\nmessage M{n} {{}}\n");
        write(project.path(), &format!("proto/old/v1/{}/f{n:02}.proto", n % 4), &text);
    }
    commit(project.path());
    fs::remove_dir_all(project.path().join("proto/old")).expect("a folder");
    for (profile, rule, code, severity) in
        [("buf:FILE", "FILE_NO_DELETE", 1, "error"), ("sound", "check/document-removed", 0, "warning")]
    {
        let args = ["check", "proto", "--against", "git:HEAD", "--profile", profile];
        let ran = run(project.path(), &args);
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert_eq!(ran.out.matches(&format!("{severity}[{rule}]")).count(), 1, "{}", ran.out);
        assert!(ran.out.contains(": 40 in old are gone: old/v1/0/f00.proto"), "{}", ran.out);
        for format in ["markdown", "github"] {
            let ran = run(project.path(), &[&args[..], &["--format", format]].concat());
            assert!(ran.out.contains("40 in old are gone"), "{}", ran.out);
            assert!(!ran.out.contains("f20.proto"), "{}", ran.out);
        }
        let report = check(project.path(), &args[1..]).report();
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(40));
        let group = &report["groups"][0];
        assert_eq!((&group["rule"], &group["count"]), (&rule.into(), &40.into()), "{group}");
        assert_eq!(group["names"].as_array().map(Vec::len), Some(40), "{group}");
    }
}

#[test]
fn patterns_are_paired_below_what_is_fixed_in_them() {
    let old = record("Order", ID);
    let project =
        project(&[("old/a/o.avsc", &old), ("new/a/o.avsc", &record("Order", &format!("{ID},{TOTAL}"))), ("new/a/o.txt", "x")]);
    let ran = check(project.path(), &["new/**/*.avsc", "--against", "old/**/*.avsc"]);
    assert_eq!(ran.findings(), ["avro/field-without-default new/a/o.avsc old/a/o.avsc"], "{}", ran.err);
    commit(project.path());
    write(project.path(), "new/a/o.avsc", &record("Order", &format!("{ID},{TOTAL},{}", r#"{"name":"x","type":"int"}"#)));
    for against in ["git:HEAD", "git:HEAD:new", "git:HEAD:new/**/*.avsc"] {
        let ran = check(project.path(), &["new/**/*.avsc", "--against", against]);
        assert_eq!(ran.findings(), ["avro/field-without-default new/a/o.avsc git:HEAD:new/a/o.avsc"], "{against} {}", ran.err);
    }
}

#[test]
fn formats_are_mixed_and_a_protocol_may_be_called_json() {
    let protocol = |fields: &str| {
        format!(
            r#"{{"protocol":"P","namespace":"shop","types":[{{"type":"record","name":"R","fields":[{fields}]}}],"messages":{{}}}}"#
        )
    };
    let project = project(&[
        ("p.json", &protocol(ID)),
        ("o.json", &record("Order", ID)),
        ("m.proto", MONEY),
        ("s.schema.json", r#"{"type":"string"}"#),
        ("package.json", r#"{"name":"x","type":"module"}"#),
        ("a.yaml", "asyncapi: 3.0.0\ninfo: {title: T, version: '1'}\nchannels: {c: {address: c}}\n"),
    ]);
    commit(project.path());
    write(project.path(), "p.json", &protocol(&format!("{ID},{TOTAL}")));
    write(project.path(), "o.json", &record("Order", &format!("{ID},{TOTAL}")));
    write(project.path(), "m.proto", &MONEY.replace("int64", "string"));
    write(project.path(), "s.schema.json", r#"{"type":"integer"}"#);
    write(project.path(), "a.yaml", "asyncapi: 3.0.0\ninfo: {title: T, version: '1'}\nchannels: {}\n");
    let ran = check(project.path(), &[".", "--against", "git:HEAD"]);
    let want = [
        "asyncapi/channel-removed a.yaml git:HEAD:a.yaml",
        "protobuf/field-type-changed m.proto git:HEAD:m.proto",
        "avro/field-without-default o.json git:HEAD:o.json",
        "avro/field-without-default p.json git:HEAD:p.json",
        "json-schema/type-changed s.schema.json git:HEAD:s.schema.json",
    ];
    assert_eq!((ran.code, ran.findings()), (1, want.map(str::to_owned).to_vec()), "{}", ran.err);
    assert_eq!(run(project.path(), &["validate", "p.json"]).code, 0);
}

#[test]
fn what_cannot_be_read_ends_with_two_and_one_line() {
    let project = project(&[("a.avsc", &record("Order", ID)), ("b/c.avsc", &record("Other", ID)), ("text.md", "words")]);
    commit(project.path());
    fs::write(project.path().join("bytes.avsc"), [0xff, 0xfe, 0x00]).expect("a file");
    for (new, old, words) in [
        ("a.avsc", "git:nowhere", "no git reference `nowhere`"),
        ("a.avsc", "git:HEAD:none.avsc", "`HEAD` has no `none.avsc`"),
        ("a.avsc", "none.avsc", "cannot read none.avsc: no such file"),
        ("a.avsc", "b", "has a counterpart in b"),
        ("none*.avsc", "a.avsc", "no file matches `none*.avsc`"),
        ("a.avsc", "git:", "names no git reference"),
    ] {
        let ran = check(project.path(), &[new, "--against", old]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.lines().count()), (2, "", 1), "{new} {old}: {}", ran.err);
        assert!(ran.err.starts_with("error: ") && ran.err.contains(words), "{new} {old}: {}", ran.err);
    }
    for new in ["bytes.avsc", "text.md"] {
        assert_eq!(check(project.path(), &[new, "--against", "a.avsc"]).code, 2);
    }
    let outside = tempfile::tempdir().expect("a folder");
    write(outside.path(), "a.avsc", &record("Order", ID));
    let ran = check(outside.path(), &["a.avsc", "--against", "git:main"]);
    assert!(ran.code == 2 && ran.err.contains("not in a git repository"), "{}", ran.err);
}

#[test]
fn messages_of_a_contract_are_checked_against_their_subjects() {
    let server = Server::start();
    server.register("orders-value", SchemaType::Avro, &record("Order", ID), &[]);
    let document = format!(
        "asyncapi: 3.0.0\ninfo: {{title: T, version: '1'}}\nchannels:\n  orders:\n    address: orders\n    messages:\n      placed:\n        \
         payload:\n          schemaFormat: application/vnd.apache.avro;version=1.9.0\n          schema: {}\n",
        record("Order", &format!("{ID},{TOTAL}"))
    );
    let project = project(&[("asyncapi.yaml", &document)]);
    for subject in ["", "#orders-value"] {
        let ran = check(project.path(), &["asyncapi.yaml", "--against", &format!("registry:{}{subject}", server.0.url)]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert!(ran.findings()[0].starts_with("avro/field-without-default asyncapi.yaml "), "{}", ran.out);
    }
}

#[test]
fn names_and_links_are_what_they_are_called() {
    let new = &record("Order", &format!("{ID},{{\"name\":\"n\",\"type\":\"int\"}}"));
    let project = project(&[("a\nb.avsc", &record("Order", ID)), ("old.avsc", &record("Order", ID)), ("store/1f3a", new)]);
    commit(project.path());
    write(project.path(), "a\nb.avsc", new);
    let ran = check(project.path(), &[".", "--against", "git:HEAD"]);
    assert_eq!(ran.findings(), ["avro/field-without-default a\nb.avsc git:HEAD:a\nb.avsc"], "{}", ran.err);
    // What a file is, its own name says, not that of what it leads to.
    std::os::unix::fs::symlink("store/1f3a", project.path().join("new.avsc")).expect("a link");
    let ran = check(project.path(), &["new.avsc", "--against", "old.avsc"]);
    assert_eq!(ran.findings(), ["avro/field-without-default new.avsc old.avsc"], "{}{}", ran.out, ran.err);
}

#[test]
fn images_may_be_packed() {
    let project = project(&[("old/shop/money.proto", MONEY), ("new/shop/money.proto", &MONEY.replace("int64", "string"))]);
    assert_eq!(run(project.path(), &["descriptor", "old", "--out", "old.binpb"]).code, 0);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&fs::read(project.path().join("old.binpb")).expect("a set")).expect("memory");
    fs::write(project.path().join("old.binpb.gz"), packed.finish().expect("memory")).expect("a file");
    let ran = check(project.path(), &["new", "--against", "old.binpb.gz"]);
    assert_eq!((ran.code, ran.findings().len()), (1, 1), "{}{}", ran.out, ran.err);
    fs::write(project.path().join("cut.binpb.gz"), [0x1f, 0x8b, 8]).expect("a file");
    let ran = check(project.path(), &["new", "--against", "cut.binpb.gz"]);
    assert!(ran.code == 2 && ran.err.contains("cannot unpack cut.binpb.gz"), "{}", ran.err);
}

#[test]
fn images_may_be_json_or_text() {
    let options =
        "import \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions { optional bool secret = 50001; }\n";
    let with = |text: &str| {
        let text = text.replacen("package shop;\n", &format!("package shop;\n{options}"), 1);
        text.replacen("amount = 1;", "amount = 1 [(shop.secret) = true];", 1)
    };
    let (old, new) = (with(MONEY), with(&MONEY.replace("int64", "string")));
    assert!(old.contains("secret = 50001") && old.contains("(shop.secret)"), "{old}");
    let project = project(&[("old/shop/money.proto", &old), ("new/shop/money.proto", &new)]);
    assert_eq!(run(project.path(), &["descriptor", "old", "--out", "old.binpb"]).code, 0);
    let bytes = fs::read(project.path().join("old.binpb")).expect("a set");
    let pool = prost_reflect::DescriptorPool::decode(bytes.as_slice()).expect("descriptors");
    let set = pool.get_message_by_name("google.protobuf.FileDescriptorSet").expect("descriptor.proto");
    let set = prost_reflect::DynamicMessage::decode(set, bytes.as_slice()).expect("a set");
    let (json, text) = (serde_json::to_string_pretty(&set).expect("JSON"), set.to_text_format());
    assert!(json.contains("[shop.secret]") && text.contains("[shop.secret]"), "{text}");
    write(project.path(), "old.json", &json);
    write(project.path(), "old.txtpb", &text);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(json.as_bytes()).expect("memory");
    fs::write(project.path().join("old.json.gz"), packed.finish().expect("memory")).expect("a file");
    let expected = check(project.path(), &["new", "--against", "old.binpb"]);
    assert_eq!(expected.findings().len(), 1, "{}", expected.err);
    for image in ["old.json", "old.txtpb", "old.json.gz"] {
        let ran = check(project.path(), &["new", "--against", image]);
        assert_eq!(ran.out.replace(image, "old.binpb"), expected.out, "{image}: {}", ran.err);
        let ran = check(project.path(), &["new/shop/money.proto", "--against", image, "--message", "shop.Money"]);
        assert_eq!((ran.code, ran.findings().len()), (1, 1), "{image}: {}{}", ran.out, ran.err);
    }
    write(project.path(), "deep.txtpb", &"file { message_type { nested_type {".repeat(10_000));
    write(
        project.path(),
        "deep.json",
        &format!("{{\"file\": [{{\"name\": \"a\", \"messageType\": {}", "[{\"nestedType\":".repeat(10_000)),
    );
    write(project.path(), "no.txtpb", "file { nothing: 1 }");
    for (image, why) in [("deep.txtpb", "100 deep"), ("no.txtpb", "no.txtpb is no image"), ("deep.json", "deep.json")] {
        let ran = check(project.path(), &["new", "--against", image]);
        assert!(ran.code == 2 && (ran.err.contains(why) || ran.out.contains(why)), "{image}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn schemas_are_known_without_a_dialect_and_by_capital_endings() {
    let old = "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}}";
    let files =
        [("a.json", old), ("package.json", "{\"name\":\"x\",\"type\":\"module\"}"), ("b.json", "{\"properties\":{\"a\":1}}")];
    let project = project(&files);
    write(project.path(), "B.AVSC", &record("Order", ID));
    commit(project.path());
    write(project.path(), "a.json", &old.replace("string", "integer"));
    write(project.path(), "B.AVSC", &record("Order", TOTAL));
    let ran = check(project.path(), &[".", "--against", "git:HEAD"]);
    let want = ["avro/field-without-default B.AVSC git:HEAD:B.AVSC", "json-schema/type-changed a.json git:HEAD:a.json"];
    assert_eq!(ran.findings(), want, "{}", ran.err);
}

#[test]
fn what_a_commit_does_not_have_is_explained() {
    let unborn = project(&[("a.avsc", &record("Order", ID))]);
    let ran = run(unborn.path(), &["check", ".", "--against", "git:HEAD"]);
    assert!(ran.code == 0 && ran.err.contains("there is no document in git:HEAD yet"), "{}{}", ran.out, ran.err);
    let ran = run(unborn.path(), &["check", ".", "--against", "git:main"]);
    assert!(ran.code == 2 && ran.err.contains("no git reference `main`"), "{}", ran.err);
    let project = project(&[("readme.md", "words"), ("svc/readme.md", "words")]);
    commit(project.path());
    write(project.path(), "svc/specs/a.avsc", &record("Order", ID));
    let ran = run(project.path(), &["check", ".", "--against", "git:HEAD"]);
    assert!(ran.code == 0 && ran.err.contains("there is no document in git:HEAD yet"), "{}{}", ran.out, ran.err);
    commit(project.path());
    let ran = run(&project.path().join("svc"), &["check", "specs/a.avsc", "--against", "git:HEAD:svc/specs/a.avsc"]);
    assert!(ran.code == 2 && ran.err.contains("write git:HEAD:../svc/specs/a.avsc"), "{}", ran.err);
    // A submodule is a repository of its own.
    let inner = self::project(&[("s/b.avsc", &record("Other", ID))]);
    commit(inner.path());
    let from = inner.path().to_str().expect("UTF-8");
    git(project.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "svc/mod"]);
    commit(project.path());
    let ran = run(project.path(), &["check", ".", "--against", "git:HEAD"]);
    assert!(ran.code == 0 && ran.err.contains("warning: `svc/mod` is a submodule"), "{}{}", ran.out, ran.err);
    for new in ["svc/mod", "svc/mod/s"] {
        let ran = run(project.path(), &["check", new, "--against", "git:HEAD"]);
        assert!(ran.code == 2 && ran.err.contains("`svc/mod` is a submodule"), "{new}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn nothing_that_was_read_is_written_over() {
    let project = project(&[("new.avsc", &record("Order", ID)), ("old.avsc", &record("Order", ID))]);
    let ran = run(project.path(), &["check", "new.avsc", "--against", "old.avsc", "--output", "sarif=./old.avsc"]);
    assert!(ran.code == 2 && ran.err.contains("over ./old.avsc, which is an input"), "{}{}", ran.out, ran.err);
    assert_eq!(fs::read_to_string(project.path().join("old.avsc")).expect("a file"), record("Order", ID));
    let ran = run(project.path(), &["check", "-", "--against", "-"]);
    assert!(ran.code == 2 && ran.err.contains("standard input"), "{}", ran.err);
}
