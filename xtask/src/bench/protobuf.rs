//! `eventpact descriptor` against `buf build`, whole processes, over a tree as large as that of the APIs of a large company.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::process::{Usage, measure, median, print};
use crate::node::ensure_node_client;
use crate::run::target;

const ROUNDS: usize = 5;
/// Folders of the tree, and files in each of them.
const FOLDERS: usize = 200;
const FILES: usize = 20;

/// Both parse, link and check the tree, and write its descriptors without places to nowhere.
pub(crate) fn run(binary: &Path) -> Result<()> {
    let buf = buf()?;
    let tree = tree()?;
    let bytes = fs::read_to_string(tree.join("size")).unwrap_or_default();
    println!(
        "Protobuf, {} files, {bytes} bytes, whole process, median of {ROUNDS} (aim: 3x less CPU, half the memory)",
        FOLDERS * FILES
    );
    let (mut a, mut b, mut c): (Vec<Usage>, Vec<Usage>, Vec<Usage>) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(measure(Command::new(binary).args(["descriptor", ".", "--out", "/dev/null"]).current_dir(tree.join("proto")))?);
        b.push(measure(
            Command::new(&buf).args(["build", ".", "--exclude-source-info", "-o", "/dev/null"]).current_dir(tree.join("proto")),
        )?);
        let with_places = ["descriptor", ".", "--source-info", "--out", "/dev/null"];
        c.push(measure(Command::new(binary).args(with_places).current_dir(tree.join("proto")))?);
    }
    let (a, b, c) = (median(a), median(b), median(c));
    ensure!((a.code, b.code, c.code) == (0, 0, 0), "exit codes {}, {} and {}; both must accept the tree", a.code, b.code, c.code);
    print("eventpact descriptor", a, a);
    print("buf build", b, a);
    print("eventpact descriptor --source-info", c, a);
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let memory = a.peak as f64 / b.peak as f64;
    println!("  memory of eventpact / memory of buf: {memory:.2}");
    Ok(())
}

/// The program itself, not the script in front of it.
fn buf() -> Result<PathBuf> {
    let packages = ensure_node_client("buf")?.join("node_modules/@bufbuild");
    let entries = fs::read_dir(&packages).with_context(|| format!("cannot read {}", packages.display()))?;
    let found = entries.flatten().map(|entry| entry.path().join("bin/buf")).find(|path| {
        path.is_file()
            && path.parent().and_then(Path::parent).is_some_and(|folder| folder.file_name().is_some_and(|name| name != "buf"))
    });
    found.with_context(|| format!("{} has no buf for this machine", packages.display()))
}

/// Writes the tree below the build folder; it is the same each time.
fn tree() -> Result<PathBuf> {
    let root = target().join("bench-protobuf");
    let proto = root.join("proto");
    if root.join("size").is_file() {
        return Ok(root);
    }
    fs::remove_dir_all(&root).ok();
    let mut bytes = 0;
    for folder in 0..FOLDERS {
        let path = proto.join(format!("shop/area{folder}/v1"));
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        for file in 0..FILES {
            let text = text(folder, file);
            bytes += text.len();
            fs::write(path.join(format!("part{file}.proto")), text)?;
        }
    }
    fs::create_dir_all(proto.join("shop/options"))?;
    fs::write(proto.join("shop/options/options.proto"), OPTIONS)?;
    fs::write(proto.join("buf.yaml"), "version: v2\n")?;
    fs::write(root.join("size"), bytes.to_string())?;
    Ok(root)
}

const OPTIONS: &str = r#"syntax = "proto3";
package shop.options;
import "google/protobuf/descriptor.proto";
message Rule {
  repeated string names = 1;
  int32 level = 2;
  Rule inner = 3;
}
extend google.protobuf.FieldOptions {
  Rule rule = 50001;
  string note = 50002;
}
extend google.protobuf.MethodOptions {
  Rule access = 50001;
}
"#;

/// A file that imports some of those in front of it, with comments, options, maps, oneofs and a service.
fn text(folder: usize, file: usize) -> String {
    let mut out = String::from("// Part of the tree for the benchmark.\nsyntax = \"proto3\";\n\n");
    let package = format!("shop.area{folder}.v1");
    let imports: Vec<(usize, usize)> = match (folder, file) {
        (_, 1..) => vec![(folder, file - 1), (folder, file / 2)],
        (1.., 0) => vec![(folder - 1, FILES - 1), (folder / 2, 3)],
        (0, 0) => Vec::new(),
    };
    let mut imports = imports;
    imports.sort_unstable();
    imports.dedup();
    writeln!(out, "package {package};\n\nimport \"google/protobuf/timestamp.proto\";\nimport \"shop/options/options.proto\";")
        .ok();
    for (a, b) in &imports {
        writeln!(out, "import \"shop/area{a}/v1/part{b}.proto\";").ok();
    }
    writeln!(out, "\noption java_multiple_files = true;\noption java_package = \"com.shop.area{folder}.v1\";").ok();
    for message in 0..8 {
        let name = format!("Part{file}Message{message}");
        writeln!(out, "\n// What part {file} tells about its thing number {message}:\n// everything that others need to know.\nmessage {name} {{").ok();
        writeln!(
            out,
            "  // The kinds of it.\n  enum Kind {{\n    KIND_UNSPECIFIED = 0;\n    KIND_SMALL = 1;\n    KIND_LARGE = 2;\n  }}"
        )
        .ok();
        for field in 1..=10 {
            let ty = ["string", "int64", "bool", "double", "bytes"][field % 5];
            writeln!(out, "\n  // The field number {field}, which is described in two lines\n  // as fields usually are.").ok();
            writeln!(out, "  {ty} field_{field} = {field} [(shop.options.note) = \"note {field}\"];").ok();
        }
        writeln!(out, "  Kind kind = 20;\n  google.protobuf.Timestamp made_at = 21;\n  map<string, {name}> children = 22;").ok();
        for (n, (a, b)) in imports.iter().enumerate() {
            let (n, tag) = (n + 1, 30 + n);
            writeln!(out, "  repeated shop.area{a}.v1.Part{b}Message{message} other_{n} = {tag} [(shop.options.rule) = {{ names: \"a\" level: {n} inner {{ names: [\"b\", \"c\"] }} }}];").ok();
        }
        writeln!(out, "  oneof choice {{\n    string by_name = 40;\n    int32 by_number = 41;\n  }}\n}}").ok();
    }
    writeln!(out, "\n// The service of part {file}.\nservice Part{file}Service {{").ok();
    for method in 0..4 {
        writeln!(out, "  // Gets number {method}.\n  rpc Get{method}(Part{file}Message{method}) returns (stream Part{file}Message0) {{\n    option (shop.options.access).level = {method};\n  }}").ok();
    }
    out.push_str("}\n");
    out
}
