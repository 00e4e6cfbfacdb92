//! One monitor's turn: what came since, which windows closed, what that means.

use std::{collections::BTreeMap, sync::Arc};

use base::{Clock, Name, Timestamp};
use monitor::{Assessment, History, Incident, Point, SignalName, Status, Traffic, Window, Windows};
use serving::capture::{Captured, Totals};
use store::{IncidentFilter, SignalPoint, Store, WindowRecord};

use super::{
    Detail, State,
    cell::Cell,
    counts::Counts,
    evidence,
    frames::{Frames, HELD, Labelled},
    happenings::Past,
    judged,
    label_files::{LabelFiles, Place},
    record::{Book, Found, Step},
    settings,
    subject::{Origin, Subject},
};
use crate::{
    Error, Project,
    capture::{self, Position},
    collections,
};

/// Windows that are closed in one turn; a clock that is years ahead takes several.
const WINDOWS: usize = 64;
/// Labels that are looked at in one go.
const LABELS: usize = 5_000;
/// Windows whose points say how a signal went.
const HISTORY: i64 = 120;
/// Incidents that are followed: those still open, and the latest that are not.
const INCIDENTS: usize = 20;
/// A confirmed incident's causes are sought again after so many windows.
const SOUGHT_AGAIN: i64 = 4;

/// What a turn is taken in.
pub(super) struct World<'a> {
    pub(super) store: &'a Store,
    pub(super) project: &'a Project,
    pub(super) clock: &'a dyn Clock,
    pub(super) runtime: &'a tokio::runtime::Handle,
}

/// What a turn came to, for whoever watches.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) windows: Vec<Assessment>,
    pub(super) incidents: Vec<(Detail, Option<&'static str>)>,
    /// Why files of labels could not be read.
    pub(super) unread: Option<Error>,
}

/// A monitor with all that it holds in memory.
pub(super) struct Watcher {
    name: Name,
    monitor: spec::Monitor,
    windows: Windows,
    frames: Frames,
    counts: Counts,
    state: State,
    history: History,
    position: Position,
    /// By version and epoch.
    subjects: BTreeMap<(u64, u64), Arc<Subject>>,
    label_files: LabelFiles,
}

impl Watcher {
    /// A monitor that goes on from what is recorded.
    pub(super) fn start(name: &Name, monitor: &spec::Monitor, world: &World<'_>) -> Result<Self, Error> {
        let windows = Windows::new(monitor.window.get(), std::time::Duration::ZERO);
        let state = State::load(world.store, name)?.unwrap_or_default();
        let mut watcher = Self {
            name: name.clone(),
            monitor: monitor.clone(),
            windows,
            frames: Frames::new(windows),
            counts: Counts::default(),
            position: state.resume.first().map(|(_, position)| *position).unwrap_or_default(),
            history: history(world.store, name, &state)?,
            state,
            subjects: BTreeMap::new(),
            label_files: LabelFiles::default(),
        };
        watcher.remember(world)?;
        Ok(watcher)
    }

    /// Whether it is still the monitor that the project declares.
    pub(super) fn is(&self, monitor: &spec::Monitor) -> bool {
        self.monitor == *monitor
    }

    /// Reads the recent windows into memory again, as far as they had been read; what is recorded of them stays as it is.
    fn remember(&mut self, world: &World<'_>) -> Result<(), Error> {
        let until = self.state.position;
        loop {
            let piece = capture::between(world.store, &self.monitor.service, &self.position, &until)?;
            for captured in &piece.captured {
                let events = captured.event_times(self.monitor.time.as_deref());
                let Ok(version) = captured.header.version.parse() else { continue };
                let added = self.frames.add(captured, &events, version);
                self.label_known(captured, &added.rows, false, world)?;
            }
            self.position = piece.position;
            if !piece.more {
                break;
            }
        }
        if let Some(closed) = self.state.closed {
            self.frames.settle(closed);
        }
        Ok(())
    }

    /// Takes a turn; says what came of it.
    pub(super) fn turn(&mut self, world: &World<'_>) -> Result<Turn, Error> {
        let before = self.state.clone();
        self.judge_again(world)?;
        self.read(world)?;
        let unread = self.read_label_files(world).err();
        Ok(Turn { unread, ..self.judge(before, world)? })
    }

