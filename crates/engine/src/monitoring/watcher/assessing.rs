//! Windows, held to the reference, and incidents, let go on.

use base::Timestamp;
use monitor::{Assessment, Incident, Traffic, Window};

use super::{HISTORY, Watcher, World};
use crate::{
    Error,
    monitoring::{Detail, cell::Cell, frames::HELD},
};

/// Windows that are closed in one turn; a clock that is far ahead takes several.
const WINDOWS: usize = 64;

impl Watcher {
    /// Assesses the windows that closed and those that changed since, and lets the incidents go on.
    ///
    /// It ends with the first window in which an incident takes another turn, so that each is told and explained.
    pub(super) fn assess_all(
        &mut self,
        clock: Timestamp,
        settings: &monitor::Settings,
        world: &World<'_>,
        incidents: &mut Vec<Detail>,
    ) -> Result<Vec<Assessment>, Error> {
        let mut assessed = Vec::new();
        if let Some(closed) = self.state.closed {
            let changed = self.frames.changed(closed);
            for window in &changed {
                assessed.extend(self.assess(*window, settings, world)?);
            }
            if !changed.is_empty() && self.advance(closed, settings, incidents) {
                return Ok(assessed);
            }
        }
        while let Some(window) = self.next_closed(clock).filter(|_| assessed.len() < WINDOWS) {
            assessed.extend(self.assess(window, settings, world)?);
            self.state.closed = Some(window);
            if self.advance(window, settings, incidents) {
                break;
            }
        }
        Ok(assessed)
    }

    /// The next window to close. Where nothing came for longer than windows are held, the time in between is passed over
    /// after the first empty window: a clock that jumps by years does not make years of windows.
    fn next_closed(&self, clock: Timestamp) -> Option<Window> {
        let next = self.windows.closed(self.state.first?, self.state.closed, clock).next()?;
        let ahead = self.frames.first_since(next).unwrap_or(self.windows.of(clock));
        let newest = self.windows.of(clock).previous();
        let is_first_empty = self.state.closed.is_some_and(|closed| self.frames.version(closed).is_some());
        if ahead.since(next) <= HELD || is_first_empty {
            return Some(next);
        }
        Some(ahead.min(newest))
    }

    /// Lets the incidents go on; whether one of them took another turn.
    fn advance(&self, window: Window, settings: &monitor::Settings, incidents: &mut Vec<Detail>) -> bool {
        let known: Vec<Incident> = incidents.iter().map(|detail| detail.incident.clone()).collect();
        let mut turned = false;
        for (place, incident) in
            monitor::advance(&known, &self.history, window, settings).into_iter().enumerate()
        {
            match incidents.get_mut(place) {
                Some(detail) => {
                    turned |= detail.incident.status != incident.status;
                    detail.incident = incident;
                }
                None => {
                    turned = true;
                    incidents.push(Detail::new(incident));
                }
            }
        }
        turned
    }

    fn assess(
        &mut self,
        window: Window,
        settings: &monitor::Settings,
        world: &World<'_>,
    ) -> Result<Option<Assessment>, Error> {
        let subject = match self.frames.version(window) {
            Some(version) => self.subject_of(window, version, world)?,
            None => match self.serving(world)? {
                Some(subject) => subject,
                None => return Ok(None),
            },
        };
        let (seen, totals) = (self.frames.seen(window), self.state.counts.of(window));
        let requests = if self.monitor.time.is_some() { seen } else { totals.requests };
        let stretches = self.state.counts.stretches(window.end);
        let mut none = Cell::default();
        let cell = self.frames.cell(window, subject.reference.version).unwrap_or(&mut none);
        let features = cell.table().clone();
        let expected = subject.expected_losses(&features, &cell.predictions);
        let (errors, latencies_ms) = (totals.errors, cell.latencies_ms.as_slice());
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
        self.history.forget_before(window.shifted(-HISTORY));
        Ok(Some(assessment))
    }
}
