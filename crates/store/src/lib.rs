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
//! # What survives a loss of power
//!
//! A transaction is on disk when the call that made it returns `Ok`: SQLite syncs its log at each commit.
//! What it names is on disk as well:
//!
//! - An object of more than 64 KiB is synced, file and directory, before the call that puts it returns.
//! - A smaller one is written without a sync. The next transaction through the same store takes its bytes
//!   along, into the table `pending_objects`, whatever else that transaction is for. So no row that names
//!   an object is ever on disk without its bytes being there too, and a step that leaves a few small
//!   objects costs one sync: that of the transaction with its outcome, which many steps may share
//!   ([`Store::journal`]).
//! - [`Store::settle`] syncs the whole file system once, after which those objects are durable where they
//!   are, and their rows go. A store settles by itself when more than 8 MiB wait, and when it is opened:
//!   then it first writes again whichever of them is gone or damaged.
//!
//! An object that no transaction followed may be gone after a loss of power, or be there with anything in
//! it: nothing names it, and putting it again compares the bytes. What is put through one store is named
//! through that one or a clone of it; another process knows an object only from a row, or puts it itself.
//!
//! The methods block: SQLite and local files have no asynchronous
//! form, so an async caller runs them on its blocking threads, which is what an async wrapper
//! would do behind its back.

mod artifacts;
mod cache;
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
mod pending;
mod recording;
mod registry;
mod retention;
mod runs;
mod shared_cache;
mod signals;
mod silences;
mod store;
#[cfg(test)]
mod testing;
mod tickets;
mod tree;
mod triggers;
mod waiting;
mod windows;
mod word;

pub use artifacts::Temporary;
pub use cache::Remembered;
pub use captures::{CaptureTotals, NewSegment, Segment};
pub use change::{Author, Change};
pub use error::Error;
pub use file_cache::Stat;
pub use history::{Broken, Event, HistoryFilter, Serving, Verified};
pub use incidents::{IncidentFilter, IncidentRecord, NewIncident, Status as IncidentStatus};
pub use journal::{ActionId, Batch, Concluded, Entry, Intent, Journalled, Outcome, Status};
pub use labels::{Label, LabelReceipt, LabelTotals, NewLabel};
pub use lock::Lock;
pub use nodes::NodeState;
pub use outbox::{Delivery, DeliveryFilter, NewDelivery, Status as DeliveryStatus};
pub use recording::{IncidentRef, MonitorChange, Recorder};
pub use registry::{Assignment, NewVersion, Version};
pub use runs::{NewRun, Run, RunId, Status as RunStatus};
pub use shared_cache::{Lookup, Shared, SharedCache, SharedObject};
pub use signals::SignalPoint;
pub use silences::{NewSilence, Silence};
pub use store::Store;
pub use tickets::{
    Comment, Link, NewTicket, Opened, Status as TicketStatus, Ticket, TicketEdit, TicketFilter,
};
pub use tree::{Tree, TreeFile};
pub use triggers::{Firing, Trigger};
pub use windows::WindowRecord;
pub use word::WordError;
