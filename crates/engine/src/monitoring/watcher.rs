//! One monitor's turn: what came since, which windows closed, what that means.
//!
//! [`Watcher::turn`] reads (`reading`), assesses (`assessing`), lets the incidents go on (`incidents`), and writes it all
//! down in one transaction. `subjects` knows what each version is held to.

mod assessing;
mod incidents;
mod reading;
mod subjects;

use std::time::Duration;

use base::{Clock, Name};
use monitor::{Assessment, History, Point, SignalName, Windows};
use store::{SignalPoint, Store, WindowRecord};

use self::subjects::Subjects;
use super::{
    Detail, State,
    frames::Frames,
    label_files::{LabelFiles, Place},
    record::{Book, Found, Step},
    settings,
    state::Tie,
};
use crate::{Error, Project, capture::Position};

/// Windows whose points say how a signal went.
const HISTORY: i64 = 120;
/// Where a monitor stands is written down so often when nothing else is. What is read again after a kill is read from there.
const STATE_EVERY: Duration = Duration::from_secs(2);

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
    /// Why a file of labels could not be read.
    pub(super) unread: Option<Error>,
}

/// A monitor with all that it holds in memory.
pub(super) struct Watcher {
    name: Name,
    monitor: spec::Monitor,
    windows: Windows,
    frames: Frames,
    state: State,
    history: History,
    position: Position,
    subjects: Subjects,
    label_files: LabelFiles,
    /// The state as it was last written, and when.
    written: (State, Duration),
}

impl Watcher {
    /// A monitor that goes on from what is recorded, if that is of the same service, model and windows.
    pub(super) fn start(name: &Name, monitor: &spec::Monitor, world: &World<'_>) -> Result<Self, Error> {
        let windows = Windows::new(monitor.window.get(), Duration::ZERO);
        let tie = Tie::of(monitor, world.project);
        let state = State::load(world.store, name)?.filter(|state| state.tie == tie);
        let state = state.unwrap_or_else(|| State { tie, ..State::default() });
        let mut watcher = Self {
            name: name.clone(),
            monitor: monitor.clone(),
            windows,
            frames: Frames::new(windows),
            position: state.resume.iter().map(|(_, position)| *position).min().unwrap_or_default(),
            history: history(world.store, name, &state)?,
            written: (state.clone(), Duration::ZERO),
            state,
            subjects: Subjects::default(),
            label_files: LabelFiles::default(),
        };
        watcher.remember(world)?;
        Ok(watcher)
    }

    /// Whether it is still the monitor that the project declares.
    pub(super) fn is(&self, monitor: &spec::Monitor, project: &Project) -> bool {
        self.monitor == *monitor && self.state.tie == Tie::of(monitor, project)
    }

    /// Takes a turn; says what came of it.
    pub(super) fn turn(&mut self, world: &World<'_>) -> Result<Turn, Error> {
        self.judge_again(world)?;
        self.read(world)?;
        let unread = self.read_label_files(world).err();
        Ok(Turn { unread, ..self.judge(world)? })
    }

    /// Files of labels that make no sense keep nothing else from its turn.
    fn read_label_files(&mut self, world: &World<'_>) -> Result<(), Error> {
        let (store, project, runtime) = (world.store, world.project, world.runtime);
        self.label_files.follow(&Place { store, project, monitor: &self.monitor, runtime })
    }

    /// Judges what has come since, and writes down what that means.
    fn judge(&mut self, world: &World<'_>) -> Result<Turn, Error> {
        self.read_labels(world)?;
        let Some(clock) = self.state.clock() else { return Ok(Turn::default()) };
        let before = self.state.closed;
        self.state.times.note(world.clock.now(), clock);
        let settings =
            settings::of(world.project, world.store, (&self.name, &self.monitor), &self.state.times)?;
        let mut incidents = self.incidents(world.store)?;
        let recorded = incidents.clone();
        let assessed = self.assess_all(clock, &settings, world, &mut incidents)?;
        self.frames.forget_before(self.oldest_held());
        let steps = self.steps(recorded, incidents, &assessed, world)?;
        self.write(&assessed, &steps, world)?;
        let told = |step: Step| (step.now.clone(), step.what());
        let incidents = steps.into_iter().map(told).collect();
        // A window that is assessed again since labels came is no news.
        let is_new = |assessment: &Assessment| before.is_none_or(|closed| assessment.window > closed);
        Ok(Turn { windows: assessed.into_iter().filter(is_new).collect(), incidents, unread: None })
    }

    /// Writes down what was found, and now and then where the monitor stands.
    fn write(&mut self, assessed: &[Assessment], steps: &[Step], world: &World<'_>) -> Result<(), Error> {
        let now = world.clock.elapsed();
        let due = now.saturating_sub(self.written.1) >= STATE_EVERY && self.written.0 != self.state;
        if assessed.is_empty() && steps.is_empty() && !due {
            return Ok(());
        }
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
        book.write(&Found { points: points.collect(), windows, state, steps })?;
        self.written = (self.state.clone(), now);
        Ok(())
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
