//! ONNX models of the tabular operators: read, run and write them.
//!
//! `learn` writes its models with [`build::GraphBuilder`] and `serving`, the gate and the tests run the
//! same bytes with [`Model`], so what is measured, shipped and exported is one thing. Models of
//! scikit-learn, XGBoost and LightGBM, converted by their usual exporters, run here too, and answer
//! as ONNX Runtime does.
//!
//! A file goes from messages (`proto`) through `compile` into a [`Model`]: a list of steps, each with
//! a kernel that has its constants decoded. [`Signature`] says what raw columns a model of ours reads;
//! [`feed()`] turns a table into its inputs and [`score()`] gives its predictions. [`adopt`] makes a model of ours of one
//! that was made elsewhere.

pub mod adopt;
mod attributes;
pub mod build;
mod compile;
mod constant;
mod error;
mod feed;
mod kernels;
mod model;
mod port;
mod proto;
mod score;
mod signature;
mod tensor;

pub use error::{Error, Problem};
pub use feed::feed;
pub use model::Model;
pub use port::Port;
pub use score::score;
pub use signature::Signature;
pub use tensor::{Element, Elements, Tensor};
