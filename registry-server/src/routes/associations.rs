//! `/associations…`: which subjects belong to which topics.

use std::sync::Arc;

use axum::http::Method;
use eventpact_registry_client::wire::{
    Association, AssociationBatch, AssociationBatchGet, AssociationBatchResponse, AssociationOp, AssociationQuery,
    AssociationRequest, AssociationResponse, AssociationResult, Lifecycle,
};

use super::schemas::MAX_SCHEMAS;
use super::{Answer, Query, Request};
use crate::associations::Owner;
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::Registry;
use crate::registry::associate::{Binding, Parting, TOPIC, info};
use crate::registry::lookup::Found;
use crate::state::State;
use crate::subject::SubjectName;

/// Which associations a query asks for.
pub(super) struct Wanted {
    resource_type: Option<String>,
    types: Vec<String>,
    lifecycles: Vec<Lifecycle>,
    /// Also what belongs to no topic.
    unbound: bool,
    /// Something is asked for at all.
    any: bool,
}

impl Wanted {
    pub(super) fn of(query: &Query) -> Result<Self, ApiError> {
        let resource_type = query.get("resourceType").map(str::to_owned);
        let types: Vec<String> = query.all("associationType").map(str::to_owned).collect();
        let (mut lifecycles, mut unbound) = (Vec::new(), false);
        for word in query.all("lifecycle").filter(|word| !word.is_empty()) {
            match word {
                "STRONG" => lifecycles.push(Lifecycle::Strong),
                "WEAK" => lifecycles.push(Lifecycle::Weak),
                "NONE" => unbound = true,
                _ => return Err(ApiError::bad_parameter()),
            }
        }
        let any = resource_type.is_some() || !types.is_empty() || !lifecycles.is_empty() || unbound;
        Ok(Self { resource_type, types, lifecycles, unbound, any })
    }

    fn takes(&self, association: &Association) -> bool {
        let lifecycle = self.lifecycles.is_empty() || self.lifecycles.contains(&association.lifecycle);
        lifecycle && self.is_of_type(association)
    }

    fn is_of_type(&self, association: &Association) -> bool {
        let resource_type = self.resource_type.as_deref().is_none_or(|wanted| wanted == association.resource_type);
        resource_type && (self.types.is_empty() || self.types.contains(&association.association_type))
    }

    /// The associations of a subject in a list of schemas; `None` leaves the subject out.
    pub(super) fn of_subject(&self, state: &State, subject: &str) -> Option<Vec<Association>> {
        if !self.any {
            return Some(Vec::new());
        }
        let bound: Vec<Arc<Association>> = state.associations.of(Owner::Subject(subject));
        let bound: Vec<&Arc<Association>> = bound.iter().filter(|a| self.is_of_type(a)).collect();
        if bound.is_empty() {
            return self.unbound.then(Vec::new);
        }
        let asked = !self.lifecycles.is_empty() || !self.unbound;
        let taken: Vec<Association> = bound.into_iter().filter(|a| asked && self.takes(a)).map(|a| (**a).clone()).collect();
        (!taken.is_empty()).then_some(taken)
    }
}

/// `GET /associations/…`: a list.
pub(super) fn list(registry: &Registry, request: &Request, owner: Owner<'_>) -> Result<Answer, ApiError> {
    let wanted = or_topic(Wanted::of(&request.query)?);
    let found = registry.snapshot().associations.of(owner);
    let readable = |a: &Association| request.caller.may_read(&SubjectName::parse(&a.subject));
    let found = found.iter().filter(|a| wanted.takes(a) && readable(a)).map(|a| (**a).clone());
    Answer::json(&request.query.page(found, MAX_SCHEMAS)?)
}

fn or_topic(wanted: Wanted) -> Wanted {
    let resource_type = wanted.resource_type.filter(|kind| !kind.is_empty()).or_else(|| Some(TOPIC.to_owned()));
    Wanted { resource_type, ..wanted }
}

/// `POST /associations`
pub(super) async fn create(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let body: AssociationRequest = request.json()?;
    Answer::json(&registry.associate(body, how(request, true), may_write(request)).await?)
}

/// `/associations/resources/{id}`: GET lists, PUT binds or changes, DELETE parts.
pub(super) async fn resource(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    match request.method {
        Method::PUT => {
            let mut body: AssociationRequest = request.json()?;
            if body.resource_id.get_or_insert_with(|| id.to_owned()) != id {
                let detail = "Resource ID in the path parameter does not match the resource ID in the request body";
                return Err(ApiError::invalid_association("resourceId", detail));
            }
            Answer::json(&registry.associate(body, how(request, false), may_write(request)).await?)
        }
        Method::DELETE => {
            let wanted = or_topic(Wanted::of(&request.query)?);
            let (cascade, dry_run) = (request.query.is("cascadeLifecycle"), request.query.is("dryRun"));
            registry.part(id, move |a| wanted.is_of_type(a), may_part(request, cascade), Parting { cascade, dry_run }).await?;
            Ok(Answer::Empty)
        }
        _ => list(registry, request, Owner::ResourceId(id)),
    }
}

/// Who binds a subject writes to it.
fn may_write(request: &Request) -> impl Fn(&SubjectName) -> Result<(), ApiError> {
    |subject| request.caller.require(Verb::Write, subject)
}

