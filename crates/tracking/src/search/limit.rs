//! How many results a request may ask for, in MLflow's words.

use crate::Error;

/// The size of a page of runs or experiments.
pub(super) fn of_tracking(max_results: i64) -> Result<usize, Error> {
    const MOST: i64 = 50_000;
    if max_results < 1 {
        return Err(not_positive(max_results));
    }
    if max_results > MOST {
        return Err(Error::invalid(format!(
            "Invalid value {max_results} for parameter 'max_results' supplied. It must be at most {MOST}"
        )));
    }
    size(max_results)
}

/// The size of a page of registered models.
pub(super) fn of_registered_models(max_results: i64) -> Result<usize, Error> {
    if max_results < 1 {
        return Err(not_positive(max_results));
    }
    at_most(max_results, 1_000)
}

/// The size of a page of model versions.
pub(super) fn of_model_versions(max_results: i64) -> Result<usize, Error> {
    if max_results < 1 {
        return Err(Error::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {max_results}"
        )));
    }
    at_most(max_results, 200_000)
}

/// The size of a page of logged models. Nothing is the usual size; there is no largest.
pub(super) fn of_logged_models(max_results: i64) -> Result<usize, Error> {
    const USUAL: usize = 100;
    match max_results {
        0 => Ok(USUAL),
        1.. => size(max_results),
        _ => Err(not_positive(max_results)),
    }
}

fn not_positive(max_results: i64) -> Error {
    Error::invalid(format!(
        "Invalid value {max_results} for parameter 'max_results' supplied. It must be a positive integer"
    ))
}

/// The registry's message, introduced so that it is also that of MLflow's server.
fn at_most(max_results: i64, most: i64) -> Result<usize, Error> {
    if max_results <= most {
        return size(max_results);
    }
    Err(Error::invalid(format!(
        "Invalid value {max_results} for parameter 'max_results' supplied. Invalid value for request parameter max_results. It must be at most {most}, but got value {max_results}"
    )))
}

/// Nothing has more rows than half of what can be counted.
fn size(max_results: i64) -> Result<usize, Error> {
    Ok(usize::try_from(max_results).unwrap_or(usize::MAX).min(u32::MAX as usize / 4))
}
