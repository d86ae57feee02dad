//! Calls with one answer: each is a request of REST.

use axum::body::Bytes;
use axum::http::Method;
use axum::http::header::USER_AGENT;
use eventpact_registry_client::grpc::messages::get_schema_request::By;
use eventpact_registry_client::grpc::messages::{
    CheckRequest, CheckResponse, GetSchemaRequest, ListSubjectsRequest, ListSubjectsResponse, ListVersionsRequest,
    ListVersionsResponse, RegisterRequest, SchemaVersion,
};
use eventpact_registry_client::wire::verdict::CheckReport;
use eventpact_registry_client::{RegisterResponse, SchemaObject, SchemaString};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Call, convert};
use crate::app::actor;
use crate::audit;
use crate::error::ApiError;
use crate::forward::Onward;
use crate::routes::{self, Answer, Endpoint, Origin, Query, eventpact};

/// The longest subject or prefix, in bytes: that of a path.
const MAX_NAME: usize = 8192;

type Parameters<'a> = Vec<(&'a str, String)>;

impl Call {
    pub(super) async fn register(&self, asked: RegisterRequest) -> Result<SchemaVersion, ApiError> {
        let subject = subject(asked.subject)?;
        let mut body = convert::to_register(asked.schema)?;
        (body.version, body.id) = (set(asked.version), set(asked.id));
        let parameters = flags(&[("normalize", asked.normalize)]);
        let stored: RegisterResponse =
            self.ask(Method::POST, Endpoint::Versions(subject.clone()), parameters, Some(&body)).await?;
        Ok(convert::registered(subject, stored))
    }

    pub(super) async fn get_schema(&self, asked: GetSchemaRequest) -> Result<SchemaVersion, ApiError> {
        let deleted = asked.deleted;
        match asked.by.ok_or_else(|| ApiError::bad_request("'by' is missing: an id, a version or a text"))? {
            By::Id(by) => {
                let mut parameters = Parameters::new();
                if !by.subject.is_empty() {
                    parameters.push(("subject", subject(by.subject)?));
                }
                let endpoint = Endpoint::SchemaId(by.id.to_string());
                let found: SchemaString = self.ask(Method::GET, endpoint, parameters, None::<&()>).await?;
                Ok(convert::of_id(by.id, found))
            }
            By::Version(by) => {
                let number = if by.version == 0 { "latest".to_owned() } else { by.version.to_string() };
                let endpoint = Endpoint::Version(subject(by.subject)?, number);
                let found: SchemaObject = self.ask(Method::GET, endpoint, flags(&[("deleted", deleted)]), None::<&()>).await?;
                Ok(convert::version(found))
            }
            By::Text(by) => {
                let parameters = flags(&[("deleted", deleted), ("normalize", by.normalize)]);
                let body = convert::to_register(by.schema)?;
                let endpoint = Endpoint::Subject(subject(by.subject)?);
                let found: SchemaObject = self.ask(Method::POST, endpoint, parameters, Some(&body)).await?;
                Ok(convert::version(found))
            }
        }
    }

    pub(super) async fn list_subjects(&self, asked: ListSubjectsRequest) -> Result<ListSubjectsResponse, ApiError> {
        let mut parameters = flags(&[("deleted", asked.deleted)]);
        if !asked.prefix.is_empty() {
            parameters.push(("subjectPrefix", subject(asked.prefix)?));
        }
        let subjects = self.ask(Method::GET, Endpoint::Subjects, parameters, None::<&()>).await?;
        Ok(ListSubjectsResponse { subjects })
    }

    pub(super) async fn list_versions(&self, asked: ListVersionsRequest) -> Result<ListVersionsResponse, ApiError> {
        let endpoint = Endpoint::Versions(subject(asked.subject)?);
        let versions = self.ask(Method::GET, endpoint, flags(&[("deleted", asked.deleted)]), None::<&()>).await?;
        Ok(ListVersionsResponse { versions })
    }

