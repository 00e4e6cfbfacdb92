//! Gathers what the causes of an incident are sought in, and has them ranked.

use std::collections::BTreeMap;

use base::Timestamp;
use monitor::{
    Assessment, Incident, Window,
    cause::{Evidence, Means, Ranking, Rows, Symptom, rank},
};
use table::{Table, Values};

use super::{
    frames::Frames,
    happenings::{Past, lineage},
    subject::{Subject, guess, guesses},
};
use crate::Error;

/// How many windows show how the inputs moved.
const SHOWN: usize = 12;
/// From this share of labels on, causes are sought in the measured loss rather than the expected.
const ENOUGH_LABELS: f64 = 0.5;

/// The causes of an incident as of its newest window.
pub(super) fn causes(
    incident: &Incident,
    newest: &Assessment,
    (frames, subject): (&mut Frames, &Subject),
    past: &Past<'_>,
) -> Result<Option<Ranking>, Error> {
    let Some(leading) = incident.signals.first() else { return Ok(None) };
    let window = newest.window;
    let since = Timestamp::min(incident.onset, window.start);
    let Some(current) = rows_since(since, window, frames, subject) else { return Ok(None) };
    let point = &leading.latest;
    let symptom = Symptom {
        signal: leading.signal.to_string(),
        subject: plan::Node::Service(past.service.clone()).to_string(),
        before: point.expected.map_or(0.0, |expected| expected.value),
        after: point.value,
        onset: incident.onset,
        window_micros: window.micros(),
    };
    let drift = newest.drift.iter().flat_map(|drift| &drift.columns);
    let evidence = Evidence {
        symptom,
        reference: &subject.held_out,
        current: &current,
        measure: subject.measure,
        importance: subject.reference.importance().clone(),
        drift: drift.map(|column| (column.column.clone(), column.drifted)).collect(),
        history: history(window, frames),
        happenings: past.happenings()?,
        lineage: lineage(past.project),
        score: &|rows| subject.score(rows),
    };
    Ok(Some(rank(&evidence)))
}

/// The rows of the windows since an instant: those with labels when most have one, else all with the loss to be expected.
fn rows_since(since: Timestamp, until: Window, frames: &mut Frames, subject: &Subject) -> Option<Rows> {
    let version = subject.reference.version;
    let mut all: Option<(Table, Vec<f64>, Vec<Option<f64>>)> = None;
    for window in frames.windows_since(since, until) {
        let Some(cell) = frames.cell(window, version) else { continue };
        let rows = (cell.table().clone(), cell.predictions.clone(), cell.labels.clone());
        all = Some(match all {
            None => rows,
            Some((table, predictions, labels)) => {
                (table.append(&rows.0), [predictions, rows.1].concat(), [labels, rows.2].concat())
            }
        });
    }
    let (table, predictions, labels) = all?;
    let reading = subject.reference.reading();
    let labelled: Vec<usize> = (0..labels.len()).filter(|row| labels[*row].is_some()).collect();
    if labelled.len() as f64 >= ENOUGH_LABELS * labels.len() as f64 {
        let width = reading.width();
        let said: Vec<f64> =
            labelled.iter().flat_map(|row| &predictions[row * width..(row + 1) * width]).copied().collect();
        let truth: Vec<f64> = labelled.iter().filter_map(|row| labels[*row]).collect();
        let (said, truth) = guesses(reading, &said, &truth);
        return Rows::measured(table.take(&labelled), said, truth, subject.measure).ok();
    }
    let said = guess(reading, &predictions);
    let expected = subject.expected_losses(&table, &predictions);
    let loss = match expected.get(&stats::Metric::Rmse) {
        Some(squared) => squared.clone(),
        // As CBPE has it: the model is taken at its word.
        None => said.iter().map(|guess| subject.measure.loss(*guess, *guess)).collect(),
    };
    Rows::expected(table, said, loss).ok()
}

/// The means of the numeric inputs, window by window.
fn history(until: Window, frames: &mut Frames) -> Vec<Means> {
    let mut means = Vec::new();
    for back in (0..SHOWN as i64).rev() {
        let window = until.shifted(-back);
        let Some(version) = frames.version(window) else { continue };
        let Some(cell) = frames.cell(window, version) else { continue };
        let mut columns = BTreeMap::new();
        for column in cell.table().columns() {
            let Values::Number(values) = &column.values else { continue };
            let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
            if let Some(mean) = stats::mean(&known) {
                columns.insert(column.name.clone(), mean);
            }
        }
        means.push(Means { start: window.start, columns });
    }
    means
}
