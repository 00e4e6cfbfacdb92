//! From raw columns to the numbers that learners see, and the same again at scoring.
//!
//! A [`Plan`] is fitted on the rows to learn from, never on rows that validate or test. It is written
//! into the exported model as operators, so each transform here has one there (`export::features`) that
//! does the same arithmetic. Called by `candidates`, `feasibility`, `train` and `export`.

mod calendar;
mod encoder;
mod screen;

use base::Random;
use stats::Task;
use table::{Column, Field, Table, Values};

pub(crate) use calendar::{Part, SECONDS_OF_DAY, YEAR_OF_DAYS};
pub(crate) use encoder::Encoder;

use crate::{matrix::Matrix, target::Target, warnings::Warning};

/// Beyond this many classes, text is described by the most frequent ones.
const MOST_ENCODED_CLASSES: usize = 8;

/// How each used column becomes one or several numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) columns: Vec<Planned>,
}

/// A raw column that is used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planned {
    /// Its name and kind.
    pub(crate) field: Field,
    /// What is made of it.
    pub(crate) transform: Transform,
}

/// What is made of a raw column: one matrix column for each element.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Transform {
    /// A number, or a boolean as 0 and 1, as it is.
    Keep,
    /// These parts of an instant.
    Calendar(Vec<Part>),
    /// For each of these encoders, what the text meant for the target so far.
    Encode(Vec<Encoder>),
}

/// What a plan is fitted to.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) table: &'a Table,
    pub(crate) target: &'a Target,
    pub(crate) task: Task,
    pub(crate) seed: u64,
}

impl Plan {
    /// Plans the use of these columns from these rows (positions among the target's), and says which
    /// columns are left out.
    pub(crate) fn fit(scope: Scope<'_>, columns: &[String], rows: &[usize]) -> (Self, Vec<Warning>) {
        let table_rows = scope.table_rows(rows);
        let mut planned = Vec::new();
        let mut warnings = Vec::new();
        for column in columns.iter().filter_map(|name| scope.table.column(name)) {
            match transform(scope, column, rows, &table_rows) {
                Ok(transform) => {
                    let field = Field { name: column.name.clone(), kind: column.values.kind() };
                    planned.push(Planned { field, transform });
                }
                Err(warning) => warnings.push(warning),
            }
        }
        (Self { columns: planned }, warnings)
    }

    /// The numbers of rows that the plan was not fitted on.
    pub(crate) fn apply(&self, scope: Scope<'_>, rows: &[usize]) -> Matrix {
        self.matrix(scope, rows, |encoder, values, table_rows| encoder.apply(values, table_rows))
    }

    /// The numbers of the very rows it was fitted on.
    ///
    /// Text is encoded from the other rows only: a row that saw its own target in its encoding would
    /// teach the learner to trust the encoding more than it deserves.
    pub(crate) fn apply_fitted(&self, scope: Scope<'_>, rows: &[usize]) -> Matrix {
        let targets = scope.targets(rows);
        let mut random = Random::new(scope.seed);
        let folds: Vec<u8> = rows.iter().map(|_| random.below(encoder::FOLDS) as u8).collect();
        self.matrix(scope, rows, |encoder, values, table_rows| {
            encoder.apply_out_of_fold(values, table_rows, &targets, &folds)
        })
    }

    /// For each matrix column, the name of the raw column it comes from.
    pub(crate) fn origins(&self) -> Vec<&str> {
        let mut origins = Vec::new();
        for planned in &self.columns {
            origins.extend(std::iter::repeat_n(planned.field.name.as_str(), planned.transform.width()));
        }
        origins
    }

    /// The raw columns that are used.
    pub(crate) fn fields(&self) -> Vec<Field> {
        self.columns.iter().map(|planned| planned.field.clone()).collect()
    }

