//! The protocol from end to end: bytes of a request in, bytes of an answer out.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

mod hostile;
mod infer;
mod labels;
mod models;
mod support;
