//! Drift statistics against the values of SciPy, Evidently and NannyML on real columns, kept in
//! `tests/reference/drift`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

mod counts;
mod evidently;
mod nannyml;
mod scipy;
mod sketch;