    /// Files of labels that make no sense keep nothing else from its turn.
    fn read_label_files(&mut self, world: &World<'_>) -> Result<(), Error> {
        let (store, project, runtime) = (world.store, world.project, world.runtime);
        self.label_files.follow(&Place { store, project, monitor: &self.monitor, runtime }).map(|_| ())
    }

    /// Judges what has come since, and writes down what that means.
    fn judge(&mut self, before: State, world: &World<'_>) -> Result<Turn, Error> {
        self.read_labels(world)?;
        let Some(clock) = self.state.clock() else { return Ok(Turn::default()) };
        self.state.times.note(world.clock.now(), clock);
        let settings =
            settings::of(world.project, world.store, (&self.name, &self.monitor), &self.state.times)?;
        let mut incidents = self.incidents(world.store)?;
        let recorded = incidents.clone();
        let assessed = self.assess_all(clock, &settings, world, &mut incidents)?;
        self.frames.forget_old();
        let steps = self.steps(recorded, incidents, &assessed, world)?;
        if assessed.is_empty() && steps.is_empty() && before == self.state {
            return Ok(Turn::default());
        }
        self.write(&assessed, &steps, world)?;
        let told = |step: Step| (step.now.clone(), step.what());
        let incidents = steps.into_iter().map(told).collect();
        // A window that is assessed again since labels came is no news.
        let is_new = |assessment: &Assessment| before.closed.is_none_or(|closed| assessment.window > closed);
        Ok(Turn { windows: assessed.into_iter().filter(is_new).collect(), incidents, unread: None })
    }

    /// Notes when the gate let the serving version stand on newer rows.
    fn judge_again(&mut self, world: &World<'_>) -> Result<(), Error> {
        let spec = &world.project.spec;
        let Some(service) = spec.services.get(&self.monitor.service) else { return Ok(()) };
        let Some(model) = spec.models.get(&service.model) else { return Ok(()) };
        let Some(judged) = judged::latest(world.store, &service.model, model)? else { return Ok(()) };
        if self.state.judged.as_ref() == Some(&judged) {
            return Ok(());
        }
        // What is broken must not become what is expected.
        let broken = |detail: &Detail| {
            detail.incident.status != Status::Resolved && detail.ranking.as_ref().is_some_and(judged::is_fault)
        };
        if !self.incidents(world.store)?.iter().any(broken) {
            self.state.judged = Some(judged);
        }
        Ok(())
    }

    /// Takes in what was captured since.
    fn read(&mut self, world: &World<'_>) -> Result<(), Error> {
        loop {
            let before = self.position;
            let piece = capture::read(world.store, &self.monitor.service, &before)?;
            for captured in &piece.captured {
                self.take(captured, before, world)?;
            }
            piece.totals.iter().for_each(|totals| self.count(totals, world));
            self.position = piece.position;
            self.state.position = piece.position;
            if !piece.more {
                return Ok(());
            }
        }
    }

    fn take(&mut self, captured: &Captured, before: Position, world: &World<'_>) -> Result<(), Error> {
        let Ok(version) = captured.header.version.parse() else { return Ok(()) };
        let now = world.clock.now();
        let events = captured.event_times(self.monitor.time.as_deref());
        let mut present = Vec::with_capacity(captured.rows());
        for (row, event) in events.iter().enumerate() {
            let event = Timestamp::from_micros(*event);
            if self.state.watermark.observe(event, now) {
                present.push(row);
                self.state.first = Some(self.state.first.map_or(event, |first| first.min(event)));
                self.note_window(self.windows.of(event), before);
            } else {
                self.state.oddities.of_the_future += 1;
            }
        }
        let taken = captured.take(&present);
        let events: Vec<i64> = present.iter().map(|row| events[*row]).collect();
        let added = self.frames.add(&taken, &events, version);
        self.state.rows += added.rows.len() as u64;
        self.state.oddities.repeated_ids += added.repeated;
        self.state.oddities.too_late += added.too_late;
        self.label_known(&taken, &added.rows, true, world)
    }

