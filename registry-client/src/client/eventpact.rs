//! What a registry of Eventpact answers beyond Confluent's calls, under `/eventpact/v1`. Other registries answer 404.

use reqwest::Method;

use super::{Call, Client, escaped, segment};
use crate::error::Error;
use crate::wire::audit::AuditPage;
use crate::wire::documents::{DocumentObject, DocumentReport, DocumentRequest, DocumentSummary};
use crate::wire::plan::{PlanReport, PlanRequest};
use crate::wire::verdict::{CheckReport, DiffReport};
use crate::wire::{RegisterRequest, ScopeSettings};

/// Which records of the audit log are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// What changed this subject, context or document.
    pub subject: Option<String>,
    /// What this client did.
    pub principal: Option<String>,
    /// The field `next` of the page before.
    pub before: Option<u64>,
    /// The longest page; at most 1,000.
    pub limit: usize,
}

impl Client {
    /// How a schema stands to a subject at every level, with places and proofs.
    pub async fn check_report(&self, subject: &str, request: &RegisterRequest) -> Result<CheckReport, Error> {
        let path = format!("/eventpact/v1/subjects/{}/check", segment(subject)?);
        self.call(&Call::send(Method::POST, path, request)?).await
    }

    /// What would become of many schemas and settings.
    pub async fn plan(&self, request: &PlanRequest) -> Result<PlanReport, Error> {
        self.call(&Call::send(Method::POST, "/eventpact/v1/plan".into(), request)?).await
    }

    /// Registers and sets all of it, or nothing.
    pub async fn apply(&self, request: &PlanRequest) -> Result<PlanReport, Error> {
        self.call(&Call::send(Method::POST, "/eventpact/v1/apply".into(), request)?).await
    }

    /// Who changed what, the newest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Error> {
        let mut path = format!("/eventpact/v1/audit?limit={}", query.limit);
        for (name, value) in [("subject", &query.subject), ("principal", &query.principal)] {
            if let Some(value) = value {
                path.extend(["&", name, "=", &escaped(value)]);
            }
        }
        path.extend(query.before.map(|place| format!("&before={place}")));
        self.call(&Call::get(path)).await
    }

    /// Stores an AsyncAPI document as the next version of a name, or with `dry_run` says what would become of it.
    pub async fn put_document(&self, name: &str, document: &str, dry_run: bool) -> Result<DocumentReport, Error> {
        let path = format!("/eventpact/v1/documents/{}?dryRun={dry_run}", segment(name)?);
        let body = DocumentRequest { document: document.to_owned(), version: None };
        self.call(&Call::send(Method::PUT, path, &body)?).await
    }

    /// Stores a document as this version, without comparing it; the name must be in mode IMPORT.
    pub async fn import_document(&self, name: &str, document: &str, version: i32) -> Result<DocumentReport, Error> {
        let body = DocumentRequest { document: document.to_owned(), version: Some(version) };
        self.call(&Call::send(Method::PUT, format!("/eventpact/v1/documents/{}", segment(name)?), &body)?).await
    }

    /// The numbers of the versions of a document, deleted ones too.
    pub async fn document_versions(&self, name: &str) -> Result<Vec<i32>, Error> {
        self.call(&Call::get(format!("/eventpact/v1/documents/{}/versions?deleted=true", segment(name)?))).await
    }

    /// Deletes all versions of a document: softly, or for good what was softly deleted before. Gives their numbers.
    pub async fn delete_document(&self, name: &str, permanent: bool) -> Result<Vec<i32>, Error> {
        let path = format!("/eventpact/v1/documents/{}?permanent={permanent}", segment(name)?);
        self.call(&Call { method: Method::DELETE, path, body: None }).await
    }

    /// Deletes a version of a document, or `latest`: softly, or for good what was softly deleted before. Gives its number.
    pub async fn delete_document_version(&self, name: &str, version: &str, permanent: bool) -> Result<i32, Error> {
        let path = format!("/eventpact/v1/documents/{}/versions/{}?permanent={permanent}", segment(name)?, escaped(version));
        self.call(&Call { method: Method::DELETE, path, body: None }).await
    }

    /// A version of a document; `latest` stands for the latest.
    pub async fn document(&self, name: &str, version: &str) -> Result<DocumentObject, Error> {
        let path = format!("/eventpact/v1/documents/{}/versions/{}?deleted=true", segment(name)?, escaped(version));
        self.call(&Call::get(path)).await
    }

    /// The documents whose names begin so.
    pub async fn documents(&self, prefix: &str, deleted: bool) -> Result<Vec<DocumentSummary>, Error> {
        self.call(&Call::get(format!("/eventpact/v1/documents?namePrefix={}&deleted={deleted}", escaped(prefix)))).await
    }

    /// What is configured anywhere, also for names without schemas. `None` from a registry that does not list it.
    pub async fn settings(&self) -> Result<Option<Vec<ScopeSettings>>, Error> {
        match self.call(&Call::get("/eventpact/v1/settings".into())).await {
            Ok(settings) => Ok(Some(settings)),
            Err(Error::NotFound { .. } | Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What changed between two versions of a subject.
    pub async fn diff(&self, subject: &str, old: i32, new: i32) -> Result<DiffReport, Error> {
        let path = format!("/eventpact/v1/subjects/{}/versions/{old}/diff/{new}", segment(subject)?);
        self.call(&Call::get(path)).await
    }
}
