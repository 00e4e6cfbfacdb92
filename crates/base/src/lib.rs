//! What every other crate stands on: names, hashes, time, sizes, diagnostics,
//! and the seams for the clock and for randomness.
//!
//! Nothing here opens a file, a socket or a thread.

mod canonical;
mod diagnostic;
mod duration;
mod hash;
mod name;
mod near;
mod random;
mod size;
mod text;
mod time;

pub use canonical::canonical_json;
pub use diagnostic::{Diagnostic, Severity};
pub use duration::{DurationError, Span};
pub use hash::{Hash, HashError, Hasher};
pub use name::{Name, NameError};
pub use near::nearest;
pub use random::Random;
pub use size::{Size, SizeError};
pub use text::{causes, grouped};
pub use time::{Clock, FixedClock, Timestamp, TimestampError};
