//! How a process ended, and what it used.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal, which was not ours.
    Signal(i32),
    /// Ended by us: its time was up.
    TimedOut,
    /// Killed because it exceeded its memory limit.
    OutOfMemory,
    /// Ended by us on request.
    Ended,
}

/// All that is known of a process that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// What it used.
    pub usage: Usage,
    /// The last 20 lines of its output, each clipped to 500 characters, without secrets.
    pub tail: String,
    /// What somebody should know: a limit that is not enforced and why, processes it left behind.
    pub notices: Vec<String>,
}

/// What a process and the descendants that it waited for used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// From start to end.
    pub wall: Duration,
    /// Processor time, user and system.
    pub cpu: Duration,
    /// Bytes. With a memory limit in force, the peak of all its processes together (`memory.peak`). Else the peak
    /// resident set of the largest of them (`ru_maxrss`). The kernel counts from before exec, so that a figure which is
    /// not above what the supervisor itself holds, some megabytes, says nothing of the command: then there is none.
    pub peak_memory: Option<u64>,
    /// Bytes that it asked to read, from files, pipes and sockets, cached or not (`rchar` of `/proc/PID/io`). What it
    /// reads through memory maps is not in it.
    pub read: Option<u64>,
    /// Bytes that it asked to write (`wchar`), its output included.
    pub written: Option<u64>,
}
