//! Trying a schema: how it stands to what a subject has, at every level, before it is registered.

use askama::Template;
use eventpact_compat::rule::Profile;
use eventpact_registry_client::wire::verdict::{CheckReport, Undecided, VersionFinding};
use eventpact_registry_client::{Metadata, Reference, RegisterRequest, SchemaType};

use super::code::{self, Piece};
use super::settings::level_at;
use super::shell::{Shell, version_link};
use super::subject::version_of;
use super::{Asked, Reply};
use crate::auth::{Caller, Verb};
use crate::error::ApiError;
use crate::registry::compare::Question;
use crate::state::Schema;
use crate::subject::SubjectName;

/// The codes of a schema that an earlier one does not go along with: today's and that of older releases.
const INCOMPATIBLE: [i32; 2] = [40901, 409];

/// References that a form may have.
const MOST_REFERENCES: usize = 100;

/// What stands in the form.
#[derive(Default)]
struct Form {
    name: String,
    format: SchemaType,
    text: String,
    references: Vec<ReferenceRow>,
    properties: String,
    normalize: bool,
}

/// A line of the table of references, as it was typed.
#[derive(Default, Clone)]
struct ReferenceRow {
    name: String,
    subject: String,
    version: String,
}

impl ReferenceRow {
    fn is_empty(&self) -> bool {
        self.name.is_empty() && self.subject.is_empty() && self.version.is_empty()
    }
}

/// What both looks at the schema came to, at one level.
struct LevelRow {
    level: String,
    /// What the rules of this registry say; they decide.
    registry: String,
    /// What is true of the messages.
    strict: String,
    errors: usize,
    /// The level that holds for the subject.
    holds: bool,
}

struct FindingRow {
    finding: VersionFinding,
    /// The registry refuses the schema for this.
    refuses: bool,
    /// Only the strict look finds it.
    strict_only: bool,
    versions: String,
    /// What the new schema does here: it reads, or it writes.
    reads: bool,
}

/// The outcome of a check.
struct Outcome {
    accepted: bool,
    level: String,
    versions: usize,
    levels: Vec<LevelRow>,
    findings: Vec<FindingRow>,
    unknown: Vec<Undecided>,
    deploy: String,
    lines: Vec<Line>,
}

/// A line of the text as it was sent.
struct Line {
    pieces: Vec<Piece>,
    hit: bool,
}

struct FormatOption {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "try.html")]
struct Page {
    shell: Shell,
    form: Form,
    formats: Vec<FormatOption>,
    error: Option<ApiError>,
    outcome: Option<Outcome>,
}

/// `GET /ui/try?name=…&version=…`: the form, with a version as a start.
pub(super) fn form(asked: &Asked) -> Result<Reply, ApiError> {
    let state = asked.registry.snapshot();
    let mut form = Form { name: asked.query.get("name").unwrap_or("").to_owned(), ..Form::default() };
    if let Some(version) = asked.query.get("version") {
        asked.caller.require_read(&SubjectName::parse(&form.name))?;
        let (.., schema) = version_of(&state, &SubjectName::parse(&form.name), Some(version))?;
        form.start_from(schema);
    }
    page(asked, form, None, None)
}

/// `POST /ui/try`
pub(super) async fn submit(asked: &Asked) -> Result<Reply, ApiError> {
    let mut form = Form::of(asked);
    match asked.form.get("action") {
        Some("add-reference") => {
            form.references.truncate(MOST_REFERENCES);
            form.references.push(ReferenceRow::default());
            page(asked, form, None, None)
        }
        Some("register") => register(asked, form).await,
        _ => match check(asked, &form).await {
            Ok(outcome) => page(asked, form, None, Some(outcome)),
            Err(error) if error.status < 500 => page(asked, form, Some(error), None),
            Err(error) => Err(error),
        },
    }
}

