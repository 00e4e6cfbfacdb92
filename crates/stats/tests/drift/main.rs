//! Drift statistics against the values of SciPy, Evidently and NannyML on real columns, kept in
//! `tests/reference/drift`.

mod counts;
mod evidently;
mod nannyml;
mod scipy;
mod sketch;
