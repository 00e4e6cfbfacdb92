//! Scenes of real flights and a real model of them: a reference, a window after it, and what was planted in the window.

use std::collections::BTreeMap;

use base::{Random, Timestamp};
use monitor::cause::{
    Change, Evidence, Happening, Kind, Lineage, Means, Measure, Ranking, Rows, Symptom, rank,
};
use table::{Column, Table, Values};

use crate::model::{Flights, Learned, TRAINING};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// What an incident's causes are sought in, before it is made evidence.
pub(crate) struct Scene {
    pub(crate) reference: Table,
    pub(crate) reference_late: Vec<f64>,
    pub(crate) current: Table,
    pub(crate) late: Vec<f64>,
    /// Whether the window's labels have come.
    pub(crate) labelled: bool,
    pub(crate) history: Vec<Means>,
    pub(crate) happenings: Vec<Happening>,
    pub(crate) signal: &'static str,
    /// The symptom's level before and after.
    pub(crate) levels: (f64, f64),
    /// What the serving model adds to the log-odds of the one that was learned; 0 unless a release made it worse.
    pub(crate) bias: f64,
    pub(crate) random: Random,
}

impl Scene {
    /// Two random halves of the winter that nothing distinguishes.
    pub(crate) fn calm(seed: u64) -> Self {
        let mut rows = Flights::winter().split_off(TRAINING);
        Random::new(seed.wrapping_add(100)).shuffle(&mut rows);
        let half = rows.len() / 2;
        Self::of(&rows[..half], &rows[half..], seed)
    }

    pub(crate) fn of(reference: &[usize], current: &[usize], seed: u64) -> Self {
        let flights = Flights::get();
        Self {
            reference: flights.table.take(reference),
            reference_late: flights.late_of(reference),
            current: flights.table.take(current),
            late: flights.late_of(current),
            labelled: true,
            history: Vec::new(),
            happenings: Vec::new(),
            signal: "measured.log_loss",
            levels: (0.0, 0.1),
            bias: 0.0,
            random: Random::new(seed),
        }
    }

    /// The same with rivals for every cause: wind that grew and is warned of, a commit of last week, and a
    /// release of a model that has nothing to do with it.
    pub(crate) fn lively(seed: u64) -> Self {
        Self::calm(seed).with_rivals()
    }

    pub(crate) fn with_rivals(mut self) -> Self {
        self.change("wind_speed", |value| value + 2.5);
        self.happens(-5 * DAY, "step.features", commit("a1b2c3d"));
        let name = "wind_speed.range".to_owned();
        self.happens(
            -2 * HOUR,
            "data.flights",
            Change::Expectation { name, column: Some("wind_speed".to_owned()) },
        );
        self.happens(-HOUR, "model.demand", Change::Release { version: "9".to_owned() });
        self
    }

    pub(crate) fn happens(&mut self, after_onset: i64, node: &str, change: Change) {
        let at = Timestamp::from_micros(onset().micros() + after_onset);
        self.happenings.push(Happening { at, node: node.to_owned(), change });
    }

    /// Changes every number of a column of the window.
    pub(crate) fn change(&mut self, column: &str, with: impl Fn(f64) -> f64) {
        self.replace(column, |values| match values {
            Values::Number(values) => Values::Number(values.iter().map(|value| with(*value)).collect()),
            other => other.clone(),
        });
    }

    /// Replaces the texts of a column of the window, row by row.
    pub(crate) fn retext(&mut self, column: &str, with: impl Fn(usize, Option<&str>) -> Option<String>) {
        self.replace(column, |values| {
            let Values::Text(text) = values else { panic!("text") };
            let texts: Vec<Option<String>> = (0..values.len()).map(|row| with(row, text.get(row))).collect();
            Values::Text(texts.iter().map(Option::as_deref).collect())
        });
    }