/// Who parts a subject writes to it, or deletes it with its topic.
fn may_part(request: &Request, cascade: bool) -> impl Fn(&SubjectName) -> Result<(), ApiError> + Send + 'static {
    let caller = request.caller.clone();
    let verb = if cascade { Verb::Delete } else { Verb::Write };
    move |subject| caller.require(verb, subject)
}

fn how(request: &Request, create: bool) -> Binding<'_> {
    Binding { create, dry_run: request.query.is("dryRun"), context: request.query.get("context") }
}

/// `POST /associations:batchGet`
pub(super) fn batch_get(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let body: AssociationBatchGet = request.json()?;
    refuse_empty(body.requests.is_empty())?;
    let (state, schemas) = (registry.snapshot(), request.query.is("includeSchemas"));
    let results = body.requests.into_iter().map(|query| result(get(&state, request, query, schemas))).collect();
    Answer::multi(&AssociationBatchResponse { results })
}

fn get(state: &State, request: &Request, query: AssociationQuery, schemas: bool) -> Result<AssociationResponse, ApiError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (id, name, namespace) = (given(&query.resource_id), given(&query.resource_name), given(&query.resource_namespace));
    let owner = match (&id, &name, &namespace) {
        (Some(id), _, _) => Owner::ResourceId(id),
        (None, Some(name), Some(namespace)) => Owner::Resource(namespace, name),
        (None, Some(_), None) => {
            let detail = "resourceNamespace is required when resourceName is specified";
            return Err(ApiError::invalid_association("resourceNamespace", detail));
        }
        (None, None, _) => {
            let detail = "either resourceId or resourceName must be specified";
            return Err(ApiError::invalid_association("resourceId", detail));
        }
    };
    let wanted = or_topic(Wanted {
        resource_type: query.resource_type,
        types: query.association_types,
        lifecycles: query.lifecycle.into_iter().collect(),
        unbound: false,
        any: true,
    });
    let found = state.associations.of(owner);
    let readable = |a: &Association| request.caller.may_read(&SubjectName::parse(&a.subject));
    let found: Vec<&Arc<Association>> = found.iter().filter(|a| wanted.takes(a) && readable(a)).collect();
    let schema = |association: &Association| {
        let subject = SubjectName::parse(&association.subject);
        let (number, _) = state.subject(&subject)?.latest().filter(|_| schemas)?;
        Found::at(state, &subject, number).map(|found| found.object())
    };
    let first = found.first();
    Ok(AssociationResponse {
        resource_name: query.resource_name.or_else(|| first.map(|a| a.resource_name.clone())),
        resource_namespace: query.resource_namespace.or_else(|| first.map(|a| a.resource_namespace.clone())),
        resource_id: query.resource_id.or_else(|| first.map(|a| a.resource_id.clone())),
        resource_type: wanted.resource_type,
        associations: found.iter().map(|association| info(association, schema(association))).collect(),
    })
}

/// `POST /associations:batchMutate`: each topic by itself; one that fails does not stop the others.
pub(super) async fn batch_mutate(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let body: AssociationBatch = request.json()?;
    refuse_empty(body.requests.is_empty())?;
    let mut results = Vec::new();
    for one in body.requests {
        results.push(result(mutate(registry, request, one).await));
    }
    Answer::multi(&AssociationBatchResponse { results })
}

async fn mutate(registry: &Registry, request: &Request, one: AssociationRequest) -> Result<AssociationResponse, ApiError> {
    if one.associations.is_empty() {
        return Err(ApiError::invalid_association("associations", "cannot be null or empty"));
    }
    let id = one.resource_id.clone().unwrap_or_default();
    let dry_run = request.query.is("dryRun");
    let mut schemas = Vec::new();
    for entry in one.associations.clone() {
        let part = AssociationRequest { associations: vec![entry.clone()], ..one.clone() };
        if entry.op_type == Some(AssociationOp::Delete) {
            let kind = entry.association_type.unwrap_or_else(|| "value".to_owned());
            let cascade = entry.cascade_lifecycle.unwrap_or(false);
            let parting = Parting { cascade, dry_run };
            let parted = registry.part(&id, move |a| a.association_type == kind, may_part(request, cascade), parting).await;
            match parted {
                // Nothing to part is no mistake in a batch.
                Err(error) if error.status != 404 => return Err(error),
                _ => continue,
            }
        }
        let binding = how(request, entry.op_type != Some(AssociationOp::Upsert));
        let done = registry.associate(part, binding, may_write(request)).await?;
        schemas.extend(done.associations.into_iter().filter_map(|info| Some((info.association_type, info.schema?))));
    }
    let bound = if dry_run { Vec::new() } else { registry.snapshot().associations.of(Owner::ResourceId(&id)) };
    let schema = |kind: &str| schemas.iter().find(|(of, _)| of == kind).map(|(_, schema)| schema.clone());
    Ok(AssociationResponse {
        resource_name: one.resource_name,
        resource_namespace: one.resource_namespace,
        resource_id: one.resource_id,
        resource_type: Some(TOPIC.to_owned()),
        associations: bound.iter().map(|a| info(a, schema(&a.association_type))).collect(),
    })
}

fn result(done: Result<AssociationResponse, ApiError>) -> AssociationResult {
    match done {
        Ok(result) => AssociationResult { error: None, result: Some(result) },
        Err(error) => AssociationResult { error: Some(error.body()), result: None },
    }
}

fn refuse_empty(empty: bool) -> Result<(), ApiError> {
    if empty { Err(ApiError::invalid_association("requests", "cannot be null or empty")) } else { Ok(()) }
}