    /// Remembers from where on a window's rows come, for the next start.
    fn note_window(&mut self, window: Window, position: Position) {
        if self.state.resume.iter().any(|(noted, _)| *noted == window) {
            return;
        }
        self.state.resume.push((window, position));
        self.state.resume.sort_by_key(|(window, _)| *window);
        if self.state.resume.len() > HELD as usize {
            self.state.resume.remove(0);
        }
    }

    /// Counts what the service did to the window that is open, or in which it happened.
    fn count(&mut self, totals: &Totals, world: &World<'_>) {
        let at = if self.monitor.time.is_none() {
            Some(Timestamp::from_micros(totals.from))
        } else {
            self.state.clock()
        };
        let service = world.project.spec.services.get(&self.monitor.service);
        let slow = service.and_then(|service| service.slo.as_ref()?.latency_p99);
        let slow = slow.map(|span| u64::try_from(span.get().as_micros()).unwrap_or(u64::MAX));
        if let Some(at) = at {
            self.counts.add(self.windows.of(at), totals, slow);
        }
    }

    /// Labels that were there before their rows.
    fn label_known(
        &mut self,
        captured: &Captured,
        rows: &[usize],
        count: bool,
        world: &World<'_>,
    ) -> Result<(), Error> {
        let ids: Vec<&str> = rows.iter().map(|row| captured.ids[*row].as_str()).collect();
        let mut known: Vec<_> = world.store.labels_of(&self.monitor.service, &ids)?.into_values().collect();
        known.retain(|label| label.sequence <= self.state.label);
        let Some(subject) = self.serving(world)? else { return Ok(()) };
        for label in known {
            let Some(value) = subject.target(&label.value) else { continue };
            let became = self.frames.label(&label.id, value, label.known);
            if let (Labelled::First(event), true) = (became, count) {
                // It was counted as one without a row when it came.
                self.state.oddities.unmatched_labels = self.state.oddities.unmatched_labels.saturating_sub(1);
                self.count_label(event);
            }
        }
        Ok(())
    }

    fn read_labels(&mut self, world: &World<'_>) -> Result<(), Error> {
        // Without a model nobody knows what a label means; they wait.
        let Some(subject) = self.serving(world)? else { return Ok(()) };
        loop {
            let labels = world.store.labels_after(&self.monitor.service, self.state.label, LABELS)?;
            for label in &labels {
                self.state.label = label.sequence;
                let Some(value) = subject.target(&label.value) else {
                    self.state.oddities.unusable_labels += 1;
                    continue;
                };
                match self.frames.label(&label.id, value, label.known) {
                    Labelled::First(event) => self.count_label(event),
                    Labelled::Again => {}
                    Labelled::Unmatched => self.state.oddities.unmatched_labels += 1,
                }
            }
            if labels.len() < LABELS {
                return Ok(());
            }
        }
    }

    fn count_label(&mut self, event: Timestamp) {
        let state = &mut self.state;
        state.labelled += 1;
        state.labelled_from = Some(state.labelled_from.map_or(event, |from| from.min(event)));
        state.labelled_until = state.labelled_until.max(Some(event));
    }

    /// The version that the service answers with; nothing while there is none.
    fn serving(&mut self, world: &World<'_>) -> Result<Option<Arc<Subject>>, Error> {
        let services = world.store.services()?;
        let Some(assignment) = services.get(&self.monitor.service) else { return Ok(None) };
        self.subject(assignment.version, world).map(Some)
    }

    fn subject(&mut self, version: u64, world: &World<'_>) -> Result<Arc<Subject>, Error> {
        let judged = self.state.judged.as_ref().filter(|judged| judged.version == version);
        let key = (version, judged.map_or(0, |judged| judged.epoch));
        if let Some(subject) = self.subjects.get(&key) {
            return Ok(Arc::clone(subject));
        }
        let service = world.project.spec.services.get(&self.monitor.service);
        let service = service.ok_or_else(|| {
            Error::Unknown(format!("monitor.{}: there is no service.{}", self.name, self.monitor.service))
        })?;
        let origin = Origin {
            store: world.store,
            project: world.project,
            model: &service.model,
            version,
            judged,
            drift: &settings::drift(&self.monitor),
            windows: self.windows,
            time: self.monitor.time.as_deref(),
            clock: world.clock,
            runtime: world.runtime,
        };
        let subject = Arc::new(origin.subject()?);
        self.subjects.insert(key, Arc::clone(&subject));
        // The one that serves and the one before it are enough.
        while self.subjects.len() > 3 {
            self.subjects.pop_first();
        }
        Ok(subject)
    }

