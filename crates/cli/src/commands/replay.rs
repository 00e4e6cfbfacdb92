//! `kaizen replay SOURCE`

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use base::{Clock, Hash, Name, Timestamp, causes};
use data::{Part, Source, View, Window};
use engine::{Cancel, Period, Project};
use table::{Column, Table, Values};

use super::{end_on_signal, wait_for};
use crate::{
    Environment, Failure,
    arguments::Replay,
    exit,
    output::{Output, line},
    replay::{Endpoint, EndpointError, Pace, Snapshot, Stream, Summary},
    views,
};

/// Requests under way at once, unless told otherwise: enough to keep two cores busy.
const CONNECTIONS: usize = 4;

/// What is replayed, and where to.
struct Replayed {
    stream: Stream,
    url: String,
    model: String,
}

pub(crate) fn run(
    arguments: &Replay,
    at: Option<&Path>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let source = arguments.source.clone().or(at.map(Path::to_owned)).unwrap_or_else(|| PathBuf::from("."));
    let is_project =
        source.is_dir() && source.join("kaizen.toml").exists() || source.ends_with("kaizen.toml");
    let mut replayed = wait_for(async {
        if is_project {
            of_project(arguments, &source, environment).await
        } else {
            of_file(arguments, &source).await
        }
    })?;
    if let Some(limit) = arguments.limit {
        replayed.stream.limit(limit);
    }
    if replayed.stream.times.is_empty() {
        return Err(Failure::new(
            exit::DATA,
            "replay: there are no rows in that window; mend --from and --until",
        ));
    }
    let summary = send(arguments, replayed, environment, output)?;
    let code = match (&summary.ended, summary.failed + summary.labels_failed) {
        (Some(why), _) if why == "interrupted" => exit::INTERRUPTED,
        (None, 0) => exit::DONE,
        _ => exit::FAILED,
    };
    if output.json {
        // A line like those before it, so that all of them can be read one by one.
        line(&summary);
    } else {
        output.result(&summary, views::replay::summary);
    }
    Ok(code)
}

fn send(
    arguments: &Replay,
    replayed: Replayed,
    environment: &Environment,
    output: &mut Output,
) -> Result<Summary, Failure> {
    let Replayed { stream, url, model } = replayed;
    let failed = |message: String| Failure::new(exit::FAILED, format!("replay: {message}"));
    let endpoint = Endpoint::new(&url, &model).map_err(|message| Failure::new(exit::USAGE, message))?;
    let endpoint = endpoint.with_token((environment.variable)("KAIZEN_TOKEN"));
    let inputs = endpoint.inputs().map_err(|error| match error {
        EndpointError::Unreachable(message) => failed(format!("{message}; is `kaizen up` running there?")),
        EndpointError::Refused(message) => failed(format!("{url} answers {message}")),
    })?;
    output.remark(&views::replay::opening(&stream, &url, &model));
    let pace = Pace {
        speed: arguments.speed,
        connections: arguments.connections.unwrap_or(CONNECTIONS).clamp(1, 256),
        batch: arguments.batch.max(1),
        patience: arguments.patience.get(),
    };
    let clock: Arc<dyn Clock> = environment.clock.clone();
    let (json, terminal) = (output.json, output.terminal);
    wait_for(async move {
        let cancel = Cancel::default();
        tokio::spawn(end_on_signal(cancel.clone()));
        let sending = tokio::task::spawn_blocking(move || {
            let mut progress = |snapshot: &Snapshot| {
                if json { line(snapshot) } else { views::replay::progress(snapshot, terminal) }
            };
            crate::replay::run(&stream, (&endpoint, &inputs), &pace, (clock.as_ref(), &cancel), &mut progress)
        });
        let sent = sending.await.map_err(|error| failed(error.to_string()))?;
        sent.map_err(|message| Failure::new(exit::DATA, format!("replay: {message}")))
    })
}

/// The rows of a project's model, with the columns that its monitor names.
async fn of_project(arguments: &Replay, at: &Path, environment: &Environment) -> Result<Replayed, Failure> {
    let project = Project::load(at, &environment.variables())?;
    let service = service(&project, arguments.model.as_deref())?;
    let model = &project.spec.services[&service].model;
    let period = Period { from: arguments.from, until: arguments.until };
    let rows = engine::replayed_rows(&project, model, period).await?;
    let wanted = &project.spec.models[model];
    let monitor = project.spec.monitors.values().find(|monitor| monitor.service == service);
    let labels = monitor.map(|monitor| &monitor.labels);
    let time = arguments.time.clone().or_else(|| monitor.and_then(|monitor| monitor.time.clone()));
    let time = time.or_else(|| wanted.time.clone()).ok_or_else(no_time)?;
    let id = arguments.id.clone().or_else(|| key(&project, &rows));
    let mut stream = Stream::new(&rows, &time, id.as_deref()).map_err(data)?;
    if !arguments.no_labels {
        let value = arguments.label.clone().or_else(|| labels.and_then(|labels| labels.value.clone()));
        let value = value.unwrap_or_else(|| wanted.target.clone());
        let known = arguments.label_time.clone().or_else(|| labels.and_then(|labels| labels.time.clone()));
        let delay = arguments.label_delay.or_else(|| labels.and_then(|labels| labels.delay));
        label(&mut stream, &value, known.as_deref(), delay)?;
    }
    let url = arguments.url.clone().unwrap_or_else(|| format!("http://{}", project.spec.server.listen));
    Ok(Replayed { stream, url, model: service.to_string() })
}

