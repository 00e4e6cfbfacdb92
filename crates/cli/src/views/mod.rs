//! How results look as text.

pub(crate) mod endpoint;
pub(crate) mod history;
pub(crate) mod pass;
pub(crate) mod progress;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod verdict;
pub(crate) mod why;
