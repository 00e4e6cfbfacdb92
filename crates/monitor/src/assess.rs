//! One window held against the reference: every signal's point, and what could not be told.

mod inputs;
mod note;
mod quality;
mod service;

use serde::{Deserialize, Serialize};

pub use self::note::Note;
use crate::{
    Point, Reference, Settings, SignalName, Traffic, Window,
    drift::{self, Column, ColumnDrift, Drift},
    reference::said,
};

/// What a window told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The window.
    pub window: Window,
    /// The model version whose reference it was held to.
    pub version: u64,
    /// The rows that were captured.
    pub rows: u64,
    /// Those with a label that could be used.
    pub labelled: u64,
    /// The share of the rows that those are; nothing without rows.
    pub coverage: Option<f64>,
    /// Half of the labels came within so many seconds of their predictions.
    pub median_delay_s: Option<f64>,
    /// The drift of every column; nothing without rows.
    pub drift: Option<Drift>,
    /// The drift of what the model said; nothing without predictions.
    pub prediction: Option<ColumnDrift>,
    /// Each signal's point.
    pub points: Vec<(SignalName, Point)>,
    /// What could not be told, and why.
    pub notes: Vec<Note>,
}

/// What a window is held to.
struct Scene<'a> {
    reference: &'a Reference,
    settings: &'a Settings,
    window: Window,
}

/// The rows of a window whose predictions can be used.
struct Rows {
    positions: Vec<usize>,
    predictions: Vec<f64>,
}

/// Holds a window of traffic against the reference of the version that served it.
///
/// Whatever the traffic looks like, there is an answer: what cannot be told is in the notes.
pub fn assess(reference: &Reference, traffic: &Traffic<'_>, settings: &Settings) -> Assessment {
    let scene = Scene { reference, settings, window: traffic.window };
    let mut assessment = Assessment {
        window: traffic.window,
        version: reference.version,
        rows: traffic.features.rows() as u64,
        labelled: 0,
        coverage: None,
        median_delay_s: None,
        drift: None,
        prediction: None,
        points: service::points(&scene, traffic),
        notes: Vec::new(),
    };
    if traffic.features.rows() == 0 {
        assessment.notes.push(Note::NoRows);
        return assessment;
    }
    let rows = scene.usable(traffic, &mut assessment.notes);
    scene.drift(traffic, &rows, &mut assessment);
    if !rows.positions.is_empty() {
        scene.quality(&rows, traffic, &mut assessment);
    }
    assessment.points.retain(|(_, point)| is_finite(point));
    for (name, point) in &mut assessment.points {
        reference.temper(name, point);
    }
    assessment
}

impl Scene<'_> {
    fn point(&self, value: f64, rows: u64) -> Point {
        Point { epoch: self.reference.epoch, ..Point::new(self.window, self.reference.version, value, rows) }
    }

    /// Inputs and what the model said are judged together, so that they share one false discovery rate.
    fn drift(&self, traffic: &Traffic<'_>, rows: &Rows, assessment: &mut Assessment) {
        let mut columns = inputs::columns(self, traffic.features, &mut assessment.notes);
        if !rows.positions.is_empty() {
            let reading = self.reference.reading();
            columns.push(Column {
                name: "prediction".to_owned(),
                reference: self.reference.predictions().clone(),
                current: said(reading, &rows.predictions),
            });
        }
        let mut drift = drift::judge(&columns, &self.settings.drift);
        if !rows.positions.is_empty() {
            assessment.prediction = drift.columns.pop();
        }
        let name = SignalName::DriftPrediction;
        let prediction = assessment.prediction.as_ref();
        let prediction = prediction.and_then(|column| inputs::effect(self, &name, column));
        assessment.points.extend(prediction.map(|point| (name, point)));
        assessment.points.extend(inputs::points(self, &drift));
        assessment.points.extend(inputs::together(self, traffic.features, &assessment.notes));
        assessment.drift = Some(drift);
    }

    fn quality(&self, rows: &Rows, traffic: &Traffic<'_>, assessment: &mut Assessment) {
        if rows.positions.len() as u64 >= self.settings.min_rows {
            assessment.points.extend(quality::estimated(self, rows, traffic));
        }

        let (labels, bad) = quality::labels(self.reference, rows, traffic);
        assessment.labelled = labels.rows.targets.len() as u64;
        assessment.coverage = Some(assessment.labelled as f64 / assessment.rows as f64);
        assessment.median_delay_s = labels.median_delay_s;
        if bad > 0 {
            assessment.notes.push(Note::Labels { rows: bad });
        }
        let needed = self.settings.min_rows;
        if assessment.labelled >= needed {
            assessment.points.extend(quality::measured(self, &labels));
        } else if assessment.labelled > 0 {
            assessment.notes.push(Note::FewLabels { labelled: assessment.labelled, needed });
        }
    }

    /// The rows with finite predictions; none when there are not as many as the rows need.
    fn usable(&self, traffic: &Traffic<'_>, notes: &mut Vec<Note>) -> Rows {
        let width = self.reference.reading().width();
        let mut rows = Rows { positions: Vec::new(), predictions: Vec::new() };
        let (found, expected) = (traffic.predictions.len(), traffic.features.rows() * width);
        if found != expected {
            notes.push(Note::Predictions { found: found as u64, expected: expected as u64 });
            return rows;
        }
        for (row, said) in traffic.predictions.chunks_exact(width).enumerate() {
            if said.iter().all(|value| value.is_finite()) {
                rows.positions.push(row);
                rows.predictions.extend(said);
            }
        }
        let lost = traffic.features.rows() - rows.positions.len();
        if lost > 0 {
            notes.push(Note::NotFinite { rows: lost as u64 });
        }
        rows
    }
}

fn is_finite(point: &Point) -> bool {
    let expected = point.expected.map(|expected| expected.value + expected.spread());
    let optional = [point.lower, point.upper, point.p_value, point.limit, expected];
    point.value.is_finite() && optional.into_iter().flatten().all(f64::is_finite)
}