    pub(crate) fn replace(&mut self, column: &str, with: impl FnOnce(&Values) -> Values) {
        let mut columns = self.current.columns().to_vec();
        let place = columns.iter().position(|other| other.name == column).unwrap();
        columns[place].values = with(&columns[place].values);
        self.current = Table::new(columns).unwrap();
    }

    /// Takes the window's values away in these rows.
    pub(crate) fn lose(&mut self, column: &str, lost: &[bool]) {
        self.replace(column, |values| match values {
            Values::Number(values) => Values::Number(
                values.iter().zip(lost).map(|(v, lost)| if *lost { f64::NAN } else { *v }).collect(),
            ),
            Values::Text(text) => Values::Text(
                lost.iter().enumerate().map(|(row, lost)| text.get(row).filter(|_| !lost)).collect(),
            ),
            other => other.clone(),
        });
    }

    /// A coin for each row of the window.
    pub(crate) fn coins(&mut self, share: f64) -> Vec<bool> {
        (0..self.current.rows()).map(|_| self.random.unit() < share).collect()
    }

    /// Turns the window's labels over in these rows.
    pub(crate) fn turn_labels(&mut self, rows: &[bool]) {
        for (late, turn) in self.late.iter_mut().zip(rows) {
            *late = if *turn { 1.0 - *late } else { *late };
        }
    }

    pub(crate) fn texts(&self, column: &str) -> Vec<String> {
        let values = &self.current.column(column).unwrap().values;
        (0..values.len()).map(|row| values.label(row).unwrap_or_default()).collect()
    }

    pub(crate) fn rank(&self) -> Ranking {
        let score = |table: &Table| {
            let guesses = Learned::get().score(&readable(table))?;
            Some(guesses.into_iter().map(|guess| self.served(guess)).collect())
        };
        let before = Learned::get().score(&self.reference).unwrap();
        let now = score(&self.current).unwrap_or_else(|| vec![0.5; self.current.rows()]);
        let measure = Measure::LogLoss;
        let reference =
            Rows::measured(self.reference.clone(), before, self.reference_late.clone(), measure).unwrap();
        let current = if self.labelled {
            Rows::measured(self.current.clone(), now, self.late.clone(), measure).unwrap()
        } else {
            let loss = now.iter().map(|guess| measure.loss(*guess, *guess)).collect();
            Rows::expected(self.current.clone(), now, loss).unwrap()
        };
        rank(&Evidence {
            symptom: self.symptom(),
            reference: &reference,
            current: &current,
            measure,
            importance: Learned::get().importance.clone(),
            drift: BTreeMap::new(),
            history: self.history(),
            happenings: self.happenings.clone(),
            lineage: lineage(),
            score: &score,
        })
    }

    /// The history, and the window as the last of it.
    fn history(&self) -> Vec<Means> {
        let mut history = self.history.clone();
        if !history.is_empty() {
            history.push(Means { start: onset(), columns: means(&self.current) });
        }
        history
    }

    fn served(&self, guess: f64) -> f64 {
        let odds = (guess / (1.0 - guess)).ln() + self.bias;
        1.0 / (1.0 + (-odds).exp())
    }

    fn symptom(&self) -> Symptom {
        Symptom {
            signal: self.signal.to_owned(),
            subject: "service.late".to_owned(),
            before: self.levels.0,
            after: self.levels.1,
            onset: onset(),
            window_micros: DAY,
        }
    }
}

pub(crate) fn onset() -> Timestamp {
    "2013-04-08".parse().unwrap()
}

pub(crate) fn commit(id: &str) -> Change {
    Change::Commit { id: id.to_owned(), summary: "features: weekday from the local clock".to_owned() }
}

pub(crate) fn lineage() -> Lineage {
    Lineage::of([
        ("data.flights", "step.features"),
        ("step.features", "model.late"),
        ("model.late", "service.late"),
        ("data.shops", "model.demand"),
    ])
}

