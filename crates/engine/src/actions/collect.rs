//! `collect monitor.x`: the labelled traffic of a service becomes a snapshot, for its model to learn from.

use std::ops::Range;

use base::{Hash, Name, Timestamp};
use data::Part;
use plan::{ActionId, Collection, Node, Reason, Verb};
use serving::capture::Captured;
use table::{Column, Kind, Table, TextBuilder, Values};

use super::{Done, Failure, Turn, report, view};
use crate::{
    Engine, Error, capture,
    collections::{self, Collected, REMEMBERED},
    desired::source,
    monitoring::State,
    output::Output,
    recorded::kept,
};

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let monitor = turn.action.id.node.name();
    let before = collections::of(&turn.project.spec, &engine.store, monitor)?;
    let labelled = collections::labelled_then(&engine.store, monitor)?;
    let remembered = Collected { collections: before, labelled };
    // What was collected before stays what the model learns from, also when this comes to nothing.
    let detail = serde_json::json!({ "collected": remembered });
    collect(engine, turn, remembered).await.map_err(|failure| match failure {
        Failure::Failed { message, .. } => Failure::Failed { message, detail },
        other => other,
    })
}

async fn collect(engine: &Engine, turn: &Turn, before: Collected) -> Result<Done, Failure> {
    let monitor = turn.action.id.node.name();
    let gone = |what: String| Failure::failed(format!("{what} is not in the project"));
    let Some(wanted) = turn.project.spec.monitors.get(monitor) else {
        return Err(gone(format!("monitor.{monitor}")));
    };
    let Some(service) = turn.project.spec.services.get(&wanted.service) else {
        return Err(gone(format!("service.{}", wanted.service)));
    };
    let Some(model) = turn.project.spec.models.get(&service.model) else {
        return Err(gone(format!("model.{}", service.model)));
    };
    let nothing = || Failure::failed("no traffic was captured yet");
    let state = State::load(&engine.store, monitor)?.ok_or_else(nothing)?;
    let at = state.clock().ok_or_else(nothing)?;
    report(engine, &turn.action.id, "reading the captured traffic");
    let gathering = Gathering::new(engine, &service.model, model, wanted.time.as_deref()).await?;
    let table = tokio::task::block_in_place(|| gathering.gather(&wanted.service))?;
    let output = keep(engine, monitor, &table, gathering.time).await?;
    let rows = table.rows() as u64;
    let summary = format!("{} labelled rows of traffic, {}", base::grouped(rows), output.short());
    let collected = remember(
        before,
        turn,
        Collection {
            at,
            cause_key: turn.action.reasons.iter().find_map(Reason::cause_key).unwrap_or_default(),
            output,
            rows,
            decision: None,
        },
        state.labelled,
    );
    Ok(Done::new(output, summary, serde_json::json!({ "rows": rows, "collected": collected })))
}

/// What was collected before and now. One that only takes the place of what was lost answers what that answered.
fn remember(before: Collected, turn: &Turn, new: Collection, labelled: u64) -> Collected {
    let replaces = turn.action.reasons.iter().all(|reason| reason.cause_key().is_none());
    let mut collections = before.collections;
    match collections.first_mut().filter(|_| replaces) {
        Some(lost) => {
            (lost.output, lost.rows) = (new.output, new.rows);
            Collected { collections, labelled: before.labelled }
        }
        None => {
            collections.insert(0, new);
            collections.truncate(REMEMBERED);
            Collected { collections, labelled }
        }
    }
}

/// Gathers the rows that have a label and are not in the model's own data yet.
struct Gathering<'a> {
    engine: &'a Engine,
    target: &'a str,
    kind: Kind,
    /// The model's time column, which orders its rows.
    time: Option<&'a str>,
    /// The input that holds the event time.
    event_time: Option<&'a str>,
    /// The last event of the model's own data: traffic up to it is there already.
    known_until: Timestamp,
}

impl<'a> Gathering<'a> {
    async fn new(
        engine: &'a Engine,
        name: &Name,
        model: &'a spec::Model,
        event_time: Option<&'a str>,
    ) -> Result<Self, Failure> {
        let node = source(&model.data);
        let trained = kept(&engine.store, &ActionId::new(Verb::Train, &Node::Model(name.clone())))?;
        let content = trained.and_then(|kept| kept.record.inputs.get(&node.to_string()).copied());
        let content = content.ok_or_else(|| Failure::failed(format!("model.{name} was never trained")))?;
        let view = view(engine, &node, &content)?;
        let columns: Vec<String> =
            [Some(&model.target), model.time.as_ref()].into_iter().flatten().cloned().collect();
        let own = data::table(&view, Some(&columns), &engine.limits()).await?;
        let kind = own.column(&model.target).map_or(Kind::Text, |column| column.values.kind());
        let time = model.time.as_deref();
        let last = match time.and_then(|time| own.column(time)).map(|column| &column.values) {
            Some(Values::Time(times)) => times.iter().flatten().max().copied(),
            _ => None,
        };
        let known_until = Timestamp::from_micros(last.unwrap_or(i64::MIN));
        Ok(Self { engine, target: &model.target, kind, time, event_time, known_until })
    }

