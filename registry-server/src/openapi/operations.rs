//! Everything that can be asked, one entry for each route and method.

use utoipa::openapi::RefOr;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::{JSON, OPEN_METRICS, list, object, of_type};

/// A method of a route.
pub(super) struct Entry {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// The name that generated clients give it.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [&'static str],
    /// The object in the body.
    pub(super) body: Option<&'static str>,
    pub(super) reply: Reply,
    /// Statuses beside those that are always possible.
    pub(super) refusals: &'static [u16],
    pub(super) links: &'static [To],
}

/// What can be asked next, with what was answered: name, operation, and its parameters with where they are.
pub(super) type To = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl From<Method> for HttpMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
            Method::Put => Self::Put,
            Method::Delete => Self::Delete,
        }
    }
}

/// What a success looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// An object that is described.
    Object(&'static str),
    /// The same with 207: each part has an answer of its own.
    Multi(&'static str),
    /// A list of them.
    List(&'static str),
    /// A list of texts.
    Words,
    /// A list of numbers.
    Numbers,
    /// One number.
    Number,
    /// An object with no fixed fields.
    Fields,
    /// The text of a schema, as it is, with the content type of JSON (as the original does it).
    Text,
    /// A text in YAML or JSON, as it is.
    Raw,
    /// 204.
    Nothing,
    /// The page for Prometheus.
    Metrics,
    /// This document.
    Document,
}

impl Reply {
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Nothing => "204",
            Self::Multi(_) => "207",
            _ => "200",
        }
    }

    /// The client's `Accept` decides about its content type.
    pub(super) fn is_negotiated(self) -> bool {
        !matches!(self, Self::Metrics | Self::Document | Self::Raw)
    }

    pub(super) fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::Metrics => &[OPEN_METRICS],
            Self::Document => &["application/json"],
            Self::Raw => &["application/yaml", "application/json"],
            _ => &JSON,
        }
    }

    pub(super) fn schema(self) -> Option<RefOr<Schema>> {
        match self {
            Self::Object(name) | Self::Multi(name) => Some(object(name)),
            Self::List(name) => Some(list(object(name))),
            Self::Words => Some(list(of_type(Type::String))),
            Self::Numbers => Some(list(of_type(Type::Integer))),
            Self::Number => Some(of_type(Type::Integer)),
            Self::Fields | Self::Document => Some(of_type(Type::Object)),
            Self::Text | Self::Raw | Self::Nothing | Self::Metrics => None,
        }
    }
}

impl Entry {
    /// What documentation puts it under.
    pub(super) fn tag(&self) -> &'static str {
        match self.path.split('/').nth(1).unwrap_or("") {
            "subjects" => "Subjects",
            "schemas" => "Schemas",
            "compatibility" => "Compatibility",
            "config" => "Configuration",
            "mode" => "Modes",
            "contexts" => "Contexts",
            first if first.starts_with("associations") => "Associations",
            "eventpact" => "Eventpact",
            _ => "Server",
        }
    }

    const fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str, reply: Reply) -> Self {
        Self { method, path, id, summary, query: &[], body: None, reply, refusals: &[], links: &[] }
    }

    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    const fn body(self, name: &'static str) -> Self {
        Self { body: Some(name), ..self }
    }

    const fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }

    const fn links(self, links: &'static [To]) -> Self {
        Self { links, ..self }
    }
}

const fn get(path: &'static str, id: &'static str, summary: &'static str, reply: Reply) -> Entry {
    Entry::new(Method::Get, path, id, summary, reply)
}

const fn post(path: &'static str, id: &'static str, summary: &'static str, reply: Reply) -> Entry {
    Entry::new(Method::Post, path, id, summary, reply)
}

const fn put(path: &'static str, id: &'static str, summary: &'static str, reply: Reply) -> Entry {
    Entry::new(Method::Put, path, id, summary, reply)
}

const fn delete(path: &'static str, id: &'static str, summary: &'static str, reply: Reply) -> Entry {
    Entry::new(Method::Delete, path, id, summary, reply)
}

const SUBJECTS: &str = "/subjects";
const SUBJECT: &str = "/subjects/{subject}";
const VERSIONS: &str = "/subjects/{subject}/versions";
const VERSION: &str = "/subjects/{subject}/versions/{version}";
const CONFIG: &str = "/config";
const CONFIG_OF: &str = "/config/{subject}";
const MODE: &str = "/mode";
const MODE_OF: &str = "/mode/{subject}";

