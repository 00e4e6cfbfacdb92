use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use base::{Hash, Name};

use super::error::Error;

/// What befell the capture of a service that its operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Nothing can be written, such as on a full disk or for a bug. Serving goes on, and what does not fit into the buffer
    /// meanwhile is dropped and counted.
    Paused {
        /// The service.
        service: Name,
        /// Why.
        why: String,
    },
    /// Writing goes on.
    Resumed {
        /// The service.
        service: Name,
    },
    /// Records were dropped for want of room in the buffer.
    Dropped {
        /// The service.
        service: Name,
        /// How many, since the last such notice.
        records: u64,
    },
    /// A journal ended in the middle of a record, as one does that a killed process leaves.
    Torn {
        /// The service.
        service: Name,
        /// The journal.
        journal: String,
        /// The bytes after its last whole record.
        bytes: u64,
        /// Whole records that made no sense.
        malformed: u64,
    },
    /// A journal could not be sealed. It stays, and is tried again.
    NotSealed {
        /// The service.
        service: Name,
        /// The journal.
        journal: String,
        /// Why.
        why: String,
    },
    /// Old segments were forgotten to keep within the limits.
    Forgotten {
        /// The service.
        service: Name,
        /// How many.
        segments: u64,
        /// Their objects, which the store holds until they are removed.
        objects: Vec<Hash>,
    },
}

/// Told of each [`Notice`]; it runs on the writer's threads.
pub type Observer = Arc<dyn Fn(&Notice) + Send + Sync>;

/// Tells the observer. One that panics misses the notice, and the capture goes on.
pub(super) fn tell(observer: &Observer, notice: &Notice) {
    // The panic itself was printed when it happened, and there is nobody else to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| observer(notice)));
}

/// Does a piece of work on one of the capture's threads, which must outlive a bug in it. Says why it
/// failed, a panic like an error; whoever calls this leaves what the work had in hand as after an error.
pub(super) fn guarded(work: impl FnOnce() -> Result<(), Error>) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| base::causes(&error)),
        Err(panic) => Err(format!("it panicked, which is a bug in kaizen: {}", message(panic.as_ref()))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it did not say why")
}
