//! The Handlebars templates of Eventpact, embedded: one folder per target.
//!
//! A crate of its own because a package may embed only files below its own manifest. Filling them is `eventpact-codegen`'s.

/// A template: its name, for errors, and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The path below the folder of the templates.
    pub name: &'static str,
    /// The Handlebars text.
    pub text: &'static str,
}

/// Files of a generated Rust crate that are not Rust.
pub mod rust_crate {
    use super::Template;

    /// `Cargo.toml`
    pub const MANIFEST: Template =
        Template { name: "rust_crate/Cargo.toml.hbs", text: include_str!("../rust_crate/Cargo.toml.hbs") };
    /// `README.md`
    pub const README: Template = Template { name: "rust_crate/README.md.hbs", text: include_str!("../rust_crate/README.md.hbs") };
}

/// Documentation.
pub mod docs {
    use super::Template;

    /// The page of the contract.
    pub const OVERVIEW: Template =
        Template { name: "docs/markdown/overview.hbs", text: include_str!("../docs/markdown/overview.hbs") };
    /// The page of a channel with its operations.
    pub const CHANNEL: Template =
        Template { name: "docs/markdown/channel.hbs", text: include_str!("../docs/markdown/channel.hbs") };
    /// The page of a message.
    pub const MESSAGE: Template =
        Template { name: "docs/markdown/message.hbs", text: include_str!("../docs/markdown/message.hbs") };
    /// A part: the fields of a schema.
    pub const MARKDOWN_TABLE: Template =
        Template { name: "docs/markdown/table.hbs", text: include_str!("../docs/markdown/table.hbs") };
    /// A part: bindings.
    pub const MARKDOWN_BINDINGS: Template =
        Template { name: "docs/markdown/bindings.hbs", text: include_str!("../docs/markdown/bindings.hbs") };
    /// Everything on one page.
    pub const HTML: Template = Template { name: "docs/html/index.hbs", text: include_str!("../docs/html/index.hbs") };
    /// A part: the style sheet.
    pub const HTML_STYLE: Template = Template { name: "docs/html/style.hbs", text: include_str!("../docs/html/style.hbs") };
    /// A part: the fields of a schema.
    pub const HTML_TABLE: Template = Template { name: "docs/html/table.hbs", text: include_str!("../docs/html/table.hbs") };
    /// A part: bindings.
    pub const HTML_BINDINGS: Template =
        Template { name: "docs/html/bindings.hbs", text: include_str!("../docs/html/bindings.hbs") };
}