/// What follows from a registration.
const AFTER_REGISTER: &[To] = &[
    ("ById", "getSchemaById", &[("id", "$response.body#/id")]),
    ("Version", "getVersion", &[("subject", "$request.path.subject"), ("version", "$response.body#/version")]),
    ("Delete", "deleteVersion", &[("subject", "$request.path.subject"), ("version", "$response.body#/version")]),
];

/// By path, so that the methods of one route stand together.
#[rustfmt::skip] // a table: one entry, few lines
pub(super) const OPERATIONS: &[Entry] = &[
    get("/", "root", "An empty object", Reply::Fields),
    post("/", "postRoot", "An empty object", Reply::Fields),
    get("/healthz", "health", "The process runs", Reply::Fields),
    get("/readyz", "ready", "A registration would be accepted", Reply::Fields),
    get("/metrics", "metrics", "Figures for Prometheus", Reply::Metrics),
    get("/openapi.json", "openapi", "This document", Reply::Document),
    get(SUBJECTS, "listSubjects", "The names of the subjects", Reply::Words)
        .query(&["subjectPrefix", "deleted", "deletedOnly", "offset", "limit"]).refuses(&[404]),
    post(SUBJECT, "lookupSchema", "The version that has this schema", Reply::Object("SchemaObject"))
        .query(&["normalize", "deleted"]).body("RegisterRequest").refuses(&[404]),
    delete(SUBJECT, "deleteSubject", "The versions that were deleted", Reply::Numbers)
        .query(&["permanent"]).refuses(&[404, 422]),
    get("/subjects/{subject}/metadata", "getVersionWithMetadata", "The newest version with these properties", Reply::Object("SchemaObject"))
        .query(&["key", "value", "deleted"]).refuses(&[404]),
    get(VERSIONS, "listVersions", "The versions of a subject", Reply::Numbers)
        .query(&["deleted", "deletedOnly", "deletedAsNegative", "offset", "limit"]).refuses(&[404]),
    post(VERSIONS, "register", "The schema is registered, or was already", Reply::Object("RegisterResponse"))
        .query(&["normalize"]).body("RegisterRequest").refuses(&[404, 409]).links(AFTER_REGISTER),
    get(VERSION, "getVersion", "A version of a subject", Reply::Object("SchemaObject"))
        .query(&["deleted", "format", "findTags"]).refuses(&[404, 422]),
    delete(VERSION, "deleteVersion", "The version that was deleted", Reply::Number)
        .query(&["permanent"]).refuses(&[404, 422]),
    get("/subjects/{subject}/versions/{version}/schema", "getVersionText", "The text of a version", Reply::Text)
        .query(&["deleted", "format"]).refuses(&[404, 422]),
    get("/subjects/{subject}/versions/{version}/referencedby", "getReferencedBy", "The ids of the schemas that refer to a version", Reply::Numbers)
        .query(&["deleted", "offset", "limit"]).refuses(&[404, 422]),
    post("/subjects/{subject}/versions/{version}/tags", "tagVersion", "The version once more, with other tags", Reply::Object("RegisterResponse"))
        .query(&["normalize"]).body("TagRequest").refuses(&[404, 409]),
    get("/schemas", "listSchemas", "Schemas with their subjects and versions", Reply::List("SchemaObject"))
        .query(&["subjectPrefix", "deleted", "latestOnly", "ruleType", "offset", "limit"]).refuses(&[404]),
    get("/schemas/types", "listTypes", "The formats that can be registered", Reply::Words),
    get("/schemas/ids/{id}", "getSchemaById", "The schema of an id", Reply::Object("SchemaString"))
        .query(&["subject", "format", "findTags", "fetchMaxId"]).refuses(&[404, 422]),
    get("/schemas/ids/{id}/schema", "getTextById", "The text of the schema of an id", Reply::Text)
        .query(&["subject", "format"]).refuses(&[404, 422]),
    get("/schemas/ids/{id}/subjects", "getSubjectsOfId", "The subjects that have the schema of an id", Reply::Words)
        .query(&["subject", "deleted", "offset", "limit"]).refuses(&[404]),
    get("/schemas/ids/{id}/versions", "getVersionsOfId", "The versions that have the schema of an id", Reply::List("SubjectVersion"))
        .query(&["subject", "deleted", "offset", "limit"]).refuses(&[404]),
    get("/schemas/guids/{guid}", "getSchemaByGuid", "The schema of a guid", Reply::Object("SchemaString")).refuses(&[404]),
    get("/schemas/guids/{guid}/ids", "getIdsOfGuid", "The ids of a guid, by context", Reply::List("ContextId")).refuses(&[404]),
    post("/compatibility/subjects/{subject}/versions", "checkCompatibility", "Would this schema be accepted?", Reply::Object("CompatibilityAnswer"))
        .query(&["verbose", "normalize"]).body("RegisterRequest").refuses(&[404]),
    post("/compatibility/subjects/{subject}/versions/{version}", "checkCompatibilityWithVersion", "Is this schema compatible with a version?", Reply::Object("CompatibilityAnswer"))
        .query(&["verbose", "normalize"]).body("RegisterRequest").refuses(&[404]),
    get(CONFIG, "getGlobalConfig", "The configuration of the whole registry", Reply::Object("Config")).query(&["defaultToGlobal"]),
    put(CONFIG, "setGlobalConfig", "What is configured now", Reply::Object("ConfigUpdate")).body("ConfigUpdate"),
    delete(CONFIG, "deleteGlobalConfig", "What was configured before", Reply::Object("Config")).refuses(&[404, 422]),
    get(CONFIG_OF, "getConfig", "The configuration of a subject or context", Reply::Object("Config"))
        .query(&["defaultToGlobal"]).refuses(&[404]),
    put(CONFIG_OF, "setConfig", "What is configured now", Reply::Object("ConfigUpdate")).body("ConfigUpdate"),
    delete(CONFIG_OF, "deleteConfig", "What was configured before", Reply::Object("Config")).refuses(&[404, 422]),
    get(MODE, "getGlobalMode", "The mode of the whole registry", Reply::Object("ModeBody")).query(&["defaultToGlobal"]),
    put(MODE, "setGlobalMode", "The mode that was set", Reply::Object("ModeBody")).query(&["force"]).body("ModeBody"),
    delete(MODE, "deleteGlobalMode", "The mode that was set before", Reply::Object("ModeBody")).refuses(&[404, 422]),
    get(MODE_OF, "getMode", "The mode of a subject or context", Reply::Object("ModeBody"))
        .query(&["defaultToGlobal"]).refuses(&[404]),
    put(MODE_OF, "setMode", "The mode that was set", Reply::Object("ModeBody")).query(&["force"]).body("ModeBody"),
    delete(MODE_OF, "deleteMode", "The mode that was set before", Reply::Object("ModeBody")).refuses(&[404, 422]),
    get("/contexts", "listContexts", "The names of the contexts", Reply::Words)
        .query(&["contextPrefix", "offset", "limit"]).refuses(&[404]),
    delete("/contexts/{context}", "deleteContext", "The context is off the list", Reply::Nothing).refuses(&[405, 422]),
    post("/associations", "associate", "Subjects are bound to a topic", Reply::Object("AssociationResponse"))
        .query(&["dryRun"]).body("AssociationRequest").refuses(&[404, 409]),
    post("/associations:batchGet", "getAssociations", "What was asked, one by one", Reply::Multi("AssociationBatchResponse"))
        .query(&["includeSchemas"]).body("AssociationBatchGet").refuses(&[404]),
    post("/associations:batchMutate", "changeAssociations", "What came of each change", Reply::Multi("AssociationBatchResponse"))
        .body("AssociationBatch").refuses(&[404, 409]),
    get("/associations/subjects/{subject}", "listAssociationsOfSubject", "What a subject is bound to", Reply::List("Association"))
        .query(&["resourceType", "associationType", "lifecycle", "offset", "limit"]).refuses(&[404, 422]),
    get("/associations/resources/{resource}", "listAssociationsOfId", "What is bound to a topic", Reply::List("Association"))
        .query(&["resourceType", "associationType", "lifecycle", "offset", "limit"]).refuses(&[404, 422]),
    put("/associations/resources/{resource}", "putAssociation", "Subjects are bound to a topic", Reply::Object("AssociationResponse"))
        .query(&["dryRun"]).body("AssociationRequest").refuses(&[404, 409]),
    delete("/associations/resources/{resource}", "deleteAssociations", "They are parted", Reply::Nothing)
        .query(&["resourceType", "associationType", "cascadeLifecycle", "dryRun"]).refuses(&[404, 409, 422]),
    get("/associations/resources/{namespace}/{name}", "listAssociationsOfName", "What is bound to a topic", Reply::List("Association"))
        .query(&["resourceType", "associationType", "lifecycle", "offset", "limit"]).refuses(&[404, 422]),
    get("/v1/metadata/id", "getClusterId", "The name of the cluster", Reply::Fields),
    get("/v1/metadata/version", "getServerVersion", "The version of the program", Reply::Fields),
    get("/v1/metadata/deployment", "getDeployment", "Attributes of the deployment", Reply::Fields),
    post("/eventpact/v1/plan", "plan", "What would become of many schemas and settings", Reply::Object("PlanReport"))
        .body("PlanRequest"),
    post("/eventpact/v1/apply", "apply", "All of it was done, in one transaction", Reply::Object("PlanReport"))
        .body("PlanRequest").refuses(&[409]),
    get("/eventpact/v1/audit", "audit", "Who changed what, each record bound to the one before by its hash", Reply::Object("AuditPage"))
        .query(&["subject", "principal", "since", "before", "limit"]),
    get("/eventpact/v1/documents", "listDocuments", "AsyncAPI documents", Reply::List("DocumentSummary"))
        .query(&["namePrefix", "deleted", "offset", "limit"]).refuses(&[404]),
    get("/eventpact/v1/documents/{document}", "getDocument", "The latest version of a document", Reply::Object("DocumentObject"))
        .query(&["deleted"]).refuses(&[404]),
    put("/eventpact/v1/documents/{document}", "putDocument", "The document is stored, or was already", Reply::Object("DocumentReport"))
        .query(&["dryRun"]).body("DocumentRequest").refuses(&[409]),
    post("/eventpact/v1/documents/{document}", "postDocument", "The same as with PUT", Reply::Object("DocumentReport"))
        .query(&["dryRun"]).body("DocumentRequest").refuses(&[409]),
    delete("/eventpact/v1/documents/{document}", "deleteDocument", "The versions that were deleted", Reply::Numbers)
        .query(&["permanent"]).refuses(&[404, 422]),
    get("/eventpact/v1/documents/{document}/versions", "listDocumentVersions", "The versions of a document", Reply::Numbers)
        .query(&["deleted", "offset", "limit"]).refuses(&[404]),
    get("/eventpact/v1/documents/{document}/versions/{version}", "getDocumentVersion", "A version of a document", Reply::Object("DocumentObject"))
        .query(&["deleted"]).refuses(&[404, 422]),
    delete("/eventpact/v1/documents/{document}/versions/{version}", "deleteDocumentVersion", "The version that was deleted", Reply::Number)
        .query(&["permanent"]).refuses(&[404, 422]),
    get("/eventpact/v1/documents/{document}/versions/{version}/text", "getDocumentText", "The text of a version, as it was sent", Reply::Raw)
        .query(&["deleted"]).refuses(&[404, 422]),
    get("/eventpact/v1/usage", "usage", "Who fetched which schema, how often, first and last", Reply::Object("UsageReport"))
        .query(&["subject", "id", "since", "limit"]),
    get("/eventpact/v1/conflicts", "listConflicts", "Versions that the store holds and that contradict the rest; they are left out", Reply::List("Conflict")),
    get("/eventpact/v1/settings", "listSettings", "What is configured anywhere, also for names without schemas", Reply::List("ScopeSettings")),
    post("/eventpact/v1/subjects/{subject}/check", "check", "A schema against a subject at every level, with places and witnesses", Reply::Object("CheckReport"))
        .query(&["profile", "level", "version", "normalize"]).body("RegisterRequest").refuses(&[404]),
    get("/eventpact/v1/subjects/{subject}/versions/{version}/diff/{other}", "diff", "What changed between two versions, and what each change means", Reply::Object("DiffReport"))
        .query(&["profile", "level", "deleted", "pretty"]).refuses(&[404, 422]),
];