/// Means by week of these rows, oldest first.
pub(crate) fn weekly(rows: &[usize]) -> Vec<Means> {
    let flights = Flights::get();
    let mut weeks: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for row in rows {
        weeks.entry((flights.hour[*row] / 168.0) as i64).or_default().push(*row);
    }
    let mean = |(week, rows): (&i64, &Vec<usize>)| Means {
        start: Timestamp::from_micros(week * 7 * DAY),
        columns: means(&flights.table.take(rows)),
    };
    weeks.iter().map(mean).collect()
}

/// The means of the numeric inputs.
fn means(table: &Table) -> BTreeMap<String, f64> {
    let mean = |column: &Column| {
        let Values::Number(values) = &column.values else { return None };
        let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        Some((column.name.clone(), stats::mean(&finite)?))
    };
    table.columns().iter().filter_map(mean).collect()
}

/// What serving makes of a table: a column that is gone or holds another kind of values is missing in every row.
fn readable(table: &Table) -> Table {
    let kept = |wanted: &Column| {
        let found = table.column(&wanted.name).filter(|found| found.values.kind() == wanted.values.kind());
        let missing = || match wanted.values {
            Values::Text(_) => Values::Text((0..table.rows()).map(|_| None).collect()),
            _ => Values::Number(vec![f64::NAN; table.rows()]),
        };
        Column::new(wanted.name.clone(), found.map_or_else(missing, |found| found.values.clone()))
    };
    Table::new(Flights::get().table.columns().iter().map(kept).collect()).unwrap()
}

/// Requires the planted cause first, in every ranking; and that a ranking in random order would not have passed.
pub(crate) fn assert_first(rankings: &[Ranking], kind: Kind, subject: &str) {
    let is = |cause: &monitor::cause::Cause| cause.kind == kind && cause.subject == subject;
    let told = || {
        let top = |ranking: &Ranking| {
            let told = |cause: &monitor::cause::Cause| {
                format!(
                    "  {:?} {} share {:?} sure {:.2}: {}",
                    cause.kind, cause.subject, cause.share_of_loss, cause.confidence, cause.explanation
                )
            };
            format!(
                "loss {:?}\n{}",
                ranking.loss,
                ranking.causes.iter().take(4).map(told).collect::<Vec<_>>().join("\n")
            )
        };
        rankings.iter().map(top).collect::<Vec<_>>().join("\n")
    };
    let first = rankings.iter().filter(|ranking| ranking.causes.first().is_some_and(is)).count();
    assert_eq!(first, rankings.len(), "{kind:?} {subject}\n{}", told());
    let mut random = Random::new(5);
    let mut by_luck = 0;
    for ranking in rankings {
        for _ in 0..20 {
            by_luck += usize::from(is(&ranking.causes[random.below(ranking.causes.len())]));
        }
        check(ranking);
    }
    let share = by_luck as f64 / (20 * rankings.len()) as f64;
    assert!(
        share < 0.75,
        "a random order puts it first in {share:.2} of all: there are no rivals\n{}",
        told()
    );
}

/// What must hold of every ranking.
pub(crate) fn check(ranking: &Ranking) {
    let shares: f64 = ranking.causes.iter().filter_map(|cause| cause.share_of_loss).sum();
    assert!(shares + ranking.unexplained <= 1.0 + 1e-9, "{shares} and {}", ranking.unexplained);
    for cause in &ranking.causes {
        assert!((0.0..=1.0).contains(&cause.confidence) && !cause.evidence.is_empty(), "{cause:?}");
        assert!(cause.explanation.ends_with('.') && !cause.explanation.contains("NaN"), "{cause:?}");
    }
    if !ranking.causes.is_empty() {
        assert!((3..=5).contains(&ranking.whys.len()), "{:?}", ranking.whys);
    }
    let text = serde_json::to_string(ranking).unwrap();
    assert_eq!(&serde_json::from_str::<Ranking>(&text).unwrap(), ranking);
}

pub(crate) const SEEDS: std::ops::Range<u64> = 0..6;
