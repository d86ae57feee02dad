//! The table of refusals: HTTP status, error code and text, as Confluent's registry words them.
//!
//! Clients match on the code, a few on the text, so both are promises. Every refusal of the server is made here.

use std::fmt::Display;

use eventpact_registry_client::ErrorBody;

use crate::subject::SubjectName;

/// A refusal, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The registry's code: the status and two more digits, or the bare status.
    pub(crate) code: i32,
    /// For people.
    pub(crate) message: String,
    /// Answers of the HTTP layer itself carry no content type.
    pub(crate) bare: bool,
    /// When to come again, in seconds; 0 says nothing.
    pub(crate) retry_after: u64,
    /// The same refusal in other words: those of the original, until they are the message; then our own, which tell the place.
    pub(crate) otherwise: Option<Box<str>>,
}

impl ApiError {
    fn new(code: i32, message: impl Into<String>) -> Self {
        let status = if code > 999 { code / 100 } else { code };
        let (status, message) = (u16::try_from(status).unwrap_or(500), message.into());
        Self { status, code, message, bare: false, retry_after: 0, otherwise: None }
    }

    fn bare(code: i32, reason: &str) -> Self {
        Self { bare: true, ..Self::new(code, format!("HTTP {code} {reason}")) }
    }

    /// The same refusal under another code.
    pub(crate) fn with_code(self, code: i32) -> Self {
        Self { code, ..self }
    }

    /// The body: exactly two fields.
    pub(crate) fn body(&self) -> ErrorBody {
        ErrorBody { error_code: self.code, message: self.message.clone() }
    }

    // --- AsyncAPI documents ---
    /// There is no such document, or it is deleted.
    pub(crate) fn document_not_found(name: impl Display) -> Self {
        Self::new(40401, format!("Document '{name}' not found."))
    }

    /// Of what a request means to remove for good, this version is still live.
    pub(crate) fn document_not_soft_deleted(name: impl Display, version: i32, whole: bool) -> Self {
        let text = "was not deleted first before being permanently deleted";
        if whole {
            Self::new(40405, format!("Document '{name}' {text}"))
        } else {
            Self::new(40407, format!("Document '{name}' Version {version} {text}"))
        }
    }

    /// A number that a document cannot get.
    pub(crate) fn document_version(number: i32, import: bool) -> Self {
        let why = if import { "it is taken by another text, or below 1" } else { "a number may be given in mode IMPORT only" };
        Self::new(42202, format!("The version {number} cannot be given: {why}"))
    }

    /// A document that is not valid by itself.
    pub(crate) fn invalid_document(why: &str) -> Self {
        Self::new(42201, format!("Invalid document: {why}"))
    }

    // --- 401, 403, 429 ---

    /// Who asks is not known. `why` is for people, and tells no secret.
    pub(crate) fn unauthorized(why: &str) -> Self {
        Self::new(401, if why.is_empty() { "Unauthorized".to_owned() } else { format!("Unauthorized: {why}") })
    }

    /// Who asks may not do this. `what` is like `Subject: orders`.
    pub(crate) fn denied(verb: &str, what: &str) -> Self {
        let mut operation = verb.to_owned();
        if let Some(first) = operation.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self::new(40301, format!("User is denied operation {operation} on {what}"))
    }

    /// A form that does not come from our own pages, or from one that is older than the browser's cookie.
    pub(crate) fn forged_form() -> Self {
        Self::new(403, "This form has expired or comes from another site: go back, reload the page and try again")
    }

    /// A page of somebody else's made a browser send this.
    pub(crate) fn cross_origin() -> Self {
        Self::new(40301, "The request was sent by a page of another origin")
    }

    /// Too many requests, or too many failed logins.
    pub(crate) fn too_fast(wait: std::time::Duration) -> Self {
        Self { retry_after: wait.as_secs().saturating_add(1), ..Self::new(429, "Too many requests; try again later") }
    }

    /// The path and query are too long.
    pub(crate) fn path_too_long(limit: usize) -> Self {
        Self::new(414, format!("the path and query are longer than {limit} bytes"))
    }

    // --- 404 ---

    pub(crate) fn subject_not_found(subject: impl Display) -> Self {
        Self::new(40401, format!("Subject '{subject}' not found."))
    }

    pub(crate) fn version_not_found(version: i32) -> Self {
        Self::new(40402, format!("Version {version} not found."))
    }

    pub(crate) fn schema_not_found() -> Self {
        Self::new(40403, "Schema not found")
    }

    pub(crate) fn schema_id_not_found(id: impl Display) -> Self {
        Self::new(40403, format!("Schema {id} not found"))
    }

    pub(crate) fn subject_soft_deleted(subject: &SubjectName) -> Self {
        Self::new(40404, format!("Subject '{subject}' was soft deleted.Set permanent=true to delete permanently"))
    }

    pub(crate) fn subject_not_soft_deleted(subject: &SubjectName) -> Self {
        Self::new(40405, format!("Subject '{subject}' was not deleted first before being permanently deleted"))
    }

