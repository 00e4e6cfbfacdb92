//! Webhooks: what happened, told to others, signed, and tried again until it is heard.
//!
//! Whatever records an incident, a ticket, a verdict or a release records its deliveries in the same
//! transaction; a thread of its own sends them. A receiver that hangs keeps nothing else waiting.

mod deliver;
mod event;
mod sign;

pub(crate) use deliver::{Settings, start};
pub(crate) use event::Occurrence;
