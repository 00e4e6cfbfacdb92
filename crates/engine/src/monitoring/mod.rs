//! Monitors at work: traffic and labels in, windows held to the reference, incidents opened, explained and closed.
//!
//! `kaizen up` starts a [`Service`] on a thread of its own. Each turn it reads what was captured and labelled since,
//! closes the windows that the monitor's clock has passed, and writes down what came of it in one transaction. All
//! decisions are made in the crate `monitor`. The planner reads what is written (`demand`), and so do the commands.

mod cell;
mod counts;
mod demand;
mod detail;
mod evidence;
mod frames;
mod happenings;
mod judged;
mod label_files;
mod record;
mod service;
mod settings;
mod state;
mod subject;
mod ticket;
mod times;
mod watcher;

pub use counts::{Count, Counts};
pub(crate) use demand::watch;
pub use detail::Detail;
pub use judged::Judged;
pub(crate) use service::{Service, Settings};
pub use state::{Oddities, State, Tie};
pub use times::Times;
