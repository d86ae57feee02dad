//! The first page: all subjects, with search, context and paging.

use std::sync::Arc;

use askama::Template;

use super::settings::{Held, level_of};
use super::shell::{Shell, encode, format_name, subject_link, time, version_link};
use super::{Asked, Reply};
use crate::auth::{Caller, Verb};
use crate::error::ApiError;
use crate::identity::Identity;
use crate::state::{State, Subject};
use crate::subject::{DEFAULT_CONTEXT, SubjectName};

/// Subjects on a page.
const PAGE: usize = 50;

/// The longest search text, in characters.
const MAX_SEARCH: usize = 500;

/// Bytes of schema texts that one search looks through.
const MAX_SEARCHED: usize = 256 * 1024 * 1024;

/// What the list is narrowed to.
#[derive(Debug, Clone)]
struct Filter {
    search: String,
    /// Also look into the latest schema of each subject.
    in_text: bool,
    context: Option<String>,
    deleted: bool,
    page: usize,
}

impl Filter {
    fn of(asked: &Asked) -> Self {
        let query = &asked.query;
        Self {
            search: query.get("q").unwrap_or("").trim().chars().take(MAX_SEARCH).collect(),
            in_text: query.get("in") == Some("text"),
            context: query.get("context").filter(|context| !context.is_empty()).map(str::to_owned),
            deleted: query.get("deleted").is_some_and(|value| !value.is_empty()),
            page: query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
        }
    }

    fn link(&self, page: usize) -> String {
        let mut link = format!("./?q={}", encode(&self.search));
        if let Some(context) = &self.context {
            link.push_str("&context=");
            link.push_str(&encode(context));
        }
        for (is, word) in [(self.in_text, "&in=text"), (self.deleted, "&deleted=yes")] {
            link.push_str(if is { word } else { "" });
        }
        if page > 1 {
            link.push_str("&page=");
            link.push_str(&page.to_string());
        }
        link
    }
}

/// The subjects that fit.
#[derive(Default)]
struct Hits {
    names: Vec<SubjectName>,
    /// Not all texts were looked through.
    cut: bool,
}

struct Row {
    /// Empty for the default context.
    context: String,
    name: String,
    href: String,
    format: String,
    latest: i32,
    versions: usize,
    id: u32,
    level: Held,
    changed: String,
    deleted: bool,
}

/// A schema whose id or guid was searched for.
struct Direct {
    label: String,
    href: String,
}

struct ContextOption {
    value: String,
    label: String,
    selected: bool,
}

