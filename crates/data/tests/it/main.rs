//! Data sets from files to findings, tables and query results.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod bad_files;
mod counting;
mod example;
mod expectations;
mod inspecting;
mod profiling;
mod queries;
mod sources;
mod support;
mod tables;
