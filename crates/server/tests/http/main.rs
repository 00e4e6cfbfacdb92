//! The server over real sockets, each test with one of its own.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

mod artifacts;
mod capture;
mod graphql;
mod labels;
mod life;
mod limits;
mod registry;
mod routes;
mod silent;
mod support;
mod tracking;
mod triggers;
