//! `eventpact registry set`

use anyhow::{Result, bail};
use clap::ValueEnum;
use eventpact_registry_client::Client;
use serde_json::{Map, Value};

use super::{Target, completion};
use crate::exit::Exit;

/// Arguments of `registry set`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Without a setting, shows what is in force.\n\n\
Examples:\n  eventpact registry set --compatibility FULL_TRANSITIVE\n  eventpact registry set orders-value --mode READONLY\n  \
eventpact registry set orders-value --unset mode --unset compatibility")]
pub(super) struct Args {
    /// A subject, or a context written as `:.CONTEXT:`. Without it, the whole registry.
    #[arg(add = completion::subjects())]
    scope: Option<String>,
    /// BACKWARD, FORWARD, FULL, each also with _TRANSITIVE, or NONE.
    #[arg(long, value_name = "LEVEL", ignore_case = true,
        value_parser = ["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"])]
    compatibility: Option<String>,
    /// READWRITE, READONLY, READONLY_OVERRIDE, IMPORT or FORWARD.
    #[arg(long, ignore_case = true, value_parser = ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"])]
    mode: Option<String>,
    /// Allow IMPORT where schemas are already.
    #[arg(long, requires = "mode")]
    force: bool,
    /// Register the normalised text.
    #[arg(long, value_name = "BOOL")]
    normalize: Option<bool>,
    /// How JSON Schemas are compared.
    #[arg(long, ignore_case = true, value_parser = ["STRICT", "LENIENT"])]
    policy: Option<String>,
    /// Another name of the subject.
    #[arg(long, value_name = "SUBJECT")]
    alias: Option<String>,
    /// Only versions with the same value of this metadata property are compared.
    #[arg(long, value_name = "PROPERTY")]
    group: Option<String>,
    /// Check reserved fields.
    #[arg(long, value_name = "BOOL")]
    validate_fields: Option<bool>,
    /// Take a setting away, so that the wider scope holds. May be repeated.
    #[arg(long, value_enum, value_name = "SETTING")]
    unset: Vec<Setting>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Setting {
    Compatibility,
    Mode,
    Normalize,
    Policy,
    Alias,
    Group,
    ValidateFields,
    /// The whole configuration, the mode aside.
    Config,
}

impl Setting {
    /// The field of the configuration.
    fn field(self) -> Option<&'static str> {
        Some(match self {
            Self::Compatibility => "compatibility",
            Self::Normalize => "normalize",
            Self::Policy => "compatibilityPolicy",
            Self::Alias => "alias",
            Self::Group => "compatibilityGroup",
            Self::ValidateFields => "validateFields",
            Self::Mode | Self::Config => return None,
        })
    }
}

impl Args {
    /// The fields that change, by their names in the API.
    fn fields(&self) -> Map<String, Value> {
        let mut fields: Map<String, Value> =
            self.unset.iter().filter_map(|setting| Some((setting.field()?.to_owned(), Value::Null))).collect();
        let mut set = |setting: Setting, value: Option<Value>| {
            if let (Some(field), Some(value)) = (setting.field(), value) {
                fields.insert(field.to_owned(), value);
            }
        };
        set(Setting::Compatibility, self.compatibility.as_ref().map(|level| level.to_ascii_uppercase().into()));
        set(Setting::Normalize, self.normalize.map(Value::from));
        set(Setting::Policy, self.policy.as_ref().map(|policy| policy.to_ascii_uppercase().into()));
        set(Setting::Alias, self.alias.clone().map(Value::from));
        set(Setting::Group, self.group.clone().map(Value::from));
        set(Setting::ValidateFields, self.validate_fields.map(Value::from));
        fields
    }
}

/// Changes settings, then shows what is in force.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let scope = args.scope.as_deref();
    if args.unset.contains(&Setting::Mode) && args.mode.is_some() {
        bail!("--mode and --unset mode contradict each other");
    }
    super::wait(async {
        let client = args.target.client()?;
        // A scope that is READONLY takes no settings: writing is allowed first, and forbidden last.
        let mode = args.mode.as_ref().map(|mode| mode.to_ascii_uppercase());
        let opens = mode.as_ref().filter(|mode| *mode == "READWRITE");
        if args.unset.contains(&Setting::Mode) {
            client.delete_mode(scope).await?;
        }
        if let Some(mode) = opens {
            client.set_mode(scope, mode, args.force).await?;
        }
        if args.unset.contains(&Setting::Config) {
            client.delete_config(scope).await?;
        }
        let fields = args.fields();
        if !fields.is_empty() {
            client.put_config(scope, &Value::Object(fields)).await?;
        }
        if let Some(mode) = mode.filter(|mode| mode != "READWRITE") {
            client.set_mode(scope, &mode, args.force).await?;
        }
        show(&client, scope).await
    })
}

/// What holds for a scope, and which of it is its own.
async fn show(client: &Client, scope: Option<&str>) -> Result<Exit> {
    let own = client.own_config(scope).await?.unwrap_or(Value::Null);
    let effective = serde_json::to_value(client.config(scope).await?)?;
    say!("{}", scope.unwrap_or("the whole registry"));
    for (field, value) in effective.as_object().into_iter().flatten() {
        let note = if scope.is_some() && own.get(field).is_none() { "  (of a wider scope)" } else { "" };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        say!("  {field}: {value}{note}");
    }
    let note = if scope.is_some() && client.own_mode(scope).await?.is_none() { "  (of a wider scope)" } else { "" };
    say!("  mode: {}{note}", client.mode(scope).await?);
    Ok(Exit::Clean)
}
