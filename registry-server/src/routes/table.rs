//! Every route as its path is written in documents. For tests over all routes, metrics and the description of the API.
//!
//! `/contexts/{context}` may stand before each path that begins with subjects, schemas, compatibility, config or mode.

use super::Endpoint;

/// The path of every route, each once.
pub(crate) const PATHS: &[&str] = &[
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/subjects",
    "/subjects/{subject}",
    "/subjects/{subject}/metadata",
    "/subjects/{subject}/versions",
    "/subjects/{subject}/versions/{version}",
    "/subjects/{subject}/versions/{version}/schema",
    "/subjects/{subject}/versions/{version}/referencedby",
    "/subjects/{subject}/versions/{version}/tags",
    "/schemas",
    "/schemas/types",
    "/schemas/ids/{id}",
    "/schemas/ids/{id}/schema",
    "/schemas/ids/{id}/subjects",
    "/schemas/ids/{id}/versions",
    "/schemas/guids/{guid}",
    "/schemas/guids/{guid}/ids",
    "/compatibility/subjects/{subject}/versions",
    "/compatibility/subjects/{subject}/versions/{version}",
    "/config",
    "/config/{subject}",
    "/mode",
    "/mode/{subject}",
    "/contexts",
    "/contexts/{context}",
    "/associations",
    "/associations:batchGet",
    "/associations:batchMutate",
    "/associations/subjects/{subject}",
    "/associations/resources/{resource}",
    "/associations/resources/{namespace}/{name}",
    "/v1/metadata/id",
    "/v1/metadata/version",
    "/v1/metadata/deployment",
    "/eventpact/v1/plan",
    "/eventpact/v1/apply",
    "/eventpact/v1/usage",
    "/eventpact/v1/audit",
    "/eventpact/v1/documents",
    "/eventpact/v1/documents/{document}",
    "/eventpact/v1/documents/{document}/versions",
    "/eventpact/v1/documents/{document}/versions/{version}",
    "/eventpact/v1/documents/{document}/versions/{version}/text",
    "/eventpact/v1/conflicts",
    "/eventpact/v1/settings",
    "/eventpact/v1/subjects/{subject}/check",
    "/eventpact/v1/subjects/{subject}/versions/{version}/diff/{other}",
];

impl Endpoint {
    /// The path of the route, with the names of its parameters in braces.
    pub(crate) fn path(&self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::Health => "/healthz",
            Self::Ready => "/readyz",
            Self::Metrics => "/metrics",
            Self::OpenApi => "/openapi.json",
            Self::Subjects => "/subjects",
            Self::Subject(_) => "/subjects/{subject}",
            Self::VersionWithMetadata(_) => "/subjects/{subject}/metadata",
            Self::Versions(_) => "/subjects/{subject}/versions",
            Self::Version(..) => "/subjects/{subject}/versions/{version}",
            Self::VersionSchema(..) => "/subjects/{subject}/versions/{version}/schema",
            Self::ReferencedBy(..) => "/subjects/{subject}/versions/{version}/referencedby",
            Self::Tags(..) => "/subjects/{subject}/versions/{version}/tags",
            Self::Schemas => "/schemas",
            Self::SchemaTypes => "/schemas/types",
            Self::SchemaId(_) => "/schemas/ids/{id}",
            Self::SchemaIdText(_) => "/schemas/ids/{id}/schema",
            Self::SchemaIdSubjects(_) => "/schemas/ids/{id}/subjects",
            Self::SchemaIdVersions(_) => "/schemas/ids/{id}/versions",
            Self::Guid(_) => "/schemas/guids/{guid}",
            Self::GuidIds(_) => "/schemas/guids/{guid}/ids",
            Self::CompatibleWithLevel(_) => "/compatibility/subjects/{subject}/versions",
            Self::CompatibleWithVersion(..) => "/compatibility/subjects/{subject}/versions/{version}",
            Self::Config(scope) if scope.is_empty() => "/config",
            Self::Config(_) => "/config/{subject}",
            Self::Mode(scope) if scope.is_empty() => "/mode",
            Self::Mode(_) => "/mode/{subject}",
            Self::Eventpact(route) => route.path(),
            Self::Contexts => "/contexts",
            Self::Context(_) => "/contexts/{context}",
            Self::Associations => "/associations",
            Self::AssociationsBatchGet => "/associations:batchGet",
            Self::AssociationsBatchMutate => "/associations:batchMutate",
            Self::AssociationsOfSubject(_) => "/associations/subjects/{subject}",
            Self::AssociationsOfId(_) => "/associations/resources/{resource}",
            Self::AssociationsOfName(..) => "/associations/resources/{namespace}/{name}",
            Self::ClusterId => "/v1/metadata/id",
            Self::ServerVersion => "/v1/metadata/version",
            Self::Deployment => "/v1/metadata/deployment",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routes::find;

    /// A path with something in the place of each parameter.
    fn filled(path: &str) -> String {
        path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn the_list_has_every_route_once() {
        let unique: BTreeSet<&str> = PATHS.iter().copied().collect();
        assert_eq!(unique.len(), PATHS.len());
        let mut reached = BTreeSet::new();
        for path in PATHS {
            let (endpoint, _) = find(&filled(path), "").unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(endpoint.path(), *path);
            // `Eventpact(Check("1"))` reaches both names.
            let name = format!("{endpoint:?}");
            let words = name.split('(').filter(|part| part.starts_with(char::is_uppercase));
            reached.extend(words.map(|word| word.trim_end_matches(')').to_owned()));
        }
        let mut known = variants(include_str!("mod.rs"), "pub(crate) enum Endpoint {");
        known.extend(variants(include_str!("eventpact.rs"), "pub(crate) enum Route {"));
        assert_eq!(reached, known, "the list of paths and the routes differ");
    }

    fn variants(source: &str, head: &str) -> BTreeSet<String> {
        let body = source.split(head).nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
        let lines = body.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
        lines.map(|line| line.split(['(', ',', '{']).next().unwrap_or_default().trim().to_owned()).collect()
    }
}
