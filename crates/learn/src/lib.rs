//! Built-in training: features, candidates, calibration, feasibility, and the exported model.
//!
//! The engine calls [`train()`] with a table and gets an ONNX model that takes the raw columns, and a
//! report of how it was found. It then scores held-out rows with that same model, asks
//! [`importance()`] what it relies on, and stores what [`directory()`] lays out. For a model that a command trains it asks
//! [`divide()`] which rows that may see. Nothing here opens a
//! file or looks at the time of day: the clock that bounds training is passed in.
//!
//! The way through: `target` reads what is to be predicted, `split` sets rows
//! aside, `features` turns columns into numbers, `gbdt`, `linear` and `baseline` learn,
//! `calibration` corrects their probabilities, `feasibility` and `warnings` judge the result, and
//! `export` writes it down.

mod baseline;
mod calibration;
mod candidates;
mod clock;
mod directory;
mod division;
mod error;
mod export;
mod feasibility;
mod features;
mod gbdt;
mod importance;
mod lbfgs;
mod linear;
mod loss;
mod loss_model;
mod matrix;
mod objective;
mod predictor;
mod progress;
mod report;
mod settings;
mod split;
mod target;
mod train;
mod warnings;

pub use baseline::Baseline;
pub use candidates::Candidate;
pub use directory::{Card, Shown, directory, laid_out};
pub use division::{Division, divide};
pub use error::Error;
pub use feasibility::{Feasibility, Outlook, Point};
pub use importance::{Importance, Shuffling, importance};
pub use loss_model::{Bounds, HeldOut, LossModel};
pub use progress::Progress;
pub use report::{CandidateScore, Report, Rows};
pub use settings::{Builtin, Settings};
pub use target::labels;
pub use train::{Trained, train};
pub use warnings::{Concern, Warning};
