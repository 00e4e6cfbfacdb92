//! Causes planted in real flights, judged by a real model of them: the planted one must come first.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

mod edges;
mod faults;
mod model;
mod records;
mod support;
mod world;
