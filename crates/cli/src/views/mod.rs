//! How results look as text.

pub(crate) mod drift;
pub(crate) mod endpoint;
pub(crate) mod history;
pub(crate) mod incidents;
pub(crate) mod monitors;
pub(crate) mod pass;
pub(crate) mod plain;
pub(crate) mod progress;
pub(crate) mod replay;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod tickets;
pub(crate) mod verdict;
mod echo;
mod event;
mod live;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod why;
