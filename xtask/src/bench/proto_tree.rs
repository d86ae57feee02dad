//! A tree of `.proto` files as large as that of the APIs of a large company, and a version of it with known changes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Files in each folder.
const FILES: usize = 20;

/// How large a tree is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    /// Folders, with 20 files in each.
    pub(super) folders: usize,
    /// Messages in each file.
    pub(super) messages: usize,
}

/// One change: its name, and the text that takes the place of another one.
struct Change(&'static str, &'static str);

/// What is changed in every tenth file, in turn; the last one breaks nothing.
const CHANGES: [Change; 12] = [
    Change("  bool field_2 = 2 [(shop.options.note) = \"note 2\"];\n", ""),
    Change("  double field_3 =", "  float field_3 ="),
    Change("  bytes field_4 =", "  bytes renamed_4 ="),
    Change("    KIND_LARGE = 2;\n", ""),
    Change("  string field_5 =", "  repeated string field_5 ="),
    Change("  rpc Get3(", "  rpc Fetch3("),
    Change("java_package = \"com.", "java_package = \"org."),
    Change("    int32 by_number = 41;\n  }", "  }\n  int32 by_number = 41;"),
    Change("returns (stream ", "returns ("),
    Change("  google.protobuf.Timestamp made_at", "  string made_at"),
    Change("  message Inner {}\n", ""),
    Change("  Kind kind = 20;\n", "  Kind kind = 20;\n  // A field that is new.\n  string added = 23;\n"),
];

/// Which version of the tree is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// With a file in every tenth folder that the new version no longer has.
    Old,
    /// With every change.
    New,
}

impl Tree {
    /// How many files it has, those of one version apart.
    pub(super) fn files(self) -> usize {
        self.folders * FILES
    }

    /// Writes it, the same each time, and gives its size in bytes.
    pub(super) fn write(self, root: &Path, version: Option<Version>) -> Result<usize> {
        fs::remove_dir_all(root).ok();
        let mut bytes = 0;
        let mut write = |path: &Path, text: &str| {
            bytes += text.len();
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        for folder in 0..self.folders {
            let path = root.join(format!("shop/area{folder}/v1"));
            fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
            for file in 0..FILES {
                let mut text = self.text(folder, file);
                let number = folder * FILES + file;
                if version == Some(Version::New)
                    && number.is_multiple_of(10)
                    && let Some(Change(from, to)) = CHANGES.get(number / 10 % CHANGES.len())
                {
                    text = text.replacen(from, to, 1);
                }
                write(&path.join(format!("part{file}.proto")), &text)?;
            }
            if version == Some(Version::Old) && folder % 10 == 0 {
                let text =
                    format!("syntax = \"proto3\";\n\npackage shop.area{folder}.v1;\n\nmessage Gone {{\n  string name = 1;\n}}\n");
                write(&path.join("gone.proto"), &text)?;
            }
        }
        let options = root.join("shop/options");
        fs::create_dir_all(&options).with_context(|| format!("cannot make {}", options.display()))?;
        write(&options.join("options.proto"), OPTIONS)?;
        write(&root.join("buf.yaml"), "version: v2\n")?;
        Ok(bytes)
    }

    /// A file that imports some of those in front of it, with comments, options, maps, oneofs and a service.
    fn text(self, folder: usize, file: usize) -> String {
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
        writeln!(
            out,
            "package {package};\n\nimport \"google/protobuf/timestamp.proto\";\nimport \"shop/options/options.proto\";"
        )
        .ok();
        for (a, b) in &imports {
            writeln!(out, "import \"shop/area{a}/v1/part{b}.proto\";").ok();
        }
        writeln!(out, "\noption java_multiple_files = true;\noption java_package = \"com.shop.area{folder}.v1\";").ok();
        for message in 0..self.messages {
            let name = format!("Part{file}Message{message}");
            writeln!(out, "\n// What part {file} tells about its thing number {message}:\n// everything that others need to know.\nmessage {name} {{").ok();
            writeln!(
                out,
                "  // The kinds of it.\n  enum Kind {{\n    KIND_UNSPECIFIED = 0;\n    KIND_SMALL = 1;\n    KIND_LARGE = 2;\n  }}"
            )
            .ok();
            for field in 1..=10 {
                let ty = ["string", "int64", "bool", "double", "bytes"][field % 5];
                writeln!(out, "\n  // The field number {field}, which is described in two lines\n  // as fields usually are.")
                    .ok();
                writeln!(out, "  {ty} field_{field} = {field} [(shop.options.note) = \"note {field}\"];").ok();
            }
            writeln!(out, "  Kind kind = 20;\n  google.protobuf.Timestamp made_at = 21;\n  map<string, {name}> children = 22;")
                .ok();
            for (n, (a, b)) in imports.iter().enumerate() {
                let (n, tag) = (n + 1, 30 + n);
                writeln!(out, "  repeated shop.area{a}.v1.Part{b}Message{message} other_{n} = {tag} [(shop.options.rule) = {{ names: \"a\" level: {n} inner {{ names: [\"b\", \"c\"] }} }}];").ok();
            }
            writeln!(out, "  oneof choice {{\n    string by_name = 40;\n    int32 by_number = 41;\n  }}\n}}").ok();
        }
        writeln!(out, "\nmessage Spare{file} {{\n  message Inner {{}}\n  string name = 1;\n}}").ok();
        writeln!(out, "\n// The service of part {file}.\nservice Part{file}Service {{").ok();
        for method in 0..4 {
            let message = method % self.messages;
            writeln!(out, "  // Gets number {method}.\n  rpc Get{method}(Part{file}Message{message}) returns (stream Part{file}Message0) {{\n    option (shop.options.access).level = {method};\n  }}").ok();
        }
        out.push_str("}\n");
        out
    }
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
