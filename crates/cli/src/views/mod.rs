//! How results look as text.

pub(crate) mod compare;
pub(crate) mod drift;
mod echo;
pub(crate) mod endpoint;
mod event;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod incidents;
mod live;
pub(crate) mod monitors;
pub(crate) mod pass;
pub(crate) mod plain;
pub(crate) mod progress;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod spool;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod tickets;
pub(crate) mod tokens;
pub(crate) mod tracked;
pub(crate) mod verdict;
pub(crate) mod why;
