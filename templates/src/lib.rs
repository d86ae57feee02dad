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