    fn incidents(&self, store: &Store) -> Result<Vec<Detail>, Error> {
        let monitor = Some(self.name.clone());
        let filter = IncidentFilter { monitor, limit: Some(INCIDENTS), ..IncidentFilter::default() };
        let mut details = Vec::new();
        for record in store.incidents(&filter)?.iter().rev() {
            details.push(Detail::of(record)?);
        }
        Ok(details)
    }

    /// Assesses the windows that closed and those that changed since, and lets the incidents go on.
    fn assess_all(
        &mut self,
        clock: Timestamp,
        settings: &monitor::Settings,
        world: &World<'_>,
        incidents: &mut Vec<Detail>,
    ) -> Result<Vec<Assessment>, Error> {
        let mut assessed = Vec::new();
        let Some(first) = self.state.first else { return Ok(assessed) };
        if let Some(closed) = self.state.closed {
            let changed = self.frames.changed(closed);
            for window in &changed {
                assessed.extend(self.assess(*window, settings, world)?);
            }
            if !changed.is_empty() {
                self.advance(closed, settings, incidents);
            }
        }
        let closed: Vec<Window> =
            self.windows.closed(first, self.state.closed, clock).take(WINDOWS).collect();
        for window in closed {
            assessed.extend(self.assess(window, settings, world)?);
            self.advance(window, settings, incidents);
            self.state.closed = Some(window);
        }
        Ok(assessed)
    }

    fn advance(&self, window: Window, settings: &monitor::Settings, incidents: &mut Vec<Detail>) {
        let known: Vec<Incident> = incidents.iter().map(|detail| detail.incident.clone()).collect();
        for (place, incident) in
            monitor::advance(&known, &self.history, window, settings).into_iter().enumerate()
        {
            match incidents.get_mut(place) {
                Some(detail) => detail.incident = incident,
                None => incidents.push(Detail { incident, ranking: None, ranked: None, told: None }),
            }
        }
    }

    fn assess(
        &mut self,
        window: Window,
        settings: &monitor::Settings,
        world: &World<'_>,
    ) -> Result<Option<Assessment>, Error> {
        let subject = match self.frames.version(window) {
            Some(version) => self.subject(version, world)?,
            None => match self.serving(world)? {
                Some(subject) => subject,
                None => return Ok(None),
            },
        };
        let (seen, totals) = (self.frames.seen(window), self.counts.of(window));
        let requests = if self.monitor.time.is_some() { seen } else { totals.requests() };
        let stretches = self.counts.stretches(window.end);
        let mut none = Cell::default();
        let cell = self.frames.cell(window, subject.reference.version).unwrap_or(&mut none);
        let features = cell.table().clone();
        let expected = subject.expected_losses(&features, &cell.predictions);
        let (errors, latencies_ms) = (totals.server_errors, cell.latencies_ms.as_slice());
        let traffic = Traffic {
            window,
            features: &features,
            predictions: &cell.predictions,
            labels: &cell.labels,
            label_delays: &cell.delays,
            expected_losses: &expected,
            service: monitor::Service { requests, errors, latencies_ms, stretches: &stretches },
        };
        let assessment = monitor::assess(&subject.reference, &traffic, settings);
        self.frames.assessed(window);
        self.history.put(assessment.points.iter().cloned());
        Ok(Some(assessment))
    }

    /// How each incident went on, with its causes and what its ticket is to be told.
    fn steps(
        &mut self,
        recorded: Vec<Detail>,
        incidents: Vec<Detail>,
        assessed: &[Assessment],
        world: &World<'_>,
    ) -> Result<Vec<Step>, Error> {
        let mut steps = Vec::new();
        let mut recorded = recorded.into_iter();
        let past = collections::of(&world.project.spec, world.store, &self.name)?;
        for mut detail in incidents {
            let before = recorded.next();
            self.explain(&mut detail, before.as_ref(), assessed, world)?;
            let news = news(&detail, &past);
            if news.is_some() {
                detail.told.clone_from(&news);
            }
            if before.as_ref() != Some(&detail) {
                steps.push(Step { news, ..Step::new(world.store, before, detail)? });
            }
        }
        Ok(steps)
    }

