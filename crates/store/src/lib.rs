//! What Kaizen keeps: metadata and the journal in SQLite, artifacts by content hash.
//!
//! The engine is the main caller: it journals an intent, acts, then concludes the action together
//! with the state the action leaves behind, in one transaction. The CLI reads the same store while
//! the engine runs. Everything lives under `.kaizen/`, beside the project file:
//!
//! ```text
//! kaizen.db           metadata, journal, registry, history (SQLite, write-ahead log)
//! objects/ab/cdef…    artifacts, named by the BLAKE3 hash of their bytes, read-only
//! runs/               logs of steps, written by the engine
//! tmp/                files being written; only whole, synced files leave it, by a rename
//! lock                who is running the line: pid, start and command
//! ```
//!
//! An object is synced to disk before anything in the database names it, and a call that returned
//! `Ok` survives a loss of power. The methods block: SQLite and local files have no asynchronous
//! form, so an async caller runs them on its blocking threads, which is what an async wrapper
//! would do behind its back.

mod artifacts;
mod captures;
mod change;
mod column;
mod database;
mod error;
mod file_cache;
mod files;
mod history;
mod incidents;
mod journal;
mod labels;
mod lock;
mod migrations;
mod nodes;
mod objects;
mod outbox;
mod recording;
mod registry;
mod retention;
mod signals;
mod silences;
mod store;
#[cfg(test)]
mod testing;
mod tickets;
mod tree;
mod windows;
mod word;

pub use artifacts::Temporary;
pub use captures::{CaptureTotals, NewSegment, Segment};
pub use change::{Author, Change};
pub use error::Error;
pub use file_cache::Stat;
pub use history::{Broken, Event, HistoryFilter, Serving, Verified};
pub use incidents::{IncidentFilter, IncidentRecord, NewIncident, Status as IncidentStatus};
pub use journal::{ActionId, Entry, Intent, Outcome, Status};
pub use labels::{Label, LabelReceipt, LabelTotals, NewLabel};
pub use lock::Lock;
pub use nodes::NodeState;
pub use outbox::{Delivery, DeliveryFilter, NewDelivery, Status as DeliveryStatus};
pub use recording::{IncidentRef, MonitorChange, Recorder};
pub use registry::{Assignment, NewVersion, Version};
pub use signals::SignalPoint;
pub use silences::{NewSilence, Silence};
pub use store::Store;
pub use tickets::{
    Comment, Link, NewTicket, Opened, Status as TicketStatus, Ticket, TicketEdit, TicketFilter,
};
pub use tree::{Tree, TreeFile};
pub use windows::WindowRecord;
pub use word::WordError;
