//! How incidents went on: their causes, and what their tickets are told.

use monitor::{Assessment, Status, Window};
use store::{IncidentFilter, Store};

use super::{Watcher, World};
use crate::{
    Error, collections,
    monitoring::{Detail, evidence, happenings::Past, record::Step},
};

/// Incidents that are followed: those still open, and the latest that are not.
const INCIDENTS: usize = 20;
/// A confirmed incident's causes are sought again after so many windows.
const SOUGHT_AGAIN: i64 = 4;

impl Watcher {
    /// The incidents of this monitor, oldest first.
    pub(super) fn incidents(&self, store: &Store) -> Result<Vec<Detail>, Error> {
        let monitor = Some(self.name.clone());
        let filter = IncidentFilter { monitor, limit: Some(INCIDENTS), ..IncidentFilter::default() };
        let mut details = Vec::new();
        for record in store.incidents(&filter)?.iter().rev() {
            details.push(Detail::of(record)?);
        }
        Ok(details)
    }

    /// How each incident went on, with its causes and what its ticket is to be told.
    pub(super) fn steps(
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

    /// What the charts of an incident's signals show in a window.
    fn patterns(&self, detail: &Detail, window: Window) -> Vec<String> {
        let mut shown = Vec::new();
        for member in &detail.incident.signals {
            let Some(series) = self.history.series.get(&member.signal) else { continue };
            let last = series.until(window).len().saturating_sub(1);
            let patterns = monitor::patterns(&member.signal, series, window);
            let latest = patterns.iter().filter(|departure| departure.index == last);
            shown.extend(latest.map(|departure| format!("{}: {}", member.signal, departure.rule)));
        }
        shown
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
        detail.patterns = self.patterns(detail, newest.window);
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