#[derive(Template)]
#[template(path = "subjects.html")]
struct Page {
    shell: Shell,
    filter: Filter,
    contexts: Vec<ContextOption>,
    rows: Vec<Row>,
    direct: Vec<Direct>,
    found: usize,
    /// Nothing was ever registered.
    is_empty: bool,
    pages: usize,
    first: usize,
    cut: bool,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /ui/`
pub(super) async fn list(asked: &Asked) -> Result<Reply, ApiError> {
    let state = asked.registry.snapshot();
    let mut filter = Filter::of(asked);
    let hits = if filter.in_text && !filter.search.is_empty() {
        let (state, filter, caller) = (Arc::clone(&state), filter.clone(), asked.caller.clone());
        asked.registry.work(0, move || Ok(search(&state, &filter, &caller))).await?
    } else {
        search(&state, &filter, &asked.caller)
    };
    let found = hits.names.len();
    let pages = found.div_ceil(PAGE).max(1);
    filter.page = filter.page.min(pages);
    let first = (filter.page - 1) * PAGE;
    let rows = hits.names.iter().skip(first).take(PAGE).filter_map(|name| row(&state, name)).collect();
    let title = if filter.search.is_empty() { "Subjects".to_owned() } else { format!("“{}” in subjects", filter.search) };
    Reply::page(&Page {
        shell: asked.shell(title, "subjects"),
        contexts: contexts(&state, &asked.caller, filter.context.as_deref()),
        rows,
        direct: direct(&state, &asked.caller, &filter.search),
        found,
        is_empty: state.contexts().all(|(_, context)| context.subjects().next().is_none()),
        pages,
        first,
        cut: hits.cut,
        previous: (filter.page > 1).then(|| filter.link(filter.page - 1)),
        next: (filter.page < pages).then(|| filter.link(filter.page + 1)),
        filter,
    })
}

fn search(state: &State, filter: &Filter, caller: &Caller) -> Hits {
    let needle = filter.search.to_lowercase();
    let mut hits = Hits::default();
    let mut searched = 0;
    for (context, content) in state.contexts().filter(|(name, _)| filter.context.as_deref().is_none_or(|only| only == &***name)) {
        let shown = content.subjects().filter(|(_, subject)| filter.deleted || subject.latest().is_some());
        for (name, subject) in shown.filter(|(name, _)| caller.may(Verb::Read, context, name)) {
            let mut fits = needle.is_empty() || name.to_lowercase().contains(&needle);
            if !fits && filter.in_text && searched < MAX_SEARCHED {
                let schema = newest(subject).and_then(|(_, version)| content.schema(version.id));
                fits = schema.is_some_and(|schema| {
                    searched += schema.text.len();
                    // Most texts hold the needle as it was typed, or not at all.
                    schema.text.contains(&filter.search) || schema.text.to_lowercase().contains(&needle)
                });
            }
            if fits {
                hits.names.push(SubjectName::new(Arc::clone(context), Arc::clone(name)));
            }
        }
    }
    hits.cut = searched >= MAX_SEARCHED;
    hits
}

/// The latest version, or of a deleted subject the last one.
fn newest(subject: &Subject) -> Option<(i32, crate::state::Version)> {
    subject.latest().or_else(|| subject.versions().next_back())
}

fn row(state: &State, name: &SubjectName) -> Option<Row> {
    let subject = state.subject(name)?;
    let (latest, version) = newest(subject)?;
    let schema = state.context(&name.context)?.schema(version.id)?;
    let deleted = subject.latest().is_none();
    Some(Row {
        context: if name.is_in_default_context() { String::new() } else { name.context.to_string() },
        name: name.name.to_string(),
        href: subject_link(name),
        format: format_name(&schema.format).to_owned(),
        latest,
        versions: if deleted { subject.versions().count() } else { subject.live().count() },
        id: version.id,
        level: level_of(state, name),
        changed: time(version.ts),
        deleted,
    })
}

fn contexts(state: &State, caller: &Caller, chosen: Option<&str>) -> Vec<ContextOption> {
    let known = state.contexts().filter(|(name, context)| &***name == DEFAULT_CONTEXT || context.listed);
    let known = known.filter(|(name, _)| &***name == DEFAULT_CONTEXT || caller.may_enter(name));
    let option = |name: &str| ContextOption {
        value: name.to_owned(),
        label: if name == DEFAULT_CONTEXT { "default".to_owned() } else { name.to_owned() },
        selected: chosen == Some(name),
    };
    known.map(|(name, _)| option(name)).collect()
}

/// Where a number is an id, or a text a guid.
fn direct(state: &State, caller: &Caller, search: &str) -> Vec<Direct> {
    let by_id = search.parse::<u32>().ok();
    let ids = by_id.into_iter().flat_map(|id| state.contexts().map(move |(context, _)| (context, id)));
    let guids = Identity::parse(search).into_iter().flat_map(|identity| state.guid(identity));
    let places = ids.chain(guids).filter_map(|(context, id)| {
        let content = state.context(context)?;
        content.schema(id)?;
        let mut uses = content.uses(id).filter(|(name, ..)| caller.may(Verb::Read, context, name));
        let (name, number, _) = uses.next()?;
        let subject = SubjectName::new(Arc::clone(context), Arc::clone(name));
        let more = uses.count();
        let others = if more == 0 { String::new() } else { format!(" and {more} more") };
        Some(Direct {
            label: format!("Schema id {id}: {subject}, version {number}{others}"),
            href: version_link(&subject, number),
        })
    });
    places.take(5).collect()
}