    /// Seeks the causes of an incident that is confirmed, now and again as it goes on.
    fn explain(
        &mut self,
        detail: &mut Detail,
        before: Option<&Detail>,
        assessed: &[Assessment],
        world: &World<'_>,
    ) -> Result<(), Error> {
        if detail.incident.status != Status::Confirmed {
            return Ok(());
        }
        let Some(newest) = assessed.iter().max_by_key(|assessment| assessment.window) else { return Ok(()) };
        let fresh = before.is_none_or(|before| before.incident.status != Status::Confirmed);
        let due = detail.ranked.is_none_or(|ranked| newest.window.since(ranked) >= SOUGHT_AGAIN);
        if !fresh && !due {
            return Ok(());
        }
        let subject = self.subject(newest.version, world)?;
        let (store, project, service) = (world.store, world.project, &self.monitor.service);
        let past = Past { store, project, service, times: &self.state.times };
        let found = evidence::causes(&detail.incident, newest, (&mut self.frames, &subject), &past)?;
        if found.is_some() {
            detail.ranking = found;
            detail.ranked = Some(newest.window);
        }
        Ok(())
    }

    fn write(&mut self, assessed: &[Assessment], steps: &[Step], world: &World<'_>) -> Result<(), Error> {
        let wall = world.clock.now();
        let book = Book { store: world.store, project: world.project, monitor: &self.name, wall };
        let points = assessed.iter().flat_map(|assessment| {
            assessment.points.iter().map(|(signal, point)| self.signal_point(signal, point))
        });
        let window = |assessment: &Assessment| WindowRecord {
            monitor: self.name.clone(),
            version: assessment.version,
            start: assessment.window.start,
            end: assessment.window.end,
            detail: serde_json::to_value(assessment).expect("assessments have string keys"),
        };
        let state = serde_json::to_value(&self.state).expect("states have string keys");
        let windows = assessed.iter().map(window).collect();
        book.write(&Found { points: points.collect(), windows, state, steps })
    }

    fn signal_point(&self, signal: &SignalName, point: &Point) -> SignalPoint {
        SignalPoint {
            monitor: self.name.clone(),
            version: point.version,
            signal: signal.to_string(),
            start: point.window.start,
            end: point.window.end,
            value: point.value,
            lower: point.lower,
            upper: point.upper,
            rows: point.rows,
            p_value: point.p_value,
            departs: point.departs,
            detail: serde_json::to_value(point).expect("points have string keys"),
        }
    }
}

/// The points of the recent windows, as they are recorded; of two versions in a window the newer one's.
fn history(store: &Store, name: &Name, state: &State) -> Result<History, Error> {
    let mut history = History::default();
    let Some(closed) = state.closed else { return Ok(history) };
    let mut points = store.signals(name, None, Some(closed.shifted(-HISTORY).start))?;
    points.sort_by_key(|point| point.version);
    for point in points {
        let what = || format!("point of {} of monitor.{name}", point.signal);
        let read = |source| Error::Recorded { what: what(), source };
        let kept: Point = serde_json::from_value(point.detail.clone()).map_err(read)?;
        // A signal that this release does not know is not its to judge.
        if let Ok(signal) = point.signal.parse::<SignalName>() {
            history.put([(signal, kept)]);
        }
    }
    Ok(history)
}

/// What became of the retraining that an incident demanded, when its ticket has not been told yet.
fn news(detail: &Detail, past: &[plan::Collection]) -> Option<String> {
    let key = format!("incident {}", detail.incident.id?);
    let last = past.first().filter(|last| last.cause_key == key)?;
    let verdict = match last.decision {
        None => "the gate has yet to judge it".to_owned(),
        Some(plan::Decision::Promote) => "the gate promoted it".to_owned(),
        Some(plan::Decision::Hold) => "the gate held it: too little evidence".to_owned(),
        Some(plan::Decision::Reject) => "the gate rejected it".to_owned(),
    };
    let rows = base::grouped(last.rows);
    let text = format!("retrained at {} with {rows} labelled rows of traffic; {verdict}", last.at);
    (detail.told.as_ref() != Some(&text)).then_some(text)
}
