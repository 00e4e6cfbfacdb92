use stats::Task;
use table::{Column, Table, Text, Values};

use crate::Error;

/// Predictions of candidate, baseline and champion on the same held-out rows, in one order.
///
/// A binary task has one probability a row, that of the positive class; a multiclass task has
/// one a class, row after row; a regression has one value a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// What is predicted.
    pub task: Task,
    /// The number of classes; 0 for a regression.
    pub classes: usize,
    /// The truth: the index of the class, or the value.
    pub target: Vec<f64>,
    /// The candidate's predictions.
    pub candidate: Vec<f64>,
    /// The baseline's: the class shares of the training rows, or their mean.
    pub baseline: Vec<f64>,
    /// The champion's, when there is one and it can score these rows.
    pub champion: Option<Vec<f64>>,
    /// The columns by which the rows are sliced.
    pub slices: Vec<Slice>,
}

/// A column by which rows are sliced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The column.
    pub column: String,
    /// Its value in each row; empty where it is missing.
    pub values: Vec<String>,
}

impl Predictions {
    /// Predictions a row.
    pub fn width(&self) -> usize {
        if self.task == Task::Multiclass { self.classes } else { 1 }
    }

    /// The same evidence as a table, to be stored.
    ///
    /// # Panics
    /// When the columns differ in length, which [`Predictions::check`] refuses.
    pub fn to_table(&self) -> Table {
        let mut columns = vec![Column::new("target", Values::Number(self.target.clone()))];
        self.add("candidate", &self.candidate, &mut columns);
        self.add("baseline", &self.baseline, &mut columns);
        if let Some(champion) = &self.champion {
            self.add("champion", champion, &mut columns);
        }
        for slice in &self.slices {
            let text: Text = slice.values.iter().map(|value| Some(value.as_str())).collect();
            columns.push(Column::new(format!("slice.{}", slice.column), Values::Text(text)));
        }
        Table::new(columns).expect("predictions that were checked have one length")
    }

    /// The evidence in a stored table.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn from_table(table: &Table, task: Task, classes: usize) -> Result<Self, Error> {
        let width = if task == Task::Multiclass { classes } else { 1 };
        let champion = table.column("champion.0").is_some();
        let mut slices = Vec::new();
        for column in table.columns() {
            let (Some(name), Values::Text(text)) = (column.name.strip_prefix("slice."), &column.values)
            else {
                continue;
            };
            let values = (0..table.rows()).map(|row| text.get(row).unwrap_or_default().to_owned()).collect();
            slices.push(Slice { column: name.to_owned(), values });
        }
        Ok(Self {
            task,
            classes,
            target: numbers(table, "target")?,
            candidate: interleaved(table, "candidate", width)?,
            baseline: interleaved(table, "baseline", width)?,
            champion: champion.then(|| interleaved(table, "champion", width)).transpose()?,
            slices,
        })
    }

    /// Refuses evidence that no verdict can rest on.
    ///
    /// # Errors
    /// When there are no rows, lengths differ, a prediction is not finite or a target is no class.
    pub fn check(&self) -> Result<(), Error> {
        let rows = self.target.len();
        if rows == 0 {
            return Err(Error::NoRows);
        }
        let classes = self.classes;
        for (row, target) in self.target.iter().enumerate() {
            let is_class = target.fract() == 0.0 && *target >= 0.0 && *target < classes as f64;
            if self.task != Task::Regression && !is_class {
                return Err(Error::Target { row, classes });
            }
        }
        finite("target", &self.target, 1, rows)?;
        finite("candidate's predictions", &self.candidate, self.width(), rows)?;
        finite("baseline's predictions", &self.baseline, self.width(), rows)?;
        if let Some(champion) = &self.champion {
            finite("champion's predictions", champion, self.width(), rows)?;
        }
        for slice in &self.slices {
            sized(&format!("slice `{}`", slice.column), slice.values.len(), 1, rows)?;
        }
        Ok(())
    }

    fn add(&self, name: &str, values: &[f64], columns: &mut Vec<Column>) {
        let width = self.width();
        for class in 0..width {
            let values = values.iter().skip(class).step_by(width).copied().collect();
            columns.push(Column::new(format!("{name}.{class}"), Values::Number(values)));
        }
    }
}

fn numbers(table: &Table, name: &str) -> Result<Vec<f64>, Error> {
    match table.column(name).map(|column| &column.values) {
        Some(Values::Number(values)) => Ok(values.clone()),
        _ => Err(Error::Column(name.to_owned())),
    }
}

fn interleaved(table: &Table, name: &str, width: usize) -> Result<Vec<f64>, Error> {
    let mut values = vec![0.0; table.rows() * width];
    for class in 0..width {
        let column = numbers(table, &format!("{name}.{class}"))?;
        for (row, value) in column.into_iter().enumerate() {
            values[row * width + class] = value;
        }
    }
    Ok(values)
}

fn sized(what: &str, found: usize, width: usize, rows: usize) -> Result<(), Error> {
    let needed = rows * width;
    if found == needed {
        return Ok(());
    }
    Err(Error::Shape { what: what.to_owned(), found, expected: rows, needed })
}

fn finite(what: &str, values: &[f64], width: usize, rows: usize) -> Result<(), Error> {
    sized(what, values.len(), width, rows)?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::NotFinite { what: what.to_owned(), row: position / width.max(1) }),
        None => Ok(()),
    }
}
