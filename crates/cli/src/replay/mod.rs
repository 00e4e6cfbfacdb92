//! Rows of a data set as the traffic of a service: in the order of their event time, at a speed, with their
//! labels sent once they are known.
//!
//! `commands::replay` gathers the rows and calls [`run()`]. Any endpoint of the Open Inference Protocol will
//! do; labels go where Kaizen takes them.

mod body;
mod endpoint;
mod latency;
mod run;
mod speed;
mod stream;
mod tally;

pub(crate) use endpoint::{Endpoint, EndpointError};
pub(crate) use run::{Pace, run};
pub(crate) use speed::Speed;
pub(crate) use stream::Stream;
pub(crate) use tally::{Snapshot, Summary};
