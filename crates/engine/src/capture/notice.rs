use std::sync::Arc;

use base::{Hash, Name};

/// What befell the capture of a service that its operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Nothing can be written, such as on a full disk. Serving goes on, and what does not fit into the buffer
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
