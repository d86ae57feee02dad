//! The body of a request as JSON. What the original's reader of JSON says of the commonest mistakes is said here too, ours beside it.

use axum::http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Endpoint, Request};
use crate::error::ApiError;
use crate::unreadable::unknown_token;

/// Who takes a body in the original: the method, the number of its argument, and its class.
type Taker = (&'static str, u8, &'static str);

impl Request {
    /// The body as JSON. Of a key that comes twice, the last one counts; unknown keys are ignored.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        let taker = taker(&self.endpoint, &self.method);
        if body.trim_ascii().is_empty() || body.trim_ascii() == b"null" {
            return Err(ApiError::missing_body(taker.map(|(method, argument, _)| format!("{method}.arg{argument}"))));
        }
        let value: Value = serde_json::from_slice(body).map_err(|cause| {
            let token = std::str::from_utf8(body).ok().and_then(unknown_token).map(|(_, token)| token);
            let its = token.map(|token| {
                format!(
                    "Unrecognized token '{token}': was expecting (JSON String, Number (or 'NaN'/'+INF'/'-INF'), Array, Object or token \
                     'null', 'true' or 'false')"
                )
            });
            refusal(format!("the body is not JSON: {cause}"), its)
        })?;
        if !value.is_object() {
            let its = taker.and_then(|(_, _, class)| not_an_object(&value, class));
            return Err(refusal("the body must be a JSON object".to_owned(), its));
        }
        if let Some((key, its)) = misplaced(&value) {
            return Err(refusal(format!("the body does not fit: '{key}' takes objects"), Some(its)));
        }
        serde_json::from_value(value).map_err(|cause| {
            let cause = cause.to_string();
            let its = does_not_fit(&cause);
            refusal(format!("the body does not fit: {cause}"), its)
        })
    }
}

fn refusal(own: String, its: Option<String>) -> ApiError {
    match its {
        Some(its) => ApiError::bad_request(its).explained(own),
        None => ApiError::bad_request(own),
    }
}

/// Something else where an object belongs: a list could pass for the fields of one.
fn misplaced(body: &Value) -> Option<(&'static str, String)> {
    const OBJECTS: [(&str, &str); 6] = [
        ("metadata", "Metadata"),
        ("defaultMetadata", "Metadata"),
        ("overrideMetadata", "Metadata"),
        ("ruleSet", "RuleSet"),
        ("defaultRuleSet", "RuleSet"),
        ("overrideRuleSet", "RuleSet"),
    ];
    let wrong = |key: &'static str, class: &str, value: &Value| Some((key, not_an_object(value, class)?));
    let object = OBJECTS.iter().find_map(|(key, class)| wrong(key, class, body.get(key)?));
    let references =
        || body.get("references")?.as_array()?.iter().find_map(|value| wrong("references", "SchemaReference", value));
    object.or_else(references)
}

/// The words of the original for what our reader says of a value.
fn does_not_fit(cause: &str) -> Option<String> {
    let (found, wanted) = cause.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    let of = |class: &str, what: &str| Some(format!("Cannot deserialize value of type `{class}` from {what}"));
    match (found, wanted) {
        ("map", "a string") => of("String", "Object value (token `JsonToken.START_OBJECT`)"),
        ("sequence", "a string") => of("String", "Array value (token `JsonToken.START_ARRAY`)"),
        (text, "a boolean") => {
            of("Boolean", &format!("String {}: only \"true\" or \"false\" recognized", text.strip_prefix("string ")?))
        }
        _ => None,
    }
}

fn not_an_object(value: &Value, class: &str) -> Option<String> {
    let what = match value {
        Value::Array(_) => {
            return Some(format!("Cannot deserialize value of type `{class}` from Array value (token `JsonToken.START_ARRAY`)"));
        }
        Value::String(text) => {
            format!("no String-argument constructor/factory method to deserialize from String value ('{text}')")
        }
        Value::Number(number) if number.is_f64() => {
            format!("no double/Double-argument constructor/factory method to deserialize from Number value ({number})")
        }
        Value::Number(number) => {
            format!("no int/Int-argument constructor/factory method to deserialize from Number value ({number})")
        }
        Value::Bool(value) => {
            format!("no boolean/Boolean-argument constructor/factory method to deserialize from boolean value ({value})")
        }
        Value::Null | Value::Object(_) => return None,
    };
    Some(format!("Cannot construct instance of `{class}` (although at least one Creator exists): {what}"))
}

fn taker(endpoint: &Endpoint, method: &Method) -> Option<Taker> {
    const SCHEMA: &str = "RegisterSchemaRequest";
    const CONFIG: &str = "ConfigUpdateRequest";
    const MODE: &str = "ModeUpdateRequest";
    Some(match endpoint {
        Endpoint::Versions(_) if *method == Method::POST => ("register", 5, SCHEMA),
        Endpoint::Subject(_) if *method == Method::POST => ("lookUpSchemaUnderSubject", 5, SCHEMA),
        Endpoint::CompatibleWithVersion(..) => ("testCompatibilityBySubjectName", 4, SCHEMA),
        Endpoint::CompatibleWithLevel(_) => ("testCompatibilityForSubject", 3, SCHEMA),
        Endpoint::Config(scope) if scope.is_empty() => ("updateTopLevelConfig", 1, CONFIG),
        Endpoint::Config(_) => ("updateSubjectLevelConfig", 2, CONFIG),
        Endpoint::Mode(scope) if scope.is_empty() => ("updateTopLevelMode", 1, MODE),
        Endpoint::Mode(_) => ("updateMode", 2, MODE),
        Endpoint::Tags(..) => ("modifyTags", 4, "TagSchemaRequest"),
        _ => return None,
    })
}
