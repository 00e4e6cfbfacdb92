//! One conformance suite, run against every executor, and what is special to each.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for code that is no test")]

mod chaos;
mod conformance;
mod faulty;
mod local;
#[cfg(feature = "containers")]
mod podman;
mod support;
mod usage;