    pub(crate) fn version_soft_deleted(subject: &SubjectName, version: i32) -> Self {
        let text = format!("Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently");
        Self::new(40406, text)
    }

    pub(crate) fn version_not_soft_deleted(subject: &SubjectName, version: i32) -> Self {
        let text = format!("Subject '{subject}' Version {version} was not deleted first before being permanently deleted");
        Self::new(40407, text)
    }

    pub(crate) fn no_config(scope: &str) -> Self {
        Self::new(40408, format!("Subject '{scope}' does not have subject-level compatibility configured"))
    }

    pub(crate) fn no_mode(scope: &str) -> Self {
        Self::new(40409, format!("Subject '{scope}' does not have subject-level mode configured"))
    }

    pub(crate) fn association_not_found(resource: &str) -> Self {
        Self::new(40410, format!("Association for '{resource}' not found."))
    }

    // --- 409 ---

    pub(crate) fn resource_is_associated(kind: &str, resource: &str) -> Self {
        Self::new(40903, format!("An association of type '{kind}' already exists for resource '{resource}'"))
    }

    pub(crate) fn subject_is_associated(subject: impl Display) -> Self {
        Self::new(40904, format!("An association already exists for subject '{subject}'"))
    }

    pub(crate) fn subject_is_strongly_associated(subject: impl Display) -> Self {
        Self::new(40905, format!("A strong association already exists for subject '{subject}'"))
    }

    pub(crate) fn no_active_version(subject: impl Display) -> Self {
        Self::new(40907, format!("No active (non-deleted) version exists for subject '{subject}'"))
    }

    pub(crate) fn association_frozen(kind: &str, subject: &str) -> Self {
        Self::new(40908, format!("The association of type  '{kind}' is frozen for subject '{subject}'"))
    }

    pub(crate) fn incompatible(subject: &SubjectName, messages: &[String]) -> Self {
        let details = messages.join(", ");
        let text = format!(
            "Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{details}]"
        );
        Self::new(40901, text)
    }

    /// Without what an incompatible schema differs in: that shows the earlier one.
    pub(crate) fn without_details(mut self) -> Self {
        if self.status == 409
            && let Some(at) = self.message.find(", details: ")
        {
            self.message.truncate(at);
        }
        self
    }

    /// Of a schema that comes with an association.
    pub(crate) fn incompatible_schema(messages: &[String]) -> Self {
        Self::new(40901, format!("[{}]", messages.join(", ")))
    }

    pub(crate) fn plan_refused(refused: usize, first: &str, why: &str) -> Self {
        let more =
            if refused > 1 { format!(" (and {} more; /eventpact/v1/plan tells them)", refused - 1) } else { String::new() };
        Self::new(40902, format!("Nothing was changed: {first}: {why}{more}"))
    }

    pub(crate) fn plan_drifted(digest: &str) -> Self {
        Self::new(
            40903,
            format!("Nothing was changed: what would be done is no longer what was agreed to; the plan is now {digest}"),
        )
    }

    // --- 422 ---

    pub(crate) fn invalid_schema(text: impl Into<String>) -> Self {
        Self::new(42201, text)
    }

    /// A text that is no schema, in our words and in those of the original.
    pub(crate) fn unreadable(own: String, original: String) -> Self {
        Self { otherwise: Some(original.into()), ..Self::invalid_schema(own) }
    }

    /// In the words of the original, where they are known: for the routes that are its own.
    pub(crate) fn in_its_words(mut self) -> Self {
        if let Some(original) = self.otherwise.take() {
            self.otherwise = Some(std::mem::replace(&mut self.message, original.into()).into());
        }
        self
    }

    /// With our own words beside those of the original.
    pub(crate) fn explained(self, own: String) -> Self {
        Self { otherwise: Some(own.into()), ..self }
    }

    pub(crate) fn invalid_version(version: &str) -> Self {
        let text = format!(
            "The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \
             \"latest\""
        );
        Self::new(42202, text)
    }

    pub(crate) fn invalid_level() -> Self {
        let text = "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, \
                    forward_transitive, and full_transitive";
        Self::new(42203, text)
    }

    pub(crate) fn invalid_mode() -> Self {
        Self::new(42204, "Invalid mode. Valid values are READWRITE, READONLY, IMPORT, FORWARD")
    }

    pub(crate) fn forward_mode() -> Self {
        Self::new(42204, "Forward mode only supported on global level")
    }

    pub(crate) fn not_permitted(text: impl Into<String>) -> Self {
        Self::new(42205, text)
    }

    pub(crate) fn referenced(subject: &SubjectName, version: i32) -> Self {
        let key = format!("{{magic=1,keytype=SCHEMA,subject={subject},version={version}}}");
        Self::new(42206, format!("One or more references exist to the schema {key}."))
    }

    pub(crate) fn invalid_subject(subject: impl Display) -> Self {
        Self::new(42208, format!("The specified subject '{subject}' is not a valid."))
    }

