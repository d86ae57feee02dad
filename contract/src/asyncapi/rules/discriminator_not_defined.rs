//! Finds a `discriminator` whose property is not among the `properties` of the schema, or not in its `required`; where the
//! schema only offers others by `oneOf` or `anyOf`, of each of these.
//!
//! Why it matters: a reader that looks at the property to tell messages apart does not find it, or not in every message.
//!
//! What to do instead: define the property in the schema (or in each one that it offers), and list it in `required`.

use super::beyond;
use super::{ALL, Check, Context, Sink};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/discriminator-not-defined",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "a discriminator names a property that is defined and required",
        source: include_str!("discriminator_not_defined.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for &schema in beyond::schemas(context) {
        let Some((node, name)) = schema.get("discriminator").and_then(|node| Some((node, node.as_str()?))) else { continue };
        let mut parts = Vec::new();
        beyond::parts(context, schema, &mut parts, 0);
        let says = |parts: &[&Node], field: &str| parts.iter().any(|part| beyond::names(part, field, name));
        if says(&parts, "properties") && says(&parts, "required") {
            continue;
        }
        let offered = ["oneOf", "anyOf"].iter().flat_map(|field| beyond::items(context, schema, field));
        let mut problem = None;
        let mut offers = 0;
        for (item, branch) in offered {
            offers += 1;
            let mut inner = parts.clone();
            beyond::parts(context, branch, &mut inner, 0);
            if !(says(&inner, "properties") && says(&inner, "required")) {
                problem.get_or_insert(item.span);
            }
        }
        if offers > 0 && problem.is_none() {
            continue;
        }
        let wanted = if says(&parts, "properties") { "not in `required`" } else { "not defined and required" };
        let found = sink.report(node.span, format!("the property `{name}` of the discriminator is {wanted}"));
        found.related.extend(problem.map(|span| crate::diagnostic::Label::new(span, "not here")));
    }
}
