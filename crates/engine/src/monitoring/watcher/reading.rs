//! Rows and labels, as they come and again after a start.

use base::{Name, Timestamp};
use monitor::Window;
use serving::capture::{Captured, Totals};

use super::{Watcher, World};
use crate::{
    Error,
    capture::{self, Position},
    monitoring::frames::{HELD, Labelled},
};

/// Labels that are looked at in one go.
const LABELS: usize = 5_000;

impl Watcher {
    /// Reads the recent windows into memory again, as far as they had been read; what is recorded of them stays as it is.
    pub(super) fn remember(&mut self, world: &World<'_>) -> Result<(), Error> {
        let until = self.state.position;
        loop {
            let piece = capture::between(world.store, &self.monitor.service, &self.position, &until)?;
            for captured in self.of_model(piece.captured) {
                let events = captured.event_times(self.monitor.time.as_deref());
                let Ok(version) = captured.header.version.parse() else { continue };
                let added = self.frames.add(&captured, &events, version, self.oldest_held());
                self.label_known(&captured, &added.rows, false, world)?;
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

    /// Takes in what was captured since.
    pub(super) fn read(&mut self, world: &World<'_>) -> Result<(), Error> {
        loop {
            let before = self.position;
            let piece = capture::read(world.store, &self.monitor.service, &before)?;
            for captured in self.of_model(piece.captured) {
                self.take(&captured, before, world)?;
            }
            piece.totals.iter().for_each(|totals| self.count(totals, world));
            self.position = piece.position;
            self.state.position = piece.position;
            if !piece.more {
                return Ok(());
            }
        }
    }

    /// The rows of the model that the service answers with now: another model's versions have the same numbers.
    fn of_model(&self, mut captured: Vec<Captured>) -> Vec<Captured> {
        let model = self.state.tie.model.as_ref().map(Name::as_str);
        captured.retain(|captured| model == Some(captured.header.model.as_str()));
        captured
    }

    /// The oldest window that is held, by the monitor's clock: one row with a wrong time moves nothing.
    pub(super) fn oldest_held(&self) -> Option<Window> {
        Some(self.windows.of(self.state.clock()?).shifted(1 - HELD))
    }

    fn take(&mut self, captured: &Captured, before: Position, world: &World<'_>) -> Result<(), Error> {
        let Ok(version) = captured.header.version.parse() else { return Ok(()) };
        let now = world.clock.now();
        let events = captured.event_times(self.monitor.time.as_deref());
        let mut present = Vec::with_capacity(captured.rows());
        for (row, event) in events.iter().enumerate() {
            if self.state.watermark.observe(Timestamp::from_micros(*event), now) {
                present.push(row);
            } else {
                self.state.oddities.of_the_future += 1;
            }
        }
        let taken = captured.take(&present);
        let events: Vec<i64> = present.iter().map(|row| events[*row]).collect();
        let added = self.frames.add(&taken, &events, version, self.oldest_held());
        for row in &added.rows {
            let event = Timestamp::from_micros(events[*row]);
            self.state.first = Some(self.state.first.map_or(event, |first| first.min(event)));
            self.note_window(self.windows.of(event), before);
        }
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
        if let Some(oldest) = self.oldest_held() {
            self.state.resume.retain(|(window, _)| *window >= oldest);
        }
    }

    /// Counts what the service did to the window in which it happened, by the monitor's clock.
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
            self.state.counts.add((self.windows.of(at), at), totals, slow);
        }
    }

    /// Labels that were there before their rows.
    pub(super) fn label_known(
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

    pub(super) fn read_labels(&mut self, world: &World<'_>) -> Result<(), Error> {
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
}