    pub(crate) fn schema_too_large() -> Self {
        Self::new(42209, "Register operation failed because schema is too large")
    }

    pub(crate) fn invalid_rules(why: impl Into<String>) -> Self {
        Self::new(42210, why)
    }

    pub(crate) fn context_not_empty(context: &str) -> Self {
        Self::new(42211, format!("The specified context ':{context}:' is not empty."))
    }

    pub(crate) fn invalid_association(property: &str, detail: impl Display) -> Self {
        let text = format!("The association specified an invalid value for property: '{property}', detail: {detail}");
        Self::new(42212, text)
    }

    pub(crate) fn missing_body(taker: Option<String>) -> Self {
        let taker = taker.unwrap_or_else(|| "the request body".to_owned());
        Self::new(422, format!("{taker} must not be null (was null)"))
    }

    // --- the HTTP layer ---

    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    pub(crate) fn bad_context(text: impl Into<String>) -> Self {
        Self { bare: true, ..Self::new(400, text) }
    }

    /// The header that says which change an answer must show is no number.
    pub(crate) fn bad_sequence() -> Self {
        Self::new(400, "the header X-Eventpact-Sequence must be a number")
    }

    /// A number in the path or query that is none.
    pub(crate) fn bad_parameter() -> Self {
        Self { bare: false, ..Self::bare(404, "Not Found") }
    }

    /// A parameter of `/eventpact/v1` that is no number, or none that it can be.
    pub(crate) fn no_number(name: &str) -> Self {
        Self::bad_request(format!("the parameter '{name}' is not a number that it can be"))
    }

    pub(crate) fn no_such_route() -> Self {
        Self::bare(404, "Not Found")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::bare(405, "Method Not Allowed")
    }

    pub(crate) fn not_acceptable() -> Self {
        Self::bare(406, "Not Acceptable")
    }

    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(415, "HTTP 415 Unsupported Media Type")
    }

    pub(crate) fn no_single_host() -> Self {
        Self::new(400, "HTTP/1.1 needs the header Host, once")
    }

    /// A `Content-Type` that is none.
    pub(crate) fn not_a_media_type() -> Self {
        Self::new(400, "Bad Request")
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(413, format!("the request body is longer than {limit} bytes"))
    }

    pub(crate) fn slow_body() -> Self {
        Self::new(408, "the request body took too long to arrive")
    }

    // --- 5xx ---

    pub(crate) fn internal() -> Self {
        Self::new(500, "Internal Server Error")
    }

    pub(crate) fn timed_out() -> Self {
        Self::new(50002, "The request took too long and was given up; it may still have been done")
    }

    /// A job that was stopped before its end: nothing was written.
    pub(crate) fn too_much() -> Self {
        let seconds = crate::deadline::JOB_TIME.as_secs();
        Self::new(50002, format!("Nothing was done: reading and comparing these schemas takes more than {seconds} seconds"))
    }

    /// A guard of the store forbids what was decided: a mistake of ours, or a text that the store cannot hold.
    pub(crate) fn rejected() -> Self {
        Self::new(50001, "Register schema operation failed while writing to the store")
    }

    /// The store cannot be reached or written. What was asked for is not done, or, if it was under way, may have been done.
    pub(crate) fn store_away() -> Self {
        Self { status: 503, ..Self::new(50001, "The store cannot be written at the moment; try again in a moment") }
    }

    /// Another process is the one that writes.
    pub(crate) fn standby(why: &str) -> Self {
        Self { status: 503, ..Self::new(50004, why) }
    }

    /// What another server of ours refused.
    pub(crate) fn of_other(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<ErrorBody>(body) {
            Ok(ErrorBody { error_code, message }) => {
                Self { status, retry_after: u64::from(status == 503), ..Self::new(error_code, message) }
            }
            Err(_) => Self::store_away(),
        }
    }

    /// It is that refusal: somebody else may do it.
    pub(crate) fn is_standby(&self) -> bool {
        self.code == 50004
    }

    /// For the probe alone: why the store cannot be written.
    pub(crate) fn not_ready(why: &str) -> Self {
        Self { status: 503, ..Self::new(50001, why) }
    }

    pub(crate) fn busy() -> Self {
        Self { status: 503, ..Self::new(50002, "Too many requests are waiting; try again in a moment") }
    }

    /// The subject or its configuration kept changing while the schema was being checked.
    pub(crate) fn contended() -> Self {
        Self { status: 503, ..Self::new(50002, "The subject changes too fast to be checked; try again in a moment") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_in_the_code() {
        assert_eq!(ApiError::subject_not_found("s").status, 404);
        assert_eq!(ApiError::incompatible(&SubjectName::parse("s"), &[]).status, 409);
        assert_eq!(ApiError::missing_body(None).status, 422);
        assert_eq!(ApiError::store_away().status, 503);
        let body = serde_json::to_string(&ApiError::schema_not_found().body()).unwrap();
        assert_eq!(body, r#"{"error_code":40403,"message":"Schema not found"}"#);
    }
}