    fn matrix(
        &self,
        scope: Scope<'_>,
        rows: &[usize],
        encode: impl Fn(&Encoder, &table::Text, &[usize]) -> Vec<f32>,
    ) -> Matrix {
        let table_rows = scope.table_rows(rows);
        let mut columns = Vec::new();
        for planned in &self.columns {
            let column = scope.table.column(&planned.field.name).expect("planned columns are in the table");
            match (&planned.transform, &column.values) {
                (Transform::Keep, values) => columns.push(numbers(values, &table_rows)),
                (Transform::Calendar(parts), Values::Time(times)) => {
                    columns.extend(
                        parts.iter().map(|part| {
                            table_rows.iter().map(|row| part.of(times[*row])).collect::<Vec<f32>>()
                        }),
                    );
                }
                (Transform::Encode(encoders), Values::Text(text)) => {
                    columns.extend(encoders.iter().map(|encoder| encode(encoder, text, &table_rows)));
                }
                _ => unreachable!("a transform is chosen by the kind of its column"),
            }
        }
        Matrix::from_columns(&columns)
    }
}

impl Transform {
    fn width(&self) -> usize {
        match self {
            Self::Keep => 1,
            Self::Calendar(parts) => parts.len(),
            Self::Encode(encoders) => encoders.len(),
        }
    }
}

impl Scope<'_> {
    /// The targets of these rows.
    pub(crate) fn targets(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| self.target.values[*row]).collect()
    }

    fn table_rows(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().map(|row| self.target.rows[*row]).collect()
    }

    /// The classes that text is encoded for; nothing when it is encoded by the target's value.
    fn encoded_classes(&self, targets: &[f64]) -> Vec<Option<f64>> {
        if self.task != Task::Multiclass {
            return vec![None];
        }
        let mut classes: Vec<(usize, usize)> = (0..self.target.classes.len())
            .map(|class| (targets.iter().filter(|target| **target == class as f64).count(), class))
            .collect();
        classes.sort_by_key(|(count, class)| (std::cmp::Reverse(*count), *class));
        classes.truncate(MOST_ENCODED_CLASSES);
        classes.into_iter().map(|(_, class)| Some(class as f64)).collect()
    }
}

fn transform(
    scope: Scope<'_>,
    column: &Column,
    rows: &[usize],
    table_rows: &[usize],
) -> Result<Transform, Warning> {
    match &column.values {
        Values::Number(_) | Values::Boolean(_) => {
            screen::numbers(&column.name, &numbers(&column.values, table_rows))?;
            Ok(Transform::Keep)
        }
        Values::Time(times) => {
            let times: Vec<Option<i64>> = table_rows.iter().map(|row| times[*row]).collect();
            let mut parts = Part::suited(&times);
            parts.retain(|part| {
                let values: Vec<f32> = times.iter().map(|time| part.of(*time)).collect();
                screen::numbers(&column.name, &values).is_ok()
            });
            if parts.is_empty() {
                let values: Vec<f32> = times.iter().map(|time| time.map_or(f32::NAN, |_| 0.0)).collect();
                screen::numbers(&column.name, &values)?;
            }
            Ok(Transform::Calendar(parts))
        }
        Values::Text(text) => {
            screen::text(&column.name, text, table_rows)?;
            let targets = scope.targets(rows);
            let encoders = scope
                .encoded_classes(&targets)
                .into_iter()
                .map(|class| Encoder::fit(text, table_rows, &targets, class))
                .collect();
            Ok(Transform::Encode(encoders))
        }
    }
}

fn numbers(values: &Values, rows: &[usize]) -> Vec<f32> {
    match values {
        Values::Number(values) => rows.iter().map(|row| values[*row] as f32).collect(),
        Values::Boolean(values) => {
            let number = |value: Option<bool>| value.map_or(f32::NAN, |value| f32::from(u8::from(value)));
            rows.iter().map(|row| number(values[*row])).collect()
        }
        Values::Text(_) | Values::Time(_) => unreachable!("only numbers and booleans are kept as they are"),
    }
}

#[cfg(test)]
mod tests;
