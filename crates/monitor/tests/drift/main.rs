//! Verdicts on drift: odd columns, and error rates over simulated ones.

mod columns;
mod simulation;
mod together;
