//! `kaizen drift REFERENCE CURRENT`

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use base::causes;
use data::{ColumnCounts, LeftOut, Source, SourceFile, Why};
use monitor::drift::{Column, Counts, Settings, conclude, examine as examine_column};
use report::drift::{self, Comparison, Side};
use serde::Serialize;

use super::io;
use crate::{
    Failure,
    arguments::{Compat, Drift},
    exit,
    output::Output,
    views,
};

pub(crate) fn run(arguments: &Drift, output: &mut Output) -> Result<u8, Failure> {
    let (reference, current) = (files(&arguments.reference)?, files(&arguments.current)?);
    if let Some(html) = &arguments.html {
        refuse_input(html, reference.iter().chain(&current))?;
    }
    let comparison = compare(arguments, &reference, &current)?;
    if let Some(html) = &arguments.html {
        write_whole(html, &drift::drift(&comparison))?;
        output.remark(&format!("wrote {}", html.display()));
    }
    output.result(&comparison, views::drift::text);
    let departs = comparison.columns.iter().any(|column| column.found.departs());
    Ok(if arguments.fail && departs { exit::DRIFT } else { exit::DONE })
}

fn files(pattern: &str) -> Result<Vec<SourceFile>, Failure> {
    let source = Source { root: PathBuf::from("."), pattern: pattern.to_owned(), format: None };
    data::files(&source).map_err(failed)
}

fn failed(error: data::Error) -> Failure {
    let code = if matches!(error, data::Error::UnknownColumn { .. }) { exit::USAGE } else { exit::DATA };
    Failure::new(code, causes(&error))
}

fn compare(
    arguments: &Drift,
    reference: &[SourceFile],
    current: &[SourceFile],
) -> Result<Comparison, Failure> {
    let settings = Settings { false_discovery_rate: arguments.false_discovery_rate, ..Settings::default() };
    let columns = (!arguments.columns.is_empty()).then_some(arguments.columns.as_slice());
    let examined = Mutex::new(BTreeMap::new());
    let compared = data::compare(reference, current, columns, |counted| {
        // Judged while its counts are at hand, so that only one column a thread has to be kept.
        let (place, column) = examine(counted, &settings, arguments.compat);
        examined.lock().unwrap_or_else(PoisonError::into_inner).insert(place, column);
    });
    let compared = compared.map_err(failed)?;
    let examined = examined.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut columns: Vec<drift::Column> = examined.into_values().collect();
    let found = columns.iter().map(|column| column.found.clone()).collect();
    for (column, found) in columns.iter_mut().zip(conclude(found, &settings).columns) {
        column.found = found;
    }
    columns.sort_by(|one, other| importance(other).total_cmp(&importance(one)));
    let side = |name: &str, rows| Side { name: name.to_owned(), rows };
    Ok(Comparison {
        reference: side(&arguments.reference, compared.reference_rows),
        current: side(&arguments.current, compared.current_rows),
        columns,
        left_out: compared.left_out.into_iter().map(left_out).collect(),
        false_discovery_rate: settings.false_discovery_rate,
    })
}

/// All that can be said of a column without the others, under its place.
fn examine(counted: ColumnCounts, settings: &Settings, compat: Option<Compat>) -> (usize, drift::Column) {
    let ColumnCounts { name, place, reference, current, time, rank_error } = counted;
    let column = Column { name, reference: counts(reference), current: counts(current) };
    let found = examine_column(&column, settings);
    let compat = compat.map(|tool| as_by(tool, &column)).unwrap_or_default();
    (place, drift::Column { found, time, rank_error, compat })
}

fn counts(counted: data::Counts) -> Counts {
    match counted {
        data::Counts::Numbers(numbers) => Counts::Numbers(numbers),
        data::Counts::Categories(categories) => Counts::Categories(categories),
    }
}

/// What another tool would say of the column.
fn as_by(tool: Compat, column: &Column) -> BTreeMap<String, f64> {
    use stats::compat::{evidently, nannyml};
    match (tool, &column.reference, &column.current) {
        (Compat::Evidently, Counts::Numbers(one), Counts::Numbers(other)) => {
            named(evidently::numbers(one, other))
        }
        (Compat::Evidently, Counts::Categories(one), Counts::Categories(other)) => {
            named(evidently::categories(one, other))
        }
        (Compat::Nannyml, Counts::Numbers(one), Counts::Numbers(other)) => {
            named(nannyml::numbers(one, other))
        }
        (Compat::Nannyml, Counts::Categories(one), Counts::Categories(other)) => {
            named(nannyml::categories(one, other))
        }
        _ => BTreeMap::new(),
    }
}

/// The fields of a record by their names.
fn named(record: Option<impl Serialize>) -> BTreeMap<String, f64> {
    let value = serde_json::to_value(record).unwrap_or_default();
    let fields = value.as_object().into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

/// Drifted columns first, then those that depart otherwise, each by how far its effect is beyond its threshold.
fn importance(column: &drift::Column) -> f64 {
    let found = &column.found;
    let size = found.effect.value / found.effect.threshold;
    let rank = if found.drifted { 2.0 } else { f64::from(u8::from(found.departs())) };
    // Ranks first: a size, however large, adds less than one.
    rank + size / (1.0 + size)
}

fn left_out(left: LeftOut) -> drift::LeftOut {
    let why = match left.why {
        Why::Vanished => "it vanished: the current data do not have it".to_owned(),
        Why::Appeared => "it is new: the reference does not have it".to_owned(),
        Why::Changed { reference, current } => {
            format!("its type changed: {reference} in the reference, {current} in the current data")
        }
        Why::Unusable(data_type) => {
            format!("its values are {data_type}: only numbers, text, booleans and times are compared")
        }
        Why::Empty => "every value is missing on both sides".to_owned(),
    };
    drift::LeftOut { column: left.name, why }
}

/// A document never replaces the data that it is about.
fn refuse_input<'a>(html: &Path, mut inputs: impl Iterator<Item = &'a SourceFile>) -> Result<(), Failure> {
    let Ok(target) = html.canonicalize() else { return Ok(()) };
    if inputs.any(|input| input.path.canonicalize().is_ok_and(|input| input == target)) {
        let message = format!("--html {} is one of the files to compare; name another file", html.display());
        return Err(Failure::new(exit::USAGE, message));
    }
    Ok(())
}

/// Writes a file beside its place and then moves it there, so that nobody finds half of it.
fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let Some(name) = path.file_name() else {
        let message = format!("--html {} names no file; give it a name, such as drift.html", path.display());
        return Err(Failure::new(exit::USAGE, message));
    };
    let part = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // Nothing is left to do when even this fails.
        let _ = fs::remove_file(&part);
        io("write", path)(error)
    })
}