    pub(super) async fn check(&self, asked: CheckRequest) -> Result<CheckResponse, ApiError> {
        let endpoint = Endpoint::Eventpact(eventpact::Route::Check(subject(asked.subject)?));
        let mut parameters = flags(&[("normalize", asked.normalize)]);
        parameters.extend([("profile", asked.profile), ("level", asked.level)]);
        parameters.extend(set(asked.version).map(|version| ("version", version.to_string())));
        let body = convert::to_register(asked.schema)?;
        let report: CheckReport = self.ask(Method::POST, endpoint, parameters, Some(&body)).await?;
        Ok(convert::report(report))
    }

    /// Asks what a request of REST would.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        endpoint: Endpoint,
        parameters: Parameters<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<T, ApiError> {
        let body = body.map(serde_json::to_vec).transpose().map_err(|_| ApiError::internal())?;
        let body = body.map(Bytes::from).unwrap_or_default();
        let onward = path(&endpoint, &parameters);
        let onward = onward.and_then(|path| Onward::of_call(&self.app.registry, &method, &path, &self.headers));
        let request = routes::Request {
            method,
            endpoint,
            query: Query::of(parameters),
            body: body.clone(),
            caller: self.caller.clone(),
            origin: Origin { address: Some(self.peer.address), agent: self.headers.get(USER_AGENT).cloned() },
            sequence: self.sequence,
        };
        // Who only reads leaves no record.
        let asked = format!("{} {} (gRPC)", request.method, request.endpoint.path());
        let actor = (request.method != Method::GET).then(|| actor(&self.caller, &self.peer, &self.headers, asked, &self.id));
        // In a box, so that the futures around it stay small.
        let answering = Box::pin(routes::answer(&self.app.registry, request));
        let answer = match actor {
            Some(actor) => audit::acting(actor, answering).await,
            None => answering.await,
        };
        let json = match (answer, onward) {
            (Ok(Answer::Json(json)), _) => json,
            (Ok(_), _) => return Err(ApiError::internal()),
            (Err(error), Some(onward)) if error.is_standby() => self.send_on(onward, body).await?.into(),
            (Err(error), _) => return Err(error),
        };
        serde_json::from_slice(&json).map_err(|_| ApiError::internal())
    }

    /// Has it done by the process that writes. Its change shows here too when this answers, so that the number of the newest change
    /// that goes with the answer is not an older one.
    async fn send_on(&self, onward: Onward, body: Bytes) -> Result<Vec<u8>, ApiError> {
        let (json, sequence) = onward.ask(body).await?;
        if let Some(sequence) = sequence {
            // It is done, whether or not this process comes to know of it in time.
            let _ = self.app.registry.reached(sequence).await;
        }
        Ok(json)
    }
}

/// The path, with its query, of a request that changes something.
fn path(endpoint: &Endpoint, parameters: &Parameters<'_>) -> Option<String> {
    let Endpoint::Versions(subject) = endpoint else { return None };
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    Some(format!("/subjects/{}/versions?{}", escaped(subject), query.join("&")))
}

/// A subject, or its beginning, as a path may have it.
fn subject(text: String) -> Result<String, ApiError> {
    if text.is_empty() || matches!(&*text, "." | "..") || text.chars().any(|c| c.is_ascii_control() || c == '\\') {
        return Err(ApiError::bad_request("a subject must not be empty, '.' or '..', or have control characters or backslashes"));
    }
    if text.len() > MAX_NAME {
        return Err(ApiError::bad_request(format!("a subject must not be longer than {MAX_NAME} bytes")));
    }
    Ok(text)
}

/// A number; 0 stands for none.
fn set(number: i32) -> Option<i32> {
    (number != 0).then_some(number)
}

fn flags<'a>(all: &[(&'a str, bool)]) -> Parameters<'a> {
    all.iter().filter(|(_, on)| *on).map(|(name, _)| (*name, "true".to_owned())).collect()
}