/// The schema of a parameter, and what it means.
pub(super) fn parameter(name: &str, in_path: bool) -> (RefOr<Schema>, &'static str) {
    let word = |examples: &[&str]| -> RefOr<Schema> {
        let examples = examples.iter().map(|word| serde_json::Value::from(*word));
        ObjectBuilder::new().schema_type(Type::String).min_length(in_path.then_some(1)).examples(examples).into()
    };
    let flag = || -> RefOr<Schema> { of_type(Type::Boolean) };
    let number = |least: i32| -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(i32::MAX)).into()
    };
    let integer: RefOr<Schema> = of_type(Type::Integer);
    match name {
        "subject" if in_path => {
            (word(&["orders-value", ":.eu:orders-value"]), "A subject; `:.context:name` outside of the default context")
        }
        "subject" => (word(&["orders-value"]), "Narrows the search to this subject, or names the context"),
        "version" | "other" => (word(&["latest", "1"]), "A number from 1, `latest` or -1"),
        "id" => (number(0), "A schema id"),
        "guid" => (word(&["ef524ea1-b91e-7317-3d93-8ade36c1db32"]), "A guid: the same schema has the same one in every registry"),
        "context" => (word(&[".eu"]), "A context; the dot may be left out"),
        "offset" => (number(0), "How many entries to leave out"),
        "limit" => (number(-1), "The longest list; -1 for no limit"),
        "subjectPrefix" => (word(&["orders", ":*:"]), "Only subjects that begin so; `:.context:` for one context, `:*:` for all"),
        "contextPrefix" => (word(&[".e"]), "Only contexts that begin so"),
        "deleted" => (flag(), "Soft-deleted ones too"),
        "deletedOnly" => (flag(), "Soft-deleted ones only"),
        "deletedAsNegative" => (flag(), "Soft-deleted versions as negative numbers"),
        "permanent" => (flag(), "For good, what was soft-deleted before"),
        "normalize" => (flag(), "Compare and store the normalised text"),
        "latestOnly" => (flag(), "Only the latest version of each subject"),
        "verbose" => (flag(), "Say why not"),
        "defaultToGlobal" => (flag(), "What holds, where nothing is set"),
        "force" => (flag(), "Also where there are subjects"),
        "fetchMaxId" => (flag(), "Also the highest id of the context"),
        "pretty" => (flag(), "Texts in JSON are indented first, so that places are for people"),
        "format" => (
            word(&["resolved", "serialized"]),
            "`resolved`: Avro with its references written out; `serialized`: Protobuf as a descriptor in base64",
        ),
        "findTags" => (word(&["*"]), "Entities that carry one of these tags"),
        "ruleType" => (word(&["CEL"]), "Only schemas with such a rule"),
        "key" => (word(&["owner"]), "Name of a metadata property"),
        "value" => (word(&["shop"]), "Its value"),
        "profile" => (
            word(&["sound", "confluent"]),
            "Whose verdict: `sound` (what the data says) or `confluent` (what a Confluent registry would say)",
        ),
        "resource" => (word(&["lkc-1:orders"]), "The id of a topic"),
        "namespace" => (word(&["lkc-1"]), "The cluster of a topic"),
        "name" => (word(&["orders"]), "The name of a topic"),
        "resourceType" => (word(&["topic"]), "Only `topic`"),
        "associationType" => (word(&["value", "key"]), "`key` or `value`"),
        "lifecycle" => (word(&["STRONG", "WEAK"]), "`STRONG` or `WEAK`"),
        "cascadeLifecycle" => (flag(), "Also the subjects that live and die with the topic"),
        "dryRun" => (flag(), "Say what would be done, and do nothing"),
        "includeSchemas" => (flag(), "With the latest schema of each subject"),
        "document" => (word(&["orders"]), "The name of a document; `:.context:name` outside of the default context"),
        "namePrefix" => (word(&["orders"]), "Only names that begin so"),
        "principal" => (word(&["anonymous", "ann"]), "Only what this client did"),
        "before" => (number(1), "The field `next` of the page before"),
        "since" => (integer, "Only what was at or after this time, in milliseconds since 1970"),
        "level" => (word(&["BACKWARD", "FULL_TRANSITIVE"]), "One compatibility level, in any case"),
        _ => (word(&[]), ""),
    }
}