async fn register(asked: &Asked, form: Form) -> Result<Reply, ApiError> {
    let subject = SubjectName::parse(&form.name);
    let registered = async {
        if form.name.is_empty() {
            return Err(ApiError::bad_request("say under which subject the schema is to be registered"));
        }
        asked.caller.require(Verb::Write, &subject)?;
        form.require_references(&asked.caller, &subject)?;
        let state = asked.registry.snapshot();
        let registered = asked.registry.register(&subject, form.request()?, form.normalize, false).await?;
        let known = state.version(&subject, registered.number).is_some_and(|(version, _)| !version.deleted);
        Ok((registered, known))
    };
    match registered.await {
        Ok((registered, known)) => {
            let done = if known { "known" } else { "registered" };
            Ok(Reply::SeeOther(format!("{}&done={done}", version_link(&subject, registered.number))))
        }
        // The verdict says the same better.
        Err(error) if INCOMPATIBLE.contains(&error.code) => {
            let outcome = check(asked, &form).await?;
            let refused =
                ApiError { message: "Not registered: an earlier version does not go along with it.".to_owned(), ..error };
            page(asked, form, Some(refused), Some(outcome))
        }
        Err(error) if error.status < 500 => page(asked, form, Some(error), None),
        Err(error) => Err(error),
    }
}

fn page(asked: &Asked, mut form: Form, error: Option<ApiError>, outcome: Option<Outcome>) -> Result<Reply, ApiError> {
    if form.references.is_empty() {
        form.references.push(ReferenceRow::default());
    }
    let option = |format: SchemaType, value, label| FormatOption { value, label, chosen: form.format == format };
    let formats = vec![
        option(SchemaType::Avro, "AVRO", "Avro"),
        option(SchemaType::Json, "JSON", "JSON Schema"),
        option(SchemaType::Protobuf, "PROTOBUF", "Protobuf"),
    ];
    Reply::page(&Page { shell: asked.shell("Try a schema", "try"), form, formats, error, outcome })
}

impl Form {
    fn of(asked: &Asked) -> Self {
        let text = |name: &str| asked.form.get(name).unwrap_or("").to_owned();
        let all = |name| asked.form.all(name).map(|value| value.trim().to_owned()).collect::<Vec<_>>();
        let (names, subjects, versions) = (all("ref_name"), all("ref_subject"), all("ref_version"));
        let rows = names.into_iter().zip(subjects).zip(versions);
        let rows = rows.map(|((name, subject), version)| ReferenceRow { name, subject, version });
        Self {
            name: text("name").trim().to_owned(),
            format: SchemaType::from(asked.form.get("type").unwrap_or("AVRO")),
            // Browsers send line breaks as CR LF.
            text: text("schema").replace("\r\n", "\n"),
            references: rows.filter(|row| !row.is_empty()).collect(),
            properties: text("properties").replace("\r\n", "\n"),
            normalize: asked.form.get("normalize") == Some("yes"),
        }
    }

    fn start_from(&mut self, schema: &Schema) {
        self.format = schema.format.clone();
        self.text = code::shown(&schema.format, &schema.text);
        let row =
            |r: &Reference| ReferenceRow { name: r.name.clone(), subject: r.subject.clone(), version: r.version.to_string() };
        self.references = schema.references.iter().map(row).collect();
    }

    /// A refusal, unless the caller may read what the schema is compared with and what it refers to.
    fn require_read(&self, caller: &Caller, subject: &SubjectName) -> Result<(), ApiError> {
        caller.require_read(subject)?;
        self.require_references(caller, subject)
    }

    fn require_references(&self, caller: &Caller, subject: &SubjectName) -> Result<(), ApiError> {
        let rows = self.references.iter().filter(|row| !row.is_empty());
        rows.map(|row| SubjectName::parse_in(&row.subject, subject)).try_for_each(|target| caller.require_read(&target))
    }

