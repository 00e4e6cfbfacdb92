//! One event of OpenLineage, by the schema of its version 2-0-2
//! (<https://openlineage.io/spec/2-0-2/OpenLineage.json>).

use base::{Hash, Timestamp};
use serde_json::{Map, Value, json};

/// Who says it: a URI, as the schema wants it.
const PRODUCER: &str = concat!("https://kaizen.dev/", env!("CARGO_PKG_VERSION"));
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// The most of an error that is told, in bytes.
const LONGEST_ERROR: usize = 4_096;

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// It began.
    Start,
    /// It did what it should.
    Complete,
    /// It failed.
    Fail,
    /// It was ended before its time.
    Abort,
}

/// Something that happened to a run.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence<'a> {
    pub(crate) what: What,
    pub(crate) at: Timestamp,
    /// What tells the run from all others; its id is made from it.
    pub(crate) run_key: Hash,
    /// Key and job of the run that this one is a part of.
    pub(crate) parent: Option<(Hash, &'a str)>,
    /// Of the jobs.
    pub(crate) namespace: &'a str,
    /// What ran, such as `step.features`.
    pub(crate) job: &'a str,
    /// The query, when it is one.
    pub(crate) sql: Option<&'a str>,
    /// Why it failed. Secrets are the caller's to take out.
    pub(crate) error: Option<&'a str>,
    pub(crate) inputs: Vec<Dataset>,
    pub(crate) outputs: Vec<Dataset>,
}

/// Something that a run reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dataset {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The hash of its content, when it is known.
    pub(crate) version: Option<Hash>,
    /// Its columns, in order; none when they are not known.
    pub(crate) columns: Vec<Column>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type, in words.
    pub(crate) kind: String,
}

/// An event as it is sent: JSON in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunEvent(String);

impl RunEvent {
    /// The event that tells of this.
    pub(crate) fn of(occurrence: &Occurrence<'_>) -> Self {
        let event = json!({
            "eventType": occurrence.what.word(),
            "eventTime": occurrence.at,
            "producer": PRODUCER,
            "schemaURL": SCHEMA,
            "run": { "runId": uuid(&occurrence.run_key), "facets": occurrence.run_facets() },
            "job": {
                "namespace": occurrence.namespace,
                "name": occurrence.job,
                "facets": occurrence.job_facets(),
            },
            "inputs": occurrence.inputs.iter().map(Dataset::json).collect::<Vec<_>>(),
            "outputs": occurrence.outputs.iter().map(Dataset::json).collect::<Vec<_>>(),
        });
        Self(event.to_string())
    }

    /// The JSON, without a line feed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Fail => "FAIL",
            Self::Abort => "ABORT",
        }
    }
}

impl Occurrence<'_> {
    fn run_facets(&self) -> Facets {
        let engine = json!({ "name": "kaizen", "version": env!("CARGO_PKG_VERSION") });
        let mut facets = Facets::default();
        facets.put("processing_engine", "1-1-1/ProcessingEngineRunFacet", engine);
        if let Some((run, job)) = &self.parent {
            let job = json!({ "namespace": self.namespace, "name": job });
            let parent = json!({ "run": { "runId": uuid(run) }, "job": job });
            facets.put("parent", "1-1-0/ParentRunFacet", parent);
        }
        if let Some(error) = self.error {
            // The schema asks for a language, and a step may be in any.
            let error = json!({ "message": clip(error), "programmingLanguage": "unknown" });
            facets.put("errorMessage", "1-0-1/ErrorMessageRunFacet", error);
        }
        facets
    }

    fn job_facets(&self) -> Facets {
        let mut facets = Facets::default();
        if let Some(query) = self.sql {
            facets.put("sql", "1-1-0/SQLJobFacet", json!({ "query": query }));
        }
        facets
    }
}

impl Dataset {
    fn json(&self) -> Value {
        let mut facets = Facets::default();
        if let Some(version) = &self.version {
            let version = json!({ "datasetVersion": version });
            facets.put("version", "1-0-1/DatasetVersionDatasetFacet", version);
        }
        if !self.columns.is_empty() {
            let field = |column: &Column| json!({ "name": column.name, "type": column.kind });
            let fields: Vec<Value> = self.columns.iter().map(field).collect();
            facets.put("schema", "1-1-1/SchemaDatasetFacet", json!({ "fields": fields }));
        }
        json!({ "namespace": self.namespace, "name": self.name, "facets": facets })
    }
}

/// What is said beside the least, each by a schema of its own.
#[derive(Default, serde::Serialize)]
struct Facets(Map<String, Value>);

impl Facets {
    /// Adds a facet of this schema: its version and its name.
    fn put(&mut self, name: &str, schema: &str, mut facet: Value) {
        let place = schema.rsplit('/').next().unwrap_or_default();
        facet["_producer"] = PRODUCER.into();
        facet["_schemaURL"] =
            format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{place}").into();
        self.0.insert(name.to_owned(), facet);
    }
}

/// The hash as a UUID of version 8, which RFC 9562 leaves to whoever makes it: its first 128 bits but for six, which say
/// version and variant.
fn uuid(hash: &Hash) -> String {
    let digits = hash.to_string();
    let bits = u128::from_str_radix(&digits[..32], 16).expect("a hash is written in hexadecimal digits");
    let bits = (bits & !(0xf << 76)) | (8 << 76);
    let bits = (bits & !(0b11 << 62)) | (0b10 << 62);
    let text = format!("{bits:032x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// The end of a long error: commands say last what ended them.
fn clip(error: &str) -> String {
    if error.len() <= LONGEST_ERROR {
        return error.to_owned();
    }
    let from = error.ceil_char_boundary(error.len() - LONGEST_ERROR);
    format!("…{}", &error[from..])
}