/// The rows of files that belong to no project.
async fn of_file(arguments: &Replay, at: &Path) -> Result<Replayed, Failure> {
    let Some(model) = arguments.model.clone() else {
        let message = "replay: say which model is asked: --model NAME; GET /v2/repository/index lists them";
        return Err(Failure::new(exit::USAGE, message));
    };
    let time = arguments.time.clone().ok_or_else(no_time)?;
    let rows = rows(arguments, at, &time).await.map_err(|error| data(causes(&error)))?;
    let mut stream = Stream::new(&rows, &time, arguments.id.as_deref()).map_err(data)?;
    if let Some(value) = arguments.label.as_ref().filter(|_| !arguments.no_labels) {
        label(&mut stream, value, arguments.label_time.as_deref(), arguments.label_delay)?;
    }
    if !arguments.columns.is_empty() {
        stream.table = stream.table.select(arguments.columns.iter().map(String::as_str));
    }
    let url = arguments.url.clone().unwrap_or_else(|| "http://127.0.0.1:5151".to_owned());
    Ok(Replayed { stream, url, model })
}

async fn rows(arguments: &Replay, at: &Path, time: &str) -> Result<Table, data::Error> {
    let root = std::path::absolute(".").unwrap_or_default();
    let pattern = at.to_string_lossy().into_owned();
    let files = data::files(&Source { root, pattern, format: None })?;
    // The files are read where they lie and not kept, so they need no identity.
    let part = |file: data::SourceFile| {
        let hash = Hash::of(&file.relative);
        Part { path: file.path, relative: file.relative, bytes: file.bytes, hash }
    };
    let parts: Vec<Part> = files.into_iter().map(part).collect();
    let window = Window { time: Some(time.to_owned()), from: arguments.from, until: arguments.until };
    let manifest = data::inspect(&parts, None, window).await?;
    let view = View { name: "replay".to_owned(), parts, manifest };
    let table = data::table(&view, None, &data::Limits::default()).await?;
    Ok(with_missing(table, &view.manifest))
}

/// The rows with the columns too that have no value in any of them: the model may ask for one of those all the same.
fn with_missing(table: Table, manifest: &data::Manifest) -> Table {
    let is_empty = |field: &&data::ColumnInfo| field.kind.is_none() && field.data_type == "Null";
    let nothing = Values::Number(vec![f64::NAN; table.rows()]);
    let missing = manifest.fields.iter().filter(is_empty);
    let missing: Vec<Column> = missing.map(|field| Column::new(&*field.name, nothing.clone())).collect();
    // They are as long as the others and have names of their own.
    Table::new([table.columns(), &missing].concat()).unwrap_or(table)
}

fn label(
    stream: &mut Stream,
    value: &str,
    known: Option<&str>,
    delay: Option<base::Span>,
) -> Result<(), Failure> {
    let delay = delay.map_or(0, |delay| i64::try_from(delay.get().as_micros()).unwrap_or(i64::MAX));
    stream.label(value, known, delay).map_err(data)
}

/// The service that is asked: the one that is named, or the only one.
fn service(project: &Project, named: Option<&str>) -> Result<Name, Failure> {
    let services: Vec<&Name> = project.spec.services.keys().collect();
    let known = services.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let usage = |message: String| Failure::new(exit::USAGE, format!("replay: {message}"));
    match (named, services.as_slice()) {
        (Some(named), _) => {
            let found = services.iter().find(|service| service.as_str() == named);
            let found =
                found.ok_or_else(|| usage(format!("there is no service.{named}; there is {known}")))?;
            Ok((*found).clone())
        }
        (None, [only]) => Ok((*only).clone()),
        (None, []) => Err(usage("the project has no service to ask; declare one: [service.NAME]".to_owned())),
        (None, _) => Err(usage(format!("say which service is asked: --model with one of {known}"))),
    }
}

/// The key of the data set that the rows still have, to tell requests apart by.
fn key(project: &Project, rows: &Table) -> Option<String> {
    let keys = project.spec.data.values().map(|data| data.key.as_slice());
    let single = keys.filter_map(|key| if let [only] = key { Some(only.clone()) } else { None });
    single.into_iter().find(|key| rows.column(key).is_some())
}

fn no_time() -> Failure {
    Failure::new(exit::USAGE, "replay: say which column holds the event time: --time COLUMN")
}

fn data(message: String) -> Failure {
    Failure::new(exit::DATA, format!("replay: {message}"))
}

/// For clap: a time as text.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|error: base::TimestampError| error.to_string())
}