    fn request(&self) -> Result<RegisterRequest, ApiError> {
        let reference = |row: &ReferenceRow| {
            let version = match row.version.as_str() {
                "" | "latest" => Ok(-1),
                number => number.parse().map_err(|_| ApiError::invalid_version(number)),
            };
            Ok(Reference { name: row.name.clone(), subject: row.subject.clone(), version: version? })
        };
        Ok(RegisterRequest {
            schema_type: Some(self.format.clone()),
            schema: Some(self.text.clone()),
            references: self.references.iter().filter(|row| !row.is_empty()).map(reference).collect::<Result<_, ApiError>>()?,
            metadata: self.metadata()?,
            ..RegisterRequest::default()
        })
    }

    /// One property a line: `owner: payments`.
    fn metadata(&self) -> Result<Option<Metadata>, ApiError> {
        let mut metadata = Metadata::default();
        for line in self.properties.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| ApiError::bad_request(format!("a property is 'name: value', which '{line}' is not")))?;
            metadata.properties.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        Ok((!metadata.properties.is_empty()).then_some(metadata))
    }
}

/// Looks twice: as this registry decides, and as the messages are really read.
async fn check(asked: &Asked, form: &Form) -> Result<Outcome, ApiError> {
    let subject = SubjectName::parse(&form.name);
    form.require_read(&asked.caller, &subject)?;
    let look = |profile| async move {
        let question = Question { request: form.request()?, profile, level: None, version: None, normalize: form.normalize };
        asked.registry.verdicts(&SubjectName::parse(&form.name), question).await
    };
    let registry = look(Profile::Confluent).await?;
    let strict = look(Profile::Sound).await?;
    let holds = level_at(&asked.registry.snapshot(), &subject.to_string()).value;
    let findings = findings(&registry, &strict, &holds);
    let hit = |number: usize| findings.iter().any(|row| (row.finding.line..=row.finding.end_line).contains(&number));
    let lines = code::lines(&form.format, form.text.trim_end_matches('\n'));
    let lines = lines.into_iter().enumerate().map(|(index, pieces)| Line { pieces, hit: hit(index + 1) }).collect();
    Ok(Outcome {
        accepted: registry.accepted,
        versions: registry.versions.len(),
        levels: levels(&registry, &strict, &holds),
        unknown: registry.unknown.into_iter().chain(strict.unknown).collect(),
        deploy: strict.deploy.map(|deploy| deploy.text.replace('`', "")).unwrap_or_default(),
        level: holds,
        lines,
        findings,
    })
}

fn levels(registry: &CheckReport, strict: &CheckReport, holds: &str) -> Vec<LevelRow> {
    let row = |found: &eventpact_registry_client::wire::verdict::LevelVerdict| LevelRow {
        level: found.level.clone(),
        registry: found.verdict.clone(),
        strict: strict.levels.iter().find(|other| other.level == found.level).map(|o| o.verdict.clone()).unwrap_or_default(),
        errors: found.errors,
        holds: found.level == holds,
    };
    registry.levels.iter().map(row).collect()
}

/// Those of the registry, then what only the strict look finds.
fn findings(registry: &CheckReport, strict: &CheckReport, holds: &str) -> Vec<FindingRow> {
    let same = |a: &VersionFinding, b: &VersionFinding| {
        (&a.rule, &a.direction, &a.element, a.line) == (&b.rule, &b.direction, &b.element, b.line)
    };
    let row = |finding: &VersionFinding, strict_only: bool| FindingRow {
        refuses: !strict_only && finding.severity == "error" && finding.levels.iter().any(|level| level == holds),
        strict_only,
        versions: finding.versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        reads: finding.direction == "BACKWARD",
        finding: finding.clone(),
    };
    let only = strict.findings.iter().filter(|s| !registry.findings.iter().any(|r| same(r, s)));
    let mut rows: Vec<FindingRow> = registry.findings.iter().map(|f| row(f, false)).chain(only.map(|f| row(f, true))).collect();
    rows.sort_by_key(|row| !row.refuses);
    rows
}
