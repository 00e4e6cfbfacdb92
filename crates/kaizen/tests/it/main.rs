//! The real binary, from the outside: what it prints, answers, keeps and ends with.
//!
//! Each test has a project of its own in a directory of its own, and any free port.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

mod bad_data;
mod caching;
mod closing;
mod context;
mod crash;
mod drift;
mod durable;
mod endpoint;
mod evidence;
mod exec;
mod importing;
mod isolation;
mod killed;
mod labels;
mod plans;
mod project;
mod project_file;
mod receiver;
mod recorded_sessions;
mod replaying;
mod running;
mod running_steps;
mod runs;
mod seeing;
mod server_command;
mod serving;
mod spool;
mod starting;
mod staying;
mod steps;
mod storage;
mod surface;
mod tasks;
mod tickets;
mod tokens;
mod tracked_steps;
mod tracking_breaks;
mod traffic;
mod training;
mod watched;
mod watching;
mod webhooks;
mod wire;
