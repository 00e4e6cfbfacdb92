//! Models that answer, and the Open Inference Protocol, without a socket.
//!
//! `engine` and `cli` load models into a [`Catalog`]; `server` looks one up for each
//! request and calls [`infer()`], a pure function from the bytes of a request to the bytes
//! of its answer. The protocol is version 2 of KServe's
//! (<https://github.com/kserve/open-inference-protocol>), in its REST form:
//!
//! - Each input port is one tensor. A model of columns takes them by name, in any order,
//!   with shape `[N]` or `[N,1]`; a model of one wide tensor takes `[N,K]`.
//! - Tensor data may be flat or nested as the shape says. `null` is a missing value where
//!   the port can hold one (NaN for numbers, empty text).
//! - A datatype other than the port's is converted where the value survives: any number
//!   to FP32 or FP64, whole numbers to integers, `BOOL` to 0 and 1. A time column takes
//!   `BYTES` with ISO 8601 text, or seconds since 1970-01-01T00:00:00Z as numbers.
//! - Not finite numbers in an answer are written as `null`, since JSON has no word for them.

mod bound;
pub mod capture;
mod catalog;
mod convert;
mod data;
mod datatype;
mod directory;
mod error;
mod infer;
pub mod labels;
mod loaded;
mod metadata;
mod problem;
mod request;
mod response;
mod sample;
mod schema;
mod sent;
pub mod triggers;

pub use catalog::Catalog;
pub use datatype::Datatype;
pub use directory::read as read_model;
pub use error::{Error, ErrorKind};
pub use infer::{Limits, infer};
pub use loaded::{LoadError, Loaded};
pub use metadata::{Metadata, PLATFORM, TensorMetadata};
pub use problem::{Fault, Problem};
pub use sample::sample_request;
