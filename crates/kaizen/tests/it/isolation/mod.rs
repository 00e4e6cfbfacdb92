//! What a command can see and touch, and what becomes of one that does what it should not.

mod commands;
mod containers;
mod copies;
mod outputs;
mod reads;
#[cfg(feature = "containers")]
mod real_containers;
mod secrets;
