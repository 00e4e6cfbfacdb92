//! Which columns can teach nothing, and why.

use table::Text;

use crate::{
    features::encoder::LEAST_ROWS,
    warnings::{Concern, Warning},
};

/// Refuses a column of numbers that is missing everywhere or never changes.
pub(crate) fn numbers(name: &str, values: &[f32]) -> Result<(), Warning> {
    let mut known = values.iter().filter(|value| !value.is_nan());
    let Some(first) = known.next() else { return Err(empty(name)) };
    let missing = values.iter().any(|value| value.is_nan());
    // A value that is either present or missing tells two kinds of rows apart.
    if !missing && known.all(|value| value == first) { Err(constant(name)) } else { Ok(()) }
}

/// Refuses a column of text that is missing everywhere, never changes, or hardly ever repeats.
pub(crate) fn text(name: &str, text: &Text, rows: &[usize]) -> Result<(), Warning> {
    let mut counts = vec![0_usize; text.dictionary().len()];
    let mut missing = 0;
    for row in rows {
        match text.codes()[*row] {
            Text::MISSING => missing += 1,
            code => counts[code as usize] += 1,
        }
    }
    let distinct = counts.iter().filter(|count| **count > 0).count();
    match distinct {
        0 => Err(empty(name)),
        1 if missing == 0 => Err(constant(name)),
        _ if counts.iter().all(|count| *count < LEAST_ROWS) => {
            let message = format!(
                "column `{name}` is left out: it looks like an identifier, as none of its {distinct} texts \
                 comes {LEAST_ROWS} times"
            );
            Err(Warning::about(name, Concern::Identifier, message))
        }
        _ => Ok(()),
    }
}

fn empty(name: &str) -> Warning {
    let message = format!("column `{name}` is left out: it is missing in every training row");
    Warning::about(name, Concern::Empty, message)
}

fn constant(name: &str) -> Warning {
    let message = format!("column `{name}` is left out: it is the same in every training row");
    Warning::about(name, Concern::Constant, message)
}