    fn gather(&self, service: &Name) -> Result<Table, Failure> {
        let always = Range { start: Timestamp::from_micros(i64::MIN), end: Timestamp::from_micros(i64::MAX) };
        let mut seen = std::collections::HashSet::new();
        let mut pieces: Vec<Table> = Vec::new();
        let mut failed = None;
        capture::read_range(
            &self.engine.store,
            service,
            self.event_time,
            &always,
            &mut |captured| match self.labelled(service, &captured, &mut seen) {
                Ok(Some(rows)) => pieces.push(rows),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            },
        )
        .map_err(|error| Failure::of(&error))?;
        if let Some(error) = failed {
            return Err(error);
        }
        let rows: usize = pieces.iter().map(Table::rows).sum();
        let width = pieces.first().map_or(0, |piece| piece.columns().len());
        let limit = self.engine.limits().memory.get();
        if (rows * width * size_of::<f64>()) as u64 > limit {
            let fix = "let the service keep less: capture = { keep = … }";
            return Err(Failure::failed(format!(
                "{rows} labelled rows are more than fit into memory; {fix}"
            )));
        }
        joined(pieces)
            .ok_or_else(|| Failure::failed("no captured row has a label that can be learned from yet"))
    }

    /// The rows of a piece that have a usable label, each id once.
    fn labelled(
        &self,
        service: &Name,
        captured: &Captured,
        seen: &mut std::collections::HashSet<Hash>,
    ) -> Result<Option<Table>, Failure> {
        let events = captured.event_times(self.event_time);
        let ids: Vec<&str> = captured.ids.iter().map(String::as_str).collect();
        let labels = self.engine.store.labels_of(service, &ids)?;
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for (row, id) in ids.iter().enumerate() {
            let Some(label) = labels.get(*id) else { continue };
            let new = events[row] > self.known_until.micros() && usable(self.kind, &label.value);
            if new && seen.insert(Hash::of(id)) {
                rows.push(row);
                values.push(label.value.as_str());
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let taken = captured.take(&rows).inputs;
        let mut columns = taken.columns().to_vec();
        columns.retain(|column| column.name != self.target);
        columns.push(Column::new(self.target, target(self.kind, &values)));
        if let Some(time) = self.time.filter(|time| taken.column(time).is_none()) {
            let times = rows.iter().map(|row| Some(events[*row])).collect();
            columns.push(Column::new(time, Values::Time(times)));
        }
        Table::new(columns).map(Some).map_err(|error| Failure::of(&error))
    }
}

/// The pieces as one table, joined in pairs, so that each row is copied a few times and not once a piece.
fn joined(mut pieces: Vec<Table>) -> Option<Table> {
    while pieces.len() > 1 {
        let pairs = pieces.chunks(2);
        pieces = pairs
            .map(|pair| pair[1..].iter().fold(pair[0].clone(), |all, piece| all.append(piece)))
            .collect();
    }
    pieces.pop()
}

/// Whether a label can be a value of a target of this kind.
fn usable(kind: Kind, label: &str) -> bool {
    match kind {
        Kind::Number => label.trim().parse::<f64>().is_ok_and(f64::is_finite),
        Kind::Boolean => boolean(label).is_some(),
        Kind::Text => true,
        Kind::Time => false,
    }
}

fn target(kind: Kind, labels: &[&str]) -> Values {
    match kind {
        Kind::Boolean => Values::Boolean(labels.iter().map(|label| boolean(label)).collect()),
        Kind::Number => {
            Values::Number(labels.iter().map(|label| label.trim().parse().unwrap_or(f64::NAN)).collect())
        }
        Kind::Text | Kind::Time => {
            let mut text = TextBuilder::default();
            labels.iter().for_each(|label| text.push(Some(label)));
            Values::Text(text.finish())
        }
    }
}

fn boolean(label: &str) -> Option<bool> {
    match label.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

async fn keep(engine: &Engine, monitor: &Name, table: &Table, time: Option<&str>) -> Result<Hash, Failure> {
    let temporary = engine.store.temporary();
    data::write_table(table, temporary.path())?;
    let hash = engine.store.put_file(temporary.path())?;
    let path = engine.store.path(&hash)?;
    let bytes = std::fs::metadata(&path).map_err(Error::io("read", &path))?.len();
    let part = Part { path, relative: format!("{monitor}.parquet"), bytes, hash };
    let window = data::Window { time: time.map(str::to_owned), ..data::Window::default() };
    let manifest = data::inspect(&[part], Some(data::Format::Parquet), window).await?;
    Ok(Output::rows(manifest).keep(&engine.store)?)
}
