//! Exit codes. They are a contract with scripts and are listed in the README.

/// Done.
pub const DONE: u8 = 0;
/// Something unexpected failed.
pub const FAILED: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// The project file is missing or has errors.
pub const PROJECT: u8 = 3;
/// A data set cannot be read or fails its expectations.
pub const DATA: u8 = 4;
/// A step or a training failed.
pub const STEP: u8 = 5;
/// The line ran, and the gate held or rejected the candidate; what served before serves on.
pub const GATE: u8 = 6;
/// A saved plan is stale.
pub const STALE: u8 = 7;
/// Another process holds the project.
pub const LOCKED: u8 = 8;
/// The disk is full or the store is damaged.
pub const STORAGE: u8 = 9;
/// The history or a verdict does not verify.
pub const BROKEN: u8 = 10;
/// `kaizen drift --fail`: a column drifted.
pub const DRIFT: u8 = 11;
/// Ended by Ctrl-C.
pub const INTERRUPTED: u8 = 130;
